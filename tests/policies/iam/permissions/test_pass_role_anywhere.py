"""Passing every role."""

from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, role_policy
from policypack.core.policy import UNKNOWN
from policypack.policies.iam.permissions.pass_role_anywhere import POLICY
from tests.policies.helpers import reported, silent, undecided, undecided_at, violations

WORKER = "arn:aws:iam::111122223333:role/worker"


def passing(value: Any, operator: str = "StringEquals", key: str = "iam:PassedToService") -> dict[str, Any]:
    return allow("iam:PassRole", "*", Condition={operator: {key: value}})


test_everywhere = reported(
    POLICY,
    "policy.Statement[0].Resource",
    allow("IAM:passrole", "arn:aws:iam::*:role/*"),
    allow("iam:Pass*", "arn:aws:iam::111122223333:*"),
    allow("iam:*", [WORKER, "arn:aws:iam::111122223333:role/?*"]),
    allow("*", "*"),
    allow(None, "*", NotAction="s3:*"),
    passing("*", "StringLike"),
    passing("ec2.amazonaws.com", "StringNotEquals"),
    passing("true", "Bool", "aws:SecureTransport"),
    of=role_policy,
)
test_silent = silent(
    POLICY,
    allow("iam:PassRole", f"{WORKER}-*"),
    passing(["lambda.amazonaws.com", "ecs-*.amazonaws.com"], "StringLike"),
    allow("iam:GetRole", "*"),
    allow(None, "*", NotAction="iam:*"),
    allow("s3:GetObject", UNKNOWN),
    of=role_policy,
)
test_unknown_condition = undecided_at(POLICY, "policy.Statement[0].Condition", passing(UNKNOWN), of=role_policy)


def test_unknown_role() -> None:
    unknown = role_policy(allow("iam:PassRole", UNKNOWN))
    assert (violations(POLICY, unknown), undecided(POLICY, unknown)) == ([], ["policy.Statement[0].Resource"])
