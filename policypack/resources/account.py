"""Whether two resources are made in the same account, as far as their providers tell.

A provider's credentials decide its account, and only its `region` says nothing about them. Two providers that are given
the same credentials make in one account; two that list the accounts that they may work in, and share none, in two.
Source: https://www.pulumi.com/registry/packages/aws/installation-configuration/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policypack.core.policy import Resource, Stack, Unknown
from policypack.resources.index import provider_of

CREDENTIALS = ("accessKey", "secretKey", "token", "profile", "assumeRoles", "assumeRole", "assumeRoleWithWebIdentity")
ALLOWED = "allowedAccountIds"


def same_account(stack: Stack, one: Resource, other: Resource) -> bool | None:
    """Whether they are in the same account; None where nothing tells."""
    if one.provider == other.provider:
        return True
    providers = [provider_of(stack, each) for each in (one, other)]
    if None in providers:
        return None
    mine, theirs = (each.inputs if each else {} for each in providers)
    allowed = [_accounts(each.get(ALLOWED)) for each in (mine, theirs)]
    if allowed[0] and allowed[1]:
        if not allowed[0] & allowed[1]:
            return False
        if allowed[0] == allowed[1] and len(allowed[0]) == 1:
            return True
    given = [[_settled(each.get(name)) for name in CREDENTIALS] for each in (mine, theirs)]
    known = not any(_unknown_in(value) for each in given for value in each)
    return True if known and given[0] == given[1] else None


def _unknown_in(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_unknown_in, value.values()))
    return any(map(_unknown_in, value)) if isinstance(value, list) else isinstance(value, Unknown)


def _settled(value: Any) -> Any:
    return None if value in ("", [], {}) else value


def _accounts(value: Any) -> frozenset[str]:
    if isinstance(value, str) and value.startswith("["):  # a provider's inputs are JSON texts in a state
        value = [each.strip(' "') for each in value.strip("[]").split(",")]
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()
