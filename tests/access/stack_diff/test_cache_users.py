"""Another group of users or another ACL of a cache lets its users in."""

from __future__ import annotations

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource


def _group(name: str, *users: str) -> Resource:
    return resource("aws:elasticache/userGroup:UserGroup", name, userGroupId=name, engine="valkey", userIds=[*users])


def _acl(name: str, *users: str) -> Resource:
    return resource("aws:memorydb/acl:Acl", name, name=name, userNames=[*users])


def _redis(*groups: object, **more: object) -> Resource:
    return resource(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "cache",
        replicationGroupId="cart",
        **({"userGroupIds": [*groups]} if groups else {}),
        **more,
    )


def _serverless(*groups: object) -> Resource:
    group = {"userGroupId": groups[0]} if groups else {}
    return resource("aws:elasticache/serverlessCache:ServerlessCache", "cache", name="cart", engine="valkey", **group)


def _memory(acl: object) -> Resource:
    return resource("aws:memorydb/cluster:Cluster", "cache", name="cart", aclName=acl)


LISTS = tuple(
    listing(name, *users)
    for listing in (_group, _acl)
    for name, users in (("readers", ("eve",)), ("others", ("eve",)), ("writers", ("eve", "kim")))
)
NEW = {Verdict.NEW_ACCESS}


def _verdicts(new: Resource, old: Resource, *lists: Resource) -> set[Verdict]:
    return {gain.answer.verdict for gain in gains((*lists, new), (*lists, old))}


@pytest.mark.parametrize("cache", [_redis, _serverless, _memory])
def test_another_list_is_new_access_for_its_further_users(cache: type[Resource]) -> None:
    (gain,) = gains((*LISTS, cache("writers")), (*LISTS, cache("readers")))
    assert gain.answer.witness
    assert "kim" in gain.answer.witness.outsider
    assert _verdicts(cache("readers"), cache("writers"), *LISTS) == set()
    assert _verdicts(cache("others"), cache("readers"), *LISTS) == set()


@pytest.mark.parametrize("cache", [_redis, _serverless, _memory])
def test_another_list_outside_of_the_stack_is_new_access(cache: type[Resource]) -> None:
    assert _verdicts(cache("b"), cache("a")) == NEW
    assert _verdicts(cache(UNKNOWN), cache("a")) == {Verdict.UNDECIDED}


@pytest.mark.parametrize("cache", [_redis, _serverless, _memory])
def test_a_new_cache_and_a_list_that_leaves_the_stack_are_none(cache: type[Resource]) -> None:
    assert gains((*LISTS, cache("writers")), LISTS) == []
    assert gains((cache("writers"),), (*LISTS, cache("writers"))) == []


@pytest.mark.parametrize(
    ("open_to_all", "guarded"),
    [
        (_redis(), _redis("readers")),
        (_redis(), _redis(authToken="a" * 20)),
        (_serverless(), _serverless("readers")),
        (_memory("open-access"), _memory("readers")),
    ],
)
def test_a_cache_without_a_list_lets_everyone_in(open_to_all: Resource, guarded: Resource) -> None:
    assert _verdicts(open_to_all, guarded, *LISTS) == NEW
    assert _verdicts(guarded, open_to_all, *LISTS) == set()


def test_a_token_in_place_of_a_group_is_none() -> None:
    assert _verdicts(_redis(authToken="a" * 20), _redis("readers"), *LISTS) == set()
