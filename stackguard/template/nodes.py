"""The resources of a template while it is built, and what each waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from policypack.policy import Resource
from stackguard.template.forward import Properties
from stackguard.template.naming import made_up, physical
from stackguard.template.table import Table
from stackguard.template.values import Reference, Text, references, replaced

Say = Callable[[str], str | Reference | Text]
"""How a value is written that is no reference to a resource."""


@dataclass(slots=True)
class Node:
    """One resource of the template."""

    id: str
    table: Table
    resource: Resource
    properties: Properties = field(default_factory=Properties)
    origins: list[Resource] = field(default_factory=list)
    """Everything of the program that it stands for, itself first."""
    waits: dict[str, bool] = field(default_factory=dict)
    """The logical ids that the program has it wait for; whether the order must be kept."""

    @property
    def chosen_name(self) -> str | None:
        """Its physical name where the program chose it."""
        return None if made_up(self.resource) else physical(self.resource)

    def to(self, target: str) -> list[Reference]:
        """What it refers to in another resource."""
        return [each for each in references(self.properties.values) if each.target == target]

    def targets(self) -> Iterator[str]:
        """The logical ids that it refers to or waits for, in order, each once."""
        yield from dict.fromkeys([*(each.target for each in references(self.properties.values)), *self.waits])

    def write_out(self, target: str, said: Say) -> None:
        """Have the values themselves in place of references to a resource, and wait for it no more."""
        values = replaced(self.properties.values, lambda each: said(each.value) if each.target == target else each)
        self.properties.values = values
        self.waits.pop(target, None)
