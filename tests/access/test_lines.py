"""Lines of questions that nobody would write by hand: each is answered, and so is what follows it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from policypack.access.solver.verdict import Answer
from policypack.core.examples import allow, document
from stackguard.access import lines
from stackguard.access.lines import answers, asked_public, split

GOOD = msgspec.json.encode({"id": "good", "type": "identity", "document": document(allow())})


@pytest.mark.parametrize(
    "line",
    [
        b"null",
        b"5",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"\0",
        b"[" * 100_000,
        b'{"id": NaN}',
        b'{"id": "\\ud800"}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b"x" * (lines.LONGEST * 3),
    ],
    ids=lambda line: repr(line[:12]),
)
def test_a_line_that_is_no_question_is_invalid_and_the_next_is_answered(line: bytes) -> None:
    stream = io.BytesIO(line + b"\n\n" + GOOD + b"\n" + line)
    verdicts = [msgspec.json.decode(answer)["verdict"] for answer in answers(split(stream), asked_public)]
    assert verdicts == ["invalid", "not-public", "invalid"]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    (answer,) = answers([b"\xef\xbb\xbf" + GOOD], asked_public)
    assert msgspec.json.decode(answer)["id"] == "good"


def test_a_failure_of_the_engine_is_undecided_and_the_next_line_is_answered() -> None:
    def failing(line: Mapping[str, Any]) -> Answer:
        if line["id"] == 1:
            raise ZeroDivisionError("a value")
        return asked_public(line)

    first, second = map(msgspec.json.decode, answers([b'{"id": 1}', GOOD], failing))
    assert (first["id"], first["verdict"], second["verdict"]) == (1, "undecided", "not-public")
    assert "ZeroDivisionError" in first["why"]
    assert "a value" not in first["why"]
