"""The graph of a template's resources: the properties of each, what it waits for, and how cycles are broken.

CloudFormation refuses circular references. Pulumi has none; they come from folding: a bucket's notification is part of
the bucket, so the bucket waits for the permission that names it. A cycle is broken at a reference that only names a
resource which need not exist yet: by the name that the program chose, or by a parameter if Pulumi would generate one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policypack.core.policy import Resource
from stackguard.template.naming import auto_name, naming_property, physical
from stackguard.template.parameters import Parameters
from stackguard.template.references import OutputFinder
from stackguard.template.table import Field, TypeTable
from stackguard.template.values import Built, TemplateReference, TemplateText, parts_of, references, replaced, text


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the template cannot express: of which resource, at which path of its inputs, and why."""

    urn: str
    path: str
    why: str
    blocks: bool = True
    """Whether it prevents the template; an export that is left out on purpose is only reported."""


class AlreadySetError(Exception):
    """A property has been set already, by the resource of this name."""


@dataclass(slots=True)
class Properties:
    """The properties of one resource in CloudFormation, and which resource of the program set each."""

    values: dict[str, Built] = field(default_factory=dict)
    owners: dict[tuple[str, ...], str] = field(default_factory=dict)

    def put(self, path: tuple[str, ...], value: Built, owner: str) -> None:
        """Set a property.

        Raises:
            AlreadySetError: another resource has set it.
        """
        parent, last = self._parent(path), path[-1]
        if isinstance(value, dict) and isinstance(parent.get(last), dict):
            for key, item in value.items():
                self.put((*path, key), item, owner)
            return
        if last in parent:
            raise AlreadySetError(self.owners.get(path, owner))
        parent[last] = value
        self.owners[path] = owner

    def append(self, path: tuple[str, ...], value: Built) -> None:
        """Add an element to a list, unless the list has it."""
        elements = self._parent(path).setdefault(path[-1], [])
        if value not in elements:
            elements.append(value)

    def _parent(self, path: tuple[str, ...]) -> dict[str, Built]:
        parent = self.values
        for step in path[:-1]:
            parent = parent.setdefault(step, {})
        return parent


@dataclass(slots=True)
class Node:
    """One resource of the template."""

    id: str
    table: TypeTable
    resource: Resource
    properties: Properties = field(default_factory=Properties)
    origins: list[Resource] = field(default_factory=list)
    """All resources of the program that it contains, its own first."""
    waits: dict[str, bool] = field(default_factory=dict)
    """The logical ids that it waits for in the program, and whether the order must be kept."""

    name_parameter: TemplateReference | None = None
    """The parameter for its name, if others need the name before CloudFormation would generate one."""

    @property
    def known_name(self) -> str | None:
        """Its physical name, if that is known before it exists: the program chose it, or it is a parameter."""
        name, name_field = physical(self.resource), self._name_field()
        if self.name_parameter is not None or name is None:
            return name
        is_built = name_field is not None and not isinstance(self.properties.values.get(name_field.to), str)
        return None if auto_name(self.resource) or is_built else name

    def can_have_name_parameter(self) -> bool:
        """Whether its name can be a parameter: Pulumi generates it, and CloudFormation would too."""
        name_field = self._name_field()
        return name_field is not None and not name_field.required and auto_name(self.resource) is not None

    def add_name_parameter(self, parameters: Parameters) -> None:
        """Take its name from a new parameter."""
        self.name_parameter = parameters.add_name(self.id, physical(self.resource) or "")
        name_field = self._name_field()
        assert name_field
        self.properties.values = {name_field.to: self.name_parameter, **self.properties.values}

    def _name_field(self) -> Field | None:
        return self.table.fields.get(naming_property(self.resource))

    def to(self, target: str) -> list[TemplateReference]:
        """Its references to another resource."""
        return [reference for reference in references(self.properties.values) if reference.target == target]

    def targets(self) -> list[str]:
        """The logical ids that it refers to or waits for, in order, each once."""
        referred = (reference.target for reference in references(self.properties.values))
        return list(dict.fromkeys([*referred, *self.waits]))

    def write_out(self, target: Node, finder: OutputFinder) -> None:
        """Replace the references to a resource by their values, and no longer wait for it."""
        self.properties.values = replaced(
            self.properties.values,
            lambda reference: target.known(reference.value, finder) if reference.target == target.id else reference,
        )
        self.waits.pop(target.id, None)

    def known(self, value: str, finder: OutputFinder) -> str | TemplateReference | TemplateText:
        """A value of its own that is known before it exists."""
        name = physical(self.resource)
        if self.name_parameter is None or not name:
            return finder.find(value, ())
        before, *more = value.split(name)
        parts = [*parts_of(finder.find(before, ()))]
        for piece in more:
            parts += (self.name_parameter, *parts_of(finder.find(piece, ())))
        return text(parts)


