"""Providers: which provider creates a resource, its version, its accounts, and whether two resources share one.

A provider's credentials decide its account; its `region` does not. Two providers with the same credentials create
resources in one account, and two with disjoint lists of allowed accounts in two.
Source: https://www.pulumi.com/registry/packages/aws/installation-configuration/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.core.values import has_unknown
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT
from policypack.resources.aliases import find

PROVIDER = "pulumi:providers:aws"
STAND_IN = "111122223333"
"""The account of AWS's own examples, which the offline preview takes for one that nothing states."""
DEFAULT_NAME = re.compile(r"default(_\d+_\d+_\d+.*|_http.*)?")
CREDENTIALS = ("accessKey", "secretKey", "token", "profile", "assumeRoles", "assumeRole", "assumeRoleWithWebIdentity")


def providers(stack: Stack) -> tuple[Resource, ...]:
    """Every AWS provider, explicit or default."""
    return tuple(stack.of(PROVIDER))


def is_default(provider: Resource) -> bool:
    """Whether the engine created this provider for resources without one: `default`, or `default_7_51_0`.

    Source: `DefaultName` in pkg/resource/deploy/providers/provider.go of https://github.com/pulumi/pulumi.
    """
    return DEFAULT_NAME.fullmatch(provider.name) is not None


def provider_of(stack: Stack, resource: Resource) -> Resource | None:
    """The provider that creates a resource; its id may follow the URN after another `::`, as in a state file."""
    reference = resource.provider
    return (find(stack, reference) or find(stack, reference.rpartition("::")[0])) if reference else None


def resources_on(stack: Stack, provider: Resource) -> tuple[Resource, ...]:
    """The resources of this provider, in registration order."""
    return tuple(_by_provider(stack).get(provider.urn, ()))


@memoized
def _by_provider(stack: Stack) -> Mapping[str, Sequence[Resource]]:
    by_provider: dict[str, list[Resource]] = {}
    for resource in stack.resources:
        if provider := provider_of(stack, resource):
            by_provider.setdefault(provider.urn, []).append(resource)
    return by_provider


def provider_version(stack: Stack, resource: Resource) -> tuple[int, ...]:
    """The version of a resource's provider, by its input, else its name `default_7_51_0`; empty if neither has one."""
    provider = provider_of(stack, resource)
    text = provider.inputs.get("version") if provider else None
    return numbers(text) if isinstance(text, str) else numbers(resource.provider.rpartition("::default_")[2])


def numbers(version: str) -> tuple[int, ...]:
    """Major, minor and patch of `7.51.0`, `v7.51.0` or `7_51_0`, without what follows; empty for another text."""
    match = re.match(r"v?(\d+)[._](\d+)[._](\d+)", version)
    return tuple(map(int, match.groups())) if match else ()


@memoized
def own_accounts(stack: Stack) -> frozenset[str]:
    """The accounts that a stack creates resources in, by the settings, its providers and the ARNs of its resources.

    The stand-in is one of them only where an account is unknown.
    """
    accounts = {stack.settings.account_id or ("" if _is_every_account_known(stack) else STAND_IN)}
    for provider in providers(stack):
        accounts |= stated_accounts(provider.inputs)
    return frozenset(filter(ACCOUNT.fullmatch, accounts)) | reported_accounts(stack)


@memoized
def reported_accounts(stack: Stack) -> frozenset[str]:
    """The accounts in the ARNs that AWS reports for what a stack creates, with the stand-in for an unknown one."""
    return frozenset(filter(ACCOUNT.fullmatch, map(_own_account, stack.resources)))


def _is_every_account_known(stack: Stack) -> bool:
    """Whether nothing of a stack is in the stand-in account. A default provider may read the account of its caller."""
    every = providers(stack)
    return any(map(is_default, every)) and all(accounts_of(stack, provider) for provider in every)


def stated_accounts(inputs: Mapping[str, Any]) -> frozenset[str]:
    """The accounts that a provider's inputs state: the only allowed one, else that of the role that it assumes last."""
    allowed = _accounts(inputs.get("allowedAccountIds"))
    roles = _decoded(inputs.get("assumeRoles")) or [_decoded(inputs.get("assumeRole"))]
    last = roles[-1] if isinstance(roles, list) and len(allowed) != 1 else None
    # the SDK writes the keys of a dictionary as they are
    arn = last.get("roleArn", last.get("role_arn")) if isinstance(last, Mapping) else None
    account = _account_in(arn)
    return frozenset({account}) if ACCOUNT.fullmatch(account) else allowed


def only_account(provider: Resource) -> str:
    """The one account that a provider states; empty if it states none, or several."""
    accounts = stated_accounts(provider.inputs)
    return next(iter(accounts)) if len(accounts) == 1 else ""


def _account_in(arn: Any) -> str:
    parsed = Arn.parse(arn) if isinstance(arn, str) else None
    return parsed.account if parsed else ""


def same_account(stack: Stack, first: Resource, second: Resource) -> bool | None:
    """Whether two resources are in the same account; None if that is unknown."""
    if first.provider == second.provider:
        return True
    pair = [provider_of(stack, resource) for resource in (first, second)]
    if None in pair:
        return None
    one, two = (accounts_of(stack, provider) for provider in pair if provider)
    if one and two:
        if not one & two:
            return False
        if one == two and len(one) == 1:
            return True
    credentials = [
        [_absent_as_none(provider.inputs.get(name)) for name in CREDENTIALS] for provider in pair if provider
    ]
    return True if credentials[0] == credentials[1] and not has_unknown(credentials) else None


@memoized
def accounts_of(stack: Stack, provider: Resource) -> frozenset[str]:
    """The accounts that a provider may work in: those that it states, else the one in the ARNs of its resources."""
    return stated_accounts(provider.inputs) or _accounts_in_arns(stack).get(provider.urn, frozenset())


@memoized
def _accounts_in_arns(stack: Stack) -> Mapping[str, frozenset[str]]:
    """By provider, the account that the ARNs of its resources name, except the stand-in for an unknown one."""
    return {
        urn: frozenset(filter(ACCOUNT.fullmatch, map(_own_account, resources))) - {STAND_IN}
        for urn, resources in _by_provider(stack).items()
    }


def _own_account(resource: Resource) -> str:
    """The account in the ARN that AWS reports for a resource of the stack; empty if it reports none."""
    return _account_in(None if resource.external or "arn" in resource.inputs else resource.outputs.get("arn"))


def _absent_as_none(value: Any) -> Any:
    return None if value in ("", [], {}) else value


def _accounts(value: Any) -> frozenset[str]:
    """The account ids in a provider's list; none if one of them is unknown."""
    values = () if has_unknown(value) else _decoded(value)
    return (
        frozenset(str(text) for text in values if isinstance(text, str | int))
        if isinstance(values, list)
        else frozenset()
    )


def _decoded(value: Any) -> Any:
    """A value of a provider, whose inputs are JSON texts in a state."""
    if not isinstance(value, str) or not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
