"""Names: the logical ids of a template, and which physical names Pulumi generates."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from policypack.core.policy import Resource
from stackguard.preview.provider.autonaming import PhysicalNaming, Refusal, Strategy, physical_name
from stackguard.preview.provider.resource_rules import rule_of
from stackguard.preview.provider.templates import drawn, holes

PART = "#"
"""Precedes the name of a resource's part in our own URNs: Pulumi has no such URN."""
DIGITS = 8
SHORTEST_DRAWN = 6
"""A shorter value can be in a text by chance."""


def camel(name: str) -> str:
    """A name in letters and digits alone, as CloudFormation requires: `ingest-bucket` becomes `IngestBucket`."""
    pieces = re.split(r"[^A-Za-z0-9]+", name)
    return "".join(piece[:1].upper() + piece[1:] for piece in pieces)


def logical_ids(resources: Iterable[Resource]) -> Mapping[str, str]:
    """By URN, a logical id that depends on the resource's own names and type, and not on the order.

    It is the resource's name; if several have the same name, with the type after it; if that is not enough, with a
    hash of the URN.
    """
    by_urn = {resource.urn: resource for resource in resources}
    chosen = {urn: camel(resource.name) or _kind(resource) for urn, resource in by_urn.items()}
    for distinguish in (_kind, _digest):
        counts = Counter(chosen.values())
        chosen = {urn: name + distinguish(by_urn[urn]) if counts[name] > 1 else name for urn, name in chosen.items()}
    return chosen


def _kind(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


def _digest(resource: Resource) -> str:
    return hashlib.sha256(resource.urn.encode()).hexdigest()[:DIGITS]


def naming_of(type_token: str) -> PhysicalNaming | None:
    """How the resources of a type are named; None if they have no physical name."""
    rule = rule_of(type_token)
    return rule.naming if rule else None


def naming_property(resource: Resource) -> str:
    """The input that is the physical name; empty if the type has none."""
    naming = naming_of(resource.type)
    return naming.property if naming else ""


def physical(resource: Resource) -> str | None:
    """The resource's physical name, if its type has one and it is known."""
    name = resource[naming_property(resource)]
    return name if isinstance(name, str) else None


def auto_name(resource: Resource) -> str | None:
    """The physical name if Pulumi generated it; None if the program chose it, or there is none.

    A name in a state counts as chosen, because its random part cannot be guessed.
    """
    naming, name = naming_of(resource.type), physical(resource)
    if naming is None or name is None:
        return None
    if resource.inputs.get(naming.property) is None:
        return name
    others = {key: value for key, value in resource.inputs.items() if key != naming.property}
    try:
        guess = physical_name(naming, Strategy(), resource.name, resource.urn, others)
    except Refusal:
        return None
    return name if guess == name and naming.bounds(others)[1] else None


def generated_values(resource: Resource) -> Iterator[str]:
    """The values of outputs that are unknown before the resource exists: random ones, and those that contain one."""
    rule = rule_of(resource.type)
    names = {naming_property(resource)} if auto_name(resource) else set()
    for output, _, template in rule.templates() if rule else ():
        if drawn(template) or holes(template) & names:
            names.add(output)
    yield from (value for name in names if isinstance(value := resource[name], str) and len(value) >= SHORTEST_DRAWN)


def without_random(resource: Resource, name: str) -> str:
    """A name that Pulumi generated, without its random part."""
    naming = naming_of(resource.type)
    if naming is None:
        return name
    drawn = naming.bounds(resource.inputs)[1] + len(naming.separator)
    return name[:-drawn] if drawn < len(name) else name
