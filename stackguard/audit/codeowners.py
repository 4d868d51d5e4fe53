"""CODEOWNERS files, as GitHub and GitLab have them: the text goes in, the owners of a path come out.

The last pattern that fits decides; with GitLab's sections, the last one of each section. A file with a section follows
GitLab's rules for patterns, any other one GitHub's, which are nearly those of `.gitignore`. Sources:
https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
and https://docs.gitlab.com/user/project/codeowners/reference/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec

SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>\s.*)?")
TOKEN = re.compile(r"(?:\\.|\S)+")
OWNER = re.compile(r"@[\w@./-]+|[^@\s]+@[^@\s]+")
ANY = "**"


class CodeOwnersError(ValueError):
    """A line is malformed. Its number, from 1, is `line`."""

    def __init__(self, line: int, message: str) -> None:
        """With the reason."""
        super().__init__(message)
        self.line = line

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is sent to another process."""
        return type(self), (self.line, str(self))


class Pattern(msgspec.Struct, frozen=True):
    """A line of a file."""

    section: str
    """Lower case; empty before the first one."""
    parts: tuple[str, ...]
    """The names on the path, which may have wildcards; `**` is any number of them."""
    owners: tuple[str, ...]
    excluded: bool = False
    """Whether paths that fit have no owner in the section, whatever follows."""

    def fits(self, path: Sequence[str]) -> bool:
        """Whether a path fits, given as its names."""
        reached = {0}  # how many names of the path the parts so far can take
        for part in self.parts:
            if part == ANY:
                reached = {*range(min(reached), len(path) + 1)}
            else:
                reached = {at + 1 for at in reached if at < len(path) and fnmatchcase(path[at], part)}
            if not reached:
                return False
        return len(path) in reached


class CodeOwners(msgspec.Struct, frozen=True):
    """A file."""

    patterns: tuple[Pattern, ...]

    def of(self, path: str) -> str | None:
        """The owners of a path, separated by spaces; empty if a line says that it has none; None if no line fits."""
        names = tuple(path.split("/"))
        decided: dict[str, Pattern] = {}
        for pattern in self.patterns:
            before = decided.get(pattern.section)
            if not (before and before.excluded) and pattern.fits(names):
                decided[pattern.section] = pattern
        if not decided:
            return None
        return " ".join(dict.fromkeys(owner for pattern in decided.values() for owner in pattern.owners))


def parsed(text: str) -> CodeOwners:
    """The content of a file.

    Raises:
        CodeOwnersError: a line is malformed.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    gitlab = any(SECTION.fullmatch(line) for _, line in lines)
    return CodeOwners(tuple(_patterns(lines, gitlab=gitlab)))


def _patterns(lines: Sequence[tuple[int, str]], *, gitlab: bool) -> Iterator[Pattern]:
    section = ""
    usual: tuple[str, ...] = ()
    defaults: dict[str, tuple[str, ...]] = {}
    for number, line in lines:
        if match := SECTION.fullmatch(line):
            section = match["name"].strip().lower()
            usual = _owners(number, TOKEN.findall(match["owners"] or "")) or defaults.get(section, ())
            defaults.setdefault(section, usual)
        elif line.startswith(("[", "^[")):
            raise CodeOwnersError(
                number, "a section is `[NAME]`, `[NAME][APPROVALS]` or `^[NAME]`, and then its owners"
            )
        else:
            written, *rest = TOKEN.findall(line)
            owners = _owners(number, rest)
            excluded = written.startswith("!")
            if excluded and owners:
                raise CodeOwnersError(number, "a pattern with `!` takes paths out, so it has no owners")
            parts = tuple(_parts(number, written.removeprefix("!"), gitlab=gitlab))
            yield Pattern(section, parts, () if excluded else owners or usual, excluded)


def _owners(number: int, tokens: Sequence[str]) -> tuple[str, ...]:
    owners = []
    for token in tokens:
        if token.startswith("#"):
            break
        if not OWNER.fullmatch(token):
            raise CodeOwnersError(
                number,
                f"`{token}` is no owner; write `@user`, `@organization/team` or an address, and `\\ ` for a space",
            )
        owners.append(token)
    return tuple(owners)


def _parts(number: int, written: str, *, gitlab: bool) -> Iterator[str]:
    """The parts of a pattern that matches whole paths."""
    pattern = re.sub(r"\\(.)", r"\1", written)
    names = [name for name in pattern.split("/") if name]
    if "[" in pattern:
        raise CodeOwnersError(number, f"`{pattern}` has `[`, and CODEOWNERS files have no ranges of characters")
    if not names:
        yield from (ANY,)
        return
    anchored = pattern.startswith("/") or ("/" in pattern.rstrip("/") and not gitlab)
    if not anchored:
        yield ANY
    yield from names
    if pattern.endswith("/"):
        yield from ("*", ANY)
    elif not gitlab and names[-1] not in ("*", ANY):  # what is in a folder of this name, too
        yield ANY
