"""Conflicts: two resources that manage the same setting, of one type, or one beside an inline setting of the other.

A resource claims what the properties in `conflict_tables` identify, each of which may refer to a resource of the stack
by reference, name or ARN. An unknown value equals another only if both are computed from the same resources, and even
then it may differ; one that cannot be traced at all may equal any.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from sys import intern
from typing import Any

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reference, Resource, Stack, Unknown
from policypack.iam.tables import canonical
from policypack.resources.conflict_tables import (
    DEFAULTS,
    EXCLUSIVE,
    INLINE,
    MANAGED,
    PROVIDER,
    REMOVES,
    SUBJECTS,
    UNDOES,
    Managed,
)
from policypack.resources.index import by_canonical_type
from policypack.resources.naming import identifiers
from policypack.resources.references import FOREIGN, Resolved, resolve, resolve_all, written
from policypack.resources.tokens import BUCKET_TYPES

Part = tuple[str, ...]
"""`("is", urn)`, `("text", scope, text)`, `("absent",)`, or uncertain: `("from", urn …)` and `UNTRACED`."""
ABSENT: Part = ("absent",)
UNTRACED: Part = ("untraced",)
BY_URN = attrgetter("urn")
RECORD = "aws:route53/record:Record"
"""A type whose texts are names in DNS: neither case nor a final dot counts."""


class Conflict(msgspec.Struct, frozen=True):
    """Two resources that manage the same setting, or may; `later` and `first` are in the order of URNs.

    `inline` is the property of `first` that manages it, and `description` is empty then. `path` is the property of
    `later` that refers to what the two share.
    """

    later: Resource
    path: str
    first: Resource
    description: str
    certain: bool
    inline: str = ""
    effect: str = UNDOES
    """What follows: a clause."""


class Claim(msgspec.Struct, frozen=True):
    """One resource's claim on one setting or name."""

    resource: Resource
    managed: Managed
    parts: tuple[Part, ...]

    def conflict(self, first: Claim, part: int, *, certain: bool) -> Conflict:
        """The conflict with an earlier claim, by one of the parts."""
        path = self.managed.parts[part].partition("?")[0].removeprefix(PROVIDER)
        managed = self.managed
        return Conflict(self.resource, path, first.resource, managed.description, certain, effect=managed.effect)


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """Every later resource that manages, or may manage, what an earlier one does, once for each setting."""
    by_type = by_canonical_type(stack)
    for token in sorted(by_type.keys() & MANAGED.keys()):
        own = (resource for resource in by_type[token] if not resource.external)
        resources = sorted(own, key=lambda resource: resource.urn)  # a program's register in another order in every run
        for managed in MANAGED[token] if len(resources) > 1 else ():
            claims = list(_claims(stack, resources, managed))
            yield from _equal(claims)
            yield from _untraced(claims)
    yield from _beside_inline(stack)
    yield from _beside_whole(stack)


def _claims(stack: Stack, resources: Sequence[Resource], managed: Managed) -> Iterator[Claim]:
    """The claims of resources of one type on one setting."""
    for resource in resources:
        parts = tuple(_claimed(stack, resource, name) for name in managed.parts)
        required = (part for name, part in zip(managed.parts, parts, strict=True) if "?" not in name)
        if ABSENT not in required and not (managed.only_known and any(map(_uncertain, parts))):
            yield Claim(resource, managed, parts)


def _claimed(stack: Stack, resource: Resource, part: str) -> Part:
    """What a part of a claim refers to: the property's value, or its default."""
    name, _, default = part.partition("?")
    value = ("text", "", _scope(resource, "", "")) if name == PROVIDER else _part(stack, resource, name)
    return ("text", _scope(resource, name, default), default) if value is ABSENT and default else value


def _equal(claims: Sequence[Claim]) -> Iterator[Conflict]:
    """Claims with equal parts, each against the first of them."""
    first: dict[tuple[Part, ...], Claim] = {}
    for claim in claims:
        if UNTRACED not in claim.parts:
            earlier = first.setdefault(claim.parts, claim)
            if earlier is not claim:
                yield claim.conflict(earlier, 0, certain=not any(map(_uncertain, claim.parts)))


def _untraced(claims: Sequence[Claim]) -> Iterator[Conflict]:
    """Claims that may equal any other, each against the first that it does not differ from."""
    for index, claim in enumerate(claims):
        if UNTRACED in claim.parts:
            others = (other for place, other in enumerate(claims) if place < index or UNTRACED not in other.parts)
            other = next((other for other in others if _may_equal(claim.parts, other.parts)), None)
            if other:
                yield claim.conflict(other, claim.parts.index(UNTRACED), certain=False)


def _may_equal(some: tuple[Part, ...], other: tuple[Part, ...]) -> bool:
    return all(left == right or UNTRACED in (left, right) for left, right in zip(some, other, strict=True))


def _uncertain(part: Part) -> bool:
    """Whether equal parts may still differ."""
    return part[0] in {"from", "untraced"}


