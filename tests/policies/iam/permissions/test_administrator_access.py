"""AWS's managed policies for administrators, wherever they are attached."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, construct, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.iam.managed import whole_services
from policypack.iam.tables import managed_policies
from policypack.policies.iam.permissions.administrator_access import ALLOWS, POLICY
from policypack.policies.iam.permissions.privilege_escalation import POLICY as ESCALATION
from tests.policies.helpers import outcomes, reported, silent, undecided, violations

EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"
WORKER = construct("aws:iam/role:Role", "worker", name="worker")


def attached(kind: str, **inputs: Any) -> Resource:
    return construct(f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}", "attached", **inputs)


def to_role(policy: Any, *origins: Resource) -> Resource:
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    return construct(token, "attached", *origins, at="policyArn", role="worker", policyArn=policy)


test_wherever_it_is_attached = reported(
    POLICY,
    "policyArn",
    to_role(EVERYTHING.replace("arn:aws:", "arn:aws-cn:")),
    attached("UserPolicyAttachment", user="me", policyArn=EVERYTHING),
    attached("GroupPolicyAttachment", group="us", policyArn=EVERYTHING),
    attached("PolicyAttachment", users=["me"], policyArn=EVERYTHING),
)
test_others_are_not_for_administrators = silent(
    POLICY,
    to_role("arn:aws:iam::aws:policy/AdministratorAccess-Amplify"),
    to_role("arn:aws:iam::111122223333:policy/AdministratorAccess"),
    attached("Role", permissionsBoundary=EVERYTHING),
)


def test_attached_in_a_list_and_by_the_identity_center() -> None:
    listed = attached("Role", managedPolicyArns=["arn:aws:iam::1:policy/x", EVERYTHING])
    assert violations(POLICY, listed) == ["managedPolicyArns[1]"]
    exclusive = attached("RolePolicyAttachmentsExclusive", roleName="worker", policyArns=[EVERYTHING])
    assert violations(POLICY, exclusive) == ["policyArns[0]"]
    center = "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment"
    assert violations(POLICY, construct(center, "a", managedPolicyArn=EVERYTHING)) == ["managedPolicyArn"]


def test_each_administrators_policy_has_its_words() -> None:
    everything = {name for name in managed_policies().policies if "*" in whole_services(name)}
    assert everything - {"AIDevOpsAgentActionsPolicy"} | {"IAMFullAccess"} == ALLOWS.keys()


def test_a_policy_that_is_unknown_may_be_one() -> None:
    mine = construct("aws:iam/policy:Policy", "mine", policy="{}")
    assert undecided(POLICY, mine, to_role(UNKNOWN)) == ["policyArn"]
    assert outcomes(POLICY, mine, to_role(UNKNOWN, mine)) == []
    listed = construct("aws:iam/role:Role", "r", mine, at="managedPolicyArns", managedPolicyArns=UNKNOWN)
    assert undecided(POLICY, mine, listed) == ["managedPolicyArns"]


@pytest.mark.parametrize(
    ("name", "paths"),
    [("AdministratorAccess", []), ("IAMFullAccess", ["policyArn"]), ("PowerUserAccess", ["policyArn"])],
)
def test_escalation_is_reported_for_what_does_not_allow_everything(name: str, paths: list[str]) -> None:
    assert violations(ESCALATION, WORKER, to_role(f"arn:aws:iam::aws:policy/{name}")) == paths


def test_escalation_may_lead_through_a_policy_of_aws() -> None:
    inline = attached("RolePolicy", role="worker", policy=document(allow("iam:PassRole", "*")))
    reports = outcomes(ESCALATION, WORKER, inline, to_role("arn:aws:iam::aws:policy/PowerUserAccess"))
    (message,) = [report.message for report in reports if report.resource.type == inline.type]
    assert "of `PowerUserAccess` in `attached`" in message
