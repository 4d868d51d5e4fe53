"""The summary of an audit for a terminal: one screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stackguard.audit.reports import wording
from stackguard.audit.reports.overview import responsible
from stackguard.audit.reports.results import Finding, FrameworkState, Group
from stackguard.audit.reports.rollups import Rollups
from stackguard.reports.formatting import printable

TEAMS, POLICIES, NEW = 3, 3, 5
WIDEST = 40
"""Characters of a name."""


def render(rollups: Rollups, frameworks: Sequence[FrameworkState] = ()) -> str:
    """What is open and new, the worst teams and policies, and what was not judged."""
    return "".join(f"{line}\n" for line in _lines(rollups, frameworks))


def _lines(rollups: Rollups, frameworks: Sequence[FrameworkState]) -> Iterator[str]:
    totals = rollups.totals()
    yield wording.score(totals)
    yield f"open:   {wording.severities(totals.open)}"
    yield f"new:    {wording.severities(totals.new)} {wording.since(totals)}"
    yield f"fixed:  {wording.severities(totals.fixed)}"
    yield from (f"note:   {line}" for line in wording.remarks(totals))
    if totals.previous:
        yield from _section("new, the most severe:", map(_finding, rollups.listed("new", NEW).findings))
    kind, worst = responsible(rollups, TEAMS)
    yield from _section(f"worst {kind}s:", _groups(worst))
    yield from _section("worst policies:", _groups(rollups.by("policy", POLICIES)))
    for framework in frameworks:
        counts = ", ".join(f"{count} {status.replace('-', ' ')}" for status, count in framework.counts.items())
        yield f"{framework.name}: {counts}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    if listed := [*lines]:
        yield title
        yield from (f"  {line}" for line in listed)


def _finding(finding: Finding) -> str:
    return f"{finding.severity:<8}  {wording.finding(finding)}, {wording.owner(finding.owner)}"


def _groups(groups: Sequence[Group]) -> Iterator[str]:
    shown = [group for group in groups if group.weight]
    width = max((min(WIDEST, len(wording.owner(group.name))) for group in shown), default=0)
    for group in shown:
        name = printable(wording.owner(group.name))
        yield f"{name if len(name) <= WIDEST else f'{name[: WIDEST - 1]}…':<{width}}  {wording.group(group)}"
