"""Who may connect to a cache by its groups of users (ElastiCache) or its ACL (MemoryDB).

A group or an ACL that a cache newly has is compared by its users where the stack shows them, so that another one with
the same users is no new access. A cache of ElastiCache without a group and without a token lets everyone in who reaches
it. Sources: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html and
https://docs.aws.amazon.com/memorydb/latest/devguide/clusters.acls.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.grant_tables.direct_grant import DirectGrant
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document_readers import values_at

_GROUPS = (
    ("aws:elasticache/userGroup:UserGroup", "userGroupId", "userIds[*]"),
    ("aws:elasticache/userGroupAssociation:UserGroupAssociation", "userGroupId", "userId"),
)
_ACLS = (("aws:memorydb/acl:Acl", "name", "userNames[*]"),)
_EVERYONE = "everyone"


class _Cache(msgspec.Struct, frozen=True):
    """A type of cache: the property with its lists of users, the types that fill those, and what opens it without one."""

    name: str
    members: tuple[tuple[str, str, str], ...]
    """By type, the property with the name of a list, and the path of its users."""
    token: str = ""
    """The property with a token that callers need where there is no list, if there is such a token."""
    everyone: str = ""
    """The list that lets everyone in; empty if a cache without a list does."""


_CACHES: Mapping[str, _Cache] = {
    "aws:elasticache/replicationGroup:ReplicationGroup": _Cache("userGroupIds", _GROUPS, "authToken"),
    "aws:elasticache/serverlessCache:ServerlessCache": _Cache("userGroupId", _GROUPS),
    "aws:memorydb/cluster:Cluster": _Cache("aclName", _ACLS, everyone="open-access"),
}


CACHE_USERS: Mapping[str, tuple[DirectGrant, ...]] = {
    token: (
        DirectGrant(
            (f"{{{cache.name}}}",),
            (f"{token[4:].partition('/')[0]}:Connect",),
            ("{resource}",),
            everyone=_EVERYONE,
            anonymous=True,
            changes_only=True,
        ),
    )
    for token, cache in _CACHES.items()
}
"""By type of cache; `with_cache_users` gives the property with its lists the values that these read."""


def with_cache_users(stack: Stack, places: Places, resource: Resource, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs of a cache with its users in place of its lists of users; in the old stack beside them.

    A list that the cache had before is not compared by its users: who newly is in it is a grant of its own.
    """
    cache = _CACHES.get(resource.type)
    if cache is None:
        return inputs
    lists = _at(inputs, cache.name)
    unguarded = not lists and inputs.get(cache.token or "none") in (None, "")
    if cache.everyone in lists if cache.everyone else unguarded:
        return {**inputs, cache.name: [_EVERYONE]}
    same = places.same.get(resource.urn) if places.same is not None else None
    before = _at(same.inputs, cache.name) if same else []
    named: list[Any] = []
    for name in lists:
        known = isinstance(name, str)
        users = [*_members(stack, cache, name)] if known and name not in before else []
        named += [user if isinstance(user, Unknown) else f"user {user}" for user in users]
        if not users or places.same is None:
            named.append(f"users of {name}" if known else name)
    return {**inputs, cache.name: named}


def _at(inputs: Mapping[str, Any], path: str) -> list[Any]:
    values = [value for _, value in values_at(inputs, path)]
    return [
        value for each in values for value in (each if isinstance(each, list) else [each]) if value not in (None, "")
    ]


def _members(stack: Stack, cache: _Cache, name: str) -> Iterator[str | Unknown]:
    """The users in a list, as far as the stack shows them."""
    for token, called, path in cache.members:
        for resource in stack.of(token):
            if resource.inputs.get(called) == name and not resource.external:
                yield from _at(resource.inputs, path)
