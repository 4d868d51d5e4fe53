"""Finds the placeholders in a program's values, and keeps them in texts that derive from them."""

from __future__ import annotations

from typing import Any

from .. import PREFIX
from .base import LENGTH, Bytes, Placeholder, as_bytes, is_record, text_with
from .calls import PLACEHOLDERS

DEPTH = 5
MANY = 5000
"""How many elements of a value are searched."""
CONTAINERS = (list, dict, set, tuple, frozenset)
VIEWS: Any = (type({}.keys()), type({}.values()), type({}.items()))
PLAIN = (bool, int, float, complex, type(None))
ENCODED = PREFIX.encode()


def placeholder_in(text: Any) -> Any:
    """The placeholder in a text or bytes; None if there is none, and for any other value."""
    if isinstance(text, Placeholder):
        return text
    if isinstance(text, Bytes):
        return text._placeholder
    if not isinstance(text, (str, bytes, bytearray)):
        return None
    plain = text if isinstance(text, str) else bytes(text).decode("latin-1")
    start = plain.find(PREFIX)
    return PLACEHOLDERS.get(plain[start : start + LENGTH]) if start >= 0 else None


def first_placeholder(value: Any, depth: int = DEPTH) -> Any:
    """The first placeholder in a value of texts, collections and the SDK's results; None if there is none."""
    if isinstance(value, (str, bytes, bytearray)):
        return placeholder_in(value)
    if depth == 0 or isinstance(value, PLAIN):
        return None
    if isinstance(value, dict):
        inner: Any = [*dict.keys(value), *dict.values(value)]
    elif isinstance(value, CONTAINERS + VIEWS):
        inner = [*value]
    else:
        inner = vars(value).values() if is_record(type(value)) else ()
    for number, element in enumerate(inner):
        if number > MANY:
            break
        if (placeholder := first_placeholder(element, depth - 1)) is not None:
            return placeholder
    return None


def keep(value: Any) -> Any:
    """The value; a text or bytes with a placeholder become one themselves."""
    kind = type(value)
    if kind is str or (isinstance(value, str) and not isinstance(value, Placeholder)):
        if PLACEHOLDERS and PREFIX in value and (placeholder := placeholder_in(value)) is not None:
            return text_with(placeholder, value)
    elif kind is bytes and PLACEHOLDERS and ENCODED in value and (placeholder := placeholder_in(value)) is not None:
        return as_bytes(placeholder, value.decode("latin-1"))
    return value


def deeply(value: Any, depth: int = DEPTH) -> Any:
    """The value with each text in it kept, lists and dictionaries in place."""
    kind = type(value)
    if not PLACEHOLDERS or depth == 0 or kind is str or kind is bytes:
        return keep(value)
    if kind is tuple:
        kept = tuple(deeply(element, depth - 1) for element in value)
        return value if all(new is old for new, old in zip(kept, value)) else kept
    fields = vars(value) if is_record(kind) and not isinstance(value, dict) else None
    if kind is list:
        items: Any = enumerate(value)
    elif fields is not None:
        items = fields.items()
    else:
        items = dict.items(value) if kind is dict or is_record(kind) else ()
    for key, element in list(items):
        if (new := deeply(element, depth - 1)) is element:
            continue
        if kind is list or fields is None:
            (list if kind is list else dict).__setitem__(value, key, new)
        else:
            fields[key] = new
    return value
