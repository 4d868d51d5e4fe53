"""The kinds of values that properties take, by type: `tables/kinds.json`, and their limits: `tables/limits.json`.

`tools/generate_property_kinds.py` derives the tables from the pulumi-aws SDK, botocore, CloudFormation's schemas and
`tools/facts/*.toml`, which also describe the kinds. A property is missing there if it may take anything, or if its
sources disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from policypack.core.policy import Resource
from policypack.iam.document_readers import values_at

TABLES = Path(__file__).parent / "tables"


class _Choice(msgspec.Struct, frozen=True):
    property: str
    kinds: dict[str, str]


class _Kinds(msgspec.Struct, frozen=True):
    kinds: dict[str, str]
    chosen_by_sibling: dict[str, dict[str, _Choice]]
    forms: dict[str, str]


class _Limits(msgspec.Struct, frozen=True):
    limits: dict[str, str]
    likes: dict[str, tuple[str, str]]
    faults: dict[str, list[tuple[str, str]]]
    ordered: dict[str, str]
    conflicts: dict[str, str]
    reserved_variables: dict[str, list[str]]


class Pair(msgspec.Struct, frozen=True):
    """Two properties of one object: the object's path, empty for the resource itself, their names, and their distance.

    `distance` is how much more the second number of an ordered pair has to be at least.
    """

    place: str
    first: str
    second: str
    distance: int = 0


@cache
def _limits() -> _Limits:
    return msgspec.json.decode((TABLES / "limits.json").read_bytes(), type=_Limits)


@cache
def like(name: str) -> tuple[re.Pattern[str], str]:
    """The pattern of a form of texts, and how to describe it."""
    pattern, described = _limits().likes[name]
    return re.compile(pattern, re.ASCII), described


def fault(name: str, text: str) -> str:
    """What is wrong with a text that does not have a form, if that is known; empty otherwise."""
    faults = _limits().faults.get(name, ())
    return next((clause for pattern, clause in faults if re.search(pattern, text, re.ASCII)), "")


@cache
def ordered_pairs(token: str) -> Sequence[Pair]:
    """The numbers of a type of which the first is at most the second, or less by a distance."""
    return _pairs(_limits().ordered.get(token, ""))


@cache
def conflicting_pairs(token: str) -> Sequence[Pair]:
    """The properties of a type of which the provider takes one."""
    return _pairs(_limits().conflicts.get(token, ""))


def _pairs(row: str) -> Sequence[Pair]:
    places = ((place, names.split("|")) for place, _, names in (pair.rpartition(".") for pair in row.split()))
    return tuple(Pair(place, first, second, int(*more)) for place, (first, second, *more) in places)


@cache
def reserved_variables() -> frozenset[str]:
    """The names of environment variables that Lambda reserves."""
    return frozenset(_limits().reserved_variables["lambda"])


@cache
def _kinds() -> _Kinds:
    return msgspec.json.decode((TABLES / "kinds.json").read_bytes(), type=_Kinds)


@cache
def _properties(token: str) -> Mapping[str, Mapping[str, str]]:
    """The properties of a type with their kinds and limits, by the top-level property that they are in."""
    properties: dict[str, dict[str, str]] = {}
    for table in (_kinds().kinds, _limits().limits):
        for entry in table.get(token, "").split():
            path, _, kind = entry.partition("=")
            paths = properties.setdefault(path.partition(".")[0].removesuffix("[*]"), {})
            paths[path] = f"{paths[path]}+{kind}" if path in paths else kind
    return properties


def kind_of(token: str, name: str) -> str:
    """The kind of a top-level property; empty if it has none."""
    return _properties(token).get(name, {}).get(name, "")


@cache
def form(name: str) -> re.Pattern[str]:
    """The pattern of names of a form."""
    return re.compile(_kinds().forms[name], re.ASCII)


def values_of(resource: Resource) -> Iterator[tuple[str, str, Any]]:
    """The values of a resource that have a kind: path, kind and value, the items of a list or a mapping one by one."""
    properties = _properties(resource.type)
    chosen = _kinds().chosen_by_sibling.get(resource.type, {})
    for name in properties:  # in the table's order, so that reports have one order
        for pattern, kind in properties[name].items() if name in resource.inputs else ():
            actual = _chosen(chosen[pattern], resource.inputs, kind) if pattern in chosen else kind
            single = pattern == name  # most are, and every resource of a big stack passes here
            for path, value in [(name, resource.inputs[name])] if single else values_at(resource.inputs, pattern):
                if isinstance(value, list):
                    yield from ((f"{path}[{index}]", actual, item) for index, item in enumerate(value))
                elif isinstance(value, Mapping):
                    yield from ((f"{path}.{key}", actual, item) for key, item in value.items())
                else:
                    yield path, actual, value


def _chosen(choice: _Choice, inputs: Mapping[str, Any], kind: str) -> str:
    value = inputs.get(choice.property)
    return choice.kinds.get(value, kind) if isinstance(value, str) else kind
