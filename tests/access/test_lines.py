"""Lines of questions that nobody would write by hand: each is answered, and so is what follows it."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from policypack.access.exposure.public import exposure
from policypack.access.shadowed_restrictions import shadowed
from policypack.access.solver.partition import DOCUMENT_WORK
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.examples import allow, document
from policypack.iam.grammar import MOST_PROBLEMS, parse
from policypack.iam.tables import DocumentKind
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
        b" " * (lines.LONGEST * 2) + b"x",
        b"\t" * (lines.LONGEST + 3) + GOOD,
        GOOD + b" " * (lines.LONGEST * 2) + b"x",
    ],
    ids=lambda line: repr(line[:12]),
)
def test_a_line_that_is_no_question_is_invalid_and_the_next_is_answered(line: bytes) -> None:
    stream = io.BytesIO(line + b"\n\n" + GOOD + b"\n" + line)
    verdicts = [msgspec.json.decode(answer)["verdict"] for answer in answers(split(stream), asked_public)]
    assert verdicts == ["invalid", "not-public", "invalid"]


@pytest.mark.parametrize(
    "rest",
    [b'"document":{"a":' + b"9" * 6000 + b"}}", b'"document":' + b"[" * 20_000, b'"document":nul}', b'"x":"\\ud800"}'],
)
def test_a_line_that_cannot_be_read_keeps_its_id(rest: bytes) -> None:
    (answer,) = answers([b'{"id":"q7",' + rest], asked_public)
    assert msgspec.json.decode(answer)["id"] == "q7"
    assert msgspec.json.decode(answer)["verdict"] == "invalid"


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


@pytest.mark.parametrize("part", [b"{},", b"[],", b'"a",', b"[[],"], ids=repr)
def test_a_long_line_that_breaks_off_takes_no_memory(part: bytes) -> None:
    line = b'{"id": 1, "document": [' + part * 100_000
    tracemalloc.start()
    try:
        (answer,) = answers([line], asked_public)
        assert tracemalloc.get_traced_memory()[1] < len(line)
    finally:
        tracemalloc.stop()
    assert "is not JSON" in msgspec.json.decode(answer)["why"]


def test_a_document_that_is_all_problems_is_not_read_to_its_end() -> None:
    parsed = lines.read({"Version": "2012-10-17", "Statement": [{}] * 100_000})
    assert MOST_PROBLEMS < len(parsed.problems) < MOST_PROBLEMS + 10


def test_questions_about_one_document_share_a_budget() -> None:
    hostile = [
        {
            **allow("s3:*", "*", Condition={"StringLike": {f"aws:RequestTag/k{index % 9}": f"*{index}*a?*b*"}}),
            "Principal": "*",
        }
        for index in range(300)
    ]
    text = msgspec.json.encode(document(*hostile)).decode()
    parsed = parse(text, DocumentKind.RESOURCE, "aws:s3/bucketPolicy:BucketPolicy")
    for _ in range(20):
        [*shadowed(parsed)]
        exposure(parsed)
    assert DOCUMENT_WORK <= parsed.spent.steps < DOCUMENT_WORK * 1.2
    assert exposure(parsed).verdict is Verdict.UNDECIDED
    again = parse(text, DocumentKind.RESOURCE, "aws:s3/bucketPolicy:BucketPolicy")
    assert again == parsed
    assert again.spent.steps == 0
