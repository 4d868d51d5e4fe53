"""The fields of JSON texts that name a role: a type, a property and its text in, fields out with the services that assume it.

A text that is unknown, in part or as a whole, has none, as has one in another format than JSON.

Sources: https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html (the trust of the roles of tasks),
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup.html and the page of each service in
https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from policypack.core.policy import PartialDocument
from policypack.resources.property_kinds.json_texts import decoded
from policypack.resources.property_kinds.values import problem

ROLE_ARN = "arn:iam:role/*"
JOB = "aws:batch/jobDefinition:JobDefinition"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"


class RoleField(NamedTuple):
    """A field that names a role, and the services one of which assumes that role."""

    name: str
    value: str
    services: tuple[str, ...]


class _Fields(NamedTuple):
    """Paths of fields, `*` for every key or index, and the services that assume the roles there."""

    services: tuple[str, ...]
    paths: Sequence[str]


_CONTAINER = ("jobRoleArn", "executionRoleArn")
_ECS = tuple(f"taskProperties.*.{name}" for name in ("taskRoleArn", "executionRoleArn"))
_NODES = (
    *(f"nodeRangeProperties.*.container.{name}" for name in _CONTAINER),
    *(f"nodeRangeProperties.*.ecsProperties.{path}" for path in _ECS),
)
_API = _Fields(
    ("apigateway",),
    (
        "paths.*.*.x-amazon-apigateway-integration.credentials",
        "components.x-amazon-apigateway-integrations.*.credentials",
        "components.securitySchemes.*.x-amazon-apigateway-authorizer.authorizerCredentials",
        "securityDefinitions.*.x-amazon-apigateway-authorizer.authorizerCredentials",
    ),
)
_TASKS = ("ecs-tasks",)
_BY_TYPE: Mapping[str, Mapping[str, _Fields]] = {
    "aws:apigateway/restApi:RestApi": {"body": _API},
    "aws:apigatewayv2/api:Api": {"body": _API},
    JOB: {
        "containerProperties": _Fields(_TASKS, _CONTAINER),
        "ecsProperties": _Fields(_TASKS, _ECS),
        "nodeProperties": _Fields(_TASKS, _NODES),
    },
    "aws:ssm/document:Document": {"content": _Fields(("ssm",), ("assumeRole",))},
}
"""By type and property with a JSON text, its fields that name a role."""
_CALL = re.compile(r"arn:aws[a-z-]*:states:::(?:aws-sdk:)?([a-z0-9-]+):([A-Za-z]+)")
_CALLS: Mapping[str, _Fields] = {
    "ecs:runTask": _Fields(_TASKS, ("Overrides.TaskRoleArn", "Overrides.ExecutionRoleArn")),
    "emr-serverless:startJobRun": _Fields(("emr-serverless",), ("ExecutionRoleArn",)),
    "mediaconvert:createJob": _Fields(("mediaconvert",), ("Role",)),
    "sagemaker:createHyperParameterTuningJob": _Fields(("sagemaker",), ("TrainingJobDefinition.RoleArn",)),
    "sagemaker:createLabelingJob": _Fields(("sagemaker",), ("RoleArn",)),
    "sagemaker:createModel": _Fields(("sagemaker",), ("ExecutionRoleArn",)),
    "sagemaker:createProcessingJob": _Fields(("sagemaker",), ("RoleArn",)),
    "sagemaker:createTrainingJob": _Fields(("sagemaker",), ("RoleArn",)),
}
"""By call of a task in a state machine, the fields of its arguments that name a role."""


def text_properties(token: str) -> Sequence[str]:
    """The properties of a type whose JSON texts may name roles."""
    return ("definition",) if token == STATE_MACHINE else (*_BY_TYPE.get(token, ()),)


def role_fields(token: str, name: str, text: Any) -> Iterator[RoleField]:
    """The fields of a property's text that name a role, by its ARN or otherwise."""
    value = decoded(text) if isinstance(text, str) and not isinstance(text, PartialDocument) else None
    if token == STATE_MACHINE and name == "definition":
        for task in _tasks(value):
            called = _CALL.match(task["Resource"])
            fields = _CALLS.get(f"{called[1]}:{called[2]}") if called else None
            for part in ("Parameters", "Arguments") if fields else ():
                yield from _found(task.get(part), fields)
    elif fields := _BY_TYPE.get(token, {}).get(name):
        yield from _found(value, fields)


def job_role_problems(name: str, text: str) -> Iterator[str]:
    """The roles of a job definition of Batch that are no ARNs of roles; what a job's parameters fill in is not judged."""
    for field in role_fields(JOB, name, text):
        if "Ref::" not in field.value and (clause := problem(ROLE_ARN, field.value)):
            yield f"has a value in `{field.name}` that {clause}"


def _found(value: Any, fields: _Fields | None) -> Iterator[RoleField]:
    for path in fields.paths if fields else ():
        *_, last = names = path.split(".")
        for found in _at(value, names):
            if isinstance(found, str) and found and fields:
                yield RoleField(last, found, fields.services)


def _at(value: Any, names: Sequence[str]) -> Iterator[Any]:
    """The values at a path through objects and lists."""
    if not names:
        yield value
    elif names[0] == "*":
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        for one in inner:
            yield from _at(one, names[1:])
    elif isinstance(value, Mapping) and names[0] in value:
        yield from _at(value[names[0]], names[1:])


def _tasks(value: Any) -> Iterator[Mapping[str, Any]]:
    """The tasks of a state machine, and of those inside it."""
    if isinstance(value, Mapping):
        if value.get("Type") == "Task" and isinstance(value.get("Resource"), str):
            yield value
        for name in ("States", "Iterator", "ItemProcessor", "Branches"):
            for inner in _at(value.get(name), ("*",) if name in ("States", "Branches") else ()):
                yield from _tasks(inner)
