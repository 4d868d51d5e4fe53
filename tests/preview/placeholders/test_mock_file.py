"""Mock files: what fits, what is refused and where, and that what is written is read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackguard.errors import CannotJudge
from stackguard.preview.placeholders.mock import load, matches
from stackguard.preview.placeholders.mock_file import block, flow, read


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("functions: [", "mock.yaml:1: malformed YAML"),
        ("functions: {a: b}", "mock.yaml:1: `functions` must be a list"),
        ("function: []", "mock.yaml:1: the file has no `function`; it has `functions`, `stacks`, `resources`, `calls`"),
        ("functions:\n- {result: 1}", "mock.yaml:2: `functions[0]` needs `token`"),
        (
            "functions:\n- {token: a, result: 1}\n- {token: a, result: 1, arg: 1}",
            "mock.yaml:3: `functions[1]` has no `arg`; it has `token`, `args`, `result`",
        ),
        ("stacks:\n  a/b/c: {}\n  d: [1]", "mock.yaml:3: `stacks.d` must be a mapping"),
        ("resources:\n- {type: 7, outputs: {}}", "mock.yaml:2: `resources[0].type` must be a text"),
        ("a: &x [*x]", "mock.yaml:1: "),
        ("- 1", "mock.yaml:1: the file must be a mapping"),
    ],
)
def test_what_is_malformed_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mock.yaml"
    file.write_text(text)
    with pytest.raises(CannotJudge) as caught:
        load([file])
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read: no such file or directory"), (b"\xff\xfe\x00", "not UTF-8 text")],
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "mock.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CannotJudge, match=message):
        load([file])


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("*", None, True),
        ("*", ["x"], True),
        ("al2023-*-x86", "al2023-ami-x86", True),
        ("al2023-*-x86", "al2023-ami-arm", False),
        ("a.c", "abc", False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({"most_recent": True}, {"mostRecent": True}, True),
        ([1, "*"], [1, 2], True),
        ([1], [1, 2], False),
        (1, True, False),
        (1, 1.0, True),
    ],
)
def test_patterns(pattern: Any, value: Any, fits: bool) -> None:  # noqa: FBT001
    assert matches(pattern, value) is fits


def test_the_first_file_wins_and_stacks_go_by_any_spelling(tmp_path: Path) -> None:
    for name in ("a", "b"):
        stack = {"a": "acme/app/prod", "b": "prod"}[name]
        text = (
            f"functions: [{{token: 'aws:ec2:getVpc', result: {{id: {name}}}}}]\nstacks: {{{stack}: {{from: {name}}}}}"
        )
        (tmp_path / name).write_text(text)
    mock = load([tmp_path / "a", tmp_path / "b"])
    answer = mock.function("aws:ec2/getVpc:getVpc", {"default": True})
    assert answer is not None
    assert (answer.value, answer.where) == ({"id": "a"}, f"{tmp_path / 'a'}:1")
    for spelling in ("prod", "acme/app/prod", "acme/prod"):
        outputs = mock.stack(spelling, "acme", "app")
        assert outputs is not None
        assert outputs.value == {"from": "a"}
    assert mock.stack("acme/other/prod", "acme", "app") is None


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(min_size=1), PLAIN, max_size=3), shape=st.sampled_from([block, flow]))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, value: Any, shape: Any) -> None:
    file = tmp_path_factory.mktemp("mock") / "mock.yaml"
    file.write_text(shape({"stacks": {"a/b/c": value}}), encoding="utf-8")
    assert read(file)[0].stacks == {"a/b/c": value}
