"""Errors of schemas: msgspec's error about a file goes in, the keys and a clause without Python's types come out."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

PLACE = re.compile(r"(.+?)(?: - at `\$(.*)`)?", re.DOTALL)
KEY = re.compile(r"\[(\d+)\]|\.?([^.\[]+)")
OTHER_TYPE = re.compile(r"Expected `(\w+(?: \| \w+)*)`, got `(\w+)`")
KINDS = {
    "str": "a text",
    "array": "a list",
    "object": "a mapping",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}
UNQUOTED = frozenset({"int", "float", "bool", "date", "datetime"})
"""What YAML reads a text without quotes as, such as an account that begins with 0."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """What in a file does not fit its schema."""

    keys: list[str | int]
    """The way to it: `["owners", 0, "account"]`."""
    named: str
    """The same as people write it: `owners[0].account`; empty for the whole file."""
    problem: str
    """What is wrong with it, as a clause without a subject; for an unknown or a missing key, msgspec's own message."""
    unknown: str | None = None
    """A key that the schema does not have."""
    missing: str | None = None
    """A key that the schema requires."""


def misfit(error: msgspec.ValidationError) -> Misfit:
    """What an error is about, as of "Expected `str | null`, got `int` - at `$.owners[0].account`"."""
    match = PLACE.fullmatch(str(error))
    message, path = (match[1], match[2] or "") if match else (str(error), "")
    keys = [int(index) if index else name for index, name in KEY.findall(path)]
    unknown = re.search(r"unknown field `(.+?)`", message, re.DOTALL)
    missing = re.search(r"missing required field `(.+?)`", message)
    return Misfit(
        keys, path.removeprefix("."), _clause(message), unknown[1] if unknown else None, missing[1] if missing else None
    )


def _clause(message: str) -> str:
    match = OTHER_TYPE.fullmatch(message)
    wanted = match[1].split(" | ") if match else []
    kinds = [KINDS[name] for name in wanted if name in KINDS]
    if match is None or not kinds:
        return f"does not fit: {message[:1].lower()}{message[1:]}"
    quoted = "; put it in quotes" if "str" in wanted and match[2] in UNQUOTED else ""
    return f"must be {' or '.join(kinds)}{quoted}"
