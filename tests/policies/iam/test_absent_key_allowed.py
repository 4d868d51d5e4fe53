"""`ForAllValues` in an Allow statement, which holds for no values."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.iam.absent_key_allowed import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, outcomes, role_policy, undecided, violations

PATHS = "o-a1b2c3d4e5/r-ab12/*"


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("ForAllValues:StringLike", "aws:PrincipalOrgPaths", PATHS),
        ("forallvalues:stringequals", "AWS:CalledVia", "athena.amazonaws.com"),
        ("ForAllValues:StringEquals", "codestar-connections:ProviderAction", ["GetBranch"]),
        ("ForAllValues:StringEquals", "aws:SourceOrgPaths", UNKNOWN),
    ],
)
def test_spellings(operator: str, key: str, value: Any) -> None:
    statement = allow("codestar-connections:UseConnection", "*", Condition={operator: {key: value}})
    assert violations(POLICY, role_policy(allow(), statement)) == [f"policy.Statement[1].Condition.{operator}.{key}"]


@pytest.mark.parametrize(
    "statement",
    [
        allow(Condition={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": PATHS}}),
        allow(
            Condition={
                "ForAllValues:StringLike": {"aws:PrincipalOrgPaths": PATHS},
                "Null": {"aws:PrincipalOrgPaths": "false"},
            }
        ),
        deny("*", "*", Condition={"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": PATHS}}),
        allow("ec2:CreateTags", "*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        allow("kms:CreateGrant", "*", Condition={"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}),
        allow("dynamodb:GetItem", "*", Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["me"]}}),
    ],
)
def test_look_alikes(statement: dict[str, Any]) -> None:
    assert outcomes(POLICY, role_policy(statement)) == []
    assert violations(POLICY, bucket_policy({**statement, "Principal": "*"})) == []


def test_what_parliament_says_is_not_said_again() -> None:
    statement = allow(Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}})
    assert outcomes(POLICY, role_policy(statement)) == []


def test_unknown() -> None:
    document = bucket_policy().__class__("aws:iam/rolePolicy:RolePolicy", "p", {"role": "r", "policy": UNKNOWN})
    assert undecided(POLICY, document) == ["policy"]
