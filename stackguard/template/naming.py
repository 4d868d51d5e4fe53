"""Names: the logical ids of a template, and which physical names nobody chose."""

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
"""What stands in our own URNs before the name of a part of a resource: Pulumi has no such URN."""
DIGITS = 8
SHORTEST_DRAWN = 6
"""A shorter value stands in texts by chance."""


def camel(name: str) -> str:
    """A name in letters and digits alone, as CloudFormation wants it: `ingest-bucket` is `IngestBucket`."""
    pieces = re.split(r"[^A-Za-z0-9]+", name)
    return "".join(piece[:1].upper() + piece[1:] for piece in pieces)


def logical_ids(resources: Iterable[Resource]) -> Mapping[str, str]:
    """By URN, a logical id that depends on the resource's own names and type, and not on the order.

    It is the resource's name; where several have the same, each has its type after it; where that is not enough, a hash
    of its URN.
    """
    by_urn = {each.urn: each for each in resources}
    chosen = {urn: camel(each.name) or _kind(each) for urn, each in by_urn.items()}
    for distinguish in (_kind, _digest):
        taken = Counter(chosen.values())
        chosen = {urn: name + distinguish(by_urn[urn]) if taken[name] > 1 else name for urn, name in chosen.items()}
    return chosen


def _kind(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


def _digest(resource: Resource) -> str:
    return hashlib.sha256(resource.urn.encode()).hexdigest()[:DIGITS]


def naming_property(resource: Resource) -> str:
    """The input that is the physical name; empty where the type has none."""
    naming = _naming(resource)
    return naming.property if naming else ""


def physical(resource: Resource) -> str | None:
    """The resource's physical name, where its type has one and it is known."""
    naming = _naming(resource)
    found = resource[naming.property] if naming else None
    return found if isinstance(found, str) else None


def made_up(resource: Resource) -> str | None:
    """The physical name where Pulumi made it up; None where the program, or nobody, chose one.

    A name of a state is what it is: there the random part is nobody's guess, so the name counts as chosen.
    """
    naming, name = _naming(resource), physical(resource)
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


def unforeseen(resource: Resource) -> Iterator[str]:
    """The values of outputs that nobody knows before the resource exists: what is drawn, and what is made from that."""
    rule = rule_of(resource.type)
    names = {naming_property(resource)} if made_up(resource) else set()
    for output, _, template in rule.templates() if rule else ():
        if drawn(template) or holes(template) & names:
            names.add(output)
    yield from (value for name in names if isinstance(value := resource[name], str) and len(value) >= SHORTEST_DRAWN)


def without_draw(resource: Resource, name: str) -> str:
    """A name that Pulumi made up, without what it drew at random."""
    naming = _naming(resource)
    if naming is None:
        return name
    drawn = naming.bounds(resource.inputs)[1] + len(naming.separator)
    return name[:-drawn] if drawn < len(name) else name


def _naming(resource: Resource) -> PhysicalNaming | None:
    rule = rule_of(resource.type)
    return rule.naming if rule else None
