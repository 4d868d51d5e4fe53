"""From a resource's inputs to CloudFormation's properties, by its table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policypack.core.policy import Asset, PartialDocument, Resource, Unknown
from policypack.core.policy import Reference as Passed
from policypack.core.wire import UNKNOWN_STRING
from policypack.evaluation.redaction import is_secret
from stackguard.reports.formatting import name_of
from stackguard.template.naming import PART, made_up, naming_property, without_draw
from stackguard.template.references import Finder
from stackguard.template.table import Field, Table
from stackguard.template.values import Built, Reference

NOTHING = object()
"""What an input is that need not be said."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the template cannot say: of which resource, at which path of its inputs, and why."""

    urn: str
    path: str
    why: str
    blocks: bool = True
    """Whether the template is not written for it; what is left out on purpose is only told."""


class Taken(Exception):  # noqa: N818 (reads as what it says)
    """A property has been said already, by the resource of this name."""


@dataclass(slots=True)
class Properties:
    """The properties of one resource in CloudFormation, and who said which."""

    values: dict[str, Built] = field(default_factory=dict)
    said: dict[tuple[str, ...], str] = field(default_factory=dict)

    def put(self, path: tuple[str, ...], value: Built, by: str) -> None:
        """Set a property.

        Raises:
            Taken: another resource has said it.
        """
        holder = self.values
        for step in path[:-1]:
            holder = holder.setdefault(step, {})
        last = path[-1]
        if isinstance(value, dict) and isinstance(holder.get(last), dict):
            for key, each in value.items():
                self.put((*path, key), each, by)
            return
        if last in holder:
            raise Taken(self.said.get(path, by))
        holder[last] = value
        self.said[path] = by

    def append(self, path: tuple[str, ...], value: Built) -> None:
        """Add an element to a list; what is there already stays once."""
        holder = self.values
        for step in path[:-1]:
            holder = holder.setdefault(step, {})
        elements = holder.setdefault(path[-1], [])
        if value not in elements:
            elements.append(value)


