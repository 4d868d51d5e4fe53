"""From a template back to resources, by the same tables: the resources that our policies see in it.

References get the values that they have in the program, so a difference can come only from what the template contains.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.core.policy import UNKNOWN, Asset, Resource
from stackguard.template.naming import PART, naming_of
from stackguard.template.table import Field, Sub, TypeTable, onto, tables
from stackguard.template.translation import Template
from stackguard.template.values import holes, substituted

INTRINSICS = {"Ref", "Fn::GetAtt", "Fn::Sub"}


def read(template: Template) -> tuple[Resource, ...]:
    """The resources of a template, in its own order.

    Each has the URN and the name of its origin in the program, so that both verdicts name the same resources.
    """
    resources: list[Resource] = []
    for logical_id, body in template.document["Resources"].items():
        resources += _resources(logical_id, body, template)
    return tuple(resources)


def _resources(logical_id: str, body: Mapping[str, Any], template: Template) -> Iterator[Resource]:
    """The resource itself, then the resources that are folded into it."""
    values, origin = template.values, template.origins[logical_id][0]
    written = [table for table in tables() if table.cloudformation == body["Type"] and not table.onto]
    table = next((table for table in written if origin.type in table.tokens), written[0])
    token = table.tokens[0]
    raw = body.get("Properties", {})
    names = {name for name in (*body.get("DependsOn", ()), *_names(raw)) if name in template.origins} - {logical_id}
    dependencies = tuple(sorted({template.origins[name][0].urn for name in names}))
    properties = resolved(raw, values)
    outputs = dict(_outputs(logical_id, table, values))
    inputs = {**_inputs(table.properties, properties), **_tags(table, properties)}
    for code, archive, locations in _code(logical_id, table, raw, values):
        inputs = {key: value for key, value in inputs.items() if key not in locations} | {code: archive}
    if template.region:
        inputs["region"] = template.region
    naming = naming_of(token)
    if naming and outputs.get(naming.property) is not None:
        inputs.setdefault(naming.property, outputs[naming.property])
    yield Resource(
        token, origin.name, inputs, origin.urn, {**inputs, **outputs}, dependencies=dependencies, secrets=origin.secrets,
        property_dependencies=dict.fromkeys(inputs, dependencies), id=str(outputs.get("id", "")),
    )  # fmt: skip
    for part in onto(token):
        if part.backward:
            yield from _folded(part, template.origins[logical_id], properties, {**outputs, **inputs}, dependencies)


def _folded(
    table: TypeTable,
    origins: Sequence[Resource],
    properties: Mapping[str, Any],
    outputs: Mapping[str, Any],
    dependencies: Sequence[str],
) -> Iterator[Resource]:
    """The resources of a type that are parts of another resource, which has these outputs."""
    assert table.onto is not None
    host, token = origins[0], table.tokens[0]
    folded = (origin for origin in origins if origin.type in table.tokens)
    dependencies = tuple(sorted({host.urn, *dependencies}))
    link = outputs.get("arn", UNKNOWN) if table.onto.attribute else next(iter(outputs.values()), UNKNOWN)
    links = {name: outputs[name] for name in table.onto.same if name in outputs} or {table.onto.input: link}
    for part in _parts(table, properties):
        inputs = _inputs(table.properties, part)
        if not inputs:
            continue
        origin = next(folded, None)
        kind = token.rpartition(":")[2]
        inputs = {**links, **inputs}
        yield Resource(
            token,
            origin.name if origin else f"{host.name}-{kind}",
            inputs,
            origin.urn if origin else f"{host.urn}{PART}{kind}",
            inputs,
            dependencies=dependencies,
            property_dependencies=dict.fromkeys(inputs, dependencies),
            secrets=origin.secrets if origin else frozenset(),
        )


def _parts(table: TypeTable, properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The properties of each resource of a folded type."""
    assert table.onto is not None
    lists = [field.path[0] for field in table.properties.values() if field.kind == "element" and not field.at]
    if table.onto.element_of:
        yield from _at(properties, table.onto.elements) or ()
    elif table.onto.shared and lists:
        yield from ({lists[0]: [element]} for element in properties.get(lists[0], ()))
    else:
        yield properties


def _inputs(
    fields: Mapping[str, Field], properties: Mapping[str, Any], read_paths: set[str] | None = None
) -> dict[str, Any]:
    """The inputs that these properties are written from; a property that several inputs could set is the first's."""
    inputs: dict[str, Any] = {}
    read_paths = set() if read_paths is None else read_paths
    for name, field in fields.items():
        if not field.to:
            value = _inputs(field.fields, properties, read_paths) or None
        elif field.kind == "archive" or (field.kind != "element" and field.to in read_paths):
            continue
        else:
            value = _value(field, _at(properties, field.path))
        if value is not None and not (field.silent and value == field.default):
            inputs[name] = value
            read_paths.add(field.to)
    return inputs


