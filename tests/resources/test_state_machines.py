"""Definitions of Step Functions: states that lead nowhere, and the definitions that programs deploy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import messages

INVOKE = "arn:aws:states:::lambda:invoke"
DONE, FAILED = {"Type": "Succeed"}, {"Type": "Fail", "Error": "Refused", "Cause": "no stock"}
LAST = {"Type": "Pass", "End": True}


def said(definition: Any) -> list[str]:
    text = definition if definition is UNKNOWN or isinstance(definition, str) else json.dumps(definition)
    return messages(POLICY, Resource("aws:sfn/stateMachine:StateMachine", "orders", {"definition": text}))


def machine(first: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StartAt": "Charge", "States": {"Charge": first, "Done": DONE, **more.pop("States", {})}, **more}


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": INVOKE, **({} if "End" in fields else {"Next": "Done"}), **fields}


def each(inner: dict[str, Any], part: str = "ItemProcessor") -> dict[str, Any]:
    return machine({"Type": "Map", part: {"StartAt": "One", "States": {"One": inner}}, "Next": "Done"})


def both(inner: dict[str, Any]) -> dict[str, Any]:
    branches = [{"StartAt": "A", "States": {"A": LAST}}, {"StartAt": "B", "States": {"B": inner}}]
    return machine({"Type": "Parallel", "Branches": branches, "Next": "Done"})


def choice(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return machine({"Type": "Choice", "Choices": list(choices), **fields})


PAID = {"Variable": "$.paid", "BooleanEquals": True, "Next": "Done"}
ENDLESS = "has the state `{}` with neither `Next` nor `End`"


@pytest.mark.parametrize(
    ("message", "definition"),
    [
        (ENDLESS.format("Charge"), machine({"Type": "Wait", "Seconds": 5})),
        (ENDLESS.format("Charge"), machine(task(Next=None, End=False))),
        (ENDLESS.format("One"), each({"Type": "Pass"})),
        (ENDLESS.format("One"), each({"Type": "Task", "Resource": INVOKE}, "Iterator")),
        (ENDLESS.format("B"), both({"Type": "Pass"})),
        ("has the state `Charge` with both `Next` and `End`", machine(task(Next="Done", End=True))),
        ("has the state `Charge` of type `Fail`, which takes no `Next`", machine({**FAILED, "Next": "Done"})),
        ("has the state `Charge` of type `Choice`, which takes no `End`", choice(PAID, End=True)),
        ("has the state `Charge` with a choice that has no `Next`", choice({"Variable": "$.a", "IsNull": True})),
        ("has the state `Charge` of a `Type` that there is not; did you mean `Task`?", machine(task(Type="task"))),
        ("has the state `Charge` of a `Type` that there is not; did you mean `Parallel`?", machine({"Type": "Paralel"})),
        ("has the state `Charge` without a `Type`", machine({"Next": "Done"})),
        ("has the state `Charge` with a `Resource` that is no ARN", machine(task(Resource="charge-card"))),
        ("has the state `Charge` with a `Resource` that is no ARN", machine(task(Resource=""))),
        ("has the state `Charge` of type `Task` without a `Resource`", machine({"Type": "Task", "Next": "Done"})),
        ("has `States` without `StartAt`, the name of the first one", {"States": {"Done": DONE}}),
        (
            "has the state `Charge` with `Parameters`, which its `QueryLanguage`, `JSONata`, does not have",
            machine(task(Parameters={"id": 1}), QueryLanguage="JSONata"),
        ),
        (
            "has the state `Charge` with `Arguments`, which its `QueryLanguage`, `JSONPath`, does not have",
            machine(task(Arguments={"id": 1})),
        ),
    ],
)  # fmt: skip
def test_what_step_functions_refuses_is_reported_once(message: str, definition: Any) -> None:
    assert said(definition) == [message]


@pytest.mark.parametrize(
    ("clause", "integration"),
    [
        ("an integration that there is not; `sqs` has `sendMessage`", "sqs:sendMessageBatch"),
        (
            "an integration that there is not; `dynamodb` has `deleteItem`, `getItem`, `putItem`, `updateItem`",
            "dynamodb:query",
        ),
        ("an integration that there is not; `lambda` has `invoke`", "lambda:invokeFunction.waitForTaskToken"),
        ("an integration that there is not; `ecs` has `runTask`", "ecs:RunTask.sync"),
        ("an integration that has no `.sync`", "lambda:invoke.sync"),
        ("an integration that has no `.waitForToken`", "sns:publish.waitForToken"),
        ("an action of the SDK in capitals; did you mean `scan`?", "aws-sdk:dynamodb:Scan"),
        ("an action of the SDK, which has no `.sync`", "aws-sdk:glue:startCrawler.sync"),
        ("an action of the SDK in capitals; did you mean `listObjectsV2`?", "aws-sdk:s3:ListObjectsV2"),
        ("a service of the SDK that there is not; did you mean `aws-sdk:sfn`?", "aws-sdk:stepfunctions:listExecutions"),
        ("a service of the SDK that there is not; did you mean `aws-sdk:cloudwatchlogs`?", "aws-sdk:logs:startQuery"),
        (
            "a service of the SDK that there is not; did you mean `aws-sdk:cognitoidentityprovider`?",
            "aws-sdk:cognito-idp:adminGetUser",
        ),
        ("an integration that there is not; did you mean `aws-sdk:s3:getObject`?", "s3:getObject"),
        ("an integration that there is not; did you mean `aws-sdk:kinesis:putRecord`?", "kinesis:putRecord"),
        ("an integration that has no `.sync:2`", "ecs:runTask.sync:2"),
        ("an integration that has no `.sync:3`", "states:startExecution.sync:3"),
        ("an integration that has no `.sync`", "athena:getQueryResults.sync"),
        ("an integration that has no `.sync`", "sagemaker:createModel.sync"),
        ("an integration that has no `.waitForTaskToken`", "emr-serverless:startJobRun.waitForTaskToken"),
        ("an integration that there is not; `codebuild` has `batchDeleteBuilds`,", "codebuild:runBuild.sync"),
    ],
)
def test_an_integration_that_there_is_not_is_reported(clause: str, integration: str) -> None:
    definition = machine(task(Resource=f"arn:aws:states:::{integration}"))
    [message] = said(definition)
    assert message.startswith(f"has the state `Charge` with {clause}")


@pytest.mark.parametrize(
    "integration",
    [
        *("dynamodb:updateItem", "sqs:sendMessage.waitForTaskToken", "sns:publish", "ecs:runTask.sync"),
        *("states:startExecution.sync:2", "states:startExecution.waitForTaskToken", "batch:submitJob.sync"),
        *("aws-sdk:dynamodb:scan", "aws-sdk:s3:getObject", "aws-sdk:ecs:runTask.waitForTaskToken"),
        *(
            "bedrock:invokeModel",
            "elasticmapreduce:addStep.sync",
            "http:invoke",
            "eks:runJob.sync",
            "newservice:doThing",
        ),
        *(
            "bedrock:createModelCustomizationJob.sync",
            "codebuild:startBuildBatch.sync",
            "eks:call",
            "eks:createNodegroup",
        ),
        *("elasticmapreduce:createCluster.sync", "emr-serverless:stopApplication.sync", "sagemaker:createModel"),
        *("emr-containers:startJobRun.sync", "sagemaker:createTransformJob.sync", "aws-sdk:sesv2:sendEmail"),
        *("aws-sdk:cloudwatchlogs:startQuery", "aws-sdk:sfn:startSyncExecution", "aws-sdk:s3:listObjectsV2"),
        *("glue:startJobRun.sync", "athena:startQueryExecution.sync", "events:putEvents", "${service}:doThing"),
    ],
)
def test_an_integration_that_there_may_be_is_silent(integration: str) -> None:
    said_of = said(machine(task(Resource=f"arn:aws:states:::{integration}")))
    assert not [message for message in said_of if "integration" in message or "SDK" in message]


@pytest.mark.parametrize(
    "definition",
    [
        UNKNOWN,
        "{}",
        {"States": {}},
        machine(task()),
        machine(task(End=True)),
        machine(task(End=False, Next="Done")),
        machine(task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Refuse"}]), States={"Refuse": FAILED}),
        machine(task(Resource="arn:aws-cn:states:::sns:publish.waitForTaskToken")),
        machine(task(Resource="arn:aws:states:eu-west-1:111122223333:activity:pack")),
        machine(task(Parameters={"a.$": "$.a"}, ResultPath="$.b", InputPath="$", OutputPath="$")),
        machine(task(Arguments={"a": "{% $states.input.a %}"}, Output="{% $states.result %}"), QueryLanguage="JSONata"),
        machine(task(QueryLanguage="JSONata", Arguments={}, Assign={"n": 1})),
        machine({"Type": "Wait", "Seconds": 1, "Next": "Done"}, TimeoutSeconds=60, Comment="x", Version="1.0"),
        machine({"Type": "Pass", "Result": {"Type": "gift", "Next": "Nowhere"}, "Next": "Done"}),
        choice(PAID, Default="Done"),
        choice({"And": [{"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "IsNull": True}], "Next": "Done"}),
        choice({"Condition": "{% $paid %}", "Next": "Done"}),
        each(LAST),
        each(DONE, "Iterator"),
        both(FAILED),
        machine({"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **machine(task())}, "End": True}),
    ],
)  # fmt: skip
def test_a_definition_that_deploys_is_silent(definition: Any) -> None:
    assert said(definition) == []


@given(st.lists(st.from_regex(r"[A-Za-z ]{1,12}", fullmatch=True), min_size=1, max_size=8, unique=True))
def test_any_chain_of_tasks_is_silent(names: list[str]) -> None:
    following = [{"Next": name} for name in names[1:]] + [{"End": True}]
    states = {name: {"Type": "Task", "Resource": INVOKE, **then} for name, then in zip(names, following, strict=True)}
    assert said({"StartAt": names[0], "States": states}) == []
