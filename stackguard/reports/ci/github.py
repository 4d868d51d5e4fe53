"""Annotations of a GitHub workflow: commands in the log of a step, of which GitHub shows ten of each level.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and
https://docs.github.com/en/rest/checks/runs (limits).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from policypack.core.policy import Severity
from stackguard.reports import Run, Screen
from stackguard.reports.ci import Row, rows
from stackguard.reports.formatting import many, printable
from stackguard.reports.places import relative
from stackguard.reports.text import violations

MOST = 10
"""Annotations of one level of a step."""


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as workflow commands, the most severe first, and a line with the counts."""
    return "".join(f"{line}\n" for line in _lines(run))


def _lines(run: Run) -> Iterator[str]:
    shown: dict[str, int] = defaultdict(int)
    more = []
    for level, properties, text in _annotations(run):
        shown[level] += 1
        if shown[level] <= MOST:
            yield f"::{level} {_properties(properties)}::{_escaped(text)}"
        else:
            more.append(f"{level}: {_inert(text)}")
    if more:
        yield f"{many(len(more), 'outcome')} without an annotation, because GitHub shows {MOST} of each level:"
        yield from more
    yield _inert(f"stackguard: {violations(run.reports)} in {many(len(run.reports), 'stack')}")


def _annotations(run: Run) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """The level, the properties and the text of each annotation."""
    for failed in run.failed:
        yield "error", {"title": "cannot judge"}, f"{failed.label}: {failed.message}"
    problem_level = "error" if run.problems_block else "notice"
    for problem in run.problems:
        file, _, line = problem.source.rpartition(":")
        place: Mapping[str, str] = {"file": relative(Path(file)), "line": line} if line.isdigit() else {}
        yield problem_level, {**place, "title": f"{problem.kind} waiver"}, problem.message
    for row in rows(run):
        stack = f"{row.report.label}: " if run.several else ""
        title = f"{row.label}: {row.outcome.policy.id}"
        text = f"{stack}{row.text}\nfix: {row.outcome.fix}"
        yield _level(row), {"file": row.file, "line": str(row.line), "title": title}, text


def _level(row: Row) -> str:
    if not row.blocks:
        return "notice"
    return "error" if row.outcome.policy.severity.rank >= Severity.HIGH.rank else "warning"


def _properties(values: Mapping[str, str]) -> str:
    return ",".join(
        f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in values.items()
    )


def _escaped(text: str) -> str:
    """The text as data of a command, which keeps its lines."""
    lines = (_inert(line).replace("%", "%25") for line in text.split("\n"))
    return "%0A".join(lines)


def _inert(text: str) -> str:
    """The text on one line, without the mark of GitHub's older commands, which may be anywhere in a line."""
    return printable(text).replace("##[", "## [")
