"""Listing a bucket with and without a prefix."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.unscoped_list import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, role_policy, undecided, violations

BUCKET, OBJECTS = "arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"


def prefix(operator: str, value: Any, key: str = "s3:prefix", **more: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}, **more}}


@pytest.mark.parametrize(
    "action", ["s3:ListBucket", "S3:listbucket", "s3:List*", "s3:L*Bucket", "s3:*", "*", ["s3:ListBucketVersions"]]
)
def test_spellings_of_the_action(action: object) -> None:
    assert violations(POLICY, role_policy(allow(), allow(action, [BUCKET, OBJECTS]))) == ["policy.Statement[1].Action"]


@pytest.mark.parametrize(
    "resource", [BUCKET, "*", "arn:aws:s3:::*", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in"]
)
def test_spellings_of_the_bucket(resource: str) -> None:
    assert violations(POLICY, role_policy(allow("s3:ListBucket", resource)))


@pytest.mark.parametrize(
    "condition",
    [
        prefix("StringLike", ["in/*", "**"]),
        prefix("StringEquals", ["", "in/"]),
        prefix("ForAllValues:StringLike", "in/*"),
        prefix("StringNotLike", "out/*"),
        prefix("Null", "false"),
        prefix("StringEquals", "/", "s3:delimiter"),
        prefix("IpAddress", "203.0.113.0/24", "aws:SourceIp"),
    ],
)
def test_conditions_that_limit_nothing(condition: dict[str, Any]) -> None:
    assert violations(POLICY, role_policy(allow("s3:ListBucket", BUCKET, **condition)))


def test_other_documents_and_elements() -> None:
    assert violations(POLICY, bucket_policy(allow("s3:ListBucket", BUCKET, Principal={"AWS": "111122223333"})))
    assert violations(POLICY, role_policy(allow(None, "*", NotAction="iam:*"))) == ["policy.Statement[0].NotAction"]
    assert violations(POLICY, role_policy(allow("s3:ListBucket", None, NotResource="arn:aws:s3:::payroll")))


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:ListBucket", BUCKET, **prefix("stringequals", "in/", "S3:PREFIX")),
        allow("s3:ListBucket", BUCKET, **prefix("ForAnyValue:StringLike", "home/${aws:username}/*")),
        allow("s3:ListBucket", BUCKET, Condition={"StringEquals": {"s3:prefix": ["", "in/"], "s3:delimiter": "/"}}),
        allow("s3:Get*", [BUCKET, OBJECTS]),
        allow("s3:List*", OBJECTS),
        allow(None, "*", NotAction="s3:*"),
        deny("s3:ListBucket", BUCKET),
    ],
)
def test_silent(statement: dict[str, Any]) -> None:
    assert violations(POLICY, role_policy(statement)) == undecided(POLICY, role_policy(statement)) == []


def test_denying_every_other_prefix_is_the_same() -> None:
    rest = prefix("StringNotLike", "in/*")
    assert violations(POLICY, role_policy(allow("s3:ListBucket", BUCKET), deny("s3:List*", "*", **rest))) == []
    assert violations(POLICY, role_policy(allow("s3:ListBucket", BUCKET), deny("s3:List*", "arn:aws:s3:::b", **rest)))


def test_unknown() -> None:
    unknown_prefix = role_policy(allow("s3:ListBucket", BUCKET, **prefix("StringLike", UNKNOWN)))
    assert violations(POLICY, unknown_prefix) == []
    assert undecided(POLICY, unknown_prefix) == ["policy.Statement[0].Condition"]
    assert undecided(POLICY, role_policy(allow("s3:ListBucket", UNKNOWN))) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, role_policy(allow("s3:GetObject", UNKNOWN))) == []
    assert undecided(POLICY, role_policy(allow(UNKNOWN, BUCKET))) == ["policy.Statement[0].Action"]
