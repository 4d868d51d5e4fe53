"""ARCHITECTURE.md names each room, and each file that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROOMS = TEXT.partition("## Rooms\n")[2].partition("\n## ")[0]
PACKAGES = sorted(
    {
        room.parent.parent.relative_to(ROOT).as_posix()
        for package in ("policypack", "stackguard")
        for room in (ROOT / package).rglob("*/__init__.py")
        if "policies" not in room.parts
    }
    - {"."}
)
"""The folders that have rooms in them, but for `policies/`, which has a room for each service."""


def named() -> set[str]:
    """The rooms that the document has a paragraph of; an indented one is within the last with less indentation."""
    rooms: set[str] = set()
    outer: list[str] = []
    for line in ROOMS.splitlines():
        if match := re.match(r"(?P<indent> *)- `(?P<room>[\w/]+)/`", line):
            outer = outer[: len(match["indent"]) // 2]
            outer.append(match["room"])
            rooms.add("/".join(outer))
        elif line.startswith("- "):
            rooms.update(room.rstrip("/") for room in re.findall(r"`([\w/]+/)`", line))
    return rooms


@pytest.mark.parametrize("package", PACKAGES)
def test_each_room_has_a_paragraph(package: str) -> None:
    folders = {f"{package}/{file.parent.name}" for file in (ROOT / package).glob("*/__init__.py")}
    assert folders - named() == set()


def test_each_room_that_is_named_exists() -> None:
    assert {room for room in named() if not (ROOT / room).is_dir()} == set()


def test_each_file_that_is_named_exists() -> None:
    files = {
        file.name for folder in ("policypack", "stackguard", "tests", "tools") for file in (ROOT / folder).rglob("*.py")
    }
    assert set(re.findall(r"`(?:[\w/]+/)?(\w+\.py)`", TEXT)) - files == set()
