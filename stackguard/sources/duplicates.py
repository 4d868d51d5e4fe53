"""Finds a key that a JSON object has twice, of which a decoder silently keeps the last.

A decoded value has as many keys as its text has pairs, unless one is a duplicate. In a text without white space, the
pairs are counted by searching for `":`, which is much faster than a decoder that shows each pair.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

LONGEST = 80
"""Characters of a key in a message."""


class _DuplicateError(ValueError):
    """An object has a key twice, which is the argument."""


def duplicate_key(text: bytes, counted: int | None = None) -> str:
    """The first key that an object in a text has twice; empty if there is none.

    Args:
        text: well-formed JSON.
        counted: the number of keys in its decoded value, if that is known; a part that was not decoded may be missing.
    """
    try:
        if _countable(msgspec.json.format(text, indent=-1), text, counted):
            return ""
        json.loads(text, object_pairs_hook=_unique)
    except _DuplicateError as error:
        key = str(error)
        return key if len(key) <= LONGEST else f"{key[:LONGEST]}…"
    except ValueError:  # whoever reads the value reports it
        pass
    return ""


def keys_in(value: Any) -> int:
    """The number of keys in a decoded value, at every depth."""
    count, items = 0, value
    if isinstance(value, dict):
        count, items = len(value), value.values()
    elif not isinstance(value, list):
        return 0
    for item in items:
        if item.__class__ is dict or item.__class__ is list:
            count += keys_in(item)
    return count


def _countable(compact: bytes, text: bytes, counted: int | None) -> bool:
    """Whether a text without white space certainly has as many pairs as its decoded value has keys.

    Each key ends with `":`. In a text, a quote has a backslash before it, which is at the end of some keys too.
    """
    written = compact.count(b'":')
    if written == counted:
        return True
    if b'\\\\":' in compact:
        return False
    written -= compact.count(b'\\":')
    return written == counted or written == keys_in(msgspec.json.decode(text))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateError(key)
            seen.add(key)
    return values