def _value(field: Field, value: Any) -> Any:
    """One input; None if the property is missing."""
    if value is None:
        return None
    if field.kind == "element":
        if not field.at:
            return value[0] if value else None
        matching = (
            item for item in value if all(item.get(key) == constant for key, constant in field.constants.items())
        )
        return next((_at(item, field.at.split(".")) for item in matching), None)
    if field.fields:
        return json.dumps(_object(field, value)) if field.kind == "json" else _object(field, value)
    if field.keyed:
        return [dict(zip(field.keyed, pair, strict=True)) for pair in value.items()]
    if field.kind in {"json", "document"}:
        return json.dumps(value)
    if field.words:
        return next((key for key, word in field.words.items() if word == value), value)
    if field.entries:
        key, entry = field.entries
        return {item[key]: item[entry] for item in value}
    if field.kind in {"text", "number"}:
        return _converted(field.kind, value)
    return value[0] if field.many and isinstance(value, list) and len(value) == 1 else value


def _converted(kind: str, value: Any) -> Any:
    if kind == "text":
        return int(value) if isinstance(value, str) and value.isdigit() else value
    return str(value) if isinstance(value, int | float) else value


def _object(field: Field, value: Any) -> Any:
    if isinstance(value, list):
        objects = _gathered([_object(field, item) for item in value], field.spread)
        return (objects[0] if len(objects) == 1 else None) if field.many else objects
    if not isinstance(value, dict):
        return value
    inner = _inputs(field.fields, value)
    return {name: [item] if name in field.spread and isinstance(item, str) else item for name, item in inner.items()}


def _gathered(objects: list[Any], names: Sequence[str]) -> list[Any]:
    """The objects with one for neighbours that differ in their lists `names` alone."""
    gathered: list[Any] = []
    for item in objects if names else ():
        last, rest = gathered[-1] if gathered else None, {key: item[key] for key in item if key not in names}
        if last is None or rest != {key: last[key] for key in last if key not in names}:
            gathered.append(dict(item))
            continue
        for name in item.keys() & set(names):
            last[name] = [*last.get(name, ()), *item[name]]
    return gathered or objects


def _at(properties: Any, path: Sequence[str]) -> Any:
    for step in path:
        properties = properties.get(step) if isinstance(properties, Mapping) else None
    return properties


def _tags(table: TypeTable, properties: Mapping[str, Any]) -> dict[str, Any]:
    value = properties.get(table.tags.to) if table.tags else None
    if value is None:
        return {}
    tags = value if isinstance(value, dict) else {tag["Key"]: tag["Value"] for tag in value}
    return {"tags": tags, "tagsAll": tags}


def _code(
    logical_id: str, table: TypeTable, raw: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[tuple[str, Asset, set[str]]]:
    """The input of an archive that the template names or contains, its value, and the inputs that only locate it."""
    for name, field in table.properties.items():
        if field.kind == "archive":
            key = _at(raw, (*field.path, "S3Key", "Ref"))
            archive = values.get(key or "", values.get(f"{logical_id}.{name}"))
            if isinstance(archive, Asset):
                locations = {key for key, other in table.properties.items() if other.to.startswith(f"{field.to}.")}
                yield name, archive, locations


def _outputs(logical_id: str, table: TypeTable, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The outputs of a resource, first the name or id that `Ref` returns."""
    if logical_id in values:
        yield from ((name, values[logical_id]) for name in table.ref)
    for name, attribute in table.attributes.items():
        if isinstance(attribute, Sub):
            yield name, _substituted(attribute.sub.replace("${@", f"${{{logical_id}"), values)
        elif f"{logical_id}.{attribute}" in values:
            yield name, values[f"{logical_id}.{attribute}"]


def resolved(value: Any, values: Mapping[str, Any]) -> Any:
    """A value of a template with the results of its intrinsic functions."""
    if isinstance(value, list):
        return [resolved(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (name := next(iter(value))) in INTRINSICS:
        argument = value[name]
        if name == "Fn::Sub":
            return _substituted(argument, values)
        return values.get(argument if name == "Ref" else ".".join(argument), "")
    return {key: resolved(item, values) for key, item in value.items()}


def _substituted(text: str, values: Mapping[str, Any]) -> str:
    return substituted(text, lambda name: str(values.get(name, "")))


def _names(value: Any) -> Iterator[str]:
    """The logical ids and parameters that a value refers to."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item[0]
            elif key == "Fn::Sub":
                yield from (name.partition(".")[0] for name in holes(item))
            else:
                yield from _names(item)
