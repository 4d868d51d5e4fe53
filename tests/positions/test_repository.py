"""Paths relative to the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackguard.positions.repository import with_relative_paths


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the program in `{root}/infra/web` failed", "the program in `infra/web` failed"),
        ("`uv sync` in `{root}`", "`uv sync` in `.`"),
        ("no environment at `{root}/.venv`; `pip -r {root}/a.txt`", "no environment at `.venv`; `pip -r a.txt`"),
        ("{root}-2/infra, /x{root}/infra", "{root}-2/infra, /x{root}/infra"),
    ],
)
def test_the_paths_of_a_message_are_relative_to_the_repository(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "infra").mkdir()
    message = with_relative_paths(text.format(root=tmp_path), str(tmp_path / "infra"))
    assert message == expected.format(root=tmp_path)
