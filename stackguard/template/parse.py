"""From a template back to resources, by the same tables: what our policies see of it.

References have the values that they have in the program, so that only what the template says makes a difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.core.policy import Asset, Resource
from stackguard.template.naming import PART
from stackguard.template.table import Field, Sub, Table, onto, tables
from stackguard.template.translation import Template
from stackguard.template.values import holes, substituted

INTRINSICS = {"Ref", "Fn::GetAtt", "Fn::Sub"}


def read(template: Template) -> tuple[Resource, ...]:
    """The resources that a template says, in its own order.

    Each has the URN and the name of what it comes from in the program, so that both verdicts name the same things.
    """
    document = template.document
    found: list[Resource] = []
    urns = {logical_id: origins[0].urn for logical_id, origins in template.origins.items()}
    for logical_id, body in document["Resources"].items():
        found += _resources(logical_id, body, template, urns)
    return tuple(found)


def _resources(
    logical_id: str, body: Mapping[str, Any], template: Template, urns: Mapping[str, str]
) -> Iterator[Resource]:
    """The resource itself, then what is folded into it."""
    values = template.values
    table = next(each for each in tables() if each.cloudformation == body["Type"] and not each.onto)
    raw = body.get("Properties", {})
    waits = [*body.get("DependsOn", ()), *_named(raw)]
    needs = tuple(sorted({urns[each] for each in waits if each in urns and each != logical_id}))
    properties = resolved(raw, values)
    gives = dict(_outputs(logical_id, table, values))
    tokens = table.tokens
    inputs = {**_inputs(table.own, properties), **_tags(table, properties)}
    for code, archive, spelled in _code(logical_id, table, raw, values):
        inputs = {key: value for key, value in inputs.items() if key not in spelled} | {code: archive}
    if template.region:
        inputs["region"] = template.region
    origin = template.origins[logical_id][0]
    name = gives.get(_naming(table))
    if name is not None and _naming(table) not in inputs:
        inputs[_naming(table)] = name
    yield Resource(
        tokens[0], origin.name, inputs, origin.urn, {**inputs, **gives}, dependencies=needs, secrets=origin.secrets,
        property_dependencies=dict.fromkeys(inputs, needs), id=str(gives.get("id", "")),
    )  # fmt: skip
    for part in onto(tokens[0]):
        if part.backward:
            yield from _folded(part, template.origins[logical_id], properties, gives, needs)


def _folded(
    table: Table,
    origins: Sequence[Resource],
    properties: Mapping[str, Any],
    gives: Mapping[str, Any],
    needs: Sequence[str],
) -> Iterator[Resource]:
    """The resources of a type that are part of another one's."""
    assert table.onto is not None
    alike = iter([each for each in origins if each.type in table.tokens])
    host = origins[0]
    link = gives["arn"] if table.onto.attribute else gives[next(iter(gives))]
    for said in _parts(table, properties):
        inputs = _inputs(table.own, said)
        if not inputs:
            continue
        origin = next(alike, None)
        name = origin.name if origin else f"{host.name}-{table.tokens[0].rpartition(':')[2]}"
        urn = origin.urn if origin else f"{host.urn}{PART}{table.tokens[0].rpartition(':')[2]}"
        inputs = {table.onto.input: link, **inputs}
        dependencies = tuple(sorted({host.urn, *needs}))
        yield Resource(
            table.tokens[0], name, inputs, urn, inputs, dependencies=dependencies,
            property_dependencies=dict.fromkeys(inputs, dependencies), secrets=origin.secrets if origin else frozenset(),
        )  # fmt: skip


