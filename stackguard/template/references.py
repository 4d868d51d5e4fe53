"""Finds the outputs of resources in the values of others: as a whole value, or as a piece of a text.

A piece is only looked for if it can be nothing else: an ARN, a URL, an id, a name that Pulumi generated. A name that the
program chose is found as a whole value only; in a longer text it can be a coincidence, and is the same in the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policypack.core.policy import Resource
from stackguard.template.naming import auto_name, generated_values, physical
from stackguard.template.table import Sub, TypeTable
from stackguard.template.values import Built, TemplateReference, TemplateText, leaves, text

SHORTEST_PIECE = 8
WORD = re.compile(r"[A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a resource, and its reference in CloudFormation."""

    value: str
    reference: TemplateReference
    piece: bool
    """Whether it is looked for inside of texts."""
    bounded: bool
    """Whether it must end at the end of a word: `arn:aws:s3:::logs-2` does not refer to `arn:aws:s3:::logs`."""


@dataclass(slots=True)
class OutputFinder:
    """The outputs by URN, the dependencies between resources, and the pseudo parameters by their values."""

    resources: Mapping[str, Resource]
    pseudo: Mapping[str, str] = field(default_factory=dict)
    outputs: dict[str, list[Output]] = field(default_factory=dict)
    _generated: dict[str, list[str]] = field(default_factory=dict)
    _closures: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def add(self, resource: Resource, table: TypeTable, logical_id: str) -> None:
        """Add the outputs of a resource."""
        chosen = None if auto_name(resource) else physical(resource)
        generated = set(generated_values(resource))
        outputs = self.outputs[resource.urn] = []
        for name, attribute in (*((name, "") for name in table.ref), *table.attributes.items()):
            value = _output(resource, name)
            if name == "id" and not isinstance(value, str):
                value = resource.id
            if isinstance(value, str) and value:
                if isinstance(attribute, Sub):
                    reference = TemplateReference(logical_id, value, sub=attribute.sub, own=attribute.own)
                else:
                    reference = TemplateReference(logical_id, value, attribute)
                is_short = len(value) < SHORTEST_PIECE
                is_piece = value != chosen and (not is_short or value in generated)
                outputs.append(Output(value, reference, is_piece, bounded=chosen is not None or is_short))

    def find(self, value: str, urns: Iterable[str], *, weak: bool = False) -> str | TemplateReference | TemplateText:
        """The text with a reference for each output in it of the resources at `urns`, or of their dependencies."""
        candidates = [output for urn in self._closure(tuple(urns)) for output in self.outputs.get(urn, ())]
        for output in candidates:
            if output.value == value:
                return replace(output.reference, weak=weak)
        return self._pieces(
            value, [output for output in candidates if output.piece and output.value in value], weak=weak
        )

    def unreferenced(self, value: Built, urns: Iterable[str]) -> str:
        """The URN of a resource that generates a value which is in `value` without a reference; empty if there is none."""
        texts = [leaf for leaf in leaves(value) if isinstance(leaf, str)]
        for text_ in texts:
            for urn in self._closure(tuple(urns)):
                if any(piece in text_ for piece in self._generated_by(urn)):
                    return urn
        return ""

    def _generated_by(self, urn: str) -> list[str]:
        if urn not in self._generated:
            resource = self.resources.get(urn)
            self._generated[urn] = list(generated_values(resource)) if resource and not resource.external else []
        return self._generated[urn]

    def _pieces(self, value: str, outputs: Sequence[Output], *, weak: bool) -> str | TemplateReference | TemplateText:
        by_value = {output.value: output for output in reversed(outputs)}
        pieces = sorted({*by_value, *self.pseudo}, key=lambda piece: (-len(piece), piece))
        if not pieces:
            return value
        parts: list[str | TemplateReference] = []
        end = 0
        for match in re.finditer("|".join(map(re.escape, pieces)), value):
            reference = self._reference(value, match, by_value.get(match[0]))
            if reference is not None:
                parts += (value[end : match.start()], replace(reference, weak=weak))
                end = match.end()
        return text([*parts, value[end:]])

    def _reference(self, value: str, match: re.Match[str], output: Output | None) -> TemplateReference | None:
        """The reference for a piece of a text; None if the text continues with other characters of the same name."""
        before, after = value[match.start() - 1 : match.start()], value[match.end() : match.end() + 1]
        if output is None:
            is_whole = not WORD.match(before) and not WORD.match(after)
            return TemplateReference(self.pseudo[match[0]], match[0]) if is_whole else None
        return None if output.bounded and WORD.match(after) else output.reference

    def _closure(self, urns: tuple[str, ...]) -> list[str]:
        """These resources and all their dependencies, the nearest first."""
        if urns not in self._closures:
            reached = list(dict.fromkeys(urns))
            seen = set(reached)
            for urn in reached:  # it grows in the loop
                resource = self.resources.get(urn)
                new = sorted(_dependencies(resource) - seen) if resource else []
                seen.update(new)
                reached += new
            self._closures[urns] = reached
        return self._closures[urns]


def _output(resource: Resource, path: str) -> Any:
    """The output at a path, which is the first of a list."""
    first, *steps = path.split(".")
    value = resource[first]
    for step in steps:
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _dependencies(resource: Resource) -> set[str]:
    return {*resource.dependencies, *(urn for urns in resource.property_dependencies.values() for urn in urns)}
