"""Roles that JSON texts name: who has to be trusted, and what leaves it open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.examples import ACCOUNT, allow, construct, document, lambda_role
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY as IMPOSSIBLE
from policypack.policies.iam.principals.missing_trust import POLICY as MISSING
from policypack.policies.iam.principals.unused_trust import POLICY as UNUSED
from policypack.resources.property_kinds.relations.role_fields import role_fields
from tests.policies.helpers import messages, outcomes

ARN = f"arn:aws:iam::{ACCOUNT}:role/press"
JOB = "aws:batch/jobDefinition:JobDefinition"
STATES = "aws:sfn/stateMachine:StateMachine"
REST, HTTP = "aws:apigateway/restApi:RestApi", "aws:apigatewayv2/api:Api"


def press(*services: str) -> Resource:
    principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
    trust = document(allow("sts:AssumeRole", None, Principal=principal))
    role = lambda_role("press", name="press", assumeRolePolicy=trust)
    return Resource(role.type, role.name, role.inputs, outputs={"arn": ARN})


def using(token: str, name: str, text: Any, *, of: Resource | None = None) -> Resource:
    """A resource with a text, which is from the outputs of a role if one is given."""
    text = text if text is UNKNOWN else json.dumps(text)
    origins = {name: (of.urn,)} if of else {}
    return Resource(token, "user", {name: text}, property_dependencies=origins)


def machine(resource: str, arguments: Any, part: str = "Parameters") -> dict[str, Any]:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", part: arguments, "End": True}
    inner = {"StartAt": "Print", "States": {"Print": task}}
    return {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": inner, "End": True}}}


def integrated(name: str = "x-amazon-apigateway-integration", key: str = "credentials") -> dict[str, Any]:
    return {name: {"type": "aws", key: ARN}}


IMAGE = {"image": "acme/press:3", "command": ["print"], "resourceRequirements": []}
TASKS = {"taskProperties": [{"containers": [IMAGE], "taskRoleArn": ARN}]}
NODES = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:", "container": IMAGE}]}
TEXTS = [
    (JOB, "containerProperties", {**IMAGE, "jobRoleArn": ARN}, "ecs-tasks"),
    (JOB, "containerProperties", {**IMAGE, "jobRoleArn": ARN, "executionRoleArn": ARN}, "ecs-tasks"),
    (JOB, "ecsProperties", TASKS, "ecs-tasks"),
    (
        JOB,
        "nodeProperties",
        {**NODES, "nodeRangeProperties": [{"targetNodes": "0:", "container": {**IMAGE, "executionRoleArn": ARN}}]},
        "ecs-tasks",
    ),
    (JOB, "nodeProperties", {**NODES, "nodeRangeProperties": [{"targetNodes": "0:", "ecsProperties": TASKS}]}, "ecs-tasks"),
    (STATES, "definition", machine("ecs:runTask.sync", {"Overrides": {"TaskRoleArn": ARN}}), "ecs-tasks"),
    (STATES, "definition", machine("emr-serverless:startJobRun", {"ExecutionRoleArn": ARN}), "emr-serverless"),
    (STATES, "definition", machine("sagemaker:createTrainingJob.sync", {"RoleArn": ARN}, "Arguments"), "sagemaker"),
    (STATES, "definition", machine("aws-sdk:sagemaker:createModel", {"ExecutionRoleArn": ARN}), "sagemaker"),
    ("aws:ssm/document:Document", "content", {"schemaVersion": "0.3", "assumeRole": ARN, "mainSteps": []}, "ssm"),
    (REST, "body", {"openapi": "3.0.1", "paths": {"/print": {"put": integrated()}}}, "apigateway"),
    (
        HTTP,
        "body",
        {"components": {"securitySchemes": {"own": integrated("x-amazon-apigateway-authorizer", "authorizerCredentials")}}},
        "apigateway",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("token", "name", "text", "service"), TEXTS)
@pytest.mark.parametrize("literal", [True, False])
def test_the_service_that_assumes_a_role_in_a_text_has_to_be_trusted(
    token: str, name: str, text: Any, service: str, *, literal: bool
) -> None:
    for policy, trusted, reported in (
        (MISSING, press(service), False),
        (MISSING, press("lambda"), True),
        (UNUSED, press(service), False),
        (UNUSED, press(service, "lambda"), True),
    ):
        user = using(token, name, text, of=None if literal else trusted)
        assert bool(outcomes(policy, trusted, user)) is reported, (policy.id, trusted)


@pytest.mark.parametrize(
    ("token", "name", "text"),
    [
        (JOB, "containerProperties", UNKNOWN),
        (JOB, "containerProperties", {**IMAGE, "environment": [{"name": "PUBLISHER", "value": ARN}]}),
        (JOB, "parameters", {"jobRoleArn": ARN}),
        (STATES, "definition", machine("aws-sdk:sts:assumeRole", {"RoleArn": ARN})),
        (STATES, "definition", machine("lambda:invoke", {"Payload": {"RoleArn": ARN}})),
        (STATES, "definition", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"RoleArn": ARN}}}}),
        ("aws:ssm/document:Document", "content", {"parameters": {"assumeRole": {"default": ARN}}}),
        (REST, "body", {"paths": {"/print": {"put": {"description": ARN}}}}),
    ],
)
def test_a_role_at_another_place_of_a_text_is_not_judged(token: str, name: str, text: Any) -> None:
    trusted = press("lambda", "ec2")
    for user in (using(token, name, text), using(token, name, text, of=trusted)):
        assert outcomes(MISSING, trusted, user) == []
        assert outcomes(UNUSED, trusted, user) == []


def test_a_role_that_a_text_names_elsewhere_too_may_have_other_users() -> None:
    both = {**IMAGE, "jobRoleArn": ARN, "environment": [{"name": "PUBLISHER", "value": ARN}]}
    trusted = press("ecs-tasks", "states")
    assert outcomes(UNUSED, trusted, using(JOB, "containerProperties", both, of=trusted)) == []
    wrong = press("states")
    assert messages(MISSING, wrong, using(JOB, "containerProperties", both, of=wrong)) == [
        "does not let `ecs-tasks.amazonaws.com` assume the role of `JobDefinition user.containerProperties.jobRoleArn`"
    ]


@pytest.mark.parametrize(
    ("name", "text", "reported"),
    [
        ("containerProperties", {**IMAGE, "jobRoleArn": "press"}, True),
        ("containerProperties", {**IMAGE, "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:policy/press"}, True),
        ("ecsProperties", {"taskProperties": [{"containers": [IMAGE], "taskRoleArn": "press"}]}, True),
        ("containerProperties", {**IMAGE, "jobRoleArn": ARN}, False),
        ("containerProperties", {**IMAGE, "jobRoleArn": f"arn:aws:iam::{ACCOUNT}:role/jobs/press"}, False),
        ("containerProperties", {**IMAGE, "jobRoleArn": "Ref::role"}, False),
        ("containerProperties", {**IMAGE, "environment": [{"name": "jobRoleArn", "value": "press"}]}, False),
        ("containerProperties", IMAGE, False),
    ],
)
def test_a_job_of_batch_takes_the_arn_of_a_role(name: str, text: Any, *, reported: bool) -> None:
    job = construct(JOB, "press", type="container", **{name: json.dumps(text)})
    assert bool(outcomes(IMPOSSIBLE, job)) is reported


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"paths": []}', '{"States": {"A": []}}', 7, None])
def test_a_text_in_another_form_names_no_role(text: Any) -> None:
    for token, name in ((JOB, "containerProperties"), (STATES, "definition"), (REST, "body")):
        assert list(role_fields(token, name, text)) == []
