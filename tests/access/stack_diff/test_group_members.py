"""A group makes no request: what it gains is new if one of its members gains it, or if a member is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.examples import document
from policypack.core.policy import UNKNOWN, Resource
from tests.access.test_stack_diff import READ, WRITE, resource, rows

ANA = resource("aws:iam/user:User", "ana", name="ana")
BEN = resource("aws:iam/user:User", "ben", name="ben")
OPS = resource("aws:iam/group:Group", "ops", name="ops")
DEV = resource("aws:iam/group:Group", "dev", name="dev")


def own(user: str, *statements: Any) -> Resource:
    return resource("aws:iam/userPolicy:UserPolicy", f"own-{user}", user=user, policy=json.dumps(document(*statements)))


def common(group: str, *statements: Any) -> Resource:
    return resource(
        "aws:iam/groupPolicy:GroupPolicy", f"c-{group}", group=group, policy=json.dumps(document(*statements))
    )


def member(user: Any, *groups: Any) -> Resource:
    return resource(
        "aws:iam/userGroupMembership:UserGroupMembership",
        f"m-{user if isinstance(user, str) else 'unknown'}",
        user=user,
        groups=list(groups),
    )


@pytest.mark.parametrize(
    ("old", "new", "holders"),
    [
        ((ANA, own("ana", READ)), (ANA, OPS, common("ops", READ), member("ana", "ops")), []),
        ((ANA, own("ana", READ, WRITE)), (ANA, OPS, common("ops", READ), member("ana", "ops")), []),
        ((ANA, OPS, own("ana", READ), member("ana", "ops")), (ANA, OPS, common("ops", READ), member("ana", "ops")), []),
        (
            (ANA, OPS, DEV, common("dev", READ), member("ana", "ops", "dev")),
            (ANA, OPS, DEV, common("ops", READ), member("ana", "ops", "dev")),
            [],
        ),
        (
            (ANA, BEN, own("ana", READ), own("ben", READ)),
            (ANA, BEN, OPS, common("ops", READ), member("ana", "ops"), member("ben", "ops")),
            [],
        ),
        (
            (ANA, BEN, OPS, own("ben", READ), common("ops", READ), member("ana", "ops")),
            (ANA, BEN, OPS, common("ops", READ), member("ana", "ops"), member("ben", "ops")),
            [],
        ),
        ((ANA, own("ana", READ)), (ANA, OPS, common("ops", READ, WRITE), member("ana", "ops")), ["ana", "ops"]),
        (
            (ANA, BEN, own("ana", READ)),
            (ANA, BEN, OPS, common("ops", READ), member("ana", "ops"), member("ben", "ops")),
            ["ben", "ops"],
        ),
        ((ANA, own("ana", READ)), (ANA, OPS, common("ops", READ)), ["ops"]),
        (
            (ANA, own("ana", READ)),
            (ANA, OPS, common("ops", READ), member("ana", "ops"), member("zoe", "ops")),
            ["m-zoe", "ops"],
        ),
        (
            (ANA, own("ana", READ)),
            (ANA, OPS, common("ops", READ), member("ana", "ops"), member(UNKNOWN, "ops")),
            ["m-unknown", "ops"],
        ),
    ],
)
def test_who_holds_the_access_counts(old: tuple[Resource, ...], new: tuple[Resource, ...], holders: list[str]) -> None:
    assert sorted({holder for _, holder, _, _ in rows(new, old)}) == holders


POLICY, JOINED = common("ops", READ), member("ana", "ops")
ALL_AT_ONCE = resource("aws:iam/groupMembership:GroupMembership", "all", name="all", users=["ana"], group="ops")


@pytest.mark.parametrize("joined", [JOINED, ALL_AT_ONCE])
@pytest.mark.parametrize("shown", [(), (ANA,), (OPS,)])
def test_a_user_and_its_group_enter_the_stack_beside_their_membership(
    joined: Resource, shown: tuple[Resource, ...]
) -> None:
    both = (ANA, OPS, joined, POLICY)
    assert rows(both, (*shown, joined, POLICY)) == rows((*shown, joined, POLICY), both) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((POLICY,), (ANA, OPS, POLICY, JOINED)),
        ((JOINED,), (ANA, OPS, POLICY, JOINED)),
        ((POLICY, JOINED), (ANA, OPS, common("ops", READ, WRITE), JOINED)),
        ((common("dev", READ), JOINED), (ANA, OPS, POLICY, JOINED)),
        ((POLICY, member("ben", "ops")), (ANA, OPS, POLICY, JOINED)),
    ],
)
def test_what_a_user_gains_while_it_enters_the_stack_is_new(
    old: tuple[Resource, ...], new: tuple[Resource, ...]
) -> None:
    assert "ana" in {holder for _, holder, _, _ in rows(new, old)}
