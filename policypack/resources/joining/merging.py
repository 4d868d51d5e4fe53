"""Several stacks as one, in which a name or an ARN of one stack finds the resource of another.

Each resource keeps its own URN, with the number of its stack in front, so that no two are equal. Resources of one account
and region have one provider, which states the account, so that the resolver takes them for neighbours. A resource that a
stack only reads gives way to the one that another stack manages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from policypack.core.policy import Resource, Stack
from policypack.core.values import rewritten
from policypack.resources.joining.physical import Scope, joins, links_of, scope_of
from policypack.resources.providers import PROVIDER

URN = "urn:pulumi:"
UNPLACED = Scope("")
"""The scope of a provider itself."""


class Located(msgspec.Struct, frozen=True):
    """A resource of a stack, where it is, and the keys of what it is or belongs to."""

    resource: Resource
    scope: Scope
    about: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """Resources of one stack."""

    stack: str
    """A name that tells it from the others: with its organization, or the path of its export."""
    resources: Sequence[Located]


def part_of(stack: Stack, name: str, accounts: Collection[str] = ()) -> Part:
    """All resources of a stack; `accounts` are those that they are known to be in."""
    return Part(name, tuple(_located(stack, resource, accounts) for resource in stack.resources))


def _located(stack: Stack, resource: Resource, accounts: Collection[str]) -> Located:
    scope = scope_of(stack, resource, accounts)
    about = links_of(stack, resource, scope).about if resource.external and joins(resource.type) else ()
    return Located(resource, scope, about)


@dataclass(frozen=True)
class Merged:
    """Several stacks as one."""

    stack: Stack
    origins: Mapping[str, tuple[str, Resource]]
    """By URN in `stack`, the name of the stack that a resource is of, and the resource as it is there."""
    scopes: Mapping[str, Scope]


def merged(parts: Iterable[Part], settings: Any) -> Merged:
    """One stack of the resources of several."""
    resources: list[Resource] = []
    origins: dict[str, tuple[str, Resource]] = {}
    scopes: dict[str, Scope] = {}
    providers: dict[Scope, Resource] = {}
    managed: dict[str, int] = {}
    reads: list[tuple[Resource, tuple[str, ...]]] = []
    for number, part in enumerate(parts):
        for located in part.resources:
            scope = located.scope if located.resource.type != PROVIDER else UNPLACED
            if scope.account and scope not in providers:
                providers[scope] = _provider(scope)
            resource = _numbered(located.resource, number, providers.get(scope))
            origins[resource.urn] = part.stack, located.resource
            scopes[resource.urn] = located.scope
            if resource.external and located.about:
                reads.append((resource, located.about))
                continue
            managed |= {key: len(resources) for key in located.about if not resource.external}
            resources.append(resource)
    for resource, about in reads:
        place = next((managed[key] for key in about if key in managed), None)
        if place is None or resources[place].type != resource.type:
            resources.append(resource)
        else:
            options = resources[place].options
            named = replace(options, aliases=(*options.aliases, resource.urn))
            resources[place] = replace(resources[place], options=named)
    return Merged(Stack((*providers.values(), *resources), settings), origins, scopes)


def _numbered(resource: Resource, number: int, provider: Resource | None) -> Resource:
    """The resource with the number of its stack in each URN, on a provider of its account if that is known."""

    def urn(text: str) -> str:
        return f"{URN}{number}.{text.removeprefix(URN)}" if text.startswith(URN) else text

    aliases = resource.options.aliases
    return replace(
        resource,
        urn=urn(resource.urn),
        inputs=rewritten(resource.inputs, urn),
        parent=urn(resource.parent),
        provider=provider.urn if provider else urn(resource.provider),
        dependencies=tuple(map(urn, resource.dependencies)),
        property_dependencies={
            name: tuple(map(urn, urns)) for name, urns in resource.property_dependencies.items() if urns
        },
        options=replace(resource.options, aliases=tuple(map(urn, aliases))) if aliases else resource.options,
    )


def _provider(scope: Scope) -> Resource:
    inputs: dict[str, Any] = {"allowedAccountIds": [scope.account]}
    if scope.region:
        inputs["region"] = scope.region
    name = f"{scope.partition}-{scope.account}-{scope.region}"
    return Resource(PROVIDER, name, inputs, urn=f"{URN}joined::joined::{PROVIDER}::{name}")
