"""YAML in bounded work: what is read, with which line, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.reading import files
from policypack.core.reading.yaml_reader import YamlError, parse, read

BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
LAUGHS = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("a: yes\nb: on\nc: 12:30\nd: ~", {"a": "yes", "b": "on", "c": "12:30", "d": None}),
        ("a: 007\nb: 08\nc: 0x1f\nd: 1_000", {"a": 7, "b": 8, "c": 31, "d": 1000}),
        ("a: 2026-11-28", {"a": "2026-11-28"}),
        ("1: a\n~: b\ntrue: c", {"1": "a", "~": "b", "true": "c"}),
        ("b: &b {x: 1, y: 2}\nc: {<<: *b, x: 3}", {"b": {"x": 1, "y": 2}, "c": {"x": 3, "y": 2}}),
        ("a: !!str 12", {"a": "12"}),
        ("a: <<\nb: [<<]", {"a": "<<", "b": ["<<"]}),
        (
            "b: &b {k: 1}\nx: {y: {z: &z {<<: *b, k: 2}}}\nw: {<<: *z}",
            {"b": {"k": 1}, "x": {"y": {"z": {"k": 2}}}, "w": {"k": 2}},
        ),
        (
            "x: {y: &y {1: a, true: b}}\nw: {<<: *y}",
            {"x": {"y": {"1": "a", "true": "b"}}, "w": {"1": "a", "true": "b"}},
        ),
        ("a: 18446744073709551615\nb: -9223372036854775808", {"a": 2**64 - 1, "b": -(2**63)}),
    ],
)
def test_the_value_of_a_text(text: str, value: Any) -> None:
    assert parse(text).value == value


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("{a: " * 100_000, 1, "nested more than 100 deep; nest it less"),
        ("x:\n" + "- " * 101, 2, "nested more than 100 deep; nest it less"),
        (
            "[" + "a," * 300_000 + "]",
            1,
            "more than 250,000 keys and values; divide it, or leave out what is not needed",
        ),
        (BOMB, 16, "more than 250,000 keys and values; divide it, or leave out what is not needed"),
        (LAUGHS, 17, "more than 250,000 keys and values; divide it, or leave out what is not needed"),
        ("a: &a [*a]", 1, "an alias of the value that it is in; write it without"),
        ("a: &a\n  <<: *a", 2, "an alias of the value that it is in; write it without"),
        ("a: 1\nb: *c", 2, "an alias without an anchor; write the value instead"),
        ("enforcement: {x: disabled}\nunknown: advisory\nenforcement: {}", 3, "the key `enforcement` is duplicated"),
        (
            "a:\n<<<<<<< HEAD\n  - b: 1\n=======\n  - c: 1\n>>>>>>> other\n",
            2,
            "conflicts of a merge, between lines such as `<<<<<<<` and `>>>>>>>`; edit the file so that it has both sides",
        ),
        ("{a: 1, a: 2}", 1, "the key `a` is duplicated"),
        ("a:\n  - {b: 1, b: 2}", 2, "the key `b` is duplicated"),
        ("? [a]\n: b", 1, "a key that is a list or a mapping; write a text"),
        ("a: !!binary aGk=", 1, "the tag `!!binary`, which is not supported here; remove it"),
        ("a: !!set {x, y}", 1, "the tag `!!set`, which is not supported here; remove it"),
        (
            "!!python/object/apply:os.system [ls]",
            1,
            "the tag `!!python/object/apply:os.system`, which is not supported here; remove it",
        ),
        ("a: !!int abc", 1, "a value that does not fit its tag `!!int`; remove the tag, or correct the value"),
        ("a: !!float ''", 1, "a value that does not fit its tag `!!float`; remove the tag, or correct the value"),
        ("a: !!bool abc", 1, "a value that does not fit its tag `!!bool`; remove the tag, or correct the value"),
        ("a: !!null eu-west-1", 1, "a value that does not fit its tag `!!null`; remove the tag, or correct the value"),
        ("a: !!null 'no'", 1, "a value that does not fit its tag `!!null`; remove the tag, or correct the value"),
        ("a: !!null {}", 1, "a value that does not fit its tag `!!null`; remove the tag, or correct the value"),
        ("a: !!null [1]", 1, "a value that does not fit its tag `!!null`; remove the tag, or correct the value"),
        ("a: !!str {b: 1}", 1, "a value that does not fit its tag `!!str`; remove the tag, or correct the value"),
        ("a: " + "9" * 5000, 1, "a number of more than 64 bits; quote it to make it a text"),
        ("a: 18446744073709551616", 1, "a number of more than 64 bits; quote it to make it a text"),
        ("a: 1e999", 1, "a number that is out of range; quote it to make it a text"),
        ("a: 1\nb: \x01", 2, "a control character, which YAML does not allow"),
        ('a: "\\ud800"', 1, "found invalid Unicode character escape code"),
        ("a: 1\n---\nb: 2", 2, "more than one document; keep one"),
        ("a: !!map x", 1, "a value that does not fit its tag `!!map`; remove the tag, or correct the value"),
        ("a: !!seq {}", 1, "a value that does not fit its tag `!!seq`; remove the tag, or correct the value"),
        ("a: !!int [1]", 1, "a value that does not fit its tag `!!int`; remove the tag, or correct the value"),
        (
            "a: !!timestamp nope",
            1,
            "a value that does not fit its tag `!!timestamp`; remove the tag, or correct the value",
        ),
        (
            "a: !!timestamp [1]",
            1,
            "a value that does not fit its tag `!!timestamp`; remove the tag, or correct the value",
        ),
        ("w: {<<: {a: 1, a: 2}}", 1, "the key `a` is duplicated"),
        ("b: &b {x: 1}\nw: {<<: *b, <<: *b}", 2, "the key `<<` is duplicated"),
        ("a: !!float .nan", 1, "a number that is out of range; quote it to make it a text"),
        ("a: &x 1\nb: &x 2\nc: *x", 2, "the anchor `x` is defined twice, which is not supported here; rename one"),
        ("# " + "é" * 50 + "\na: \x01" + "\n" * 80, 2, "a control character, which YAML does not allow"),
        ('"\\e[31m\\u0085": 1\n"\\e[31m\\u0085": 2', 2, "the key `\\x1b[31m\\x85` is duplicated"),
    ],
)
def test_a_text_that_is_refused(text: str, line: int, problem: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.problem) == (line, problem)


def test_many_directives_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(YamlError, match="more than 100 directives"):
        parse("%TAG !a! tag:x\n" * 40_000 + "---\na: 1")


def test_a_value_has_its_line() -> None:
    document = parse("a:\n  - b: 1\n  - c:\n      d: 2\n")
    assert [document.line(keys) for keys in (["a"], ["a", 1], ["a", 1, "c", "d"], ["a", 7], ["x"])] == [1, 3, 4, 1, 1]


def test_a_date_is_read_as_its_reader_wants() -> None:
    assert parse("a: 2026-11-28", "on {}".format).value == {"a": "on 2026-11-28"}


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(YamlError, match="larger than 1 MiB"):
        read(tmp_path / "a.yaml")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: \xff")
    with pytest.raises(YamlError) as caught:
        read(tmp_path / "a.yaml")
    assert (caught.value.line, caught.value.problem) == (2, "not UTF-8 text; save it as UTF-8")


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufeff"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(VALUES)
def test_json_is_yaml(value: Any) -> None:
    assert parse(json.dumps(value, ensure_ascii=False)).value == value


PIECES = st.sampled_from(
    [
        "a",
        "b: ",
        "- ",
        "\n",
        "  ",
        "&x ",
        "*x",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "? ",
        "!!set ",
        "!y ",
        '"',
        "'",
        "|\n",
        "0o8",
        "1e9",
        "---\n",
        "%TAG ! t:\n",
        "#",
        "\t",
        "\x00",
        "😀",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    problem = ""
    try:
        json.dumps(parse(text).value)
    except YamlError as error:
        problem = error.problem
    assert "\n" not in problem
