"""Styled lines as text: coloured and wrapped for a terminal, plain for anything else."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from stackguard.reports import Screen


def paint(lines: Iterable[Text], screen: Screen) -> str:
    """The lines as text; `NO_COLOR`, `FORCE_COLOR` and `TERM` are respected."""
    out = io.StringIO()
    always = screen.color == "always"
    console = Console(
        file=out,
        force_terminal=True if screen.terminal or always else None,
        color_system="standard" if always else "auto",
        no_color=False if always else None,
        highlight=False,
        emoji=False,
        markup=False,
    )
    if screen.color == "never" or not console.is_terminal:
        return "".join(f"{line.plain}\n" for line in lines)
    console.print(Text("\n").join(lines), soft_wrap=True)
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
        styled = Text(line)
        if number == 0:
            styled.stylize("green", indent, indent + len(lead))
        yield styled
