"""The resources of a template while it is built, and what each waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from policypack.core.policy import Resource
from stackguard.template.emit import Properties
from stackguard.template.naming import made_up, naming_property, physical
from stackguard.template.table import Field, Table
from stackguard.template.values import Built, Reference, Text, references, replaced, text

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

    asked: Reference | None = None
    """The parameter that has its name, where CloudFormation must know the name before it makes one up."""

    @property
    def known_name(self) -> str | None:
        """Its physical name where that is known before it exists: the program chose it, or a parameter has it."""
        name = physical(self.resource)
        if self.asked is not None or name is None:
            return name
        said = self._name_field()
        return None if made_up(self.resource) or (said and not isinstance(self._at(said), str)) else name

    def can_be_asked(self) -> bool:
        """Whether a parameter could have its name: Pulumi makes it up, and CloudFormation would."""
        said = self._name_field()
        return said is not None and not said.required and made_up(self.resource) is not None

    def ask(self, parameter: Reference) -> None:
        """Have its name in a parameter."""
        self.asked = parameter
        said = self._name_field()
        assert said
        self.properties.values = {said.to: parameter, **self.properties.values}

    def _name_field(self) -> Field | None:
        return self.table.fields.get(naming_property(self.resource))

    def _at(self, said: Field) -> Built:
        return self.properties.values.get(said.to)

    def to(self, target: str) -> list[Reference]:
        """What it refers to in another resource."""
        return [each for each in references(self.properties.values) if each.target == target]

    def targets(self) -> Iterator[str]:
        """The logical ids that it refers to or waits for, in order, each once."""
        yield from dict.fromkeys([*(each.target for each in references(self.properties.values)), *self.waits])

    def write_out(self, target: Node, say: Say) -> None:
        """Have the values themselves in place of references to a resource, and wait for it no more."""
        values = replaced(
            self.properties.values, lambda each: target.foretold(each.value, say) if each.target == target.id else each
        )
        self.properties.values = values
        self.waits.pop(target.id, None)

    def foretold(self, value: str, say: Say) -> str | Reference | Text:
        """A value of its own as it is known before it exists."""
        name = physical(self.resource)
        if self.asked is None or not name:
            return say(value)
        before, *more = value.split(name)
        parts: list[str | Reference] = [*_parts(say(before))]
        for each in more:
            parts += (self.asked, *_parts(say(each)))
        return text(parts)


def _parts(value: str | Reference | Text) -> tuple[str | Reference, ...]:
    return value.parts if isinstance(value, Text) else (value,)
