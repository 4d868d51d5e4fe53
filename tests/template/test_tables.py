"""Every table against CloudFormation's resource schemas, as cfn-lint bundles them, and against the pulumi-aws SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from policypack.iam.tables import _same, argument_names, canonical
from stackguard.template.table import Field, Sub, TypeTable, common, table_of, tables
from tools.sdk_source import ResourceType, resource_types, sdk_folder, walk

REGION = "us-east-1"


@pytest.fixture(scope="module")
def sdk() -> Mapping[str, ResourceType]:
    return {resource_type.token: resource_type for resource_type in resource_types(sdk_folder())}


def provider_schema(table: TypeTable) -> Any:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # not in every worker: it takes as long as all tables

    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, table.cloudformation)


def followed(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a `$ref` refers to; of a list, that of its items."""
    while "$ref" in node:
        for step in ("", *node["$ref"].split("/")[1:]):
            node = node[step] if step else schema
    return followed(schema, node["items"]) if "items" in node else node


def step(schema: Mapping[str, Any], node: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The schema of a property; None if there is no such property."""
    node = followed(schema, node)
    branches = [followed(schema, branch) for key in ("anyOf", "oneOf", "allOf") for branch in node.get(key, ())]
    for branch in (node, *branches):
        if name in branch.get("properties", {}):
            property_schema: Mapping[str, Any] = branch["properties"][name]
            return property_schema
    open_ended = not node.get("properties") and node.get("type") in (
        "object",
        ["object", "string"],
        ["string", "object"],
    )
    return {"type": "object"} if open_ended else None


def paths(table: TypeTable) -> Iterator[tuple[str, ...]]:
    """Every path that the table writes in CloudFormation's properties."""
    start = table.onto.elements if table.onto else ()
    for field in table.fields.values():
        yield from _paths(field, start)
    if table.tags:
        yield (table.tags.to,)


def _paths(field: Field, prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    here = prefix + field.path
    if field.kind == "archive":
        yield from ((*here, name) for name in ("S3Bucket", "S3Key"))
        return
    keys = [*(field.entries or ()), *([field.at] if field.at else ()), *field.constants]
    yield from ((*here, *key.split(".")) for key in keys)
    for inner in field.fields.values():
        yield from _paths(inner, here)
    if field.to:
        yield here


def test_cloudformation_has_the_type_and_every_property() -> None:
    missing = []
    for table in tables():
        schema = provider_schema(table).schema
        for path in paths(table):
            node: Mapping[str, Any] | None = schema
            for name in path:
                node = node and step(schema, node, name)
            if node is None or f"/properties/{'/'.join(path)}" in schema.get("readOnlyProperties", ()):
                missing.append(f"{table.tokens[0]} {'.'.join(path)}")
    assert missing == []


def test_attributes_of_the_table_are_readable() -> None:
    for table in tables():
        readable = set(provider_schema(table).get_atts)
        attributes = {attribute for attribute in table.attributes.values() if not isinstance(attribute, Sub)}
        if table.onto and table.onto.attribute:
            attributes.add(table.onto.attribute)
        assert attributes <= readable, table.tokens[0]


def test_attributes_of_the_table_are_outputs(sdk: Mapping[str, ResourceType]) -> None:
    for table in tables():
        names = {name.partition(".")[0] for name in (*table.ref, *table.attributes)}
        assert names <= sdk[table.tokens[0]].outputs | {"id"}, table.tokens[0]


def test_no_input_is_dropped_in_silence(sdk: Mapping[str, ResourceType]) -> None:
    """Each has a place, or a reason for having none; no entry is about an unknown input."""
    for table in tables():
        for token in table.tokens:
            _assert_no_input_is_dropped(table, token, sdk)


def _assert_no_input_is_dropped(table: TypeTable, token: str, sdk: Mapping[str, ResourceType]) -> None:
    assert table_of(token) is table
    of_sdk = dict.fromkeys(_singular(table, path) for path, _ in walk(sdk[token]))
    known = {*_names(table.fields, ""), *table.ignored, *table.unsupported, *common(), *table.separate}
    known |= {table.onto.input, *table.onto.same} if table.onto else set()
    known |= {"tags", "tagsAll"} if table.tags else set()
    whole = [
        path
        for path, field in _named(table.fields, "")
        if field.kind in {"json", "document"} or field.keyed or field.entries
    ]
    whole += [name for name, separate in table.separate.items() if separate.names is not None]
    excluded = tuple(f"{path}." for path in (*table.unsupported, *table.ignored, *whole))
    left = [path for path in of_sdk if path not in known and not path.startswith(excluded)]
    assert left == [], token
    inherited = {"tagsAll", *common()}
    if token == table.tokens[0]:
        unknown = {path for path in known - inherited if path not in of_sdk and not path.startswith(excluded)}
        assert unknown == set(), token


def test_no_element_that_is_a_resource_of_its_own_is_dropped(sdk: Mapping[str, ResourceType]) -> None:
    for table in tables():
        for name, separate in table.separate.items():
            part, of_part = table_of(separate.type), re.compile(rf"{name}\[\*\]\.(.+)")
            inputs = [match[1] for path, _ in walk(sdk[table.tokens[0]]) if (match := of_part.fullmatch(path))]
            assert part is not None
            assert {(separate.names or {}).get(path, path) for path in inputs} <= {*part.fields, *part.unsupported}


def test_every_reason_is_a_sentence() -> None:
    for table in tables():
        reasons = [*table.ignored.values(), *(unsupported.why for unsupported in table.unsupported.values())]
        assert all(len(reason) > 5 for reason in reasons), table.tokens[0]


def test_twins_are_the_same_type() -> None:
    for table in tables():
        assert {canonical(token) for token in table.tokens} == {table.tokens[0]}
        assert all(argument_names(token) is not None for token in table.tokens), table.tokens[0]


def test_a_twin_that_the_sdk_has_is_in_its_table() -> None:
    twins = {token: table for table in tables() for token in _twins(table)}
    assert {token for token, table in twins.items() if table_of(token) is not table} == set()


def test_a_type_has_one_table() -> None:
    tokens = [token for table in tables() for token in table.tokens]
    assert len(tokens) == len(set(tokens))


def _singular(table: TypeTable, path: str) -> str:
    """A path of the SDK's by the names in the table."""
    steps: list[str] = []
    for name in re.sub(r"\[\*\]", "", path).split("."):
        known = _names(table.fields, "")
        plain = ".".join([*steps, name])
        steps.append(name if plain in known else table.plural.get(name, name))
    return ".".join(steps)


def _twins(table: TypeTable) -> list[str]:
    return [token for token, same in _same().items() if same == table.tokens[0]]


def _named(fields: Mapping[str, Field], prefix: str) -> Iterator[tuple[str, Field]]:
    for name, field in fields.items():
        yield prefix + name, field
        yield from _named(field.fields, f"{prefix}{name}.")


def _names(fields: Mapping[str, Field], prefix: str) -> set[str]:
    return {path for path, _ in _named(fields, prefix)}
