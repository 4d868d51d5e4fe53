"""What Lambda's pollers need of a role: what AWS's guides print is silent, and what is beyond it is reported."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, construct
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.lambda_ import missing_permission, unused_permission
from tests.policies.helpers import messages, outcomes
from tests.policies.lambda_.test_missing_permission import PUT, stack

HERE = "eu-west-1:111122223333"
CLUSTER = f"arn:aws:kafka:{HERE}:cluster/parcels/0d2c7f1e-55aa-4c0b-9f2b-6b1a-3"
BROKER = f"arn:aws:mq:{HERE}:broker:dispatch:b-7c1d"
DATABASE = f"arn:aws:rds:{HERE}:cluster:catalog"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:AmazonMSK_parcels-a1B2c3"
NETWORK = [
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"),
    *("ec2:DeleteNetworkInterface", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"),
]
KAFKA = ["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"]
MQ = ["mq:DescribeBroker"]
DOCUMENTS = ["rds:DescribeDBClusters", "rds:DescribeDBClusterParameters", "rds:DescribeDBSubnetGroups"]
CONSUMER = [
    allow(["kafka-cluster:Connect", "kafka-cluster:DescribeClusterDynamicConfiguration"], CLUSTER),
    allow(["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], CLUSTER.replace(":cluster", ":topic") + "/sent"),
    allow(["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"], CLUSTER.replace(":cluster", ":group") + "/*"),
]
ANY_ID = [
    allow(
        ["kafka-cluster:Connect", "kafka-cluster:DescribeClusterDynamicConfiguration"],
        CLUSTER.rpartition("/")[0] + "/*",
    ),
    allow(["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], f"arn:aws:kafka:{HERE}:topic/parcels/*"),
    allow(["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"], f"arn:aws:kafka:{HERE}:group/parcels/*"),
]
GET = allow("secretsmanager:GetSecretValue", SECRET)
DECRYPTS = allow("kms:Decrypt", f"arn:aws:kms:{HERE}:key/6f4c")


def mapping(source: Any = None, **inputs: Any) -> Resource:
    named = {"eventSourceArn": source} if source else {}
    return construct("aws:lambda/eventSourceMapping:EventSourceMapping", "poll", functionName="read", **named, **inputs)


def signed(kind: str, *others: dict[str, str]) -> dict[str, Any]:
    return {"sourceAccessConfigurations": [{"type": kind, "uri": SECRET}, *others]}


OWN_KAFKA = {
    "selfManagedEventSource": {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "one.acme.example:9092"}},
    "topics": ["sent"],
    **signed("SASL_SCRAM_256_AUTH", {"type": "VPC_SUBNET", "uri": "subnet:subnet-0a1b"}),
}
REGISTRY = {
    "amazonManagedKafkaEventSourceConfig": {
        "schemaRegistryConfig": {
            "eventRecordFormat": "JSON",
            "schemaRegistryUri": f"arn:aws:glue:{HERE}:registry/parcels",
        }
    }
}
SOUND = [
    ([allow([*KAFKA, *NETWORK], "*")], mapping(CLUSTER, topics=["sent"])),
    ([allow(["kafka:DescribeCluster", *KAFKA], CLUSTER), allow(NETWORK, "*")], mapping(CLUSTER)),
    ([allow([*KAFKA, *NETWORK], "*"), *CONSUMER], mapping(CLUSTER)),
    ([allow([*KAFKA, *NETWORK], "*"), *ANY_ID], mapping(CLUSTER)),
    (
        [allow([*KAFKA, *NETWORK, "kafka:ListScramSecrets"], "*"), GET, DECRYPTS],
        mapping(CLUSTER, **signed("SASL_SCRAM_512_AUTH")),
    ),
    ([allow([*KAFKA, *NETWORK, "kafka:DescribeVpcConnection"], "*")], mapping(CLUSTER)),
    ([allow([*KAFKA, *NETWORK, "glue:GetRegistry", "glue:GetSchemaVersion"], "*")], mapping(CLUSTER, **REGISTRY)),
    ([allow([*MQ, *NETWORK], "*"), GET, DECRYPTS], mapping(BROKER, queues=["out"], **signed("BASIC_AUTH"))),
    ([allow(MQ, BROKER), GET], mapping(BROKER, queues=["out"], **signed("BASIC_AUTH"))),
    ([allow(NETWORK, "*"), GET, DECRYPTS], mapping(**OWN_KAFKA)),
    ([allow([*DOCUMENTS, *NETWORK], "*"), GET, DECRYPTS], mapping(DATABASE, **signed("BASIC_AUTH"))),
    (
        [
            allow([*KAFKA, *NETWORK], "*"),
            allow("s3:PutObject", "arn:aws:s3:::acme-late/*"),
            allow("s3:ListBucket", "arn:aws:s3:::acme-late"),
        ],
        mapping(CLUSTER, destinationConfig={"onFailure": {"destinationArn": "arn:aws:s3:::acme-late"}}),
    ),
    (
        [
            allow([*KAFKA, *NETWORK], "*"),
            *CONSUMER,
            allow("kafka-cluster:WriteData", CLUSTER.replace(":cluster", ":topic") + "/late"),
        ],
        mapping(CLUSTER, destinationConfig={"onFailure": {"destinationArn": "kafka://late"}}),
    ),
]


@pytest.mark.parametrize(("statements", "source"), SOUND)
def test_what_the_guides_print_is_silent(statements: list[Any], source: Resource) -> None:
    resources = [*stack(PUT, *statements), source]
    assert outcomes(unused_permission.POLICY, *resources) == []
    assert outcomes(missing_permission.POLICY, *resources) == []


@pytest.mark.parametrize(
    ("statements", "source", "lacking"),
    [
        ([allow(NETWORK, "*")], mapping(CLUSTER), "kafka:GetBootstrapBrokers"),
        ([allow(KAFKA, "*")], mapping(CLUSTER), "ec2:CreateNetworkInterface"),
        ([allow([*MQ, *NETWORK], "*")], mapping(BROKER, **signed("BASIC_AUTH")), "secretsmanager:GetSecretValue"),
        ([GET, allow(NETWORK, "*")], mapping(BROKER, **signed("BASIC_AUTH")), "mq:DescribeBroker"),
        ([GET], mapping(**OWN_KAFKA), "ec2:DescribeSecurityGroups"),
        ([allow([*DOCUMENTS[1:], *NETWORK], "*")], mapping(DATABASE), "rds:DescribeDBClusters"),
    ],
)
def test_what_a_source_needs_and_the_role_lacks_is_missing(
    statements: list[Any], source: Resource, lacking: str
) -> None:
    reports = messages(missing_permission.POLICY, *stack(PUT, *statements), source)
    assert any(f"does not allow `{lacking}`" in report for report in reports)


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        (allow("kafka:DescribeCluster", "*"), None),
        (allow("ec2:CreateNetworkInterface", "*"), mapping(f"arn:aws:sqs:{HERE}:orders")),
        (allow("kafka:DeleteCluster", CLUSTER), mapping(CLUSTER)),
        (allow("kafka-cluster:ReadData", "*"), mapping(CLUSTER, **signed("SASL_SCRAM_512_AUTH"))),
        (allow("kafka-cluster:ReadData", f"arn:aws:kafka:{HERE}:topic/*"), mapping(CLUSTER)),
        (allow("kafka-cluster:AlterGroup", f"arn:aws:kafka:{HERE}:group/returns/*"), mapping(CLUSTER)),
        (allow("kafka-cluster:WriteData", CLUSTER.replace(":cluster", ":topic") + "/sent"), mapping(CLUSTER)),
        (allow("secretsmanager:GetSecretValue", SECRET), mapping(BROKER)),
        (
            allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:*"),
            mapping(BROKER, **signed("BASIC_AUTH")),
        ),
        (allow("glue:GetSchemaVersion", "*"), mapping(CLUSTER)),
    ],
)
def test_what_no_source_needs_is_unused(statement: Any, source: Resource | None) -> None:
    needed = [allow([*KAFKA, *MQ, *NETWORK], "*")] if source and "sqs" not in source.inputs["eventSourceArn"] else []
    reports = outcomes(unused_permission.POLICY, *stack(PUT, *needed, statement), *([source] if source else []))
    assert any(report.path.startswith(f"policy.Statement[{2 + len(needed)}]") for report in reports)


@pytest.mark.parametrize(
    ("kind", "inputs", "statements"),
    [
        ("aws:msk/cluster:Cluster", {"clusterName": "parcels"}, [allow([*KAFKA, *NETWORK], "*")]),
        (
            "aws:msk/serverlessCluster:ServerlessCluster",
            {"clusterName": "parcels"},
            [allow([*KAFKA, *NETWORK], "*"), *CONSUMER],
        ),
        ("aws:mq/broker:Broker", {"brokerName": "dispatch"}, [allow([*MQ, *NETWORK], "*")]),
        ("aws:docdb/cluster:Cluster", {"clusterIdentifier": "catalog"}, [allow([*DOCUMENTS, *NETWORK], "*")]),
    ],
)
def test_a_source_of_the_stack_is_read_as_one_by_its_arn(
    kind: str, inputs: dict[str, str], statements: list[Any]
) -> None:
    source = construct(kind, "source", **inputs)
    reading = mapping(UNKNOWN)
    reading = Resource(
        reading.type,
        reading.name,
        {**reading.inputs, "eventSourceArn": UNKNOWN},
        property_dependencies={"eventSourceArn": (source.urn,)},
    )
    resources = [*stack(PUT, *statements), source, reading]
    assert outcomes(unused_permission.POLICY, *resources) == []
    assert outcomes(missing_permission.POLICY, *resources) == []
    lacking = messages(missing_permission.POLICY, *stack(PUT), source, reading)
    assert any("does not allow" in message for message in lacking)


def test_a_source_that_is_not_known_may_be_any() -> None:
    reading = mapping()
    reading = Resource(reading.type, reading.name, {**reading.inputs, "eventSourceArn": UNKNOWN})
    resources = [*stack(PUT, allow(["sqs:ReceiveMessage", *KAFKA], "*")), reading]
    assert outcomes(unused_permission.POLICY, *resources) == []
    assert outcomes(missing_permission.POLICY, *resources) == []
