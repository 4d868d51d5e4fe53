"""Which resource of one stack is which resource of another.

Two resources are the same if they have the same physical identity: the ARN, or for types whose name is the identity,
the name. Otherwise they are the same if their URNs have the same end, whatever their project and stack, or if one has the
other's URN as an alias, unless the program gives them different names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from policypack.access.policy_targets import TARGET_TYPES
from policypack.core.policy import Resource, Stack
from policypack.iam.tables import canonical
from policypack.resources.naming import NAMINGS, physical_name
from policypack.resources.providers import only_account, provider_of, providers

Place = tuple[str, str]
"""The end of a URN."""
GENERATED = re.compile(r"-[0-9a-f]{7}(\.fifo)?$")
"""The end of a name that Pulumi generates."""
NAMED = frozenset(NAMINGS) | TARGET_TYPES


def separate_accounts(new: Stack, old: Stack) -> frozenset[str]:
    """The accounts that the providers of two stacks state, unless there is one only.

    Two stacks without a common account are the same environment in two accounts, where equal names are the same.
    """
    stated = [{*map(only_account, providers(stack))} - {""} for stack in (new, old)]
    accounts = frozenset(stated[0] | stated[1])
    return accounts if stated[0] & stated[1] and len(accounts) > 1 else frozenset()


def end_of(resource: Resource) -> Place:
    """The part of a URN that is the same in another stack: the types of its parents and its own, and its name."""
    return _end(resource.urn)


class Places:
    """The places of resources; those of a new stack have the places of the same resources in the old one."""

    def __init__(self, same: Mapping[str, Resource] | None = None, accounts: frozenset[str] = frozenset()) -> None:
        self.same = same
        self.accounts = accounts
        """The accounts in which equal names are of different identities."""

    def of(self, resource: Resource) -> Place:
        """The place of a resource, which no other resource of the two stacks has, except the same."""
        if self.same is None:
            return end_of(resource)
        other = self.same.get(resource.urn)
        return end_of(other) if other else ("new", resource.urn)

    def named(self, stack: Stack, carrier: Resource, identity: tuple[str, str]) -> tuple[str, ...]:
        """What an identity with this type and name is called, in the account of a resource that carries its documents."""
        provider = provider_of(stack, carrier)
        account = only_account(provider) if provider else ""
        return ("outside", *identity, *({account} & self.accounts))


def counterparts(new: Sequence[Resource], old: Sequence[Resource]) -> Mapping[str, Resource]:
    """By URN of a resource of `new`, the same resource in `old`."""
    matched: dict[str, Resource] = {}
    taken: set[str] = set()
    for keys_of, keys_before in (
        (_identities, _identities),
        (_places, _places),
        (_former_places, _places),
        (_places, _former_places),
    ):
        own = _unique((resource for resource in new if resource.urn not in matched), keys_of)
        before = _unique((other for other in old if other.urn not in taken), keys_before)
        for key, resource in own.items():
            other = before.get(key)
            if other is None or resource.urn in matched or other.urn in taken:
                continue
            if keys_of is _identities or not renamed(resource, other):
                matched[resource.urn] = other
                taken.add(other.urn)
    return matched


def renamed(resource: Resource, other: Resource) -> bool:
    """Whether two resources have different names, and Pulumi did not generate both."""
    name = NAMINGS[resource.type].name if resource.type in NAMINGS else "name"
    names = [properties.get(name) for properties in (resource.inputs, other.inputs)]
    known = resource.type in NAMED and all(isinstance(text, str) and text for text in names)
    return known and names[0] != names[1] and not all(GENERATED.search(str(text)) for text in names)


def _unique(
    resources: Iterable[Resource], keys_of: Callable[[Resource], Iterator[Hashable]]
) -> Mapping[Hashable, Resource]:
    """The resources by key, without keys that several have."""
    by_key: dict[Hashable, Resource] = {}
    several: set[Hashable] = set()
    for resource in resources:
        for key in keys_of(resource):
            if by_key.setdefault(key, resource) is not resource:
                several.add(key)
    return {key: resource for key, resource in by_key.items() if key not in several}


def _identities(resource: Resource) -> Iterator[Hashable]:
    arn = resource.outputs.get("arn")
    if isinstance(arn, str) and arn:
        yield canonical(resource.type), arn
    if resource.type in NAMED and (name := physical_name(resource)):
        yield canonical(resource.type), name


def _places(resource: Resource) -> Iterator[Hashable]:
    yield end_of(resource)


def _former_places(resource: Resource) -> Iterator[Hashable]:
    for alias in resource.options.aliases:
        yield _end(alias)


def _end(urn: str) -> Place:
    types, _, name = urn.split("::", 2)[-1].partition("::")
    return "$".join(map(canonical, types.split("$"))), name
