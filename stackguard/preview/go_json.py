"""JSON text as Go's `encoding/json` writes it: Pulumi and the AWS provider send it to programs, which may compare it."""

from __future__ import annotations

import json
import re
from operator import itemgetter
from typing import Any

ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def dumps(value: Any, *, indent: int | None = None) -> str:
    """`value` as text: compact, or indented. Keys stay in their order."""
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=False).translate(ESCAPES)


def dumps_map(value: Any) -> str:
    """`value` as compact text, with the keys of every mapping sorted, as Go writes its maps."""
    match value:
        case dict():
            pairs = sorted(((str(key), inner) for key, inner in value.items()), key=itemgetter(0))
            return "{" + ",".join(f"{dumps(key)}:{dumps_map(inner)}" for key, inner in pairs) + "}"
        case list():
            return "[" + ",".join(map(dumps_map, value)) + "]"
        case float():
            return number(value)
    return dumps(value)


def number(value: float) -> str:
    """A number as text: without an exponent from a millionth up to 1e21, and whole numbers without a point."""
    from decimal import Decimal

    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)).normalize(), "f") if value else "0"
    return re.sub(r"e([-+])0", r"e\1", repr(value)).replace(".0e", "e")


def parsed(value: Any) -> Any:
    """The value of JSON text, None if it is malformed; any other value unchanged.

    The SDK and the config send the structured inputs of a provider as text.
    """
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
