"""`ForAllValues` in an Allow statement, which is true if the key is absent."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.absent_key_allowed import POLICY
from tests.policies.helpers import silent, undecided, violations


def for_all(key: str, value: Any, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return allow(action, "*", Condition={"ForAllValues:StringEquals": {key: value}, **more})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:PrincipalOrgID", "o-1"),
        ("codestar-connections:ProviderAction", ["GetBranch"]),
        ("aws:SourceOrgPaths", UNKNOWN),
    ],
)
def test_keys_that_a_request_may_lack(key: str, value: Any) -> None:
    statement = for_all(key, value, "codestar-connections:UseConnection")
    path = f"policy.Statement[1].Condition.ForAllValues:StringEquals.{key}"
    assert violations(POLICY, role_policy(allow(), statement)) == [path]
    assert violations(POLICY, bucket_policy(allow(), {**statement, "Principal": "*"})) == [path]


test_silent = silent(
    POLICY,
    for_all("kms:GrantOperations", ["Decrypt"], "kms:CreateGrant"),
    for_all("dynamodb:LeadingKeys", ["me"], "dynamodb:GetItem"),
    for_all("aws:PrincipalOrgID", "o-1", Null={"aws:PrincipalOrgID": "false"}),
    deny("*", "*", Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    of=role_policy,
)


def test_unknown() -> None:
    unknown = Resource("aws:iam/rolePolicy:RolePolicy", "p", {"role": "r", "policy": UNKNOWN})
    assert undecided(POLICY, unknown) == ["policy"]