def _beside_inline(stack: Stack) -> Iterator[Conflict]:
    """Resources that manage what another one sets inline."""
    for owner in stack.resources:
        inline = INLINE.get(canonical(owner.type), {})
        for name, sidecars in inline.items():
            if owner.inputs.get(name) in (None, "", [], {}, DEFAULTS.get(name)):
                continue
            for token, naming in sidecars.items():
                by_owner = _by_owner(stack, token, naming)
                for part in (("is", owner.urn), UNTRACED):
                    for sidecar in by_owner.get(part, ()):
                        if sidecar.inputs.get("type") not in set(inline) - {name}:
                            yield Conflict(sidecar, naming, owner, "", part is not UNTRACED, name)


def _beside_whole(stack: Stack) -> Iterator[Conflict]:
    """Resources that add to a set that another one manages as a whole and without them."""
    for token, exclusive in EXCLUSIVE.items():
        for whole in (resource for resource in by_canonical_type(stack).get(token, ()) if not resource.external):
            owner = _part(stack, whole, exclusive.owner)
            members = _parts(stack, whole, exclusive.members)
            members += (("is", urn) for urn in whole.property_dependencies.get(exclusive.members, ()))
            for other, (naming, added) in exclusive.additions.items():
                for addition in _by_owner(stack, other, naming).get(owner, ()):
                    listed = {("is", addition.urn), _part(stack, addition, added)} & set(members) - {ABSENT}
                    apart = owner[0] == "text" and _scope(whole, "", "") != _scope(addition, "", "")
                    if owner not in (ABSENT, UNTRACED) and not listed and not apart:
                        certain = not _uncertain(owner) and UNTRACED not in members
                        yield Conflict(addition, naming, whole, exclusive.whole, certain, effect=REMOVES)


@memoized
def _by_owner(stack: Stack, token: str, naming: str) -> Mapping[Part, Sequence[Resource]]:
    """The resources of one type, by the owners that they refer to."""
    by_owner: dict[Part, list[Resource]] = {}
    for resource in by_canonical_type(stack).get(token, ()):
        for part in dict.fromkeys(_parts(stack, resource, naming)):
            by_owner.setdefault(part, []).append(resource)
    return by_owner


def _parts(stack: Stack, resource: Resource, name: str) -> list[Part]:
    """What each value of a list refers to, or what one value does."""
    values = written(resource, name)
    if not isinstance(values, list):
        return [_part(stack, resource, name)]
    subjects = resolve_all(stack, resource, name, values, *SUBJECTS.get(name, ()))
    return [_meant(resource, name, value, meant) for value, meant in zip(values, subjects, strict=True)]


def _part(stack: Stack, resource: Resource, name: str) -> Part:
    """What the property `name` of a resource refers to."""
    own_name = name == "bucket" and resource.type in BUCKET_TYPES
    types = () if own_name else SUBJECTS.get(name, ())
    subjects = resolve(stack, resource, name, *types) if types else FOREIGN
    whole = _record_name(stack, resource) if (resource.type, name) == (RECORD, "name") else None
    return _meant(resource, name, whole or written(resource, name), subjects)


def _record_name(stack: Stack, record: Resource) -> str | None:
    """The name of a record in DNS; None if it or its zone's is unknown. A name without the zone's is relative to it.

    Source: `expandRecordName` of the provider https://github.com/hashicorp/terraform-provider-aws.
    """
    zone = resolve(stack, record, "zoneId", *SUBJECTS["zoneId"]).only
    names = [written(record, "name"), zone["name"] if zone else None]
    if not all(isinstance(name, str) for name in names):
        return None
    name, domain = (str(name).lower().rstrip(".") for name in names)
    return name if name.endswith(domain) else f"{name}.{domain}".lstrip(".")


def _meant(resource: Resource, name: str, value: Any, subjects: Resolved) -> Part:
    """What a value of the property `name` refers to, given the resources that it may mean."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, Reference):
        return ("is", value.urn)
    origins = resource.property_dependencies.get(name, ())
    for subject in sorted(subjects.resources, key=BY_URN):
        named = _names(resource, subject, value) if isinstance(value, str) else subject.urn in origins
        if name == "bucket" or named:
            return ("is", subject.urn)
    if not isinstance(value, Unknown):
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr)
        if resource.type == RECORD:
            text = text.lower().rstrip(".")
        return ("text", _scope(resource, name, text), text)
    return ("from", *sorted(origins)) if origins else UNTRACED


def _names(resource: Resource, subject: Resource, text: str) -> bool:
    """Whether a text is a name, id, URL or ARN of the subject, in the scope of the resource that contains it."""
    return text in identifiers(subject) and _scope(resource, "", text) == _scope(subject, "", text)


def _scope(resource: Resource, name: str, text: str) -> str:
    """The scope in which a text is unique: bucket names, ARNs and URLs are global, names are per account and region."""
    if name == "bucket" or ":" in text:
        return ""
    return intern(f"{resource.provider} {resource.inputs.get('region') or ''}")
