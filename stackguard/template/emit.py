"""From the inputs of a resource, and the exports of a stack, to CloudFormation's properties and outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from policypack.core.policy import Asset, PartialDocument, Resource, Unknown
from policypack.core.policy import Reference as Passed
from policypack.core.values import has_unknown
from policypack.core.wire import UNKNOWN_STRING
from policypack.evaluation.placing.statement_place import contains_secret
from policypack.evaluation.redaction import is_secret
from stackguard.reports.formatting import name_of
from stackguard.template.graph import AlreadySetError, Problem, Properties
from stackguard.template.naming import PART, auto_name, camel, naming_property, without_random
from stackguard.template.parameters import Parameters
from stackguard.template.references import OutputFinder
from stackguard.template.table import Field, TypeTable
from stackguard.template.values import Built, TemplateReference, rendered

NOTHING = object()
"""The value of an input that the template does not need."""


@dataclass(slots=True)
class Writer:
    """Writes the inputs of one resource, whose logical id names its parameters."""

    resource: Resource
    table: TypeTable
    finder: OutputFinder
    parameters: Parameters
    logical_id: str
    problems: list[Problem] = field(default_factory=list)

    def write(self, properties: Properties) -> None:
        """Write all inputs."""
        table = self.table
        inputs = {name: value for name, value in self.resource.inputs.items() if name not in table.separate}
        if table.onto is not None:
            for name in table.onto.same or (table.onto.input,):
                inputs.pop(name, None)
        self._fields(table.fields, inputs, properties, "")
        if table.tags is None:
            return
        name = "tagsAll" if self.resource.inputs.get("tagsAll") is not None else "tags"
        tags = self._plain(name, self.resource.inputs.get(name) or {}, weak=False)
        if isinstance(tags, dict) and tags:
            listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
            properties.put((table.tags.to,), tags if table.tags.kind == "map" else listed, self.resource.name)

    def _fields(self, fields: Mapping[str, Field], inputs: Mapping[str, Any], into: Properties, path: str) -> None:
        inputs = dict(self._singular(fields, inputs, path))
        for name, field_ in fields.items():
            value = inputs.get(name)
            if value in (None, []) and not any(inputs.get(other) for other in field_.instead):
                value = value if field_.default is None else field_.default
            if value is not None:
                self._field(_join(path, name), value, field_, into)
        for name, value in inputs.items():
            if name not in fields and value is not None:
                self._unplaced(_join(path, name), value)

    def _singular(self, fields: Mapping[str, Field], inputs: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
        """The inputs by the names in the table: a list of one by the name of its element."""
        for name, value in inputs.items():
            single = self.table.plural.get(name, name)
            if name in fields or single == name or not isinstance(value, list):
                yield name, value
            elif len(value) > 1:
                self._problem(_join(path, name), "has several elements, and CloudFormation has a place for one")
            elif value:
                yield single, value[0]

    def _unplaced(self, path: str, value: Any) -> None:
        """Report an input that the table has no place for, unless the table has a reason to ignore it."""
        bare = _bare(path)
        if bare in self.table.unsupported:
            self._is_unsupported(path, value)
        elif bare not in self.table.ignored and not (bare == "tagsAll" and self.table.tags):
            self._problem(path, f"is no input that `{self.table.cloudformation}` is known to have a place for")

    def _is_unsupported(self, path: str, value: Any) -> bool:
        """Whether CloudFormation has no place for an input with this value, which is then a problem."""
        unsupported = self.table.unsupported.get(_bare(path))
        if unsupported is None or value in unsupported.unless:
            return False
        self._problem(path, unsupported.why)
        return True

    def _field(self, path: str, value: Any, field_: Field, into: Properties) -> None:
        if any(value == spare and isinstance(value, bool) == isinstance(spare, bool) for spare in field_.unless):
            return
        if self._is_unsupported(path, value):
            return
        try:
            self._place(path, value, field_, into)
        except AlreadySetError as owner:
            self._problem(path, f"is set by `{owner}` too; CloudFormation has one place for both, so keep one")

    def _place(self, path: str, value: Any, field_: Field, into: Properties) -> None:
        if field_.fields and not field_.to:
            inner = self._known(path, value)
            if isinstance(inner, dict):
                self._fields(field_.fields, inner, into, path)
            return
        built = self._built(path, value, field_)
        if built is NOTHING:
            return
        if field_.kind != "element":
            into.put(field_.path, built, self.resource.name)
            return
        after = field_.after
        if after is not None and (first := self.resource.inputs.get(after.input)) is not None:
            into.append(field_.path, _nested(field_.at, self._leaf(after.input, first, weak=False), after.constants))
        into.append(field_.path, _nested(field_.at, built, field_.constants))

    def _known(self, path: str, value: Any) -> Any:
        """The value; `NOTHING`, and a problem, if it is unknown."""
        if isinstance(value, Unknown):
            self._problem(path, value.why)
        elif isinstance(value, PartialDocument) or (isinstance(value, str) and UNKNOWN_STRING in value):
            self._problem(
                path, "contains a value that " + getattr(getattr(value, "unknown", None), "why", Unknown().why)
            )
        elif isinstance(value, Passed):
            self._problem(path, "is a resource itself, for which CloudFormation has no place")
        else:
            return value
        return NOTHING

    def _built(self, path: str, value: Any, field_: Field) -> Built:
        value = self._known(path, value)
        if value is NOTHING:
            return NOTHING
        if field_.fields:
            parsed = self._parsed(path, value) if field_.kind == "json" else value
            return parsed if parsed is NOTHING else self._objects(path, parsed, field_)
        if field_.kind == "archive":
            is_asset = isinstance(value, Asset)
            return self.parameters.add_code(self.resource, self.logical_id, path, value) if is_asset else NOTHING
        if path == naming_property(self.resource) and value == auto_name(self.resource):
            return without_random(self.resource, value) if field_.required else NOTHING
        if field_.kind in {"json", "document"}:
            return self._structure(path, value, weak=field_.weak or field_.kind == "document")
        if field_.words and isinstance(value, str | bool):
            return field_.words.get(value, value)
        return _shaped(self._plain(path, value, weak=field_.weak), field_)

    def _objects(self, path: str, value: Any, field_: Field) -> Built:
        if isinstance(value, list):
            objects = [
                self._object(f"{path}[{index}]", item, field_)
                for index, element in enumerate(value)
                for item in _spread(element, field_.spread)
            ]
            return [item for item in objects if item is not NOTHING]
        built = self._object(path, value, field_)
        return [built] if field_.many and built is not NOTHING else built

    def _object(self, path: str, value: Any, field_: Field) -> Built:
        value = self._known(path, value)
        if not isinstance(value, dict):
            return value if value is NOTHING else self._plain(path, value, weak=False)
        inner = Properties()
        self._fields(field_.fields, value, inner, path)
        return inner.values

    def _structure(self, path: str, value: Any, *, weak: bool) -> Built:
        """A JSON text as a structure."""
        if is_secret(self.resource, path):
            reference = self.finder.find(value, self._waits_for(path)) if isinstance(value, str) else value
            if isinstance(reference, TemplateReference):
                return reference
        parsed = self._parsed(path, value)
        before = len(self.problems)
        built = parsed if parsed is NOTHING else self._plain(path, parsed, weak=weak)
        return built if len(self.problems) == before else NOTHING  # a document without a condition allows more

    def _parsed(self, path: str, value: Any) -> Any:
        """The structure that a JSON text contains; `NOTHING`, and a problem, if it is secret or not JSON."""
        if is_secret(self.resource, path):
            self._problem(path, "is secret, and CloudFormation takes no structure from a parameter")
            return NOTHING
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            self._problem(path, "is not JSON, so CloudFormation has no structure to take it as")
            return NOTHING

    def _plain(self, path: str, value: Any, *, weak: bool) -> Built:
        """A value of any depth, which is written as it is except for references."""
        match value:
            case dict():
                built = {key: self._plain(_join(path, key), item, weak=weak) for key, item in value.items()}
                return {key: item for key, item in built.items() if item is not NOTHING}
            case list():
                listed = [self._plain(f"{path}[{index}]", item, weak=weak) for index, item in enumerate(value)]
                return [item for item in listed if item is not NOTHING]
            case Asset():
                self._problem(path, "is a file, for which CloudFormation has no place")
                return NOTHING
        return self._leaf(path, value, weak=weak)

    def _leaf(self, path: str, value: Any, *, weak: bool) -> Built:
        value = self._known(path, value)
        if value is NOTHING or value is None:
            return NOTHING
        resolved = self.finder.find(value, self._waits_for(path), weak=weak) if isinstance(value, str) else value
        if is_secret(self.resource, path) and not isinstance(resolved, TemplateReference):
            return self.parameters.add_secret(self.logical_id, path, value)
        if isinstance(resolved, float) and resolved.is_integer():
            return int(resolved)
        if urn := self.finder.unreferenced(resolved, self._waits_for(path)):
            self._problem(path, f"contains a value of {name_of(urn)} that CloudFormation does not return")
            return NOTHING
        return resolved

    def _waits_for(self, path: str) -> tuple[str, ...]:
        return self.resource.property_dependencies.get(re.split(r"[.\[]", path, maxsplit=1)[0], ())

    def _problem(self, path: str, why: str) -> None:
        self.problems.append(Problem(self.resource.urn.partition(PART)[0], path, why))


def outputs(root: Resource, finder: OutputFinder, urns: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """The stack's exports as a template's outputs by logical id, and the problems of those that cannot be one.

    Secrets are left out on purpose, because every reader of the stack sees an output. A value that is no text is exported as
    JSON, as `pulumi stack output` prints it.
    """
    exports: dict[str, Any] = {}
    problems = []
    for name, value in root.outputs.items():
        if contains_secret(root, name):
            why = "is secret, and everyone who can read the stack can see its CloudFormation outputs"
            problems.append(Problem(root.urn, name, why, blocks=False))
            continue
        if has_unknown(value):
            why = f"is an export that {value.why if isinstance(value, Unknown) else Unknown().why}"
            problems.append(Problem(root.urn, name, why))
            continue
        text = value if isinstance(value, str) else json.dumps(value, default=lambda passed: getattr(passed, "urn", ""))
        built = finder.find(text, urns)
        if urn := finder.unreferenced(built, urns):
            why = f"is an export of a value of {name_of(urn)} that CloudFormation does not return"
            problems.append(Problem(root.urn, name, why))
            continue
        key = camel(name)
        key = key if key and key not in exports else f"{key}{len(exports)}"
        exports[key] = {"Description": f"The program's export `{name}`", "Value": rendered(built)}
    return exports, problems


def _shaped(built: Built, field_: Field) -> Built:
    """A value in the form that CloudFormation has for it."""
    if field_.keyed and isinstance(built, list):
        key, value = field_.keyed
        return {item[key]: item[value] for item in built if isinstance(item, dict) and {key, value} <= item.keys()}
    if field_.entries and isinstance(built, dict):
        return [dict(zip(field_.entries, pair, strict=True)) for pair in built.items()]
    if field_.kind == "text" and isinstance(built, bool | int):
        return str(built)
    if field_.kind == "number" and isinstance(built, str):
        return _number(built)
    is_single = built is not NOTHING and not isinstance(built, list)
    return [built] if field_.many and is_single else built


def _nested(path: str, value: Built, constants: Mapping[str, Any]) -> Built:
    """The constants with a value at a path beside them; without a path, the value itself."""
    for step in reversed(path.split(".") if path else ()):
        value = {step: value}
    return {**constants, **value} if path else value


def _spread(element: Any, names: Sequence[str]) -> Iterator[Any]:
    """The element once for each value of each of its lists `names`."""
    lists = {name: element[name] for name in names if isinstance(element, dict) and isinstance(element.get(name), list)}
    if not any(lists.values()):
        yield element
        return
    for name, values in lists.items():
        for value in values:
            yield {**{key: item for key, item in element.items() if key not in lists}, name: value}


def _number(value: str) -> int | float | str:
    for convert in (int, float):
        with suppress(ValueError):
            return convert(value)
    return value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _bare(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)
