"""Values that are possible alone and not together: a resource in, the places of such values and clauses out.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html,
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html,
https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html (names of variables),
https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html (regions of endpoints),
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html and
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from policypack.core.policy import Resource
from policypack.core.values import has_unknown
from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.contradictions import contradictions
from policypack.resources.property_kinds.json_texts import (
    container_problems,
    event_pattern_problems,
    filter_problems,
    message_filter_problems,
    redrive_problems,
)
from policypack.resources.property_kinds.lifecycles import file_problems, object_problems, tier_problems
from policypack.resources.property_kinds.limits import limit_problem
from policypack.resources.property_kinds.pairs import pair_problems
from policypack.resources.property_kinds.regions import is_region
from policypack.resources.property_kinds.relations.role_fields import JOB, job_role_problems, text_properties
from policypack.resources.property_kinds.services.capacities import capacity_problems
from policypack.resources.property_kinds.services.databases import user_problems
from policypack.resources.property_kinds.services.dimensions import dimension_problems
from policypack.resources.property_kinds.services.documents import JSON_DOCUMENTS
from policypack.resources.property_kinds.services.event_sources import (
    concurrency_problems,
    event_source_problems,
    route_problems,
)
from policypack.resources.property_kinds.services.modes import daemon_problems, integration_problems, window_problems
from policypack.resources.property_kinds.services.pipelines import artifact_problems
from policypack.resources.property_kinds.services.scaling import metric_problems, scaling_problems
from policypack.resources.property_kinds.services.state_machines import state_machine_problems
from policypack.resources.property_kinds.services.targets import target_problems
from policypack.resources.property_kinds.services.windows import window_length_problems
from policypack.resources.property_kinds.table import reserved_variables
from policypack.resources.property_kinds.unique import duplicate_problems

Inputs = Mapping[str, Any]
Clauses = Iterator[tuple[str, str]]

_FARGATE: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
    32768: (61440, 122880, 249856),
}
"""By units of CPU of a task, the MiB of memory that Fargate offers with them."""
_MEMORY = 10240
"""The most MiB of memory of a function that Lambda runs itself."""
_RECORDS = {
    "A": "ipv4",
    "AAAA": "ipv6",
    "CNAME": "domain-name",
    "MX": "mx",
    "NS": "domain-name",
    "PTR": "domain-name",
    "SRV": "srv",
}
"""By type of a DNS record, the form of its values."""
_SIZE = re.compile(r"(\d+|\d*\.\d+)\s*(vcpu|gb)?", re.IGNORECASE)
_TABLE_KEYS = ("hashKey", "rangeKey")
_INDEX_KEYS = (
    "globalSecondaryIndexes[*].hashKey",
    "globalSecondaryIndexes[*].rangeKey",
    "globalSecondaryIndexes[*].keySchemas[*].attributeName",
    "localSecondaryIndexes[*].rangeKey",
)
_RESTORED = ("restoreSourceName", "restoreSourceTableArn", "restoreBackupArn")
_WITH_PORTS = frozenset({"tcp", "udp", "6", "17"})
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
_ENDPOINT_SERVICE = re.compile(r"com\.amazonaws\.(?:vpce\.)?([a-z0-9-]+)\.")


def combination_problems(resource: Resource) -> Clauses:
    """The places of values that do not go together, each with a clause. Unknown values go with every other."""
    yield from pair_problems(resource)
    yield from contradictions(resource)
    yield from capacity_problems(resource)
    yield from duplicate_problems(resource.type, resource.inputs)
    yield from window_length_problems(resource.type, resource.inputs)
    yield from dimension_problems(resource.type, resource.inputs)
    yield from target_problems(resource.type, resource.inputs)
    if problems := _BY_TYPE.get(resource.type):
        yield from problems(resource.inputs)
    if resource.type == "aws:ec2/vpcEndpoint:VpcEndpoint":
        yield from _endpoint(resource)
    for path, problems_of in _JSON_TEXTS.get(resource.type, ()):
        for place, text in values_at(resource.inputs, path):
            yield from ((place, clause) for clause in dict.fromkeys(problems_of(text) if isinstance(text, str) else ()))


def _fifo(flag: str, inputs: Inputs) -> Clauses:
    name, fifo = inputs.get("name"), inputs.get(flag)
    if not isinstance(name, str) or not name:
        return
    if fifo is True and not name.endswith(".fifo"):
        yield "name", f"does not end with `.fifo`, and the name has to where `{flag}` is true"
    elif fifo in (None, False) and name.endswith(".fifo"):
        yield "name", f"ends with `.fifo`, which takes `{flag}`"


def _task(inputs: Inputs) -> Clauses:
    compatible = inputs.get("requiresCompatibilities")
    if not isinstance(compatible, list) or "FARGATE" not in compatible:
        return
    if missing := [f"`{name}`" for name in ("cpu", "memory") if inputs.get(name) is None]:
        yield "requiresCompatibilities", f"has `FARGATE`, which takes {' and '.join(missing)} of the whole task"
    cpu, memory = (_size(inputs.get(name)) for name in ("cpu", "memory"))
    if cpu is not None and cpu not in _FARGATE:
        yield (
            "cpu",
            f"takes {', '.join(map(str, [*_FARGATE][:-1]))} or {[*_FARGATE][-1]} units on Fargate, and is {cpu}",
        )
    elif cpu is not None and memory is not None and memory not in _FARGATE[cpu]:
        offered = _FARGATE[cpu]
        yield "memory", f"takes {offered[0]} to {offered[-1]} MiB in steps beside {cpu} units of `cpu`, and is {memory}"


def _size(value: Any) -> int | None:
    """Units of CPU or MiB of memory, which may be written as `1 vCPU` and `2 GB`."""
    written = _SIZE.fullmatch(str(value).strip()) if isinstance(value, str | int | float) else None
    if written is None or isinstance(value, bool):
        return None
    return int(float(written[1]) * (1024 if written[2] else 1))


def _table(inputs: Inputs) -> Clauses:
    attributes = inputs.get("attributes")
    if not isinstance(attributes, list) or any(inputs.get(name) for name in _RESTORED):
        return
    parts = [
        inputs.get(name) for name in ("attributes", *_TABLE_KEYS, "globalSecondaryIndexes", "localSecondaryIndexes")
    ]
    if has_unknown(parts):
        return
    declared = {str(item.get("name")): at for at, item in enumerate(attributes) if isinstance(item, Mapping)}
    keys: set[str] = set()
    for pattern in (*_TABLE_KEYS, *_INDEX_KEYS):
        for path, value in values_at(inputs, pattern):
            if not isinstance(value, str):
                continue
            keys.add(value)
            if value and value not in declared:
                yield path, "is a key that is not among `attributes`"
    undeclared = keys - declared.keys()  # one of the two reports is enough for a misspelt name
    for name, index in declared.items():
        if name not in keys and keys and not undeclared:
            yield f"attributes[{index}]", "is a key of neither the table nor an index, and DynamoDB takes only keys"


def _rule(inputs: Inputs, protocol: str = "protocol", place: str = "") -> Clauses:
    least, greatest = inputs.get("fromPort"), inputs.get("toPort")
    if (
        str(inputs.get(protocol)).lower() in _WITH_PORTS
        and isinstance(least, int | float)
        and isinstance(greatest, int | float)
        and least > greatest
    ):
        yield f"{place}fromPort", f"is {least:g}, which is greater than `toPort`, {greatest:g}"


def _group(inputs: Inputs) -> Clauses:
    for name in ("ingress", "egress"):
        for path, rule in values_at(inputs, f"{name}[*]"):
            if isinstance(rule, Mapping):
                yield from _rule(rule, place=f"{path}.")


def _function(inputs: Inputs) -> Clauses:
    memory, architectures = inputs.get("memorySize"), inputs.get("architectures")
    if isinstance(architectures, list) and len(architectures) > 1:
        yield "architectures", f"takes one, and has {len(architectures)}"
    if isinstance(memory, int | float) and memory > _MEMORY and inputs.get("capacityProviderConfig") is None:
        yield "memorySize", f"takes a number from 128 to {_MEMORY} without `capacityProviderConfig`, and is {memory:g}"
    for path, variables in values_at(inputs, "environment.variables"):
        for name in variables if isinstance(variables, Mapping) else ():
            if name in reserved_variables():
                yield f"{path}.{name}", "has a name that Lambda reserves and sets itself"
            elif not _VARIABLE.fullmatch(name):
                yield path, _variable_clause(name)


def _variable_clause(name: str) -> str:
    shown = f"`{name}`" if re.fullmatch(r"[\w.-]{1,64}", name, re.ASCII) else "another one"
    return f"takes names of two or more letters, digits and underscores that begin with a letter, and has {shown}"


def _endpoint(resource: Resource) -> Clauses:
    """The service of another region than that of the endpoint, which `serviceRegion` names."""
    inputs, service = resource.inputs, resource.inputs.get("serviceName")
    named = _ENDPOINT_SERVICE.match(service) if isinstance(service, str) else None
    region = inputs.get("serviceRegion") or inputs.get("region") or resource.outputs.get("region")
    if named and is_region(named[1]) and isinstance(region, str) and region != named[1]:
        yield "serviceName", f"is a service of `{named[1]}`, and the endpoint is for `{region}`"


def _record(inputs: Inputs) -> Clauses:
    kind, records = inputs.get("type"), inputs.get("records")
    form = _RECORDS.get(kind) if isinstance(kind, str) else None
    for index, record in enumerate(records if form and isinstance(records, list) else ()):
        clause = limit_problem(f"like:{form}", record.strip()) if isinstance(record, str) and record else None
        if clause:
            yield f"records[{index}]", f"{clause}, in a record of type `{kind}`"


def _subscription(inputs: Inputs) -> Clauses:
    """A filter policy; attributes of messages have no fields of their own, unlike their bodies."""
    policy, scope = inputs.get("filterPolicy"), inputs.get("filterPolicyScope")
    if isinstance(policy, str):
        nested = scope not in (None, "", "MessageAttributes")
        yield from (
            ("filterPolicy", clause) for clause in dict.fromkeys(message_filter_problems(policy, nested=nested))
        )


def _document(inputs: Inputs) -> Clauses:
    content = inputs.get("content")
    if inputs.get("documentFormat") in (None, "JSON") and isinstance(content, str) and content:
        clause = limit_problem("json-text", content)
        if clause:
            yield "content", f"{clause}; another format takes `documentFormat`"


_BY_TYPE: Mapping[str, Callable[[Inputs], Clauses]] = {
    "aws:apigateway/integration:Integration": integration_problems,
    "aws:appautoscaling/policy:Policy": metric_problems,
    "aws:appautoscaling/scheduledAction:ScheduledAction": scaling_problems,
    "aws:appautoscaling/target:Target": scaling_problems,
    "aws:codepipeline/pipeline:Pipeline": artifact_problems,
    "aws:dynamodb/table:Table": _table,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _group,
    "aws:ec2/securityGroup:SecurityGroup": _group,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _rule,
    "aws:ecs/service:Service": daemon_problems,
    "aws:ecs/taskDefinition:TaskDefinition": _task,
    "aws:efs/fileSystem:FileSystem": file_problems,
    "aws:lambda/alias:Alias": route_problems,
    "aws:lambda/eventSourceMapping:EventSourceMapping": event_source_problems,
    "aws:lambda/function:Function": _function,
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": concurrency_problems,
    "aws:rds/cluster:Cluster": partial(user_problems, "masterUsername"),
    "aws:rds/instance:Instance": partial(user_problems, "username"),
    "aws:route53/record:Record": _record,
    "aws:s3/bucket:Bucket": partial(object_problems, "lifecycleRules"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": partial(object_problems, "rules"),
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": partial(object_problems, "rules"),
    "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration": tier_problems,
    "aws:s3/bucketV2:BucketV2": partial(object_problems, "lifecycleRules"),
    "aws:scheduler/schedule:Schedule": window_problems,
    "aws:sns/topicSubscription:TopicSubscription": _subscription,
    "aws:sns/topic:Topic": partial(_fifo, "fifoTopic"),
    "aws:sqs/queue:Queue": partial(_fifo, "fifoQueue"),
    "aws:ssm/document:Document": _document,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": partial(_rule, protocol="ipProtocol"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": partial(_rule, protocol="ipProtocol"),
}
_JSON_TEXTS: Mapping[str, Sequence[tuple[str, Callable[[str], Iterator[str]]]]] = {
    JOB: [(name, partial(job_role_problems, name)) for name in text_properties(JOB)],
    **JSON_DOCUMENTS,
    "aws:cloudwatch/eventArchive:EventArchive": [("eventPattern", event_pattern_problems)],
    "aws:cloudwatch/eventRule:EventRule": [("eventPattern", event_pattern_problems)],
    "aws:ecs/taskDefinition:TaskDefinition": [("containerDefinitions", container_problems)],
    "aws:lambda/eventSourceMapping:EventSourceMapping": [("filterCriteria.filters[*].pattern", filter_problems)],
    "aws:pipes/pipe:Pipe": [("sourceParameters.filterCriteria.filters[*].pattern", filter_problems)],
    "aws:sfn/stateMachine:StateMachine": [("definition", state_machine_problems)],
    "aws:sqs/queue:Queue": [("redrivePolicy", redrive_problems)],
    "aws:sqs/redrivePolicy:RedrivePolicy": [("redrivePolicy", redrive_problems)],
}
"""By type, the paths of JSON texts whose fields are checked."""
