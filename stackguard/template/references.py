"""Finds what resources give, in the values of others: a whole value, or a piece of a text.

A piece is only looked for where it can be nothing else: an ARN, a URL, an id, a name that Pulumi made up. A name that the
program chose is found as a whole value; as a piece of a text it is what the program writes anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policypack.core.policy import Resource
from stackguard.template.naming import made_up, physical, unforeseen
from stackguard.template.table import Sub, Table
from stackguard.template.values import Built, Reference, Text, literals, text

SHORTEST_PIECE = 8
WORD = re.compile(r"[A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Output:
    """A value that a resource gives, and how CloudFormation says it."""

    value: str
    reference: Reference
    piece: bool
    """Whether it is looked for inside of texts."""
    bounded: bool
    """Whether it must not go on in a text: `arn:aws:s3:::logs` is not meant by `arn:aws:s3:::logs-2`."""


@dataclass(slots=True)
class Finder:
    """What there is to be found: outputs by URN, what depends on what, and what nobody fixed of the place."""

    resources: Mapping[str, Resource]
    pseudo: Mapping[str, str] = field(default_factory=dict)
    """By value, the pseudo parameter that stands for it."""
    outputs: dict[str, list[Output]] = field(default_factory=dict)
    _unforeseen: dict[str, list[str]] = field(default_factory=dict)
    _closures: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def add(self, resource: Resource, table: Table, logical_id: str) -> None:
        """Remember what a resource gives."""
        drawn = made_up(resource)
        chosen = None if drawn else physical(resource)
        found = []
        for name, attribute in _given(table):
            value = resource[name]
            if name == "id" and not isinstance(value, str):
                value = resource.id
            if isinstance(value, str) and value:
                reference = _reference(logical_id, value, attribute)
                found.append(
                    Output(value, reference, value != chosen and len(value) >= SHORTEST_PIECE, chosen is not None)
                )
        self.outputs[resource.urn] = found

    def found(self, value: str, urns: Iterable[str], *, weak: bool = False) -> str | Reference | Text:
        """The text with everything in it that the resources at `urns`, or what they depend on, give."""
        candidates = [each for urn in self._closure(tuple(urns)) for each in self.outputs.get(urn, ())]
        whole = next((each.reference for each in candidates if each.value == value), None)
        if whole is not None:
            return _as_weak(whole, weak)
        return self._pieces(value, [each for each in candidates if each.piece and each.value in value], weak)

    def unforeseen(self, value: Built, urns: Iterable[str]) -> str:
        """The resource of which something is left in a value that nobody knows yet, and no reference says; else empty."""
        for literal in literals(value):
            for urn in self._closure(tuple(urns)):
                if any(each in literal for each in self._unforeseen_of(urn)):
                    return urn
        return ""

    def _unforeseen_of(self, urn: str) -> list[str]:
        if urn not in self._unforeseen:
            resource = self.resources.get(urn)
            self._unforeseen[urn] = list(unforeseen(resource)) if resource and not resource.external else []
        return self._unforeseen[urn]

    def _pieces(self, value: str, outputs: Sequence[Output], weak: bool) -> str | Reference | Text:  # noqa: FBT001
        by_value: dict[str, Output] = {}
        for each in outputs:
            by_value.setdefault(each.value, each)
        wanted = sorted({*by_value, *self.pseudo}, key=lambda each: (-len(each), each))
        if not wanted:
            return value
        parts: list[str | Reference] = []
        end = 0
        for match in re.finditer("|".join(map(re.escape, wanted)), value):
            reference = self._meant(value, match, by_value)
            if reference is not None:
                parts += (value[end : match.start()], _as_weak(reference, weak))
                end = match.end()
        return text([*parts, value[end:]])

    def _meant(self, value: str, match: re.Match[str], outputs: Mapping[str, Output]) -> Reference | None:
        output = outputs.get(match[0])
        bounded = output is None or output.bounded
        before, after = value[match.start() - 1 : match.start()], value[match.end() : match.end() + 1]
        if bounded and (WORD.match(after) or (output is None and WORD.match(before))):
            return None
        return output.reference if output else Reference(self.pseudo[match[0]], match[0])

    def _closure(self, urns: tuple[str, ...]) -> list[str]:
        """These resources, and all that they depend on; the nearest first."""
        if urns not in self._closures:
            reached = dict.fromkeys(urns)
            waiting = list(reached)
            for urn in waiting:
                resource = self.resources.get(urn)
                for other in sorted(_needs(resource)) if resource else ():
                    if other not in reached:
                        reached[other] = None
                        waiting.append(other)
            self._closures[urns] = list(reached)
        return self._closures[urns]


def _given(table: Table) -> Iterator[tuple[str, Any]]:
    """Every output that a type gives, with its attribute; None for `Ref`."""
    yield from ((name, None) for name in table.ref)
    yield from table.attributes.items()


def _reference(logical_id: str, value: str, attribute: Any) -> Reference:
    if isinstance(attribute, Sub):
        return Reference(logical_id, value, sub=attribute.sub)
    return Reference(logical_id, value, attribute or "")


def _as_weak(reference: Reference, weak: bool) -> Reference:  # noqa: FBT001
    if not weak:
        return reference
    return Reference(reference.target, reference.value, reference.attribute, reference.sub, weak=True)


def _needs(resource: Resource) -> set[str]:
    return {*resource.dependencies, *(urn for urns in resource.property_dependencies.values() for urn in urns)}
