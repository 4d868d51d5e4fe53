"""What the grants on LF-tags of Lake Formation give: the databases, tables and columns that have the tags.

A grant names an expression, and who tags a resource decides whom it reaches. All keys of an expression have to fit, each
with one of its values. A table and its columns have the tags of their database, unless they have another value themselves.
Sources: https://docs.aws.amazon.com/lake-formation/latest/dg/tag-based-access-control.html and
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-tag-considerations.html.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.created_values import with_created
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document_readers import value_at, values_at

LAKE_PERMISSIONS = "aws:lakeformation/permissions:Permissions"
TAGGINGS: Mapping[str, str] = {
    "aws:lakeformation/resourceLfTag:ResourceLfTag": "lfTag",
    "aws:lakeformation/resourceLfTags:ResourceLfTags": "lfTags[*]",
}
"""By type of what tags a resource, the path of its tags."""
TAGGED = ("database", "table", "tableWithColumns")
"""The properties with what is tagged, which grants have too."""
Tags = Mapping[str, list[Any]]
"""By key, the values."""


class Tagging(NamedTuple):
    """The tags that one resource of the stack gives."""

    by: Resource
    place: str
    """What is tagged, as a text that is the same for the same."""
    database: str
    """The database of a table; empty for a database."""
    target: Mapping[str, Any]
    """What is tagged, as a grant has it."""
    tags: Tags


def tagged_grants(stack: Stack, places: Places) -> Iterator[tuple[Resource, str, Mapping[str, Any]]]:
    """Each resource that gives a tag which a grant names, its tags' path, and the inputs of that grant on what it tags.

    In a new stack those of which nothing changed are left out.
    """
    by_place: defaultdict[str, list[Tagging]] = defaultdict(list)
    for tagging in _taggings(stack, places):
        by_place[tagging.place].append(tagging)
    for permission in stack.of(LAKE_PERMISSIONS) if by_place else ():
        inputs = with_created(stack, places, permission)
        kind = value_at(permission.inputs, "lfTagPolicy.resourceType")
        asked = _asked(permission.inputs)
        for group in by_place.values() if asked and not permission.external else ():
            inherited = by_place.get(f"database {group[0].database}", []) if group[0].database else []
            tags = {**_merged(inherited), **_merged(group)}
            target = _reached(group[0].target, str(kind))
            fits = [_fits(tags.get(key, []), values) for key, values in asked.items()]
            if target and all(fits):
                given = {**_given(inputs, fits), **target}
                for tagging in group:
                    if tagging.tags.keys() & asked.keys() and not _unchanged(tagging.by, places):
                        yield tagging.by, TAGGINGS[tagging.by.type].removesuffix("[*]"), given


def _taggings(stack: Stack, places: Places) -> Iterator[Tagging]:
    for resource in stack.of(*TAGGINGS):
        inputs = with_created(stack, places, resource)
        target = {name: inputs[name] for name in TAGGED if isinstance(inputs.get(name), Mapping)}
        texts = [f"{name} {target[name]}" for name in target if name != "database"]
        tags: defaultdict[str, list[Any]] = defaultdict(list)
        for _, tag in values_at(resource.inputs, TAGGINGS[resource.type]):
            if isinstance(tag, Mapping):
                tags[str(tag.get("key"))].append(tag.get("value"))
        database = next((str(part.get("databaseName")) for name, part in target.items() if name != "database"), "")
        own = value_at(target, "database.name")
        if not resource.external and (texts or own):
            yield Tagging(resource, "".join(texts) or f"database {own}", database, target, tags)


def _asked(inputs: Mapping[str, Any]) -> Tags:
    """The keys of a grant's expression, each with the values that fit; empty if it names no tags."""
    expressions = [item for _, item in values_at(inputs, "lfTagPolicy.expressions[*]") if isinstance(item, Mapping)]
    return {str(item.get("key")): [value for _, value in values_at(item, "values[*]")] for item in expressions}


def _merged(group: list[Tagging]) -> Tags:
    merged: defaultdict[str, list[Any]] = defaultdict(list)
    for key, values in chain.from_iterable(tagging.tags.items() for tagging in group):
        merged[key] += values
    return merged


def _reached(target: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """What a grant on databases or on tables reaches of what is tagged: all tables of a database; empty if nothing."""
    if kind.upper() == "DATABASE":
        return {name: target[name] for name in target if name == "database"}
    name = value_at(target, "database.name")
    return {"table": {"databaseName": name, "wildcard": True}} if name else target


def _fits(values: list[Any], asked: list[Any]) -> bool | Unknown:
    """Whether one of a resource's values is asked for; unknown if one of either may be."""
    if any(value in asked for value in values if not isinstance(value, Unknown)):
        return True
    return next((value for value in (*values, *asked) if values and isinstance(value, Unknown)), False)


def _given(inputs: Mapping[str, Any], fits: list[bool | Unknown]) -> Mapping[str, Any]:
    """The inputs of a grant but for what it is on, with unknown permissions if it is unknown whether the tags fit."""
    unknown = next((fit for fit in fits if isinstance(fit, Unknown)), None)
    return (
        {"principal": inputs.get("principal"), "permissions": [unknown]}
        if unknown
        else {name: value for name, value in inputs.items() if name != "lfTagPolicy"}
    )


def _unchanged(tagging: Resource, places: Places) -> bool:
    before = (places.same or {}).get(tagging.urn)
    return before is not None and before.inputs == tagging.inputs
