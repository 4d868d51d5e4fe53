"""Documents that together are a way to other identities' permissions, and what is attached to whom."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, construct, deny, document, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.permissions.privilege_escalation import POLICY
from tests.policies.helpers import messages, outcomes, silent, undecided, violations

PASSING = allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
RUNNING = allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*")


def iam(kind: str, title: str, /, **inputs: Any) -> Resource:
    return construct(f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}", title, **inputs)


def inline(kind: str, name: str, *statements: Any) -> Resource:
    return iam(f"{kind.title()}Policy", name, **{kind: "worker"}, policy=document(*statements))


def managed(name: str, *statements: Any) -> Resource:
    return iam("Policy", name, name=name, policy=document(*statements))


def identity(kind: str = "role", **inputs: Any) -> Resource:
    return iam(kind.title(), "worker", name="worker", **inputs)


def arn(name: str) -> str:
    return f"arn:aws:iam::111122223333:policy/{name}"


def attached(kind: str, policy: Any) -> Resource:
    return iam(f"{kind.title()}PolicyAttachment", "a", **{kind: "worker"}, policyArn=policy)


@pytest.mark.parametrize("statements", [[RUNNING, PASSING], [allow(None, "*", NotAction="s3:*")]])
def test_spellings(statements: list[Any]) -> None:
    assert violations(POLICY, role_policy(*statements))


test_look_alikes = silent(
    POLICY,
    [RUNNING],
    [allow("iam:PassRole", "arn:aws:iam::111122223333:role/app"), RUNNING],
    [allow(["iam:Get*", "iam:List*", "lambda:Get*", "ec2:Describe*"], "*")],
    [allow("*", "*")],
    of=lambda statements: role_policy(*statements),
)


def test_the_message_names_the_actions_where_they_are_and_what_they_lead_to() -> None:
    (message,) = messages(POLICY, role_policy(allow(), PASSING, RUNNING))
    assert message == (
        "lets its holder act as others: `iam:PassRole` with `lambda:CreateFunction` of `Statement[2]` and "
        "`lambda:InvokeFunction` of `Statement[2]` runs code as any role that Lambda may assume"
    )
    (message,) = messages(POLICY, role_policy(allow("iam:*", "*")))
    assert message.startswith("lets its holder act as others: `iam:CreatePolicyVersion` rewrites any managed policy; ")
    assert message.endswith(" more ways")


@pytest.mark.parametrize("kind", ["role", "user", "group"])
def test_documents_of_one_identity_are_judged_together(kind: str) -> None:
    two = (inline(kind, "passing", PASSING), inline(kind, "running", RUNNING))
    assert outcomes(POLICY, *two) == []
    (outcome,) = outcomes(POLICY, identity(kind), *two)
    assert (outcome.resource.name, outcome.path) == ("passing", "policy.Statement[0]")
    assert "`lambda:CreateFunction` of `Statement[0]` in `running`" in outcome.message
    assert violations(
        POLICY, identity(kind), inline(kind, "p", PASSING), managed("r", RUNNING), attached(kind, arn("r"))
    )


def test_a_user_has_what_its_group_has() -> None:
    group = iam("Group", "staff", name="staff")
    mine = iam("GroupPolicy", "passing", group="staff", policy=document(PASSING))
    member = iam("UserGroupMembership", "m", user="worker", groups=["staff"])
    other = iam("GroupMembership", "m", group="staff", users=["worker"])
    stack = (identity("user"), group, mine, inline("user", "running", RUNNING))
    assert violations(POLICY, *stack) == []
    assert violations(POLICY, *stack, member)
    assert violations(POLICY, *stack, other)


def test_a_document_of_the_role_itself_counts() -> None:
    own = [{"name": "passing", "policy": document(PASSING)}]
    assert violations(POLICY, identity(inlinePolicies=own), inline("role", "running", RUNNING)) == [
        "inlinePolicies[0].policy.Statement[0]"
    ]


def test_a_deny_elsewhere_in_the_role_counts() -> None:
    two = (inline("role", "both", PASSING, RUNNING), inline("role", "limit", deny("iam:PassRole", "*")))
    assert violations(POLICY, *two)
    assert outcomes(POLICY, identity(), *two) == []


def test_a_boundary_counts() -> None:
    limit, wide = managed("limit", allow(None, "*", NotAction="iam:*")), managed("wide", allow("*", "*"))
    both = inline("role", "both", PASSING, RUNNING)
    assert outcomes(POLICY, identity(permissionsBoundary=arn("limit")), limit, both) == []
    assert violations(POLICY, identity(permissionsBoundary=arn("wide")), wide, both)
    of_aws = "arn:aws:iam::aws:policy/"
    assert undecided(POLICY, identity(permissionsBoundary=f"{of_aws}NewerAccess"), both) == ["policy"]
    assert outcomes(POLICY, identity(permissionsBoundary=f"{of_aws}PowerUserAccess"), both) == []


def test_a_boundary_is_no_grant() -> None:
    limit = managed("limit", allow(None, "*", NotAction="s3:*"))
    assert violations(POLICY, limit)
    assert outcomes(POLICY, identity(permissionsBoundary=arn("limit")), limit) == []


def test_a_role_that_may_write_its_own_policy() -> None:
    mine = allow("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/worker")
    assert violations(POLICY, identity(), inline("role", "p", mine))
    assert violations(POLICY, identity(path="/service/"), inline("role", "p", mine)) == []


def test_one_document_of_several_roles_is_reported_once() -> None:
    other = iam("Role", "other", name="other")
    shared = managed("shared", PASSING, RUNNING)
    both = iam("PolicyAttachment", "a", roles=["worker", "other"], policyArn=arn("shared"))
    assert violations(POLICY, identity(), other, shared, both) == ["policy.Statement[0]"]


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow("iam:PassRole", UNKNOWN), RUNNING)) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, role_policy(allow(UNKNOWN, "*"))) == ["policy.Statement[0].Action"]
    assert undecided(POLICY, role_policy(PASSING, RUNNING, deny("iam:PassRole", UNKNOWN))) != []
    assert outcomes(POLICY, role_policy(allow("s3:GetObject", UNKNOWN))) == []
    assert undecided(POLICY, iam("RolePolicy", "p", role="r", policy=UNKNOWN)) == ["policy"]


def test_an_attachment_that_is_known_later() -> None:
    two = (managed("r", RUNNING), inline("role", "p", PASSING))
    assert undecided(POLICY, identity(), *two, attached("role", UNKNOWN)) == ["policy"]
