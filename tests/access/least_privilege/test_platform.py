"""What a role needs without a call: only where the stack says so."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.least_privilege.analysis import Privilege, privilege
from policypack.access.least_privilege.calls import RunContext
from policypack.access.least_privilege.platform import platform_needs
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.settings import Settings
from tests.policies.lambda_.test_missing_permission import stack as function_stack

WHERE = RunContext(region="eu-west-1", account="111122223333")
LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]


def needs(*others: Resource, may: bool = False, **inputs: Any) -> list[str]:
    """The actions, without the logs where those are as always."""
    function = Resource("aws:lambda/function:Function", "f", {"name": "f", **inputs})
    group = Resource("aws:cloudwatch/logGroup:LogGroup", "f", {"name": "/aws/lambda/f"})
    found = platform_needs(Stack((function, group, *others), Settings()), function, WHERE)
    return [each.action for each in found if each.may is may and each.action not in LOGS]


def test_logs_are_always_written_and_the_group_may_be_made_where_the_stack_has_none() -> None:
    function = Resource("aws:lambda/function:Function", "f", {"name": "f"})
    needed = list(platform_needs(Stack((function,), Settings()), function, WHERE))
    assert [(need.action, need.may) for need in needed] == [
        ("logs:CreateLogStream", False),
        ("logs:PutLogEvents", False),
        ("logs:CreateLogGroup", True),
    ]
    assert "logs:CreateLogGroup" not in (*needs(), *needs(may=True))
    other = {"loggingConfig": {"logGroup": "/elsewhere"}}
    assert needs(may=True, **other) == ["logs:CreateLogGroup"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, []),
        ({"tracingConfig": {"mode": "Active"}}, ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]),
        ({"tracingConfig": {"mode": "PassThrough"}}, []),
        ({"deadLetterConfig": {"targetArn": "arn:aws:sqs:eu-west-1:1:q"}}, ["sqs:SendMessage"]),
        ({"deadLetterConfig": {"targetArn": "arn:aws:sns:eu-west-1:1:t"}}, ["sns:Publish"]),
        (
            {"vpcConfig": {"subnetIds": ["s"]}},
            ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"],
        ),
        ({"vpcConfig": {}}, []),
        (
            {"fileSystemConfig": {"arn": "arn:aws:elasticfilesystem:eu-west-1:1:access-point/a"}},
            ["elasticfilesystem:ClientMount"],
        ),
    ],
)
def test_what_a_function_is_set_up_with(inputs: dict[str, Any], expected: list[str]) -> None:
    assert needs(**inputs) == expected


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:sqs:eu-west-1:1:q", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]),
        (
            "arn:aws:kinesis:eu-west-1:1:stream/s",
            ["kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
        ),
        (
            "arn:aws:dynamodb:eu-west-1:1:table/t/stream/2026",
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        ),
    ],
)
def test_event_sources_are_read_by_the_role(arn: str, expected: list[str]) -> None:
    mapping = Resource(
        "aws:lambda/eventSourceMapping:EventSourceMapping", "m", {"functionName": "f", "eventSourceArn": arn}
    )
    assert needs(mapping) == expected


def test_destinations_are_sent_to_by_the_role() -> None:
    config = Resource(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        "c",
        {
            "functionName": "f",
            "destinationConfig": {
                "onFailure": {"destination": "arn:aws:sqs:eu-west-1:1:q"},
                "onSuccess": {"destination": "arn:aws:lambda:eu-west-1:1:function:g"},
            },
        },
    )
    assert needs(config) == ["sqs:SendMessage", "lambda:InvokeFunction"]


def test_a_dead_letter_target_that_is_not_known_may_be_any() -> None:
    assert needs(deadLetterConfig={"targetArn": UNKNOWN}) == []
    assert {"sqs:SendMessage", "sns:Publish"} <= set(needs(deadLetterConfig={"targetArn": UNKNOWN}, may=True))


KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234"


def missing(*others: Resource) -> list[str]:
    resources = function_stack(allow("s3:PutObject", "arn:aws:s3:::acme/out/*"))
    stack = Stack((*resources, *others), Settings())
    judged = privilege(stack, resources[2])
    assert isinstance(judged, Privilege)
    return [permission.need.action for permission in judged.comparison.missing]


def test_a_bucket_with_a_customer_managed_key_needs_the_key_unless_its_policy_allows_the_role() -> None:
    bucket = Resource("aws:s3/bucket:Bucket", "acme", {"bucket": "acme"})
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}}
    encryption = Resource(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "acme",
        {"bucket": "acme", "rules": [rule]},
    )
    allowing = allow("kms:GenerateDataKey", "*", Principal={"AWS": "arn:aws:iam::111122223333:role/read"})
    root = allow("kms:*", "*", Principal={"AWS": "arn:aws:iam::111122223333:root"})
    keys = [
        Resource("aws:kms/key:Key", "key", {"policy": document(each)}, outputs={"arn": KEY_ARN})
        for each in (allowing, root)
    ]
    assert missing(bucket) == []
    assert missing(bucket, encryption) == ["kms:GenerateDataKey"]
    assert missing(bucket, encryption, keys[0]) == []
    assert missing(bucket, encryption, keys[1]) == ["kms:GenerateDataKey"]
    plain = Resource(
        encryption.type,
        "acme",
        {"bucket": "acme", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]},
    )
    assert missing(bucket, plain) == []


def test_a_dead_letter_target_from_a_component_is_the_queue_inside() -> None:
    component = Resource("acme:index:Late", "late", custom=False)
    bucket = Resource("aws:s3/bucket:Bucket", "late", {"bucket": "late"}, parent=component.urn)
    queue = Resource("aws:sqs/queue:Queue", "late", {"name": "late"}, parent=component.urn)
    config = {"targetArn": UNKNOWN}
    function = Resource(
        "aws:lambda/function:Function",
        "f",
        {"name": "f", "deadLetterConfig": config},
        property_dependencies={"deadLetterConfig": (component.urn,)},
    )

    def sent(*inside: Resource) -> set[tuple[str, str, bool]]:
        needed = platform_needs(Stack((function, component, *inside), Settings()), function, WHERE)
        return {(need.action, need.target.pattern, need.may) for need in needed if not need.action.startswith("logs:")}

    assert sent(bucket, queue) == {("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:late", False)}
    assert all(may for _, _, may in sent(bucket))


def test_a_key_that_is_named_by_its_alias_allows_the_role() -> None:
    bucket = Resource("aws:s3/bucket:Bucket", "acme", {"bucket": "acme"})
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/acme"}}
    encryption = Resource(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "acme",
        {"bucket": "acme", "rules": [rule]},
    )
    allowing = allow("kms:GenerateDataKey", "*", Principal={"AWS": "arn:aws:iam::111122223333:role/read"})
    key = Resource("aws:kms/key:Key", "key", {"policy": document(allowing)})
    alias = Resource(
        "aws:kms/alias:Alias",
        "acme",
        {"name": "alias/acme", "targetKeyId": UNKNOWN},
        property_dependencies={"targetKeyId": (key.urn,)},
    )
    assert missing(bucket, encryption, key) == ["kms:GenerateDataKey"]
    assert missing(bucket, encryption, key, alias) == []
