"""TOML in bounded work: the standard library takes the square of the length of a dotted key."""

from __future__ import annotations

import re
import sys
import tomllib
from itertools import islice
from typing import Any

MAX_PARTS = 100
"""Of a dotted key; each names a table in a table."""
MAX_TRIES = 20
"""The most texts of many digits that are tried to find the line of a number."""
_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}""", re.ASCII)


def parse(text: str) -> dict[str, Any]:
    """The value of a TOML text.

    Raises:
        tomllib.TOMLDecodeError: it is malformed or nested too deeply, a dotted key in it has more than `MAX_PARTS` parts, or
            a number too many digits.
    """
    if match := _LONG_KEY.search(text):
        raise tomllib.TOMLDecodeError(f"A key of more than {MAX_PARTS} parts (at line {_line(text, match.start())})")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("It is nested too deeply") from None
    except ValueError:
        raise tomllib.TOMLDecodeError(f"A number of more than {_most_digits()} digits{_long_number(text)}") from None


def _long_number(text: str) -> str:
    """Where a number is that has too many digits, as the library writes it; empty if that takes too much work to find."""
    digits = re.finditer(rf"(?:[0-9]_?){{{_most_digits() + 1}}}[0-9_]*+", text)
    for match in islice(digits, MAX_TRIES):
        try:
            tomllib.loads(text[: match.end()])
        except tomllib.TOMLDecodeError:
            continue  # in a comment or a text: what ends there has no value for another reason
        except ValueError:
            return f" (at line {_line(text, match.start())})"
    return ""


def _most_digits() -> int:
    return sys.get_int_max_str_digits() or sys.int_info.default_max_str_digits


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def malformed(file: object, error: ValueError) -> str:
    """A line about a file whose text has no value, by an error as `problem` takes it: `FILE:LINE: malformed TOML: ...`."""
    line, why = problem(error)
    return f"{file}{f':{line}' if line else ''}: malformed TOML: {why}"


def problem(error: ValueError) -> tuple[int | None, str]:
    """Why a text has no value: the line, if it is known, and the reason, of an error of `parse` or of decoding."""
    if isinstance(error, UnicodeDecodeError):
        return error.object.count(b"\n", 0, error.start) + 1, "it is not UTF-8 text"
    message, line = str(error), re.search(r" \(at line (\d+)(?:, column (\d+))?\)$", str(error))
    if line is None:
        return None, message
    return int(line[1]), message[: line.start()] + (f" in column {line[2]}" if line[2] else "")
