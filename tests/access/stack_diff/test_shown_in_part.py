"""Grants of which another resource of the stack is a part: one that goes is no new access."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

SHARE = "arn:aws:ram:eu-west-1:111122223333:resource-share/network"
RULE = "arn:aws:route53resolver:eu-west-1:111122223333:resolver-rule/rslvr-rr-1"
ZONE = "arn:aws:route53resolver:eu-west-1:111122223333:resolver-rule/rslvr-rr-2"
PARTNER = "444455556666"


def _share(*, external: bool | None = None) -> Resource:
    inputs: dict[str, Any] = {"name": "network"}
    if external is not None:
        inputs["allowExternalPrincipals"] = external
    return Resource("aws:ram/resourceShare:ResourceShare", "network", inputs, outputs={"arn": SHARE})


def _shared(arn: str) -> Resource:
    return resource("aws:ram/resourceAssociation:ResourceAssociation", arn[-1], resourceArn=arn, resourceShareArn=SHARE)


def _with(principal: str) -> Resource:
    token = "aws:ram/principalAssociation:PrincipalAssociation"
    return resource(token, principal, principal=principal, resourceShareArn=SHARE)


def _all(*arns: str) -> Resource:
    token = "aws:ram/resourceShareAssociationsExclusive:ResourceShareAssociationsExclusive"
    return resource(token, "all", principals=[PARTNER], resourceArns=[*arns], resourceShareArn=SHARE)


def _member(user: str, group: str) -> Resource:
    return resource("aws:iam/userGroupMembership:UserGroupMembership", "member", user=user, groups=[group])


NILS = resource("aws:iam/user:User", "nils", name="nils")
AUDITORS = resource("aws:iam/group:Group", "auditors", name="auditors")

LESS: dict[str, tuple[tuple[Resource, ...], tuple[Resource, ...]]] = {
    "the only resource of a share": ((_share(), _with(PARTNER), _shared(RULE)), (_share(), _with(PARTNER))),
    "one of two resources": (
        (_share(), _with(PARTNER), _shared(RULE), _shared(ZONE)),
        (_share(), _with(PARTNER), _shared(ZONE)),
    ),
    "all resources of an exclusive list": ((_share(), _all(RULE)), (_share(), _all())),
    "a share outside of the stack": ((_with(PARTNER), _shared(RULE)), (_with(PARTNER),)),
    "a share that leaves the stack": ((_share(), _with(PARTNER), _shared(RULE)), (_with(PARTNER), _shared(RULE))),
    "a share for others that leaves the stack": ((_share(external=True), _with(PARTNER)), (_with(PARTNER),)),
    "a share that enters the stack": ((_with(PARTNER),), (_share(external=True), _with(PARTNER))),
    "a user that leaves the stack": ((NILS, AUDITORS, _member("nils", "auditors")), (_member("nils", "auditors"),)),
}


@pytest.mark.parametrize(("old", "new"), LESS.values(), ids=LESS)
def test_a_part_that_goes_is_no_new_access(old: tuple[Resource, ...], new: tuple[Resource, ...]) -> None:
    at_grants = [gain for gain in gains(new, old) if "Association" in gain.by.type or "Membership" in gain.by.type]
    assert at_grants == []


MORE: dict[str, tuple[tuple[Resource, ...], tuple[Resource, ...]]] = {
    "the first resource of a share": ((_share(), _with(PARTNER)), (_share(), _with(PARTNER), _shared(RULE))),
    "another resource instead": (
        (_share(), _with(PARTNER), _shared(RULE)),
        (_share(), _with(PARTNER), _shared(ZONE)),
    ),
    "another principal of a share without resources": (
        (_share(), _with(PARTNER), _shared(RULE)),
        (_share(), _with("555566667777")),
    ),
    "accounts outside, while a resource goes": (
        (_share(external=False), _with(PARTNER), _shared(RULE)),
        (_share(external=True), _with(PARTNER)),
    ),
    "another user of a group": (
        (NILS, AUDITORS, _member("nils", "auditors")),
        (_member("mara", "auditors"),),
    ),
}


@pytest.mark.parametrize(("old", "new"), MORE.values(), ids=MORE)
def test_a_part_that_comes_is_new_access(old: tuple[Resource, ...], new: tuple[Resource, ...]) -> None:
    assert {gain.answer.verdict for gain in gains(new, old)} == {Verdict.NEW_ACCESS}


def test_a_principal_is_reported_once_for_all_that_is_shared() -> None:
    parts = (_share(), _shared(RULE), _shared(ZONE))
    (gain,) = gains((*parts, _with(PARTNER)), parts)
    assert "resolver-rule" in str(gain.answer.witness)


def test_a_share_whose_arn_a_program_does_not_know_is_the_same() -> None:
    share = _share()
    principal = replace(
        _with(PARTNER),
        inputs={"principal": PARTNER, "resourceShareArn": UNKNOWN},
        property_dependencies={"resourceShareArn": (share.urn,)},
    )
    old = (share, _with(PARTNER), _shared(RULE))
    assert gains((share, principal), old) == []
