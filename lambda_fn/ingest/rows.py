"""The rows of an object, one at a time: CSV with a header, or JSON Lines, in UTF-8 with or without a BOM.

Memory is bounded by the longest row allowed, whatever the object's size.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ingest.errors import RefusedError

if TYPE_CHECKING:
    from botocore.response import StreamingBody

LONGEST_ROW = 2**16
"""In characters, line ends included."""


class Number(str):
    """A JSON number, digit by digit as the object has it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that cannot be used. `reason` names fields, never values."""

    reason: str


Row = tuple[int, Mapping[str, object] | Malformed]
"""The number of the row's first line, from 1, and its fields."""


def rows_of(body: StreamingBody, key: str, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of an object; blank lines are no rows. The key's suffix tells the format.

    Raises:
        RefusedError: the object as a whole is not what its suffix promises, or a row is too long.
    """
    lines = _Lines(body)
    if key.endswith(".csv"):
        return _csv_rows(lines, columns)
    if key.endswith(".jsonl"):
        return _json_rows(lines)
    raise RefusedError("the key ends in neither `.csv` nor `.jsonl`")


def _csv_rows(lines: _Lines, columns: Sequence[str]) -> Iterator[Row]:
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
    except csv.Error:
        raise RefusedError("the header is not valid CSV") from None
    if sorted(header) != sorted(columns):
        raise RefusedError(f"the header is not {', '.join(f'`{column}`' for column in columns)}, in any order")
    while True:
        first_line = lines.begin_row()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield first_line, Malformed("is not valid CSV")
            continue
        if len(values) == len(header):
            yield first_line, dict(zip(header, values, strict=True))
        elif values:
            yield first_line, Malformed(f"has {len(values)} values for {len(header)} columns")


def _json_rows(lines: _Lines) -> Iterator[Row]:
    for line in lines:
        if not line.isspace():
            yield lines.number, _json_object(line)
        lines.begin_row()


def _json_object(line: str) -> Mapping[str, object] | Malformed:
    try:
        value = json.loads(
            line,
            parse_float=Number,
            parse_int=Number,
            parse_constant=_no_constant,
            object_pairs_hook=_no_duplicates,
        )
    except (ValueError, RecursionError):
        return Malformed("is not valid JSON")
    return value if isinstance(value, dict) else Malformed("is not a JSON object")


def _no_constant(_name: str) -> None:
    raise ValueError("JSON has no `NaN` or `Infinity`")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a name occurs twice")
    return names


class _Lines(Iterator[str]):
    """The lines of a body, ends kept, because a CSV value in quotes may hold them. `number` is that of the last one."""

    def __init__(self, body: StreamingBody) -> None:
        buffered = io.BufferedReader(cast("io.RawIOBase", body))
        self._text = io.TextIOWrapper(buffered, encoding="utf-8-sig", newline="")
        self.number = 0
        self.begin_row()

    def begin_row(self) -> int:
        """A new row, of length 0, begins on the next line; that line's number."""
        self._row_length = 0
        self._row_line = self.number + 1
        return self._row_line

    def __next__(self) -> str:
        try:
            line = self._text.readline(LONGEST_ROW + 1 - self._row_length)
        except UnicodeDecodeError:
            raise RefusedError("the object is not UTF-8 text") from None
        self._row_length += len(line)
        if self._row_length > LONGEST_ROW:
            raise RefusedError(f"the row that begins on line {self._row_line} is longer than {LONGEST_ROW} characters")
        if not line:
            raise StopIteration
        self.number += 1
        return line
