"""Styled lines as text: coloured and wrapped for a terminal, plain for anything else."""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Iterable, Iterator
from typing import Self

from stackguard.reports import Screen

FORCED = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables by which rich takes anything for a terminal."""


class Text:
    """One line in parts, each with a style of rich's. A report has thousands, and most are never styled."""

    __slots__ = ("parts",)

    def __init__(self, text: str = "", style: str = "") -> None:
        self.parts = [(text, style)]

    @classmethod
    def assemble(cls, *parts: str | tuple[str, str]) -> Self:
        """A line of plain parts, and of parts with a style."""
        line = cls()
        line.parts = [(part, "") if isinstance(part, str) else part for part in parts]
        return line

    def append(self, text: str, style: str = "") -> None:
        """Add a part at the end."""
        self.parts.append((text, style))

    @property
    def plain(self) -> str:
        """The line without styles."""
        return "".join([text for text, _ in self.parts])


def paint(lines: Iterable[Text], screen: Screen) -> str:
    """The lines as text; `NO_COLOR`, `FORCE_COLOR` and `TERM` are respected unless the screen has its own choice."""
    forced = screen.terminal or screen.color == "always"
    if screen.color == "never" or not (forced or any(map(os.environ.get, FORCED))):
        return "".join([f"{line.plain}\n" for line in lines])
    from rich import text
    from rich.console import Console

    out = io.StringIO()
    always = screen.color == "always"
    console = Console(
        file=out,
        force_terminal=True if forced else None,
        color_system="standard" if always else "auto",
        no_color=False if always else None,
        highlight=False,
        emoji=False,
        markup=False,
    )
    if not console.is_terminal:
        return "".join([f"{line.plain}\n" for line in lines])
    styled = (text.Text.assemble(*line.parts) for line in lines)
    console.print(text.Text("\n").join(styled), soft_wrap=True)
    return out.getvalue()


def wrapped(text: str, screen: Screen, indent: int, label: str = "") -> Iterator[Text]:
    """One indented paragraph, wrapped only on a terminal. URLs and paths are never broken."""
    lead = f"{label}: " if label else ""
    lines = [f"{' ' * indent}{lead}{text}"]
    if screen.terminal:
        lines = textwrap.wrap(
            lines[0],
            max(screen.width, 40),
            subsequent_indent=" " * (indent + len(lead)),
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
    for number, line in enumerate(lines):
        if number or not lead:
            yield Text(line)
        else:
            start, end = indent, indent + len(lead)
            yield Text.assemble(line[:start], (line[start:end], "green"), line[end:])
