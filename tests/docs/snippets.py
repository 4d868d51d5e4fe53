"""The code blocks of the documentation, and what a reader would do with them.

A comment in front of a block is for its test:

    <!-- not run: needs the Pulumi CLI -->     the block is not run, for this reason
    <!-- exit: 1 -->                           the exit code of its commands, or one for each: <!-- exit: 0 1 -->

A block whose first line is a comment with a path, such as `# policies/owners.py`, is that file for what follows.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/decisions").glob("*.md")))
BLOCK = re.compile(
    r"(?:^<!-- (?P<marker>[^\n]*) -->\n+)?^```(?P<language>[\w{}]*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
FILE = re.compile(r"# (?P<path>[\w./-]+\.(?:py|yaml|ini|toml|yml|json))\n")
MARKER = re.compile(r"(?:not run: (?P<reason>.+)|exit: (?P<codes>[\d ]+))")
RUN = frozenset({"sh", "python", "yaml", "json", "toml", "ini"})


@dataclass(frozen=True)
class Block:
    """One code block."""

    page: str
    line: int
    language: str
    text: str
    reason: str = ""
    """Why it is not run."""
    codes: tuple[int, ...] = (0,)

    @property
    def file(self) -> str:
        """The path in its first line."""
        match = FILE.match(self.text)
        return match["path"] if match else ""

    def commands(self) -> Iterator[tuple[str, int]]:
        """Its commands, without comments, and their exit codes."""
        lines = [line for line in self.text.replace("\\\n", " ").splitlines() if shlex.split(line, comments=True)]
        codes = self.codes * len(lines) if len(self.codes) == 1 else self.codes
        assert len(codes) == len(lines), f"{self.page}:{self.line}: {len(lines)} commands, {len(codes)} exit codes"
        yield from zip(lines, codes, strict=True)


def blocks(page: Path) -> list[Block]:
    """The blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return list(_blocks(page.relative_to(ROOT).as_posix(), text))


def _blocks(name: str, text: str) -> Iterator[Block]:
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        marker = MARKER.fullmatch(match["marker"] or "")
        codes = tuple(map(int, marker["codes"].split())) if marker and marker["codes"] else (0,)
        yield Block(name, line, match["language"], match["text"], (marker and marker["reason"]) or "", codes)
