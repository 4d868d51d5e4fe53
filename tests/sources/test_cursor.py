from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackguard.errors import CannotJudge
from stackguard.sources import export
from stackguard.sources.export import Cursor

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def blocks(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


def walked(cursor: Cursor) -> Any:
    """The value that comes next, by a walk into objects and lists."""
    match cursor.kind():
        case "{":
            return {name: walked(cursor) for name in cursor.fields()}
        case "[":
            return [walked(cursor) for _ in cursor.items()]
    return json.loads(cursor.value())


@given(VALUES, st.integers(1, 50), st.sampled_from([None, 1]), st.booleans())
def test_a_walk_returns_the_values_of_the_text(value: Any, size: int, indent: int | None, plain: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, indent=indent, ensure_ascii=plain).encode() + b"\r\n\t "
    cursor = Cursor(blocks(text, size), "x")
    assert walked(cursor) == value
    cursor.end()


@given(VALUES, st.integers(1, 50))
def test_a_value_is_read_completely(value: Any, size: int) -> None:
    cursor = Cursor(blocks(json.dumps([value, value]).encode(), size), "x")
    assert [json.loads(cursor.value()) for _ in cursor.items()] == [value, value]


@given(st.lists(VALUES), st.integers(1, 50) | st.just(10_000), st.sampled_from([None, 1]))
def test_the_values_of_a_list_are_the_same_at_once_and_one_by_one(
    values: list[Any], size: int, indent: int | None
) -> None:
    text = json.dumps(values, indent=indent).encode() + b" \n"
    cursor = Cursor(blocks(text, size), "x")
    assert [json.loads(value) for value in cursor.values()] == values
    cursor.end()


@pytest.mark.parametrize("size", [3, 1_000])
@pytest.mark.parametrize("text", ["[1, 2", "[1,, 2]", "[1 2]", '{"a": 1}', "", "[1, 2,]"])
def test_a_list_that_is_none_is_refused_in_both_ways(text: str, size: int) -> None:
    with pytest.raises(CannotJudge):
        list(Cursor(blocks(text.encode(), size), "x").values())


@given(st.integers(1, 30), st.sampled_from(["[1,\n  2,\n nope]", '{"a":\n 1\n,, }', '["a",\n"\\q"]']))
def test_the_place_of_an_error_does_not_depend_on_the_blocks(size: int, text: str) -> None:
    def message(size: int) -> str:
        with pytest.raises(CannotJudge) as caught:
            walked(Cursor(blocks(text.encode(), size), "x"))
        return caught.value.message

    assert message(size) == message(1_000)


def test_a_value_that_never_ends_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LONGEST", 1_000)
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        yield b'{"a": "'
        while True:
            read += 100
            yield b"x" * 100

    cursor = Cursor(endless(), "`x`")
    with pytest.raises(CannotJudge, match="`x` has a value of more than 0 MiB at line 1 column 7"):
        walked(cursor)
    assert read <= 4_000
