"""TOML is read in bounded work."""

from __future__ import annotations

import tomllib

import pytest

from policypack.core.reading.toml_reader import parse


@pytest.mark.parametrize("key", ["a" + ".a" * 200_000, "[" + "a." * 100_000 + "a]", '"a" . ' * 500 + "a"])
def test_a_key_of_very_many_parts_is_refused_with_its_line(key: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match=r"more than 100 parts \(at line 2\)"):
        parse(f"x = 1\n{key} = 1\n")


def test_what_people_write_is_read() -> None:
    text = '[tool.a."b.c"]\nd.e = "' + "x.y " * 500 + '"\n' + "n = 1.5\n"
    assert parse(text) == tomllib.loads(text)
