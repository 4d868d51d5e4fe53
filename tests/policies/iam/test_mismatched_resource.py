"""Actions and resources that do not belong together."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.mismatched_resource import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, messages, role, role_policy, undecided, violations

BUCKET, OBJECTS = "arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"
GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/reader"


@pytest.mark.parametrize(
    ("statement", "elements"),
    [
        (allow("s3:ListBucket", [BUCKET, OBJECTS]), ["Resource"]),
        (allow("s3:ListAllMyBuckets", BUCKET), ["Action", "Resource"]),
        (allow("sqs:SendMessage", "arn:aws:sns:eu-west-1:111122223333:dead"), ["Action", "Resource"]),
        (allow("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:inbox/*"), ["Action", "Resource"]),
    ],
)
def test_reported(statement: dict[str, Any], elements: list[str]) -> None:
    assert violations(POLICY, role_policy(statement)) == [f"policy.Statement[0].{each}" for each in elements]


def test_bucket_policies_too() -> None:
    assert violations(POLICY, bucket_policy(deny("s3:PutObject", BUCKET, Principal="*")))


def test_the_message_says_what_the_action_needs() -> None:
    message, _ = messages(POLICY, role_policy(allow("sqs:SendMessage", BUCKET)))
    assert message.endswith("`sqs:SendMessage` needs `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`")


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:Get*", OBJECTS),
        allow("s3:*", [BUCKET, OBJECTS]),
        allow("*", OBJECTS),
        allow("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in/object/*"),
        allow("s3:GetObject", "arn:*:s3:::inbox*"),
        allow("ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/x"),
        allow("ec2:RunInstances", ["arn:aws:ec2:*::image/*", "arn:aws:ec2:*:*:instance/*"]),
        allow(None, OBJECTS, NotAction="s3:ListBucket"),
        allow("s3:ListBucket", None, NotResource=OBJECTS),
        allow("s3:GetObjects", OBJECTS),
        allow("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        allow("apigateway:GET", "arn:aws:apigateway:*::/apis"),
    ],
)
def test_silent(statement: dict[str, Any]) -> None:
    assert violations(POLICY, role_policy(statement)) == []


def test_documents_without_resources() -> None:
    assert violations(POLICY, role({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})) == []


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow(["s3:GetObject"], [BUCKET, UNKNOWN]))) == [
        "policy.Statement[0].Resource"
    ]
    assert undecided(POLICY, role_policy(allow("s3:GetObject", [OBJECTS, UNKNOWN]))) == []
    assert violations(POLICY, role_policy(allow(["s3:GetObject", UNKNOWN], BUCKET))) == ["policy.Statement[0].Action"]
