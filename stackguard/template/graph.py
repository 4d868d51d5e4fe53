"""The graph of a template's resources: the properties of each, what it waits for, and how circles are broken.

CloudFormation refuses circular references. Pulumi has none; they come from folding: a bucket's notification is part of
the bucket, so the bucket waits for the permission that names it. A circle is broken where a reference only names a
resource that need not exist yet: by the name that the program chose, or by a parameter where Pulumi would make one up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policypack.core.policy import Resource
from stackguard.template.naming import made_up, naming_property, physical
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
    """Whether it prevents the template; what is left out on purpose is only reported."""


class Taken(Exception):  # noqa: N818 (reads as what it says)
    """A property has been set already, by the resource of this name."""


@dataclass(slots=True)
class Properties:
    """The properties of one resource in CloudFormation, and which resource of the program set each."""

    values: dict[str, Built] = field(default_factory=dict)
    owners: dict[tuple[str, ...], str] = field(default_factory=dict)

    def put(self, path: tuple[str, ...], value: Built, owner: str) -> None:
        """Set a property.

        Raises:
            Taken: another resource has set it.
        """
        parent, last = self._parent(path), path[-1]
        if isinstance(value, dict) and isinstance(parent.get(last), dict):
            for key, item in value.items():
                self.put((*path, key), item, owner)
            return
        if last in parent:
            raise Taken(self.owners.get(path, owner))
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
    """All resources of the program that it stands for, its own first."""
    waits: dict[str, bool] = field(default_factory=dict)
    """The logical ids that it waits for in the program, and whether the order must be kept."""

    asked: TemplateReference | None = None
    """The parameter that has its name, where the name must be known before CloudFormation makes one up."""

    @property
    def known_name(self) -> str | None:
        """Its physical name where that is known before it exists: the program chose it, or a parameter has it."""
        name, name_field = physical(self.resource), self._name_field()
        if self.asked is not None or name is None:
            return name
        is_built = name_field is not None and not isinstance(self.properties.values.get(name_field.to), str)
        return None if made_up(self.resource) or is_built else name

    def can_be_asked(self) -> bool:
        """Whether a parameter could have its name: Pulumi makes it up, and CloudFormation would."""
        name_field = self._name_field()
        return name_field is not None and not name_field.required and made_up(self.resource) is not None

    def ask(self, parameters: Parameters) -> None:
        """Take its name from a new parameter."""
        self.asked = parameters.ask(self.id, physical(self.resource) or "")
        name_field = self._name_field()
        assert name_field
        self.properties.values = {name_field.to: self.asked, **self.properties.values}

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
        """Replace the references to a resource by their values, and wait for it no more."""
        self.properties.values = replaced(
            self.properties.values,
            lambda reference: target.foretold(reference.value, finder) if reference.target == target.id else reference,
        )
        self.waits.pop(target.id, None)

    def foretold(self, value: str, finder: OutputFinder) -> str | TemplateReference | TemplateText:
        """A value of its own as it is known before it exists."""
        name = physical(self.resource)
        if self.asked is None or not name:
            return finder.find(value, ())
        before, *more = value.split(name)
        parts = [*parts_of(finder.find(before, ()))]
        for piece in more:
            parts += (self.asked, *parts_of(finder.find(piece, ())))
        return text(parts)


def broken(nodes: Mapping[str, Node], finder: OutputFinder, parameters: Parameters) -> Iterator[Problem]:
    """Break every circle that can be broken, and yield a problem for each that cannot; its references are written out."""
    for node in nodes.values():
        yield from _break_own(node, finder, parameters)
    while (cycle := _cycle(nodes)) is not None:
        edges = [(nodes[start], nodes[end]) for start, end in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        if any(_name(*edge, finder) for edge in edges) or any(_drop(*edge) for edge in edges):
            continue
        if any(_ask(*edge, parameters) for edge in edges):
            continue
        start, end = next(((start, end) for start, end in edges if start.to(end.id)), edges[0])
        path = " -> ".join([*cycle, cycle[0]])
        why = f"is in a circle: {path}; CloudFormation creates one after another, so remove one of these references"
        yield Problem(start.resource.urn, "", why)
        start.write_out(end, finder)


def _break_own(node: Node, finder: OutputFinder, parameters: Parameters) -> Iterator[Problem]:
    """Break the circle of a node that refers to itself."""
    own = node.to(node.id)
    if not own:
        return
    if any(not _is_foretold(node, reference) for reference in own):
        if node.can_be_asked():
            node.ask(parameters)
        else:
            why = f"refers to itself (`{node.id}`), which CloudFormation refuses; give it a name, and write that"
            yield Problem(node.resource.urn, "", why)
    node.write_out(node, finder)


def _cycle(nodes: Mapping[str, Node]) -> list[str] | None:
    """The logical ids of the first circle, in the order in which each waits for the next."""
    done: set[str] = set()
    for root in nodes:
        if root in done:
            continue
        path, stack = [root], [iter(nodes[root].targets())]
        while stack:
            step = next((target for target in stack[-1] if target in nodes and target not in done), None)
            if step is None:
                done.add(path.pop())
                stack.pop()
            elif step in path:
                return path[path.index(step) :]
            else:
                path.append(step)
                stack.append(iter(nodes[step].targets()))
    return None


def _name(start: Node, end: Node, finder: OutputFinder) -> bool:
    """Whether `start` only names `end`; it now does so by a name that is known before."""
    found = start.to(end.id)
    if not found or not all(reference.weak and _is_foretold(end, reference) for reference in found):
        return False
    start.write_out(end, finder)
    return True


def _ask(start: Node, end: Node, parameters: Parameters) -> bool:
    """Whether `start` only names `end`; a parameter now has the name."""
    found = start.to(end.id)
    if not found or not _are_weak(found) or not end.can_be_asked() or end.asked is not None:
        return False
    end.ask(parameters)
    return True


def _drop(start: Node, end: Node) -> bool:
    """Whether `start` need not wait for `end`, and now does not; what `end` is made for cannot come after it."""
    if start.to(end.id) or end.id not in start.waits:
        return False
    if start.waits[end.id] and _are_weak(end.to(start.id)):
        return False
    del start.waits[end.id]
    return True


def _are_weak(found: list[TemplateReference]) -> bool:
    return all(reference.weak for reference in found)


def _is_foretold(node: Node, reference: TemplateReference) -> bool:
    """Whether the value of a reference to a node is known before the node exists."""
    return node.known_name is not None and node.known_name in reference.value
