"""Walks over plain values: whether one is unknown, and replacement of texts, such as made-up names and secrets."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from policypack.core.policy import Asset, Options, PartialDocument, Reference, Resource, Unknown

T = TypeVar("T")
UNCHANGED = frozenset({"position", "custom", "external", "remote", "accepts", "_memo"})
REWRITTEN: Mapping[type, tuple[str, ...]] = {
    Asset: ("text", "members"),  # a file is what it is
    Options: tuple(each.name for each in fields(Options)),
    Reference: ("urn", "id"),
    Resource: tuple(each.name for each in fields(Resource) if each.name not in UNCHANGED),
}
"""By type, the fields whose texts are replaced."""


def has_unknown(value: Any) -> bool:
    """Whether a value is unknown, or holds one that is."""
    match value:
        case Unknown() | PartialDocument() | Reference(id=Unknown()):
            return True
        case Mapping():
            return any(map(has_unknown, value.values()))
        case list() | tuple():
            return any(map(has_unknown, value))
    return False


def _same(value: T) -> T:
    return value


def rewritten(
    value: T,
    text: Callable[[str], str],
    number: Callable[[int], int] = _same,
    asset: Callable[[Asset], Asset] = _same,
) -> T:
    """A value with every text in it replaced, those of keys, references and assets too; the same object where none is.

    Args:
        value: a plain value as `Resource.inputs` holds them, or a resource.
        text: gives the new text.
        number: gives the new whole number.
        asset: completes an asset whose content is replaced.
    """

    def walk(value: Any) -> Any:
        kind = type(value)  # most values are of the first types, and every resource of a big stack comes by here
        if kind is str:
            return text(value)
        if kind is list or kind is tuple or kind is frozenset:
            items = [walk(each) for each in value]
            return value if all(map(operator.is_, items, value)) else kind(items)
        if isinstance(value, Mapping):
            pairs = {text(name): walk(each) for name, each in value.items()}
            same = all(pairs.get(name, pairs) is each for name, each in value.items())
            return value if same else pairs
        if kind is int:
            return number(value)
        if isinstance(value, PartialDocument):
            new = text(str(value))
            return value if new == value else PartialDocument(new, value.unknown)
        changed = {
            name: new for name in REWRITTEN.get(kind, ()) if (new := walk(old := getattr(value, name))) is not old
        }
        if not changed:
            return value
        result = replace(value, **changed)
        return asset(result) if isinstance(result, Asset) else result

    result: T = walk(value)
    return result
