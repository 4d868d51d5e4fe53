"""JSON text as Go's `encoding/json` writes it: Pulumi and the AWS provider hand it to programs, which may compare it."""

from __future__ import annotations

import json
from typing import Any

ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def dumps(value: Any, *, indent: int | None = None) -> str:
    """`value` as text: compact, or indented. Keys stay in their order."""
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=False).translate(ESCAPES)
