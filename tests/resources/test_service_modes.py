"""Values that another one of their resource excludes by the rules of its service, ids of groups, and sound look-alikes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.services.scaling import metric_owners
from tests.policies.helpers import messages, violations

HOME = "eu-central-1:111122223333"
MAPPING, FUNCTION = "aws:lambda/eventSourceMapping:EventSourceMapping", "aws:lambda/function:Function"
ALIAS, CONCURRENCY = "aws:lambda/alias:Alias", "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
POLICIES, SERVICE = "aws:appautoscaling/policy:Policy", "aws:ecs/service:Service"
INTEGRATION, SCHEDULE = "aws:apigateway/integration:Integration", "aws:scheduler/schedule:Schedule"
INSTANCE, CLUSTER = "aws:rds/instance:Instance", "aws:rds/cluster:Cluster"
GROUP, RULE = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS, TEMPLATE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:ec2/launchTemplate:LaunchTemplate"
QUEUE, STREAM = f"arn:aws:sqs:{HOME}:jobs", f"arn:aws:kinesis:{HOME}:stream/clicks"
TABLE = f"arn:aws:dynamodb:{HOME}:table/orders/stream/2026-01-01T00:00:00.000"
URI = f"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:{HOME}:function:api/invocations"
ARN = f"arn:aws:ec2:{HOME}:security-group/sg-0a1b2c3d"
METRIC = "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType"


def reported(token: str, inputs: dict[str, Any]) -> list[str]:
    return violations(POLICY, Resource(token, "x", inputs))


def routed(version: Any, other: str) -> dict[str, Any]:
    weights = {"additionalVersionWeights": {other: 0.1}}
    return {"name": "live", "functionName": "api", "functionVersion": version, "routingConfig": weights}


def tracked(namespace: Any, metric: Any) -> dict[str, Any]:
    specification = {"predefinedMetricSpecification": {"predefinedMetricType": metric}}
    return {"serviceNamespace": namespace, "targetTrackingScalingPolicyConfiguration": specification}


def invoked(method: Any, kind: str = "AWS_PROXY", uri: Any = URI) -> dict[str, Any]:
    return {"httpMethod": "GET", "integrationHttpMethod": method, "type": kind, "uri": uri}


def window(mode: Any, length: Any = None) -> dict[str, Any]:
    return {"flexibleTimeWindow": {"mode": mode} | ({} if length is None else {"maximumWindowInMinutes": length})}


def daemon(**inputs: Any) -> dict[str, Any]:
    return {"schedulingStrategy": "DAEMON", **inputs}


def on(*providers: Any) -> dict[str, Any]:
    return {"capacityProviderStrategies": [{"capacityProvider": provider, "weight": 1} for provider in providers]}


def peers(*groups: Any) -> dict[str, Any]:
    return {"ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "securityGroups": list(groups)}]}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("startingPosition", MAPPING, {"eventSourceArn": QUEUE, "startingPosition": "LATEST"}),
        ("startingPosition", MAPPING, {"eventSourceArn": TABLE, "startingPosition": "AT_TIMESTAMP"}),
        ("eventSourceArn", MAPPING, {"eventSourceArn": STREAM}),
        ("eventSourceArn", MAPPING, {"eventSourceArn": TABLE, "startingPosition": None}),
        ("batchSize", MAPPING, {"eventSourceArn": QUEUE, "batchSize": 11}),
        ("batchSize", MAPPING, {"eventSourceArn": QUEUE, "batchSize": 500.0, "maximumBatchingWindowInSeconds": 0}),
        ("batchSize", MAPPING, {"eventSourceArn": f"{QUEUE}.fifo", "batchSize": 11}),
        ("maximumBatchingWindowInSeconds", MAPPING, {"eventSourceArn": f"{QUEUE}.fifo", "maximumBatchingWindowInSeconds": 5}),
        ("bisectBatchOnFunctionError", MAPPING, {"eventSourceArn": QUEUE, "bisectBatchOnFunctionError": True}),
        ("functionVersion", ALIAS, routed("$LATEST", "7")),
        ("routingConfig.additionalVersionWeights", ALIAS, routed("7", "$LATEST")),
        ("qualifier", CONCURRENCY, {"functionName": "api", "qualifier": "$LATEST"}),
        (METRIC, POLICIES, tracked("ecs", "DynamoDBReadCapacityUtilization")),
        (METRIC, POLICIES, tracked("ecs", "ASGAverageCPUUtilization")),
        (METRIC, POLICIES, tracked("dynamodb", "ALBRequestCountPerTarget")),
        (METRIC, POLICIES, tracked("lambda", "ECSServiceAverageCPUUtilization")),
        ("integrationHttpMethod", INTEGRATION, invoked("GET")),
        ("integrationHttpMethod", INTEGRATION, invoked("ANY")),
        ("integrationHttpMethod", INTEGRATION, invoked("PUT", "AWS")),
        ("schedulingStrategy", SERVICE, daemon(launchType="FARGATE")),
        ("schedulingStrategy", SERVICE, daemon(**on("FARGATE", "FARGATE_SPOT"))),
        ("schedulingStrategy", SERVICE, daemon(deploymentController={"type": "CODE_DEPLOY"})),
        ("architectures", FUNCTION, {"architectures": ["x86_64", "arm64"]}),
        ("flexibleTimeWindow.mode", SCHEDULE, window("FLEXIBLE")),
        ("flexibleTimeWindow.maximumWindowInMinutes", SCHEDULE, window("OFF", 15)),
        ("username", INSTANCE, {"engine": "postgres", "username": "admin"}),
        ("username", INSTANCE, {"engine": "postgres", "username": "User"}),
        ("username", INSTANCE, {"engine": "mysql", "username": "rdsadmin"}),
        ("username", INSTANCE, {"engine": "mysql", "username": "1shop"}),
        ("username", INSTANCE, {"engine": "mariadb", "username": "shop@acme.example"}),
        ("masterUsername", CLUSTER, {"engine": "aurora-postgresql", "masterUsername": "admin"}),
        ("masterUsername", CLUSTER, {"engine": "aurora-mysql", "masterUsername": "shop owner"}),
        ("ingress[0].securityGroups[0]", GROUP, peers(ARN)),
        ("sourceSecurityGroupId", RULE, {"sourceSecurityGroupId": "balancer"}),
        ("sourceSecurityGroupId", RULE, {"sourceSecurityGroupId": ARN}),
        ("referencedSecurityGroupId", INGRESS, {"referencedSecurityGroupId": "web"}),
        ("networkInterfaces[0].securityGroups[0]", TEMPLATE, {"networkInterfaces": [{"securityGroups": ["web"]}]}),
        ("securityGroups[0]", "aws:mq/broker:Broker", {"securityGroups": ["brokers"]}),
        ("securityGroups[0]", "aws:efs/mountTarget:MountTarget", {"securityGroups": [ARN]}),
        ("vpcConfig.subnets[0]", "aws:codebuild/project:Project", {"vpcConfig": {"subnets": ["private-a"]}}),
        ("vpcSubnetIds[0]", "aws:rds/proxy:Proxy", {"vpcSubnetIds": [f"arn:aws:ec2:{HOME}:subnet/subnet-0a1b"]}),
    ],
)  # fmt: skip
def test_value_that_the_service_refuses_there_is_reported_once(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (MAPPING, {"eventSourceArn": QUEUE, "batchSize": 10}),
        (MAPPING, {"eventSourceArn": QUEUE, "batchSize": 10000, "maximumBatchingWindowInSeconds": 1}),
        (MAPPING, {"eventSourceArn": QUEUE, "batchSize": 100, "maximumBatchingWindowInSeconds": UNKNOWN}),
        (MAPPING, {"eventSourceArn": QUEUE, "batchSize": UNKNOWN, "bisectBatchOnFunctionError": False}),
        (MAPPING, {"eventSourceArn": f"{QUEUE}.fifo", "batchSize": 10, "maximumBatchingWindowInSeconds": 0}),
        (MAPPING, {"eventSourceArn": STREAM, "startingPosition": "LATEST", "batchSize": 500, "bisectBatchOnFunctionError": True}),
        (ALIAS, routed("6", "7")),
        (ALIAS, routed(UNKNOWN, "7")),
        (ALIAS, {"functionName": "api", "functionVersion": "$LATEST"}),
        (ALIAS, {"functionName": "api", "functionVersion": "$LATEST", "routingConfig": {"additionalVersionWeights": {}}}),
        (CONCURRENCY, {"functionName": "api", "qualifier": "live"}),
        (CONCURRENCY, {"functionName": "api", "qualifier": UNKNOWN}),
        (MAPPING, {"eventSourceArn": STREAM, "startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2026-01-01T00:00:00Z"}),
        (MAPPING, {"eventSourceArn": f"{STREAM}/consumer/app:1", "startingPosition": "LATEST"}),
        (MAPPING, {"eventSourceArn": TABLE, "startingPosition": "TRIM_HORIZON"}),
        (MAPPING, {"eventSourceArn": STREAM, "startingPosition": UNKNOWN}),
        (MAPPING, {"eventSourceArn": UNKNOWN}),
        (MAPPING, {"eventSourceArn": UNKNOWN, "startingPosition": "LATEST"}),
        (MAPPING, {"eventSourceArn": f"arn:aws:kafka:{HOME}:cluster/log/0aa1", "topics": ["a"], "startingPosition": "AT_TIMESTAMP"}),
        (MAPPING, {"selfManagedEventSource": {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "b:9092"}}, "topics": ["a"]}),
        (POLICIES, tracked("ecs", "ECSServiceAverageMemoryUtilization")),
        (POLICIES, tracked("ecs", "ALBRequestCountPerTarget")),
        (POLICIES, tracked("ec2", "EC2SpotFleetRequestAverageCPUUtilization")),
        (POLICIES, tracked("dynamodb", "DynamoDBWriteCapacityUtilization")),
        (POLICIES, tracked("lambda", "LambdaProvisionedConcurrencyUtilization")),
        (POLICIES, tracked(UNKNOWN, "DynamoDBReadCapacityUtilization")),
        (POLICIES, tracked("ecs", UNKNOWN)),
        ("aws:autoscaling/policy:Policy", {"targetTrackingConfiguration": {"predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"}}}),
        (INTEGRATION, invoked("POST")),
        (INTEGRATION, invoked("GET", "HTTP_PROXY", "https://api.acme.example/orders")),
        (INTEGRATION, invoked("GET", "AWS", "arn:aws:apigateway:eu-central-1:s3:path/acme-site/index.html")),
        (INTEGRATION, invoked("GET", "AWS_PROXY", UNKNOWN)),
        (INTEGRATION, {"httpMethod": "OPTIONS", "type": "MOCK"}),
        (INTEGRATION, invoked(UNKNOWN)),
        (SERVICE, daemon(launchType="EC2")),
        (SERVICE, daemon(**on("web-instances"))),
        (SERVICE, daemon(**on(UNKNOWN))),
        (SERVICE, daemon(launchType=UNKNOWN, deploymentController={"type": "ECS"})),
        (SERVICE, {"schedulingStrategy": "REPLICA", "launchType": "FARGATE"}),
        (FUNCTION, {"architectures": ["arm64"]}),
        (FUNCTION, {"architectures": UNKNOWN}),
        ("aws:lambda/layerVersion:LayerVersion", {"compatibleArchitectures": ["x86_64", "arm64"]}),
        (SCHEDULE, window("FLEXIBLE", 15)),
        (SCHEDULE, window("OFF")),
        (SCHEDULE, window("FLEXIBLE", UNKNOWN)),
        (SCHEDULE, window(UNKNOWN, 15)),
        (INSTANCE, {"engine": "mysql", "username": "admin"}),
        (INSTANCE, {"engine": "postgres", "username": "postgres"}),
        (INSTANCE, {"engine": "postgres", "username": "shop_admin"}),
        (INSTANCE, {"engine": "sqlserver-ex", "username": "admin"}),
        (INSTANCE, {"engine": "oracle-se2", "username": "user"}),
        (INSTANCE, {"engine": UNKNOWN, "username": "admin"}),
        (INSTANCE, {"engine": "postgres", "username": UNKNOWN}),
        (INSTANCE, {"replicateSourceDb": "orders"}),
        (CLUSTER, {"engine": "aurora-mysql", "masterUsername": "root"}),
        (GROUP, peers("sg-0a1b2c3d", "web", UNKNOWN)),
        (GROUP, peers("111122223333/sg-0a1b2c3d")),
        (RULE, {"sourceSecurityGroupId": "111122223333/sg-0a1b2c3d"}),
        (RULE, {"sourceSecurityGroupId": "amazon-elb/amazon-elb-sg"}),
        (INGRESS, {"referencedSecurityGroupId": UNKNOWN}),
        (TEMPLATE, {"securityGroupNames": ["web"], "networkInterfaces": [{"securityGroups": ["sg-0a1b2c3d"]}]}),
        ("aws:ec2/instance:Instance", {"securityGroups": ["web", "sg-0a1b2c3d"]}),
        ("aws:medialive/input:Input", {"inputSecurityGroups": ["1234567"]}),
        ("aws:elasticache/cluster:Cluster", {"subnetGroupName": "private", "securityGroupIds": ["sg-0a1b2c3d"]}),
    ],
)  # fmt: skip
def test_what_the_service_takes_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


def test_name_of_a_user_is_not_quoted() -> None:
    assert messages(POLICY, Resource(INSTANCE, "x", {"engine": "mysql", "username": "hunter two"})) == [
        "takes up to 63 characters without spaces, quotes, `/` and `@` that begin with a letter"
    ]


def test_each_predefined_metric_of_botocore_has_a_namespace() -> None:
    model = get_session().get_service_model("application-autoscaling")
    namespaces = {*model.shape_for("ServiceNamespace").enum}
    owners = {metric: metric_owners(metric) for metric in model.shape_for("MetricType").enum}
    assert [metric for metric, known in owners.items() if not known or not namespaces.issuperset(known)] == []


@given(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_]{2,30}", fullmatch=True).filter(
        lambda name: name.lower() not in {"rdsadmin", "admin", "user"}
    )
)
def test_any_other_plain_name_is_a_user(name: str) -> None:
    assert reported(INSTANCE, {"engine": "postgres", "username": name}) == []
