"""Walks over plain values: what is in them, whether one is unknown, and replacement of texts."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

from policypack.core.policy import UNKNOWN, Asset, Options, PartialDocument, Reference, Resource, Unknown, Unseen

T = TypeVar("T")
STEP = re.compile(r"(\w+)|\[(\d+)\]")
UNCHANGED = frozenset({"position", "custom", "external", "remote", "only_boundary", "in_network", "accepts", "memo"})
REWRITTEN: Mapping[type, tuple[str, ...]] = {
    Asset: ("text", "members"),  # a file stays as it is
    Options: tuple(field.name for field in fields(Options)),
    Reference: ("urn", "id"),
    Resource: tuple(field.name for field in fields(Resource) if field.name not in UNCHANGED),
    Unseen: tuple(field.name for field in fields(Unseen) if field.name not in UNCHANGED),
}
"""By type, the fields whose texts are replaced."""


def nested(value: Any) -> Iterator[Any]:
    """The value itself, and every value in its mappings and lists, outermost first."""
    yield value
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for inner in value:
        yield from nested(inner)


def texts(value: Any) -> Iterator[str]:
    """The names and texts in a value, and its numbers and other plain values as texts, outermost first."""
    match value:
        case Mapping():
            for name, inner in value.items():
                yield name
                yield from texts(inner)
        case list():
            for inner in value:
                yield from texts(inner)
        case _:
            yield str(value)


def has_unknown(value: Any) -> bool:
    """Whether a value is unknown, or contains one that is."""
    return any(
        isinstance(inner, Unknown | PartialDocument) or (isinstance(inner, Reference) and isinstance(inner.id, Unknown))
        for inner in nested(value)
    )


def rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with `change` applied to each key, and to each value that is not a collection.

    A collection in which nothing changes stays the same object.
    """
    kind = type(value)
    if kind is str:  # most values are texts, and every resource of a big stack passes here
        return change(value)
    if kind is list or kind is tuple or kind is frozenset:
        items = [rebuilt(inner, change) for inner in value]
        return value if all(map(operator.is_, items, value)) else kind(items)
    if kind is dict or isinstance(value, Mapping):
        pairs = {change(name): rebuilt(inner, change) for name, inner in value.items()}
        return value if all(pairs.get(name, pairs) is inner for name, inner in value.items()) else pairs
    return change(value)


def with_reason(value: Any, unknown: Unknown) -> Any:
    """The value, with the reason added to each `Unknown` and partly known document that has none."""

    def leaf(inner: Any) -> Any:
        if isinstance(inner, PartialDocument) and inner.unknown == UNKNOWN:
            return PartialDocument(inner, unknown)
        return unknown if inner == UNKNOWN else inner

    return rebuilt(value, leaf)


def _same(value: T) -> T:
    return value


def rewritten(
    value: T,
    text: Callable[[str], str],
    number: Callable[[int], int] = _same,
    asset: Callable[[Asset], Asset] = _same,
) -> T:
    """A value with every text in it replaced, also in keys, references and assets; the same object if none changes.

    Args:
        value: a plain value as in `Resource.inputs`, or a resource.
        text: returns the new text.
        number: returns the new integer.
        asset: completes an asset whose content is replaced.
    """

    def leaf(value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return text(value)
        if kind is int:
            return number(value)
        if isinstance(value, PartialDocument):
            new = text(str(value))
            return value if new == value else PartialDocument(new, value.unknown)
        fields_ = {name: (old := getattr(value, name), rebuilt(old, leaf)) for name in REWRITTEN.get(kind, ())}
        changed = {name: new for name, (old, new) in fields_.items() if new is not old}
        if not changed:
            return value
        result = replace(value, **changed)
        return asset(result) if isinstance(result, Asset) else result

    return cast("T", rebuilt(value, leaf))


def unknown_at(value: Any, path: str) -> Unknown | None:
    """The unknown value that a path leads to or into; of a partly known document, why parts of it are unknown."""
    for name, index in STEP.findall(path):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            break
    if isinstance(value, Reference):
        value = value.id
    return value.unknown if isinstance(value, PartialDocument) else value if isinstance(value, Unknown) else None


def origin_at(value: Any, path: str) -> str:
    """What the unknown value at a path derives from, where that is known; else empty."""
    unknown = unknown_at(value, path)
    return unknown.origin if unknown else ""
