"""Unique ids of IAM, ARNs for API Gateway alone and ids of other resources of EC2, where a name or another ARN belongs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.values import problem
from tests.policies.helpers import messages, violations

PACK = "arn:aws:lambda:eu-north-1:555566667777:function:pack"
INVOKED = f"arn:aws:apigateway:eu-north-1:lambda:path/2015-03-31/functions/{PACK}/invocations"
INVOKED_ALIAS = INVOKED.replace("/invocations", ":live/invocations")
ROLE, POLICY_ID, USER = "AROAZ2X4Y6W8V0U1T3S5R", "ANPAZ2X4Y6W8V0U1T3S5R", "AIDAZ2X4Y6W8V0U1T3S5R"
GROUP, PROFILE = "AGPAZ2X4Y6W8V0U1T3S5R", "AIPAZ2X4Y6W8V0U1T3S5R"
ATTACHED = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
FIREWALL = "aws:ec2/securityGroup:SecurityGroup"
MACHINE = "aws:sfn/stateMachine:StateMachine"
DELIVERY = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"


def reported(token: str, inputs: dict[str, Any]) -> list[str]:
    return sorted(violations(POLICY, Resource(token, "x", inputs)))


def machine(resource: str, **parameters: str) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return {"definition": json.dumps({"StartAt": "Pack", "States": {"Pack": task}})}


def processed(function: str) -> dict[str, Any]:
    parameters = [{"parameterName": "LambdaArn", "parameterValue": function}]
    processors = [{"type": "Lambda", "parameters": parameters}]
    return {"extendedS3Configuration": {"processingConfiguration": {"processors": processors}}}


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        ("aws:ecs/taskDefinition:TaskDefinition", {"executionRoleArn": ROLE}, "executionRoleArn"),
        ("aws:codebuild/project:Project", {"serviceRole": ROLE}, "serviceRole"),
        ("aws:lambda/function:Function", {"role": ROLE}, "role"),
        ("aws:batch/computeEnvironment:ComputeEnvironment", {"serviceRole": ROLE}, "serviceRole"),
        ("aws:glue/crawler:Crawler", {"role": ROLE}, "role"),
        (ATTACHED, {"role": ROLE}, "role"),
        (ATTACHED, {"policyArn": POLICY_ID}, "policyArn"),
        ("aws:iam/rolePolicy:RolePolicy", {"role": ROLE}, "role"),
        ("aws:iam/userPolicyAttachment:UserPolicyAttachment", {"user": USER}, "user"),
        ("aws:iam/groupMembership:GroupMembership", {"users": ["anna", USER]}, "users[1]"),
        ("aws:iam/groupPolicy:GroupPolicy", {"group": GROUP}, "group"),
        ("aws:ec2/instance:Instance", {"iamInstanceProfile": PROFILE}, "iamInstanceProfile"),
        ("aws:ec2/launchTemplate:LaunchTemplate", {"iamInstanceProfile": {"name": PROFILE}}, "iamInstanceProfile.name"),
    ],
)
def test_a_unique_id_of_iam_is_neither_a_name_nor_an_arn(token: str, inputs: dict[str, Any], path: str) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (ATTACHED, {"role": "AROA-readers", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        (ATTACHED, {"role": ROLE.lower()}),
        (ATTACHED, {"role": ROLE[:-1]}),
        ("aws:batch/computeEnvironment:ComputeEnvironment", {"serviceRole": "service-role/batch"}),
        (
            "aws:batch/computeEnvironment:ComputeEnvironment",
            {"computeResources": {"instanceRole": "arn:aws:iam::555566667777:instance-profile/nodes"}},
        ),
        ("aws:ecs/service:Service", {"iamRole": "balancer"}),
        ("aws:emr/cluster:Cluster", {"serviceRole": "EMR_DefaultRole"}),
        ("aws:ec2/instance:Instance", {"iamInstanceProfile": "web"}),
        ("aws:ssm/parameter:Parameter", {"type": "String", "value": ROLE}),
        ("aws:s3/bucketObject:BucketObject", {"content": ROLE, "tags": {"owner": ROLE}}),
    ],
)
def test_names_of_iam_and_ids_outside_of_them_are_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


def test_principals_and_conditions_take_unique_ids() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-paid/*",
        "Condition": {"StringLike": {"aws:userid": f"{ROLE}:*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert reported("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "acme-paid", "policy": policy}) == []


@pytest.mark.parametrize("invoked", [INVOKED, INVOKED_ALIAS])
@pytest.mark.parametrize(
    ("token", "path"),
    [
        ("aws:cloudwatch/eventTarget:EventTarget", "arn"),
        ("aws:pipes/pipe:Pipe", "enrichment"),
        ("aws:lambda/permission:Permission", "function"),
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "functionName"),
        ("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter", "destinationArn"),
    ],
)
def test_an_invoke_arn_is_no_target(token: str, path: str, invoked: str) -> None:
    (message,) = messages(POLICY, Resource(token, "x", {path: invoked}))
    assert "only API Gateway takes" in message


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        ("aws:scheduler/schedule:Schedule", {"target": {"arn": INVOKED}}, "target.arn"),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "lambda", "endpoint": INVOKED}, "endpoint"),
        (MACHINE, machine(INVOKED), "definition"),
        (MACHINE, machine("arn:aws:states:::lambda:invoke", FunctionName=INVOKED_ALIAS), "definition"),
        (
            DELIVERY,
            processed(INVOKED),
            "extendedS3Configuration.processingConfiguration.processors[0].parameters[0].parameterValue",
        ),
    ],
)
def test_an_invoke_arn_inside_of_a_value_is_reported_once(token: str, inputs: dict[str, Any], path: str) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        ("aws:apigateway/integration:Integration", {"type": "AWS_PROXY", "uri": INVOKED, "integrationHttpMethod": "POST"}),
        ("aws:apigatewayv2/integration:Integration", {"integrationType": "AWS_PROXY", "integrationUri": INVOKED_ALIAS}),
        ("aws:apigateway/authorizer:Authorizer", {"authorizerUri": INVOKED}),
        ("aws:apigatewayv2/authorizer:Authorizer", {"authorizerUri": INVOKED}),
        ("aws:cloudwatch/eventTarget:EventTarget", {"arn": PACK}),
        ("aws:wafv2/webAclAssociation:WebAclAssociation", {"resourceArn": "arn:aws:apigateway:eu-north-1::/restapis/a1/stages/b"}),
        (MACHINE, machine(PACK)),
        (MACHINE, machine("arn:aws:states:::lambda:invoke", FunctionName=f"{PACK}:live")),
        (DELIVERY, processed(f"{PACK}:$LATEST")),
    ],
)  # fmt: skip
def test_api_gateway_and_plain_arns_of_functions_are_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


@pytest.mark.parametrize("other", ["vpc-0a1b2c3d4e5f60718", "subnet-0a1b2c3d", "eni-0a1b2c3d4e5f60718"])
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_an_id_of_another_resource_is_no_security_group(direction: str, other: str) -> None:
    rule = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "securityGroups": ["sg-0a1b2c3d", other]}
    inputs = {"vpcId": "vpc-0a1b2c3d", direction: [rule]}
    assert reported(FIREWALL, inputs) == [f"{direction}[0].securityGroups[1]"]


@given(st.from_regex(r"(?:vpc|subnet|web|i|db)-[g-w]{3,12}", fullmatch=True))
def test_a_name_that_begins_like_an_id_is_silent(name: str) -> None:
    assert problem("group", name) is None