def break_cycles(nodes: Mapping[str, Node], finder: OutputFinder, parameters: Parameters) -> Iterator[Problem]:
    """Break every cycle that can be broken, and yield a problem for each that cannot; its references are written out."""
    for node in nodes.values():
        yield from _break_own(node, finder, parameters)
    while (cycle := _cycle(nodes)) is not None:
        edges = [(nodes[start], nodes[end]) for start, end in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        if any(_name_by_value(*edge, finder) for edge in edges) or any(_drop_wait(*edge) for edge in edges):
            continue
        if any(_name_by_parameter(*edge, parameters) for edge in edges):
            continue
        start, end = next(((start, end) for start, end in edges if start.to(end.id)), edges[0])
        path = " -> ".join([*cycle, cycle[0]])
        why = f"is in a circular dependency: {path}; CloudFormation creates one after another, so remove a reference"
        yield Problem(start.resource.urn, "", why)
        start.write_out(end, finder)


def _break_own(node: Node, finder: OutputFinder, parameters: Parameters) -> Iterator[Problem]:
    """Break the cycle of a node that refers to itself."""
    if any(reference.own for reference in node.to(node.id)):
        node.properties.values = replaced(
            node.properties.values,
            lambda reference: reference.own if reference.own and reference.target == node.id else reference,
        )
    own = node.to(node.id)
    if not own:
        return
    if any(not _is_known_value(node, reference) for reference in own):
        if node.can_have_name_parameter():
            node.add_name_parameter(parameters)
        else:
            why = f"refers to itself (`{node.id}`), which CloudFormation refuses; give it an explicit name, and use that name instead of the reference"
            yield Problem(node.resource.urn, "", why)
    node.write_out(node, finder)


def _cycle(nodes: Mapping[str, Node]) -> list[str] | None:
    """The logical ids of the first cycle; each waits for the next."""
    visited: set[str] = set()
    for root in nodes:
        if root in visited:
            continue
        path, stack = [root], [iter(nodes[root].targets())]
        while stack:
            step = next((target for target in stack[-1] if target in nodes and target not in visited), None)
            if step is None:
                visited.add(path.pop())
                stack.pop()
            elif step in path:
                return path[path.index(step) :]
            else:
                path.append(step)
                stack.append(iter(nodes[step].targets()))
    return None


def _name_by_value(start: Node, end: Node, finder: OutputFinder) -> bool:
    """Write a name that is known before if `start` only names `end`, and return whether that broke the edge."""
    uses = start.to(end.id)
    if not uses or not all(reference.weak and _is_known_value(end, reference) for reference in uses):
        return False
    start.write_out(end, finder)
    return True


def _name_by_parameter(start: Node, end: Node, parameters: Parameters) -> bool:
    """Make the name of `end` a parameter if `start` only names it, and return whether that was possible."""
    uses = start.to(end.id)
    if not uses or not _are_weak(uses) or not end.can_have_name_parameter() or end.name_parameter is not None:
        return False
    end.add_name_parameter(parameters)
    return True


def _drop_wait(start: Node, end: Node) -> bool:
    """Drop the wait of `start` for `end` if its order need not be kept, and return whether that broke the edge."""
    if start.to(end.id) or end.id not in start.waits:
        return False
    if start.waits[end.id] and _are_weak(end.to(start.id)):
        return False
    del start.waits[end.id]
    return True


def _are_weak(uses: list[TemplateReference]) -> bool:
    return all(reference.weak for reference in uses)


def _is_known_value(node: Node, reference: TemplateReference) -> bool:
    """Whether the value of a reference to a node is known before the node exists."""
    return node.known_name is not None and node.known_name in reference.value
