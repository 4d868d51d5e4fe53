"""The permissions that Lambda's pollers use by a function's role, for each of its event source mappings.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html,
https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-permissions.html,
https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html,
https://docs.aws.amazon.com/lambda/latest/dg/process-messages-with-lambda.html (Amazon MQ),
https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.least_privilege.calls import ANYTHING, CallTarget, RunContext
from policypack.access.least_privilege.comparison import Need
from policypack.access.least_privilege.targets import needed, referent, sent, target_of
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document_readers import value_at, values_at
from policypack.resources.references import referrers, resolve
from policypack.resources.tokens import EVENT_SOURCE_MAPPING, FUNCTION, SERVERLESS_KAFKA

READS = {
    "sqs": (
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        ("sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"),
    ),
    "kinesis": (
        ("kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"),
        ("kinesis:DescribeStream", "kinesis:SubscribeToShard"),
    ),
    "dynamodb": (
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
        (),
    ),
    "kafka": (
        ("kafka:GetBootstrapBrokers",),
        (
            *("kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:DescribeVpcConnection"),
            *("kafka:ListScramSecrets", "kafka:ListVpcConnections"),
        ),
    ),
    "mq": (("mq:DescribeBroker",), ()),
    "rds": (("rds:DescribeDBClusters", "rds:DescribeDBClusterParameters", "rds:DescribeDBSubnetGroups"), ()),
}
"""By service of an event source, the actions that Lambda's poller calls, and those that it may call.

Of MSK's two actions that describe a cluster one is enough.
"""
ANYWHERE = ("kafka", "mq", "rds")
"""Services whose sources AWS's guides let a role describe on every resource."""
CONNECTS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
)
"""The actions by which Lambda connects to a source in a VPC."""
IN_VPC = ("kafka", "rds")
"""Services whose sources are always in a VPC; a broker of Amazon MQ and a Kafka of one's own may be public."""
CONSUMES = (
    "kafka-cluster:Connect",
    "kafka-cluster:DescribeGroup",
    "kafka-cluster:AlterGroup",
    "kafka-cluster:DescribeTopic",
    "kafka-cluster:ReadData",
)
"""The actions of a consumer that signs in to MSK with IAM."""
CONFIGURES = ("kafka-cluster:DescribeClusterDynamicConfiguration",)
PRODUCES = ("kafka-cluster:WriteData",)
"""What a topic as a destination for failed records needs besides."""
SECRETS = ("BASIC_AUTH", "SASL_", "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE")
"""The beginnings of the types of source access that name a secret."""
REGISTRIES = ("amazonManagedKafkaEventSourceConfig", "selfManagedKafkaEventSourceConfig")
"""The properties of a mapping that may have a schema registry."""
READING = "Lambda reads the events that invoke the function"


def event_source_needs(stack: Stack, function: Resource, context: RunContext) -> Iterator[Need]:
    """Every permission that Lambda's pollers use for the function by its role."""
    for mapping in referrers(stack, function, EVENT_SOURCE_MAPPING, "functionName"):
        certain = bool(resolve(stack, mapping, "functionName", FUNCTION).certain)
        for need in _needs(stack, mapping, context):
            yield need if certain else msgspec.structs.replace(need, may=True)


def _needs(stack: Stack, mapping: Resource, context: RunContext) -> Iterator[Need]:
    source = mapping.inputs.get("eventSourceArn")
    service, target = target_of(stack, mapping, "eventSourceArn", source, context, READS)
    if source is not None:
        yield from _reads(service, target)
    if service in (*ANYWHERE, None):
        yield from _connects(stack, mapping, service, context)
    if service == "kafka":
        yield from _signed_in(stack, mapping, target)
    if mapping.inputs.get("destinationConfig") is not None:
        value = _destination(mapping) or Unknown()
        if not _is_topic(value):
            yield from sent(stack, mapping, "destinationConfig", value, context)


def _destination(mapping: Resource) -> Any:
    return value_at(mapping.inputs.get("destinationConfig"), "onFailure.destinationArn")


def _is_topic(destination: Any) -> bool:
    """Whether a destination is a topic of the source's own cluster, as `kafka://failed-orders`."""
    return isinstance(destination, str) and destination.startswith("kafka://")


