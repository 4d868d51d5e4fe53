"""Paths into configuration values: `servers[0].name`, `tags["a.b"]`.

Sources: sdk/go/common/resource/properties_path.go and config/object.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Step = str | int

_STEP = re.compile(r'\["((?:[^"\\]|\\"|\\(?!"))*)"\]|\[(\*)\]|\[(-?[0-9]+)\]|\.?([^.\[]+)')
MISSING = object()


class PathError(ValueError):
    """A path is malformed, or does not fit its value."""


def parse_path(text: str) -> list[Step]:
    """The steps of a path, the first of them a name.

    Raises:
        PathError: it is malformed.
    """
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match[0].startswith(".") and not steps):
            raise PathError(f"`{text}` is not a path into a configuration value")
        quoted, star, index, name = match.groups()
        steps.append(int(index) if index else star or name or (quoted or "").replace('\\"', '"'))
        position = match.end()
    if not steps or not isinstance(steps[0], str) or not steps[0]:
        raise PathError(f"`{text}` does not start with the name of a configuration value")
    return steps


def value_at(value: Any, steps: Sequence[Step]) -> Any:
    """The value at these steps, or `MISSING`."""
    for step in steps:
        if isinstance(step, int):
            there = isinstance(value, list) and 0 <= step < len(value)
        else:
            there = isinstance(value, dict) and step in value
        if not there:
            return MISSING
        value = value[step]
    return value


def put(value: Any, steps: Sequence[Step], new: Any) -> Any:
    """`value` with `new` at these steps. Missing parts are created; an object replaces a plain value at the top.

    Raises:
        PathError: a step into a list is a name, one into a mapping is a number, or a list has no such index.
    """
    return _put(value if isinstance(value, dict | list) else None, steps, new)


def _put(value: Any, steps: Sequence[Step], new: Any) -> Any:
    if not steps:
        return new
    step, *rest = steps
    if value is None:
        value = {} if isinstance(step, str) else [None] * (step + 1)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step <= len(value):
        inner = value[step] if step < len(value) else None
        return [*value[:step], _put(inner, rest, new), *value[step + 1 :]]
    if isinstance(value, dict) and isinstance(step, str):
        return {**value, step: _put(value.get(step), rest, new)}
    raise PathError(f"a configuration value has no place `{step}` to set")
