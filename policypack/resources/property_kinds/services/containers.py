"""The containers in the JSON text of a task definition, with their names and ports.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.policy import PartialDocument
from policypack.resources.property_kinds.json_texts import decoded, items

_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})", re.ASCII)


class Container(msgspec.Struct, frozen=True):
    """A container that others name, and the ranges of its ports, both ends included."""

    name: str
    ports: tuple[tuple[int, int], ...]

    def has(self, port: int) -> bool:
        """Whether it listens on a port."""
        return any(least <= port <= greatest for least, greatest in self.ports)


def definitions(text: Any) -> Sequence[Mapping[str, Any]]:
    """The definitions of all containers; none of a value that is unknown, in part or as a whole, or no list of objects."""
    value = decoded(text) if isinstance(text, str) and not isinstance(text, PartialDocument) else None
    containers = items(value)
    return containers if isinstance(value, list) and len(containers) == len(value) else ()


def containers(text: Any) -> Sequence[Container]:
    """The containers, if the name and the ports of each are readable; none otherwise."""
    known: list[Container] = []
    for definition in definitions(text):
        name, mappings = definition.get("name"), definition.get("portMappings") or []
        ports = [_ports(mapping) for mapping in items(mappings)]
        if not isinstance(name, str) or not isinstance(mappings, list) or len(ports) < len(mappings) or None in ports:
            return ()
        known.append(Container(name, tuple(filter(None, ports))))
    return known


def _ports(mapping: Mapping[str, Any]) -> tuple[int, int] | None:
    """The first and the last port of a mapping; None if it is in another form."""
    port, several = mapping.get("containerPort"), mapping.get("containerPortRange")
    if isinstance(several, str) and (ends := _RANGE.fullmatch(several)):
        return int(ends[1]), int(ends[2])
    if isinstance(port, str | int | float) and re.fullmatch(r"\d{1,5}(?:\.0)?", written := str(port), re.ASCII):
        return int(float(written)), int(float(written))
    return None