def _reads(service: str | None, target: CallTarget) -> Iterator[Need]:
    if service is None:
        for actions in READS.values():
            yield from needed(actions, target, READING, may=True)
    elif service == "dynamodb" and target.every:
        target = _of_stream(target)
    elif service in ANYWHERE:
        target = CallTarget(target.pattern, part=True, reach="*")
        target = CallTarget("*", part=True) if service == "rds" else target
    yield from needed(READS.get(service or "", ((), ())), target, READING)
    if service in ("dynamodb", "kinesis", None):
        why = "AWS's own role for the source lists its streams"
        for one in [service] if service else ["dynamodb", "kinesis"]:
            yield Need(f"{one}:ListStreams", ANYTHING, why, may=True)


def _of_stream(source: CallTarget) -> CallTarget:
    """The stream of a table, of which AWS chooses the label: a role may read the table's streams of any label."""
    table, stream, _ = source.pattern.partition("/stream/")
    if stream:
        return CallTarget(source.pattern, reach=f"{table}/stream/*")
    return CallTarget(f"{table}/stream/*", every=False, argument="eventSourceArn")


def _connects(stack: Stack, mapping: Resource, service: str | None, context: RunContext) -> Iterator[Need]:
    """The network, the secrets, the key and the schemas of a source that is reached as its other clients reach it."""
    accesses = [access for _, access in values_at(mapping.inputs, "sourceAccessConfigurations[*]")]
    in_vpc = service in IN_VPC or any(_of_type(access, "VPC_SUBNET") for access in accesses)
    why = "Lambda connects to the event source in its VPC"
    yield from needed((CONNECTS, ()), CallTarget("*", part=True), why, may=not in_vpc)
    secrets = [("sourceAccessConfigurations", access) for access in accesses]
    for name in REGISTRIES:
        pattern = f"{name}[*].schemaRegistryConfig[*]"
        secrets += [(name, access) for _, access in values_at(mapping.inputs, f"{pattern}.accessConfigs[*]")]
        if value_at(mapping.inputs, pattern) is not None:
            registry = ("glue:GetRegistry", "glue:GetSchemaVersion")
            yield from needed(((), registry), ANYTHING, "Lambda reads the schemas of the records")
    for name, access in secrets:
        yield from _secret(stack, mapping, name, access, context)
    if secrets or mapping.inputs.get("kmsKeyArn") is not None:
        why = "the event source's secrets or filters are encrypted"
        yield Need("kms:Decrypt", CallTarget("*", every=False), why, may=True)


def _of_type(access: Any, *starts: str) -> bool:
    """Whether the access to a source is, or may be, of a type that starts so."""
    kind = access.get("type") if isinstance(access, Mapping) else None
    return kind.startswith(starts) if isinstance(kind, str) else isinstance(access, Unknown)


def _secret(stack: Stack, mapping: Resource, name: str, access: Any, context: RunContext) -> Iterator[Need]:
    value = access.get("uri") if isinstance(access, Mapping) else access
    if _of_type(access, *SECRETS) or name in REGISTRIES:
        service, target = target_of(stack, mapping, name, value, context, ("secretsmanager",))
        why = "Lambda signs in to the event source with a secret"
        yield Need("secretsmanager:GetSecretValue", target, why, may=service is None)


def _signed_in(stack: Stack, mapping: Resource, cluster: CallTarget) -> Iterator[Need]:
    """What Lambda needs in a cluster of MSK where it signs in with IAM, as it has to in a serverless one."""
    accesses = [access for _, access in values_at(mapping.inputs, "sourceAccessConfigurations[*]")]
    if any(_of_type(access, *SECRETS[:-1]) and not isinstance(access, Unknown) for access in accesses):
        return
    source = mapping.inputs.get("eventSourceArn")
    only = referent(stack, mapping, "eventSourceArn", source, ("kafka",))
    serverless = only is not None and only.type == SERVERLESS_KAFKA
    why = "Lambda signs in to the cluster with IAM"
    destination = _destination(mapping)
    produces = PRODUCES if isinstance(destination, Unknown) or _is_topic(destination) else ()
    for action in (*CONSUMES, *CONFIGURES, *produces):
        kind = "group" if action.endswith("Group") else "topic" if action.endswith(("Topic", "Data")) else "cluster"
        yield Need(action, _in_cluster(cluster, kind), why, may=not serverless or action not in CONSUMES)


def _in_cluster(cluster: CallTarget, kind: str) -> CallTarget:
    """The cluster itself, its topics or its groups. AWS chooses the id after the name, so a role may leave it open."""
    pattern = cluster.pattern.replace(":cluster/", f":{kind}/", 1)
    inside = pattern if kind == "cluster" else f"{pattern.removesuffix('/*')}/*"
    head, name, *_ = f"{pattern}/".split("/")
    return CallTarget(inside, part=True, reach=f"{head}/{name}/*")