def _parts(table: Table, properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The properties of each resource of a folded type."""
    assert table.onto is not None
    if table.onto.each:
        yield from properties.get(table.onto.each, ())
        return
    lists = [each.path[0] for each in table.own.values() if each.kind == "element" and not each.at]
    if not table.onto.shared or not lists:
        yield properties
        return
    for element in properties.get(lists[0], ()):
        yield {lists[0]: [element]}


def _inputs(fields: Mapping[str, Field], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that these properties are written from; a property that several could be of is the first's."""
    found: dict[str, Any] = {}
    taken: set[tuple[str, str]] = set()
    for name, each in fields.items():
        if not each.to:
            inner = _inputs({key: one for key, one in each.fields.items() if (one.to, one.at) not in taken}, properties)
            if inner:
                found[name] = inner
                taken |= {(one.to, str(one.beside)) for one in each.fields.values()}
            continue
        if each.kind == "archive" or (each.kind != "element" and (each.to, "") in taken):
            continue
        value = _value(each, _at(properties, each.path))
        if value is not None:
            found[name] = value
            taken.add((each.to, ""))
    return found


def _value(each: Field, value: Any) -> Any:
    """One input; None where the property does not say it."""
    if value is None:
        return None
    if each.kind == "element":
        if not each.at:
            return value[0] if value else None
        fitting = (one for one in value if all(one.get(key) == constant for key, constant in each.beside.items()))
        return next((one.get(each.at) for one in fitting), None)
    if each.inner:
        listed = [_object(each, one) for one in value] if isinstance(value, list) else None
        if listed is None:
            return _object(each, value)
        return listed[0] if each.many and listed else listed
    if each.kind in {"json", "document"}:
        return json.dumps(value)
    if each.words:
        return next((key for key, word in each.words.items() if word == value), value)
    if each.entries:
        key, entry = each.entries
        return {one[key]: one[entry] for one in value}
    if each.kind in {"text", "number"}:
        return _converted(each.kind, value)
    return value[0] if each.many and isinstance(value, list) and len(value) == 1 else value


def _converted(kind: str, value: Any) -> Any:
    if kind == "text":
        return int(value) if isinstance(value, str) and value.isdigit() else value
    return str(value) if isinstance(value, int | float) else value


def _object(each: Field, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = _inputs(each.fields, value)
    if each.spread and isinstance(inner.get(each.spread), str):
        inner[each.spread] = [inner[each.spread]]
    return inner


def _at(properties: Any, path: Sequence[str]) -> Any:
    for step in path:
        properties = properties.get(step) if isinstance(properties, Mapping) else None
    return properties


def _tags(table: Table, properties: Mapping[str, Any]) -> dict[str, Any]:
    value = properties.get(table.tags.to) if table.tags else None
    if value is None:
        return {}
    tags = value if isinstance(value, dict) else {one["Key"]: one["Value"] for one in value}
    return {"tags": tags, "tagsAll": tags}


def _code(
    logical_id: str, table: Table, raw: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[tuple[str, Asset, set[str]]]:
    """The input of an archive that the template names or has the text of, and the inputs that only say where it lies."""
    for name, each in table.own.items():
        if each.kind == "archive":
            said = _at(raw, each.path) or {}
            archive = values.get(_at(said, ("S3Key", "Ref")) or "", values.get(f"{logical_id}.{name}"))
            if isinstance(archive, Asset):
                yield name, archive, {key for key, one in table.own.items() if one.to.startswith(f"{each.to}.")}


def _outputs(logical_id: str, table: Table, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the resource gives, the name or id that `Ref` gives first."""
    if logical_id in values:
        yield from ((name, values[logical_id]) for name in table.ref)
    for name, attribute in table.attributes.items():
        if isinstance(attribute, Sub):
            yield name, _subbed(attribute.sub.replace("${@}", f"${{{logical_id}}}"), values)
        elif f"{logical_id}.{attribute}" in values:
            yield name, values[f"{logical_id}.{attribute}"]


def _naming(table: Table) -> str:
    """The input that is the physical name."""
    from stackguard.preview.provider.resource_rules import rule_of

    rule = rule_of(table.tokens[0])
    return rule.naming.property if rule and rule.naming else ""


def resolved(value: Any, values: Mapping[str, Any]) -> Any:
    """A value of a template with what its intrinsic functions give."""
    if isinstance(value, list):
        return [resolved(each, values) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (name := next(iter(value))) in INTRINSICS:
        argument = value[name]
        if name == "Fn::Sub":
            return _subbed(argument, values)
        return values.get(argument if name == "Ref" else ".".join(argument), "")
    return {key: resolved(each, values) for key, each in value.items()}


def _subbed(text: str, values: Mapping[str, Any]) -> str:
    return substituted(text, lambda name: str(values.get(name, "")))


def _named(value: Any) -> Iterator[str]:
    """The logical ids and parameters that a value refers to."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "Ref":
                yield each
            elif key == "Fn::GetAtt":
                yield each[0]
            elif key == "Fn::Sub":
                yield from (name.partition(".")[0] for name in holes(each))
            else:
                yield from _named(each)
