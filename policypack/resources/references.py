"""References: the resources of the stack that a property refers to or may refer to, or that it refers to none.

A property may contain a name, an ARN, an id, a URL, a resource, or a value that is unknown before the update. A known
text is resolved by name, an unknown value by Pulumi's record of what it is computed from. Pulumi keeps that record per
top-level property, so several unknown values in one list share it. If there are as many of them as resources in the
record, each value refers to one of these, but it is unknown which to which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reference, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.tables import canonical
from policypack.resources.aliases import find
from policypack.resources.dependency_graph import is_component
from policypack.resources.index import Types, by_canonical_type, index_of
from policypack.resources.naming import NAMINGS, NICKNAMES, leading_property
from policypack.resources.property_kinds.table import kind_of
from policypack.resources.property_kinds.values import cannot_name
from policypack.resources.region import in_scope
from policypack.resources.tokens import ALIAS, BUCKET_TYPES, DIRECTORY_BUCKET, FUNCTION, MANAGED_POLICY


class Referent(msgspec.Struct, frozen=True):
    """Resource that is referred to, and for a function the version or alias: empty for itself, None if unknown."""

    resource: Resource
    qualifier: str | None = ""


class Resolved(msgspec.Struct, frozen=True):
    """Answer for one value: `certain` is what it refers to; if that is empty, `possible` is what it may refer to.

    For an absent value both are empty and `foreign` is False. `certain` has several only if these have the same name.
    """

    certain: tuple[Referent, ...] = ()
    possible: tuple[Referent, ...] = ()
    foreign: bool | None = False
    """Whether it refers to something outside the stack; None if it may."""
    between: bool = False
    """Whether several values share `possible`, and each of these is referred to by one of the values."""
    untraced: bool = False
    """Whether the value cannot be traced: `possible` contains every resource of the types."""

    @property
    def all(self) -> tuple[Referent, ...]:
        """What it refers to or may refer to."""
        return self.certain or self.possible

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The resources of `certain`."""
        return tuple(referent.resource for referent in self.certain)

    @property
    def candidates(self) -> tuple[Resource, ...]:
        """The resources of `possible`."""
        return tuple(referent.resource for referent in self.possible)

    def includes(self, resource: Resource) -> bool:
        """Whether a resource is among those that it refers to or may refer to."""
        return any(referent.resource.urn == resource.urn for referent in self.all)

    @property
    def only(self) -> Resource | None:
        """The one resource that it certainly refers to; None if there are none or several."""
        return self.certain[0].resource if len(self.certain) == 1 else None


ANY = ""
BUCKETS = frozenset(BUCKET_TYPES)
SCOPED_NAMES = ("name", "domainName", "identity", "email", "domain", "repositoryName")
"""Properties of other types than those of `NAMINGS` whose texts are unique in an account, or in a region of it."""
ABSENT = Resolved()
FOREIGN = Resolved(foreign=True)


@memoized
def resolve(stack: Stack, resource: Resource, name: str, *types: str) -> Resolved:
    """Resolve a top-level property with one value.

    Args:
        stack: where to look.
        resource: the resource with the property.
        name: of the property.
        types: the type tokens to look for.
    """
    value = written(resource, name)
    if value is None or isinstance(value, list):
        return resolve_all(stack, resource, name, [value], *types)[0]
    return resolve_each(stack, resource, name, *types)[0]


@memoized
def resolve_each(stack: Stack, resource: Resource, name: str, *types: str) -> Sequence[Resolved]:
    """Resolve the values of a top-level property that has none, one or a list of them; arguments are as of `resolve`."""
    return tuple(resolve_all(stack, resource, name, values_in(written(resource, name)), *types))


def resolve_all(stack: Stack, resource: Resource, name: str, values: Sequence[Any], *types: str) -> list[Resolved]:
    """Resolve each of the values inside the top-level property `name`, in order.

    A value that the property cannot take, as an ARN for a bucket's name, refers to nothing in the stack.
    """
    kind = kind_of(resource.type, name)
    origins = resource.property_dependencies.get(name, ())
    resolved = _Resolver(stack, types, frozenset({resource.urn}), resource).values(values, origins)
    return [
        FOREIGN if isinstance(value, str) and cannot_name(kind, value) else meant
        for value, meant in zip(values, resolved, strict=True)
    ]


def referrers(stack: Stack, resource: Resource, token: str, name: str) -> Sequence[Resource]:
    """Resources of the type `token` whose property `name` refers, or may refer, to a resource."""
    beside = sidecars_of(stack, resource, token, name, resource.type)
    return (*beside.certain, *beside.possible)


