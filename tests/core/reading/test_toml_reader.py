"""TOML is read in bounded work."""

from __future__ import annotations

import tomllib

import pytest

from policypack.core.reading.toml_reader import malformed, parse


@pytest.mark.parametrize("key", ["a" + ".a" * 200_000, "[" + "a." * 100_000 + "a]", '"a" . ' * 500 + "a"])
def test_a_key_of_very_many_parts_is_refused_with_its_line(key: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match=r"more than 100 parts \(at line 2\)"):
        parse(f"x = 1\n{key} = 1\n")


def test_what_people_write_is_read() -> None:
    text = '[tool.a."b.c"]\nd.e = "' + "x.y " * 500 + '"\n' + "n = 1.5\n"
    assert parse(text) == tomllib.loads(text)


NINES = "9" * 6000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a = 1\nb = {NINES}\n".encode(), "f.toml:2: malformed TOML: A number of more than 4300 digits"),
        (
            f"# {NINES}\nt = '{NINES}'\nb = [1, {NINES}]\n".encode(),
            "f.toml:3: malformed TOML: A number of more than 4300",
        ),
        (f"b = -{'1_' * 5000}1\n".encode(), "f.toml:1: malformed TOML: A number of more than 4300 digits"),
        (b"a = " + b"[" * 100_000, "f.toml: malformed TOML: It is nested too deeply"),
        (b"a = 1\nb = '\xff'\n", "f.toml:2: malformed TOML: it is not UTF-8 text"),
        (b"a = 1\nb = 2026-13-45\n", "f.toml:2: malformed TOML: "),
    ],
    ids=["number", "among texts", "underscores", "nested", "bytes", "date"],
)
def test_what_is_wrong_is_named_with_its_line(text: bytes, line: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse(text.decode())
    assert malformed("f.toml", raised.value).startswith(line)


@pytest.mark.parametrize("text", [f"# {NINES}\n", f"t = '{NINES}'\n", f'"{NINES}" = 1\n', f"x = 0x{'f' * 6000}\n"])
def test_many_digits_that_are_no_number_are_read(text: str) -> None:
    assert parse(text) == tomllib.loads(text)
