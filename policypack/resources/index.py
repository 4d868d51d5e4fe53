"""Index of a stack's resources of some types by name, by origin of the name and by component."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.iam.tables import canonical
from policypack.resources.dependency_graph import parents
from policypack.resources.naming import NAMINGS, identifiers, name_prefix, physical_name

Types = tuple[str, ...]


class Index:
    """The resources of some types, in registration order, by name, by origin of the name, by component."""

    def __init__(self, stack: Stack, types: Types) -> None:
        self.types = types
        self.resources = tuple(resource for resource in stack.resources if resource.type in types)
        self._by_name: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        self._by_prefix: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_origins: dict[Sequence[str], list[Resource]] = defaultdict(list)
        self._by_component: dict[str, list[Resource]] = defaultdict(list)
        for position, resource in enumerate(self.resources):
            self._add(stack, position, resource)

    def _add(self, stack: Stack, position: int, resource: Resource) -> None:
        for component in parents(stack, resource):
            self._by_component[component].append(resource)
        naming = NAMINGS.get(resource.type)
        if naming is None:
            for text in identifiers(resource):
                self._by_name[resource.type, text].append(resource)
            return
        if origins := tuple(resource.property_dependencies.get(naming.name, ())):
            self._by_origins[origins].append(resource)
        if name := physical_name(resource):
            self._by_name[resource.type, name].append(resource)
        else:
            self._by_prefix[resource.type, name_prefix(resource)].append(position)

    def named(self, text: str) -> list[tuple[Resource, str]]:
        """The resources that a name, ARN or other identifier names, each with the qualifier in the text."""
        matches = []
        for token in self.types:
            naming = NAMINGS.get(token)
            parsed = naming.parse(text) if naming else None
            name, qualifier = (parsed.name, parsed.qualifier) if parsed else (text, "")
            matches += [(resource, qualifier) for resource in self._by_name.get((token, name), ())]
        return matches

    def perhaps_named(self, text: str) -> list[tuple[Resource, str]]:
        """The resources of unknown name that may have the name in a text."""
        matches = []
        for token in self.types if self._by_prefix else ():  # most stacks know all their names
            if naming := NAMINGS.get(token):
                parsed = naming.parse(text)
                heads = (parsed.name[:size] for size in range(len(parsed.name) + 1))
                positions = sorted(position for head in heads for position in self._by_prefix.get((token, head), ()))
                matches += [(self.resources[position], parsed.qualifier) for position in positions]
        return matches

    def computed_from(self, origins: Sequence[str]) -> Sequence[Resource]:
        """The resources whose names are computed from exactly these origins."""
        return self._by_origins.get(tuple(origins), ()) if origins else ()

    def inside(self, component: str) -> Sequence[Resource]:
        """The resources inside a component (a URN), at any depth."""
        return self._by_component.get(component, ())


@memoized
def index_of(stack: Stack, types: Types) -> Index:
    """The index of these types."""
    return Index(stack, types)


@memoized
def by_canonical_type(stack: Stack) -> Mapping[str, Sequence[Resource]]:
    """The resources of each type under all of its tokens, by the canonical one."""
    by_type: dict[str, list[Resource]] = defaultdict(list)
    for token, resources in stack.by_type.items():
        by_type[canonical(token)] += resources
    return by_type