class Sidecars(msgspec.Struct, frozen=True):
    """The resources that configure another one by a property that refers to it, and those that may."""

    certain: tuple[Resource, ...] = ()
    possible: tuple[Resource, ...] = ()


def sidecars_of(stack: Stack, resource: Resource, kind: str, name: str, *types: str) -> Sidecars:
    """The resources of a type, under any of its tokens, whose property `name`, which refers to one of `types`, refers to this one."""
    by_referent = _by_referent(stack, kind, name, types)
    own, possibly = by_referent.get(resource.urn, Sidecars()), by_referent.get(ANY, Sidecars()).possible
    return Sidecars(own.certain, (*own.possible, *possibly)) if possibly else own


@memoized
def _by_referent(stack: Stack, kind: str, name: str, types: Types) -> Mapping[str, Sidecars]:
    """The resources of a type by the URN of what they refer to, or `ANY` for those that cannot be traced."""
    certain: dict[str, list[Resource]] = defaultdict(list)
    possible: dict[str, list[Resource]] = defaultdict(list)
    for referrer in by_canonical_type(stack).get(canonical(kind), ()):
        resolved = resolve(stack, referrer, name, *types)
        for referent in resolved.resources:
            certain[referent.urn].append(referrer)
        for urn in [ANY] if resolved.untraced else [referent.urn for referent in resolved.candidates]:
            possible[urn].append(referrer)
    return {urn: Sidecars(tuple(certain[urn]), tuple(possible[urn])) for urn in {**certain, **possible}}


