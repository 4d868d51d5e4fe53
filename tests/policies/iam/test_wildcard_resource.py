"""Grants on every resource, and the actions that cannot be narrowed."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.wildcard_resource import POLICY
from tests.policies.helpers import allow, deny, messages, role_policy, undecided, violations


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "**"),
        ("s3:GetObject", "arn:*"),
        ("s3:PutObject", "arn:aws:s3:::*/*"),
        (["s3:ListAllMyBuckets", "dynamodb:GetItem"], "*"),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:*"),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:*"),
        ("*", "*"),
    ],
)
def test_spellings(action: object, resource: object) -> None:
    assert violations(POLICY, role_policy(allow(), allow(action, resource))) == ["policy.Statement[1].Resource"]


def test_what_is_left_out_is_everything_else() -> None:
    assert violations(POLICY, role_policy(allow(resource=None, NotResource="arn:aws:s3:::payroll/*")))
    assert violations(POLICY, role_policy(allow(None, "*", NotAction="iam:*")))


def test_the_message_names_the_actions() -> None:
    (message,) = messages(POLICY, role_policy(allow(["s3:GetObject", "s3:ListAllMyBuckets"], "*")))
    assert message == "allows `s3:GetObject` on every resource there is"


@pytest.mark.parametrize(
    "condition", [{"Bool": {"aws:SecureTransport": "true"}}, {"StringEqualsIfExists": {"aws:ResourceTag/team": "blue"}}]
)
def test_a_condition_about_something_else_narrows_nothing(condition: Any) -> None:
    assert violations(POLICY, role_policy(allow("ec2:TerminateInstances", "*", Condition=condition)))


@pytest.mark.parametrize(
    "statement",
    [
        allow(
            ["s3:ListAllMyBuckets", "ec2:DescribeInstances", "xray:PutTraceSegments", "cloudwatch:PutMetricData"], "*"
        ),
        allow(["ecr:GetAuthorizationToken", "sts:GetCallerIdentity"], "*"),
        allow("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:*"),
        allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"),
        allow("s3:*", ["arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"]),
        allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        allow(
            "ec2:RunInstances",
            ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:subnet/subnet-0a", "arn:aws:ec2:*::image/ami-0a"],
        ),
        deny("s3:GetObject", "*"),
    ],
)
def test_silent(statement: dict[str, Any]) -> None:
    assert violations(POLICY, role_policy(statement)) == undecided(POLICY, role_policy(statement)) == []


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow(resource=UNKNOWN))) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, role_policy(allow("s3:ListAllMyBuckets", UNKNOWN))) == []
    scoped = role_policy(allow("kms:Decrypt", "*", Condition={"StringEquals": {"kms:ViaService": UNKNOWN}}))
    assert violations(POLICY, scoped) == []
    assert undecided(POLICY, scoped) == ["policy.Statement[0].Condition"]