@dataclass(slots=True)
class Writer:
    """Writes the inputs of one resource."""

    resource: Resource
    table: Table
    finder: Finder
    hide: Callable[[str, Any], Reference]
    """Gives a parameter for a secret at a path."""
    pack: Callable[[str, Asset], Built]
    """Gives what stands for an archive at a path."""
    problems: list[Problem] = field(default_factory=list)

    def write(self, properties: Properties) -> None:
        """Write all inputs."""
        inputs = {name: value for name, value in self.resource.inputs.items() if name not in self.table.apart}
        if self.table.onto is not None:
            inputs.pop(self.table.onto.input, None)
        self._fields(self.table.fields, inputs, properties, "")
        self._tags(properties)

    def _tags(self, properties: Properties) -> None:
        if self.table.tags is None:
            return
        name = "tagsAll" if self.resource.inputs.get("tagsAll") is not None else "tags"
        tags = self._plain(name, self.resource.inputs.get(name) or {}, weak=False)
        if isinstance(tags, dict) and tags:
            listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
            properties.put((self.table.tags.to,), tags if self.table.tags.kind == "map" else listed, self.resource.name)

    def _fields(self, fields: Mapping[str, Field], inputs: Mapping[str, Any], into: Properties, path: str) -> None:
        inputs = dict(self._singular(fields, inputs, path))
        for name, each in fields.items():
            value = inputs.get(name)
            if value is None:
                value = each.default
            if value is not None:
                self._field(_join(path, name), value, each, into)
        for name, value in inputs.items():
            if name not in fields and value is not None:
                self._left(_join(path, name), value)

    def _singular(self, fields: Mapping[str, Field], inputs: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
        """The inputs by the names that the table knows: a list of one by that of what is in it."""
        for name, value in inputs.items():
            single = self.table.plural.get(name, name)
            if name in fields or single == name or not isinstance(value, list):
                yield name, value
            elif len(value) > 1:
                self._problem(_join(path, name), "has several elements, and CloudFormation has a place for one")
            elif value:
                yield single, value[0]

    def _left(self, path: str, value: Any) -> None:
        """An input that goes nowhere."""
        bare = _bare(path)
        unsayable = self.table.why_not(bare)
        if unsayable is not None:
            if value not in unsayable.unless:
                self._problem(path, unsayable.why)
        elif self.table.need_not(bare) is None and not (bare == "tagsAll" and self.table.tags):
            self._problem(path, f"is no input that `{self.table.cloudformation}` is known to have a place for")

    def _field(self, path: str, value: Any, each: Field, into: Properties) -> None:
        bare = _bare(path)
        if any(value == spare and isinstance(value, bool) == isinstance(spare, bool) for spare in each.unless):
            return
        unsayable = self.table.why_not(bare)
        if unsayable is not None and value not in unsayable.unless:
            self._problem(path, unsayable.why)
            return
        try:
            self._placed(path, value, each, into)
        except Taken as taken:
            self._problem(path, f"is said by `{taken}` too; CloudFormation has one place for both, so keep one")

    def _placed(self, path: str, value: Any, each: Field, into: Properties) -> None:
        if each.inner and not each.to:
            inner = self._known(path, value)
            if isinstance(inner, dict):
                self._fields(each.fields, inner, into, path)
            return
        built = self._built(path, value, each)
        if built is NOTHING:
            return
        if each.kind != "element":
            into.put(each.path, built, self.resource.name)
            return
        if each.after is not None and (first := self.resource.inputs.get(each.after.input)) is not None:
            into.append(each.path, {**each.after.beside, each.at: self._leaf(each.after.input, first, weak=False)})
        into.append(each.path, {**each.beside, each.at: built} if each.at else built)

    def _known(self, path: str, value: Any) -> Any:
        """The value, unless it is unknown."""
        if isinstance(value, Unknown):
            self._problem(path, value.why)
            return NOTHING
        if isinstance(value, PartialDocument) or (isinstance(value, str) and UNKNOWN_STRING in value):
            self._problem(path, "holds a value that " + getattr(getattr(value, "unknown", None), "why", Unknown().why))
            return NOTHING
        if isinstance(value, Passed):
            self._problem(path, "is a resource itself, for which CloudFormation has no place")
            return NOTHING
        return value

    def _built(self, path: str, value: Any, each: Field) -> Built:
        value = self._known(path, value)
        if value is NOTHING:
            return NOTHING
        if each.inner:
            return self._objects(path, value, each)
        if each.kind == "archive":
            return self.pack(path, value) if isinstance(value, Asset) else NOTHING
        if path == naming_property(self.resource) and value == made_up(self.resource):
            return without_draw(self.resource, value) if each.required else NOTHING
        if each.kind in {"json", "document"}:
            return self._structure(path, value, weak=each.weak or each.kind == "document")
        if each.words and isinstance(value, str | bool):
            return each.words.get(value, value)
        if each.entries and isinstance(value, dict):
            pairs = self._plain(path, value, weak=each.weak)
            return [dict(zip(each.entries, pair, strict=True)) for pair in pairs.items()]
        converted = self._plain(path, value, weak=each.weak)
        if each.kind == "text" and isinstance(converted, bool | int):
            converted = str(converted)
        if each.kind == "number" and isinstance(converted, str):
            converted = _number(converted)
        return [converted] if each.many and not isinstance(converted, list) else converted

    def _objects(self, path: str, value: Any, each: Field) -> Built:
        if isinstance(value, list):
            found = []
            for index, element in enumerate(value):
                found += [self._object(f"{path}[{index}]", one, each) for one in _spread(element, each.spread)]
            return [one for one in found if one is not NOTHING]
        built = self._object(path, value, each)
        return [built] if each.many and built is not NOTHING else built

    def _object(self, path: str, value: Any, each: Field) -> Built:
        value = self._known(path, value)
        if not isinstance(value, dict):
            return value if value is NOTHING else self._plain(path, value, weak=False)
        inner = Properties()
        self._fields(each.fields, value, inner, path)
        return inner.values

    def _structure(self, path: str, value: Any, *, weak: bool) -> Built:
        """A JSON text as what it says."""
        if is_secret(self.resource, path):
            whole = self.finder.found(value, self._waits_for(path)) if isinstance(value, str) else value
            if isinstance(whole, Reference):
                return whole
            self._problem(path, "is secret, and CloudFormation takes no structure from a parameter")
            return NOTHING
        try:
            parsed = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            self._problem(path, "is not JSON, so CloudFormation has no structure to take it as")
            return NOTHING
        before = len(self.problems)
        built = self._plain(path, parsed, weak=weak)
        return built if len(self.problems) == before else NOTHING  # without a condition a document says more

    def _plain(self, path: str, value: Any, *, weak: bool) -> Built:
        """A value of any depth that is written as it is, but for references."""
        match value:
            case dict():
                built = {key: self._plain(_join(path, key), each, weak=weak) for key, each in value.items()}
                return {key: each for key, each in built.items() if each is not NOTHING}
            case list():
                listed = [self._plain(f"{path}[{index}]", each, weak=weak) for index, each in enumerate(value)]
                return [each for each in listed if each is not NOTHING]
            case Asset():
                self._problem(path, "is a file, for which CloudFormation has no place")
                return NOTHING
        return self._leaf(path, value, weak=weak)

    def _leaf(self, path: str, value: Any, *, weak: bool) -> Built:
        value = self._known(path, value)
        if value is NOTHING or value is None:
            return NOTHING
        found = self.finder.found(value, self._waits_for(path), weak=weak) if isinstance(value, str) else value
        if is_secret(self.resource, path) and not isinstance(found, Reference):
            return self.hide(path, value)
        if isinstance(found, float) and found.is_integer():
            return int(found)
        unforeseen = self.finder.unforeseen(found, self._waits_for(path))
        if unforeseen:
            self._problem(path, f"holds a value of {name_of(unforeseen)} that CloudFormation does not tell")
            return NOTHING
        return found

    def _waits_for(self, path: str) -> tuple[str, ...]:
        return self.resource.property_dependencies.get(re.split(r"[.\[]", path, maxsplit=1)[0], ())

    def _problem(self, path: str, why: str) -> None:
        self.problems.append(Problem(self.resource.urn.partition(PART)[0], path, why))


def _spread(element: Any, name: str) -> Iterator[Any]:
    """The element once for each value of the list `name` in it."""
    values = element.get(name) if name and isinstance(element, dict) else None
    if not isinstance(values, list):
        yield element
        return
    for each in values:
        yield {**element, name: each}


def _number(value: str) -> Any:
    try:
        return int(value)
    except ValueError:
        try:
            return float(value)
        except ValueError:
            return value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _bare(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)
