"""The containers in the JSON text of a task definition, with their names and ports, and what services register of them.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.policy import PartialDocument, Resource, Stack
from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.json_texts import decoded, items
from policypack.resources.references import resolve

TASK, SERVICE, TASK_SET = (
    f"aws:ecs/{name}" for name in ("taskDefinition:TaskDefinition", "service:Service", "taskSet:TaskSet")
)
REGISTRATIONS = ("loadBalancers", "serviceRegistries")
_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})", re.ASCII)


class Container(msgspec.Struct, frozen=True):
    """A container that others name, and the ranges of its ports, both ends included."""

    name: str
    ports: tuple[tuple[int, int], ...]

    def has(self, port: int) -> bool:
        """Whether it listens on a port."""
        return any(least <= port <= greatest for least, greatest in self.ports)


class Registration(msgspec.Struct, frozen=True):
    """The container and the port that a service registers, None where it names none, and the containers of its task."""

    container: str
    port: int | None
    known: tuple[Container, ...]


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


def registrations(stack: Stack) -> Iterator[tuple[Resource, str, Registration]]:
    """What services and task sets register of containers that a task definition of the stack has.

    What an option ignores may be otherwise in the cloud.
    """
    for resource in stack.of(SERVICE, TASK_SET):
        definition = _definition(stack, resource)
        if definition is None or resource.options.ignores("taskDefinition", *REGISTRATIONS):
            continue
        known = tuple(containers(definition.inputs.get("containerDefinitions")))
        for path, item in (
            _registered(resource) if known and not definition.options.ignores("containerDefinitions") else ()
        ):
            name, port = item.get("containerName"), item.get("containerPort")
            if isinstance(name, str) and name:
                number = int(port) if isinstance(port, int | float) and port and math.isfinite(port) else None
                yield resource, path, Registration(name, number, known)


def _definition(stack: Stack, resource: Resource) -> Resource | None:
    """The task definition of a service, by its ARN or by its family, of which ECS takes the latest revision."""
    if definition := resolve(stack, resource, "taskDefinition", TASK).only:
        return definition
    family, place = resource.inputs.get("taskDefinition"), _place(resource)
    same = [one for one in stack.of(TASK) if one.inputs.get("family") == family and _place(one) == place]
    return same[0] if len(same) == 1 and isinstance(family, str) and family else None


def _place(resource: Resource) -> tuple[str, Any]:
    return resource.provider, resource.inputs.get("region")


def _registered(resource: Resource) -> Iterator[tuple[str, Any]]:
    for name in REGISTRATIONS:
        pattern = f"{name}[*]" if isinstance(resource.inputs.get(name), list) else name
        yield from ((path, item) for path, item in values_at(resource.inputs, pattern) if isinstance(item, dict))
