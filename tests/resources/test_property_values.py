"""Values that a service or the provider refuses: names of its own form, pairs, and the fields of JSON texts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.limits import limit_problem
from tests.policies.helpers import messages, violations

ENDPOINT, ROUTE = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/route:Route"
GROUP, INGRESS = "aws:ec2/securityGroup:SecurityGroup", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
FUNCTION, ALIAS = "aws:lambda/function:Function", "aws:lambda/alias:Alias"
INTEGRATION, MACHINE = "aws:apigatewayv2/integration:Integration", "aws:sfn/stateMachine:StateMachine"
RULE, QUEUE = "aws:cloudwatch/eventRule:EventRule", "aws:sqs/queue:Queue"
SCALING, NODES = "aws:autoscaling/group:Group", "aws:eks/nodeGroup:NodeGroup"
POOL_CLIENT, POOL_DOMAIN = "aws:cognito/userPoolClient:UserPoolClient", "aws:cognito/userPoolDomain:UserPoolDomain"
TARGETS, CACHE = "aws:lb/targetGroup:TargetGroup", "aws:elasticache/serverlessCache:ServerlessCache"
CLUSTER, INSTANCE = "aws:rds/cluster:Cluster", "aws:ec2/instance:Instance"
OBJECT, PARAMETER = "aws:s3/bucketObject:BucketObject", "aws:ssm/parameter:Parameter"
CRAWLER, WORKGROUP = "aws:glue/crawler:Crawler", "aws:athena/workgroup:Workgroup"
PROVIDER, TASK = "aws:iam/openIdConnectProvider:OpenIdConnectProvider", "aws:ecs/taskDefinition:TaskDefinition"
ZONE, TABLE = "aws:route53/zone:Zone", "aws:dynamodb/table:Table"
DEAD = "arn:aws:sqs:eu-central-1:111122223333:failed"


def reported(token: str, inputs: dict[str, Any], **outputs: Any) -> list[str]:
    return sorted(violations(POLICY, Resource(token, "x", inputs, outputs=outputs)))


def pattern(**fields: Any) -> dict[str, Any]:
    return {"eventPattern": json.dumps(fields)}


def machine(**machine: Any) -> dict[str, Any]:
    return {"definition": json.dumps(machine)}


def variables(*names: str) -> dict[str, Any]:
    return {"environment": {"variables": dict.fromkeys(names, "on")}}


def redriven(receives: Any) -> dict[str, Any]:
    return {"redrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": receives})}


def results(location: str) -> dict[str, Any]:
    return {"configuration": {"resultConfiguration": {"outputLocation": location}}}


END = {"Type": "Succeed"}
CHOICE = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.paid", "BooleanEquals": True, "Next": "Ship"}],
    "Default": "Wait",
}
EACH = {"Type": "Map", "ItemProcessor": {"StartAt": "Pack", "States": {"Pick": END}}, "End": True}
FARGATE = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "containerDefinitions": "[]"}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("serviceName", ENDPOINT, {"serviceName": "dynamodb"}),
        ("serviceName", ENDPOINT, {"serviceName": "secretsmanager.eu-central-1.amazonaws.com"}),
        ("serviceName", ENDPOINT, {"serviceName": "com.amazonaws.ssm"}),
        ("serviceName", ENDPOINT, {"serviceName": "com.amazonaws.us-west-2.ssm", "region": "eu-central-1"}),
        ("serviceName", ENDPOINT, {"serviceName": "com.amazonaws.us-west-2.ssm", "serviceRegion": "us-east-2"}),
        ("gatewayId", ROUTE, {"gatewayId": "tgw-0aa11bb22cc33dd44"}),
        ("name", GROUP, {"name": "sg-database"}),
        ("description", GROUP, {"description": "from web -> database"}),
        ("ingress[0].description", GROUP, {"ingress": [{"description": "l'accès", "protocol": "-1"}]}),
        ("description", INGRESS, {"description": "web → database"}),
        ("url", PROVIDER, {"url": "gitlab.acme.example"}),
        ("userPoolId", POOL_CLIENT, {"userPoolId": "shoppers"}),
        ("domain", POOL_DOMAIN, {"domain": "Acme-Login"}),
        ("domain", POOL_DOMAIN, {"domain": "my-cognito-login"}),
        ("imageUri", FUNCTION, {"imageUri": "public.ecr.aws/lambda/python:3.13"}),
        ("functionVersion", ALIAS, {"functionVersion": "v3"}),
        ("environment.variables", FUNCTION, variables("LOG_LEVEL", "feature.flag")),
        ("environment.variables", FUNCTION, variables("2ND_TABLE")),
        ("environment.variables.AWS_SESSION_TOKEN", FUNCTION, variables("AWS_SESSION_TOKEN")),
        ("integrationUri", INTEGRATION, {"integrationType": "AWS_PROXY", "integrationUri": "https://acme.example"}),
        ("integrationUri", INTEGRATION, {"integrationType": "HTTP_PROXY", "integrationUri": "acme.example/orders"}),
        ("protocol", TARGETS, {"protocol": "tcp"}),
        ("engine", CACHE, {"engine": "valky"}),
        ("engine", CLUSTER, {"engine": "aurora"}),
        ("instanceType", INSTANCE, {"instanceType": "m7g.xxlarge1"}),
        ("instanceType", INSTANCE, {"instanceType": "t4g.smal"}),
        ("storageClass", OBJECT, {"storageClass": "COLD"}),
        ("name", PARAMETER, {"name": "/ssm/orders/url"}),
        ("name", PARAMETER, {"name": "AWS-orders"}),
        ("s3Targets[0].path", CRAWLER, {"s3Targets": [{"path": "https://acme-lake.s3.amazonaws.com/raw"}]}),
        ("configuration.resultConfiguration.outputLocation", WORKGROUP, results("arn:aws:s3:::acme-results")),
        ("name", ZONE, {"name": "http://acme.example"}),
        ("minSize", SCALING, {"minSize": 6, "maxSize": 4}),
        ("desiredCapacity", SCALING, {"minSize": 1, "maxSize": 4, "desiredCapacity": 5.0}),
        ("scalingConfig.minSize", NODES, {"scalingConfig": {"minSize": 3, "maxSize": 2}}),
        ("cacheUsageLimits.dataStorage.minimum", CACHE, {"cacheUsageLimits": {"dataStorage": {"minimum": 9, "maximum": 8}}}),
        ("kmsMasterKeyId", QUEUE, {"kmsMasterKeyId": "alias/orders", "sqsManagedSseEnabled": True}),
        ("name", GROUP, {"name": "web", "namePrefix": "web-"}),
        ("availabilityZones", SCALING, {"availabilityZones": ["eu-central-1a"], "vpcZoneIdentifiers": ["subnet-0aa1"]}),
        ("requiresCompatibilities", TASK, FARGATE),
        ("requiresCompatibilities", TASK, {**FARGATE, "cpu": "256"}),
        ("eventPattern", RULE, pattern(source=["aws.s3"], detail={"bucket": {"name": "acme-inbox"}})),
        ("eventPattern", RULE, {"eventPattern": json.dumps({"detail-type": []})}),
        ("eventPattern", RULE, {"eventPattern": json.dumps({"$or": [{"source": "a"}, {"source": ["b"]}]})}),
        ("definition", MACHINE, machine(StartAt="Wait", States={"Wait": {"Type": "Wait", "Next": "Send"}, "Sent": END})),
        ("definition", MACHINE, machine(StartAt="Paid?", States={"Paid?": CHOICE, "Ship": END})),
        ("definition", MACHINE, machine(StartAt="Each", States={"Each": EACH})),
        ("redrivePolicy", QUEUE, redriven(0)),
        ("redrivePolicy", QUEUE, redriven("1001")),
    ],
)  # fmt: skip
def test_what_a_service_refuses_is_reported_once(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (ENDPOINT, {"serviceName": "com.amazonaws.eu-central-1.s3", "region": "eu-central-1"}),
        (ENDPOINT, {"serviceName": "com.amazonaws.vpce.us-west-2.vpce-svc-0aa1", "serviceRegion": "us-west-2"}),
        (ENDPOINT, {"serviceName": "com.amazonaws.s3-global.accesspoint", "region": "eu-central-1"}),
        (ENDPOINT, {"serviceName": "aws.sagemaker.eu-central-1.notebook", "region": "eu-central-1"}),
        (ENDPOINT, {"serviceName": "cn.com.amazonaws.cn-north-1.ecr.dkr", "region": "cn-north-1"}),
        (ENDPOINT, {"serviceName": "io.spotinst.vpce.us-east-1.privatelink-api", "region": "eu-central-1"}),
        (ENDPOINT, {"serviceName": "com.amazonaws.us-west-2.ssm"}),
        (ENDPOINT, {"serviceName": "com.amazonaws.us-west-2.ssm", "region": UNKNOWN}),
        (ROUTE, {"gatewayId": "vgw-0aa11bb22cc33dd44"}),
        (ROUTE, {"gatewayId": "local"}),
        (GROUP, {"name": "web-sg-1", "description": "HTTP (80), HTTPS & QUIC; #1 = all!"}),
        (GROUP, {"description": ""}),
        (PROVIDER, {"url": "https://oidc.eks.eu-central-1.amazonaws.com/id/0AA1"}),
        (POOL_CLIENT, {"userPoolId": "eu-central-1_Ab12Cd34E"}),
        (POOL_DOMAIN, {"domain": "login.acme.example"}),
        (POOL_DOMAIN, {"domain": "auth.aws-tools.example"}),
        (FUNCTION, {"imageUri": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/orders@sha256:0aa1"}),
        (ALIAS, {"functionVersion": "$LATEST"}),
        (ALIAS, {"functionVersion": "12"}),
        (FUNCTION, variables("TZ", "PATH", "AWS_LAMBDA_EXEC_WRAPPER", "AWS_STS_REGIONAL_ENDPOINTS", "x1")),
        (INTEGRATION, {"integrationType": "HTTP_PROXY", "integrationUri": "https://acme.example/{proxy}"}),
        (INTEGRATION, {"integrationType": "HTTP_PROXY", "integrationUri": "${stageVariables.url}/orders"}),
        (INTEGRATION, {"integrationType": "AWS_PROXY", "integrationSubtype": "SQS-SendMessage"}),
        (TARGETS, {"protocol": "TCP_UDP", "healthCheck": {"protocol": "http"}}),
        (CACHE, {"engine": "Valkey"}),
        (CLUSTER, {"engine": "aurora-mysql"}),
        (INSTANCE, {"instanceType": "u7in-32tb.224xlarge"}),
        (INSTANCE, {"instanceType": "x99zz.large"}),
        (OBJECT, {"storageClass": "GLACIER_IR"}),
        (PARAMETER, {"name": "/awsome/orders"}),
        (PARAMETER, {"name": "/orders/aws/region"}),
        (CRAWLER, {"s3Targets": [{"path": "acme-lake/raw"}]}),
        (ZONE, {"name": "0/25.2.0.192.in-addr.arpa"}),
        (SCALING, {"minSize": 0, "maxSize": 0}),
        (SCALING, {"minSize": 2, "maxSize": UNKNOWN}),
        (SCALING, {"minSize": 2, "maxSize": 2, "desiredCapacity": 2}),
        ("aws:autoscaling/schedule:Schedule", {"minSize": 2, "maxSize": -1}),
        (QUEUE, {"kmsMasterKeyId": "alias/orders", "sqsManagedSseEnabled": False}),
        (QUEUE, {"kmsMasterKeyId": None, "sqsManagedSseEnabled": True}),
        (GROUP, {"name": None, "namePrefix": "web-"}),
        (TASK, {**FARGATE, "cpu": UNKNOWN, "memory": "512"}),
        (TASK, {"requiresCompatibilities": ["EC2"], "containerDefinitions": "[]"}),
        (RULE, pattern(source=[{"prefix": "acme."}], detail={"size": [{"numeric": [">", 1]}], "$or": [{"a": ["b"]}]})),
        (MACHINE, machine(StartAt="Paid?", States={"Paid?": CHOICE, "Ship": END, "Wait": {"Type": "Wait", "Next": "Ship"}})),
        (MACHINE, machine(QueryLanguage="JSONata", StartAt="A", States={"A": {"Type": "Pass", "Output": {"Next": "B"}, "End": True}})),
        (QUEUE, redriven(1000)),
        (QUEUE, redriven("5")),
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


def test_an_endpoint_is_compared_with_the_region_of_its_provider() -> None:
    named = {"serviceName": "com.amazonaws.eu-west-3.kms"}
    assert reported(ENDPOINT, named, region="eu-central-1") == ["serviceName"]
    assert reported(ENDPOINT, named, region="eu-west-3") == []


def test_each_type_of_instance_that_ec2_lists_is_taken() -> None:
    shape = get_session().get_service_model("ec2").shape_for("InstanceType")
    assert not [name for name in shape.enum if limit_problem("like:instance-type", name)]


def test_a_misspelt_key_of_a_table_is_one_report() -> None:
    table = {"billingMode": "PAY_PER_REQUEST", "hashKey": "order_id", "attributes": [{"name": "orderId", "type": "S"}]}
    assert reported(TABLE, table) == ["hashKey"]


def test_the_message_names_the_field_of_a_json_text() -> None:
    (message,) = messages(POLICY, Resource(RULE, "x", pattern(account="111122223333")))
    assert "`account`" in message
    assert "111122223333" not in message


@given(st.integers(-2, 50), st.integers(-2, 50))
def test_a_minimum_is_reported_exactly_above_a_maximum_that_is_set(least: int, greatest: int) -> None:
    found = reported(SCALING, {"minSize": least, "maxSize": greatest})
    assert found == (["minSize"] if least > greatest and greatest not in {0, -1} else [])


FIELDS = st.sampled_from(["StartAt", "States", "Next", "Catch", "Choices", "$or", "maxReceiveCount", "x"])
TEXTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
)


@given(TEXTS)
def test_any_json_text_has_an_answer(value: Any) -> None:
    text = json.dumps(value)
    for token, name in ((RULE, "eventPattern"), (MACHINE, "definition"), (QUEUE, "redrivePolicy")):
        assert {*reported(token, {name: text})} <= {name}
