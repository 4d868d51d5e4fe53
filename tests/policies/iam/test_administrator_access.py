"""AWS's managed policies for administrators, wherever they are attached."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.iam.managed import ADMINISTRATORS
from policypack.policies.iam.administrator_access import ALLOWS, POLICY
from policypack.policies.iam.privilege_escalation import POLICY as ESCALATION
from tests.policies.helpers import messages, outcomes, undecided, violations

EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"


def attachment(token: str, **inputs: Any) -> Resource:
    return Resource(token, "attached", inputs)


def to_role(policy: Any, *origins: Resource) -> Resource:
    return Resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "attached",
        {"role": "worker", "policyArn": policy},
        property_dependencies={"policyArn": tuple(each.urn for each in origins)},
    )


@pytest.mark.parametrize(
    ("attached", "path"),
    [
        (to_role(EVERYTHING), "policyArn"),
        (to_role(EVERYTHING.replace("arn:aws:", "arn:aws-cn:")), "policyArn"),
        (attachment("aws:iam/userPolicyAttachment:UserPolicyAttachment", user="me", policyArn=EVERYTHING), "policyArn"),
        (
            attachment("aws:iam/groupPolicyAttachment:GroupPolicyAttachment", group="us", policyArn=EVERYTHING),
            "policyArn",
        ),
        (attachment("aws:iam/policyAttachment:PolicyAttachment", users=["me"], policyArn=EVERYTHING), "policyArn"),
        (
            attachment("aws:iam/role:Role", managedPolicyArns=["arn:aws:iam::1:policy/x", EVERYTHING]),
            "managedPolicyArns[1]",
        ),
        (
            attachment(
                "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
                roleName="worker",
                policyArns=[EVERYTHING],
            ),
            "policyArns[0]",
        ),
        (
            attachment("aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment", managedPolicyArn=EVERYTHING),
            "managedPolicyArn",
        ),
    ],
)
def test_wherever_it_is_attached(attached: Resource, path: str) -> None:
    assert violations(POLICY, attached) == [path]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::aws:policy/AdministratorAccess-Amplify",
        "arn:aws:iam::111122223333:policy/AdministratorAccess",
    ],
)
def test_others_are_not_for_administrators(arn: str) -> None:
    assert outcomes(POLICY, to_role(arn)) == []


def test_as_a_boundary_it_grants_nothing() -> None:
    assert outcomes(POLICY, attachment("aws:iam/role:Role", permissionsBoundary=EVERYTHING)) == []


def test_each_says_what_it_allows() -> None:
    assert ALLOWS.keys() == ADMINISTRATORS.keys()
    assert messages(POLICY, to_role("arn:aws:iam::aws:policy/IAMFullAccess")) == [
        "`IAMFullAccess` allows every action of `iam`, by which its holder can give itself all others"
    ]


def test_a_policy_that_is_unknown_may_be_one() -> None:
    mine = Resource("aws:iam/policy:Policy", "mine", {"policy": "{}"})
    assert undecided(POLICY, mine, to_role(UNKNOWN)) == ["policyArn"]
    assert outcomes(POLICY, mine, to_role(UNKNOWN, mine)) == []
    more = {"managedPolicyArns": (mine.urn,)}
    listed = Resource("aws:iam/role:Role", "r", {"managedPolicyArns": UNKNOWN}, property_dependencies=more)
    assert undecided(POLICY, mine, listed) == ["managedPolicyArns"]


@pytest.mark.parametrize(
    ("name", "paths"),
    [("AdministratorAccess", []), ("IAMFullAccess", ["policyArn"]), ("PowerUserAccess", ["policyArn"])],
)
def test_ways_to_others_are_told_of_what_has_not_everything(name: str, paths: list[str]) -> None:
    worker = Resource("aws:iam/role:Role", "worker", {"name": "worker"})
    assert violations(ESCALATION, worker, to_role(f"arn:aws:iam::aws:policy/{name}")) == paths


def test_a_way_may_lead_through_a_policy_of_aws() -> None:
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    worker = Resource("aws:iam/role:Role", "worker", {"name": "worker"})
    inline = Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "passing",
        {"role": "worker", "policy": {"Version": "2012-10-17", "Statement": [passing]}},
    )
    (told,) = [
        each.message
        for each in outcomes(ESCALATION, worker, inline, to_role("arn:aws:iam::aws:policy/PowerUserAccess"))
        if each.resource.name == "passing"
    ]
    assert "of `PowerUserAccess` in `attached`" in told
