"""TOML in bounded work: the standard library takes the square of the length of a dotted key."""

from __future__ import annotations

import re
import tomllib
from typing import Any

MAX_PARTS = 100
"""Of a dotted key; each names a table in a table."""
_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}""", re.ASCII)


def parse(text: str) -> dict[str, Any]:
    """The value of a TOML text.

    Raises:
        tomllib.TOMLDecodeError: it is malformed, a dotted key in it has more than `MAX_PARTS` parts, or a number has too
            many digits.
        RecursionError: it is nested too deeply.
    """
    if match := _LONG_KEY.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise tomllib.TOMLDecodeError(f"A key of more than {MAX_PARTS} parts (at line {line})")
    return tomllib.loads(text)


def malformed(file: object, error: Exception) -> str:
    """A line about a file whose text has no value, by an error as `problem` takes it: `FILE:LINE: malformed TOML: ...`."""
    line, why = problem(error)
    return f"{file}{f':{line}' if line else ''}: malformed TOML: {why}"


def problem(error: Exception) -> tuple[int | None, str]:
    """Why a text has no value: the line, if it is known, and the reason, of an error of `parse` or of decoding."""
    if not isinstance(error, tomllib.TOMLDecodeError):
        return None, "it is not UTF-8, is nested too deeply, or a number is out of range"
    message, line = str(error), re.search(r" \(at line (\d+)(?:, column (\d+))?\)$", str(error))
    if line is None:
        return None, message
    return int(line[1]), message[: line.start()] + (f" in column {line[2]}" if line[2] else "")