def values_in(value: Any) -> list[Any]:
    """The values of a property that has one or a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]


def written(resource: Resource, name: str) -> Any:
    """The value of an input, or the text that the provider reports if the input is unknown.

    Of a resource that the stack only reads, the provider reports everything.
    """
    value, reported = resource.inputs.get(name), resource.outputs.get(name)
    complete = isinstance(value, Unknown) or (value is None and resource.external)
    return reported if complete and isinstance(reported, str) else value


class _Resolver:
    """Resolver of one question about some types. `seen` contains the URNs on the way, so that cycles end."""

    def __init__(self, stack: Stack, types: Types, seen: frozenset[str], referrer: Resource) -> None:
        self.stack = stack
        self.types = types
        self.seen = seen
        self.referrer = referrer
        self.index = index_of(stack, types)

    def values(self, values: Sequence[Any], origins: Sequence[str]) -> list[Resolved]:
        """What each of several values refers to, which together are computed from `origins`."""
        known = [self._known(value, origins) for value in values]
        unknown = sum(resolved is None for resolved in known)
        shared = self._traced(origins, known, unknown) if unknown else ABSENT
        return [shared if resolved is None else resolved for resolved in known]

    def _known(self, value: Any, origins: Sequence[str]) -> Resolved | None:
        """What a known value refers to; None for an unknown one."""
        if value is None or value == "":
            return ABSENT
        if isinstance(value, Reference):
            return self._traced([value.urn], (), 1)
        return self._text(value, origins) if isinstance(value, str) else None

    def _text(self, text: str, origins: Sequence[str]) -> Resolved:
        """What a name or another identifier refers to."""
        if self.types == (MANAGED_POLICY,) and (arn := Arn.parse(text)) and arn.account == "aws":
            return FOREIGN
        if same := self._in_scope(text, self.index.named(text)):
            exact = [match for match in same if match[0].outputs.get("arn") == text]
            exact = exact or [match for match in same if match[0].urn in origins]
            return Resolved(tuple(Referent(*match) for match in exact or same))
        if nickname := self._nickname(text):
            return nickname
        maybe = {
            resource.urn: Referent(resource, qualifier)
            for resource, qualifier in self._in_scope(text, self.index.perhaps_named(text))
        }
        leads = [lead for urn in origins if (lead := self._lead(urn))]
        sources = {referent.resource.urn: referent for lead in leads for referent in lead.certain}
        # a resource without one physical name may have an identifier that is unknown
        computed = [
            maybe.get(urn, source)
            for urn, source in sources.items()
            if urn in maybe or source.resource.type not in NAMINGS
        ]
        if len(computed) == 1:
            return Resolved(tuple(computed))
        return Resolved(possible=tuple(maybe.values()), foreign=None) if maybe else FOREIGN

    def _in_scope(self, text: str, named: list[tuple[Resource, str]]) -> list[tuple[Resource, str]]:
        """Those of the resources whose name is in a text that are in its scope; the certain ones, if there are several.

        The names of buckets and the identifiers of many types are unique anywhere.
        """
        scopes = {
            resource.urn: not _scoped(resource, text) or in_scope(self.stack, text, self.referrer, resource)
            for resource, _ in named
        }
        least = len(named) > 1 and any(scopes.values())
        return [match for match in named if (scope := scopes[match[0].urn]) or (scope is None and not least)]

    def _nickname(self, text: str) -> Resolved | None:
        """What a text refers to by the name of another resource, as a key's alias names the key."""
        for token in self.types:
            nicknames = index_of(self.stack, (NICKNAMES[token],)).named(text) if token in NICKNAMES else []
            named = self._in_scope(text, nicknames)
            if len(named) == 1:
                return self._lead(named[0][0].urn)
        return None

    def _traced(self, origins: Sequence[str], known: Iterable[Resolved | None], unknown: int) -> Resolved:
        """What `unknown` values refer to, by what they are computed from."""
        leads = [self._lead(urn) for urn in origins]
        if any(lead.untraced for lead in leads if lead):
            return _anything(self.stack, self.types)
        every = _unique(referent for lead in leads if lead for referent in lead.all)
        if not every:
            elsewhere = leads and all(lead and lead.foreign is not None for lead in leads)
            return FOREIGN if elsewhere else self._by_origins(origins) or _anything(self.stack, self.types)
        named = {referent.resource.urn for resolved in known if resolved for referent in resolved.certain}
        candidates = tuple(referent for referent in every if referent.resource.urn not in named) or every
        sizes = [len(lead.all) if lead else 0 for lead in leads]
        if unknown > len(candidates) and set(sizes) != {1}:
            return Resolved(possible=candidates, foreign=None)
        sure = {referent.resource.urn for lead in leads if lead for referent in lead.certain}
        if len(candidates) == 1 and candidates[0].resource.urn in sure:
            return Resolved(candidates)
        foreign = None if any(lead.foreign is None for lead in leads if lead) else False
        between = max(sizes) <= 1 and foreign is False and len(candidates) <= unknown
        return Resolved(possible=candidates, foreign=foreign, between=between)

    def _lead(self, urn: str) -> Resolved | None:
        """What a value computed from this resource refers to; None if that is unknown."""
        resource = find(self.stack, urn)
        if resource is None or urn in self.seen:
            return None
        if resource.type in self.types:
            # `qualifiedArn` names a version if the function publishes one
            published = resource.type == FUNCTION and resource.inputs.get("publish")
            return Resolved((Referent(resource, None if published else ""),))
        if resource.type == DIRECTORY_BUCKET and not BUCKETS.isdisjoint(self.types):
            return FOREIGN
        if name := leading_property(resource, self.types):
            inner = _Resolver(self.stack, self.types, self.seen | {urn}, resource)
            value, origins = written(resource, name), resource.property_dependencies.get(name, ())
            return _qualified(inner.values([value], origins)[0], resource)
        if is_component(resource):
            parts = tuple(Referent(resource) for resource in self.index.inside(urn))
            return Resolved(parts) if len(parts) == 1 else Resolved(possible=parts) if parts else None
        return None

    def _by_origins(self, origins: Sequence[str]) -> Resolved | None:
        """The resources whose names are computed from the same origins as the value; None if there are none."""
        candidates = tuple(Referent(resource, None) for resource in self.index.computed_from(origins))
        return Resolved(possible=candidates, foreign=None) if candidates else None


def _scoped(resource: Resource, text: str) -> bool:
    """Whether a text that names a resource is unique only in an account, or in a region of it."""
    if resource.type in NAMINGS:
        return resource.type not in BUCKETS
    return any(text in (resource.inputs.get(name), resource.outputs.get(name)) for name in SCOPED_NAMES)


@memoized
def _anything(stack: Stack, types: Types) -> Resolved:
    """What an untraceable value may refer to."""
    every = tuple(Referent(resource, None) for resource in index_of(stack, types).resources)
    return Resolved(possible=every, foreign=None, untraced=True)


def _unique(referents: Iterable[Referent]) -> tuple[Referent, ...]:
    return tuple({referent.resource.urn: referent for referent in referents}.values())


def _qualified(resolved: Resolved, by: Resource) -> Resolved:
    """What a function's alias or permission refers to, with its qualifier; what others refer to stays as it is."""
    if not resolved.all or resolved.all[0].resource.type != FUNCTION:
        return resolved
    name = by.inputs.get("name") if by.type == ALIAS else by.inputs.get("qualifier", "")
    qualifier = name if isinstance(name, str) else None
    certain, possible = (
        tuple(Referent(referent.resource, qualifier) for referent in referents)
        for referents in (resolved.certain, resolved.possible)
    )
    return msgspec.structs.replace(resolved, certain=certain, possible=possible)
