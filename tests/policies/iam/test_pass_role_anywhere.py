"""Passing every role."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.pass_role_anywhere import POLICY
from tests.policies.helpers import allow, role_policy, undecided, violations

ROLE = "arn:aws:iam::111122223333:role/worker"


def service(value: Any, operator: str = "StringEquals") -> dict[str, Any]:
    return {"Condition": {operator: {"iam:PassedToService": value}}}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("IAM:passrole", "arn:aws:iam::*:role/*"),
        ("iam:Pass*", "arn:aws:iam::111122223333:*"),
        ("iam:*", ["arn:aws:iam::111122223333:role/worker", "arn:aws:iam::111122223333:role/?*"]),
        ("*", "*"),
    ],
)
def test_spellings(action: object, resource: object) -> None:
    assert violations(POLICY, role_policy(allow(), allow(action, resource))) == ["policy.Statement[1].Resource"]


@pytest.mark.parametrize(
    "elements",
    [
        service("*", "StringLike"),
        service("ec2.amazonaws.com", "StringNotEquals"),
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_conditions_that_name_no_service(elements: dict[str, Any]) -> None:
    assert violations(POLICY, role_policy(allow("iam:PassRole", "*", **elements)))


def test_what_is_left_out_is_every_other_role() -> None:
    assert violations(POLICY, role_policy(allow("iam:PassRole", None, NotResource=ROLE)))
    assert violations(POLICY, role_policy(allow(None, "*", NotAction="s3:*")))


@pytest.mark.parametrize(
    "statement",
    [
        allow("iam:PassRole", "arn:aws:iam::111122223333:role/worker-*"),
        allow("iam:PassRole", "*", **service(["lambda.amazonaws.com", "ecs-*.amazonaws.com"], "StringLike")),
        allow("iam:GetRole", "*"),
        allow(None, "*", NotAction="iam:*"),
    ],
)
def test_silent(statement: dict[str, Any]) -> None:
    assert violations(POLICY, role_policy(statement)) == undecided(POLICY, role_policy(statement)) == []


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow("iam:PassRole", UNKNOWN))) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, role_policy(allow("s3:GetObject", UNKNOWN))) == []
    hidden = role_policy(allow("iam:PassRole", "*", **service(UNKNOWN)))
    assert violations(POLICY, hidden) == []
    assert undecided(POLICY, hidden) == ["policy.Statement[0].Condition"]
