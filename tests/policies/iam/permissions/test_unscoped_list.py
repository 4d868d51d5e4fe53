"""Listing a bucket with and without a prefix."""

from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, bucket_policy, deny, role_policy
from policypack.core.policy import UNKNOWN
from policypack.policies.iam.permissions.unscoped_list import POLICY
from tests.policies.helpers import reported, silent, undecided, undecided_at, violations

BUCKET, OBJECTS = "arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"


def listing(operator: str, value: Any, key: str = "s3:prefix") -> dict[str, Any]:
    return allow("s3:ListBucket", BUCKET, Condition={operator: {key: value}})


actions = ["S3:listbucket", "s3:L*Bucket", "s3:*", "*", ["s3:ListBucketVersions"]]
buckets = [BUCKET, "*", "arn:aws:s3:::*", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in"]
test_whole_buckets = reported(
    POLICY,
    "policy.Statement[0].Action",
    *(allow(action, [BUCKET, OBJECTS]) for action in actions),
    *(allow("s3:ListBucket", bucket) for bucket in buckets),
    allow("s3:ListBucket", None, NotResource="arn:aws:s3:::payroll"),
    listing("StringLike", ["in/*", "**"]),
    listing("StringEquals", ["", "in/"]),
    listing("ForAllValues:StringLike", "in/*"),
    listing("StringNotLike", "out/*"),
    listing("Null", "false"),
    listing("StringEquals", "/", "s3:delimiter"),
    listing("IpAddress", "203.0.113.0/24", "aws:SourceIp"),
    of=role_policy,
)
test_silent = silent(
    POLICY,
    listing("stringequals", "in/", "S3:PREFIX"),
    listing("ForAnyValue:StringLike", "home/${aws:username}/*"),
    allow("s3:Get*", [BUCKET, OBJECTS]),
    allow("s3:List*", OBJECTS),
    allow(None, "*", NotAction="s3:*"),
    deny("s3:ListBucket", BUCKET),
    allow("s3:GetObject", UNKNOWN),
    of=role_policy,
)
test_unknown_prefix = undecided_at(
    POLICY, "policy.Statement[0].Condition", listing("StringLike", UNKNOWN), of=role_policy
)


def test_every_action_but_some() -> None:
    assert violations(POLICY, role_policy(allow(None, "*", NotAction="iam:*"))) == ["policy.Statement[0].NotAction"]


def test_denying_every_other_prefix_of_another_bucket() -> None:
    rest = deny("s3:List*", "arn:aws:s3:::b", Condition={"StringNotLike": {"s3:prefix": "in/*"}})
    assert violations(POLICY, role_policy(allow("s3:ListBucket", BUCKET), rest)) == ["policy.Statement[0].Action"]


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow("s3:ListBucket", UNKNOWN))) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, role_policy(allow(UNKNOWN, BUCKET))) == ["policy.Statement[0].Action"]


def test_a_service_that_finds_its_bucket() -> None:
    config, team = {"Service": "config.amazonaws.com"}, {"AWS": "111122223333"}
    assert violations(POLICY, bucket_policy(allow("s3:ListBucket", BUCKET, Principal=config))) == []
    both = bucket_policy(allow("s3:ListBucket", BUCKET, Principal=config | team))
    assert violations(POLICY, both) == ["policy.Statement[0].Action"]
