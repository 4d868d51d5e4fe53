"""The digest of an audit for a chat or a mail: Markdown without links, under 4,000 characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from policypack.policies import POLICIES
from stackguard.audit.reports import wording
from stackguard.audit.reports.overview import responsible
from stackguard.audit.reports.results import Finding, FrameworkState, Group, Totals
from stackguard.audit.reports.rollups import Rollups
from stackguard.reports.formatting import printable

MOST = 4000
"""Characters, which is what the narrowest chats take in one message."""
NEW, FIXED, TEAMS, WORST = 8, 3, 5, 5
WIDEST = 90
"""Characters of one name."""
SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&])")
"""What Markdown, or a chat, reads as markup, a link or a mention."""


def render(rollups: Rollups, frameworks: Sequence[FrameworkState] = ()) -> str:
    """What is new and fixed, the worst teams and policies; what does not fit is left out, and said so."""
    text = ""
    more = "\n(more is left out; the report as html has all)\n"
    for line in _lines(rollups, frameworks):
        if len(text) + len(line) + 1 > MOST - len(more):
            return text + more
        text += f"{line}\n"
    return text


def _lines(rollups: Rollups, frameworks: Sequence[FrameworkState]) -> Iterator[str]:
    totals = rollups.totals()
    yield f"**Audit of {wording.day(totals.started)}: {wording.score(totals)}**"
    yield ""
    yield f"- Open: {wording.severities(totals.open)}"
    yield f"- New {wording.since(totals)}: {wording.severities(totals.new)}"
    yield f"- Fixed: {wording.severities(totals.fixed)}"
    yield from (f"- Note: {plain(line)}" for line in wording.remarks(totals))
    yield from _list("New", rollups, totals)
    kind, worst = responsible(rollups, TEAMS)
    teams = [group for group in worst if group.weight]
    if teams:
        yield from ("", f"**Worst {kind}s**", "")
        yield from (f"{number}. {_group(group)}" for number, group in enumerate(teams, 1))
    policies = [group for group in rollups.by("policy", WORST) if group.weight]
    if policies:
        yield from ("", "**Worst policies**", "")
        fixes = {policy.id: policy.fix for policy in POLICIES}
        for number, group in enumerate(policies, 1):
            fix = f" Fix: {fixes[group.name]}" if group.name in fixes else ""
            yield f"{number}. {_group(group)}.{fix}"
    yield from _list("Fixed", rollups, totals)
    if frameworks:
        yield from ("", "**Controls**", "")
    for framework in frameworks:
        counts = ", ".join(f"{count} {status.replace('-', ' ')}" for status, count in framework.counts.items())
        yield f"- {plain(framework.name)}: {counts}"


def _list(title: str, rollups: Rollups, totals: Totals) -> Iterator[str]:
    if not totals.previous:
        return
    listed = rollups.listed(title.lower(), NEW if title == "New" else FIXED)
    if listed.findings:
        yield from ("", f"**{title}**", "")
        yield from (f"- {_finding(finding)}" for finding in listed.findings)
        if listed.total > len(listed.findings):
            yield f"- and {listed.total - len(listed.findings):,} more"


def _finding(finding: Finding) -> str:
    again = ", reopened" if finding.reopened else ""
    name, stack = plain(finding.name), plain(finding.stack_name)
    return f"{finding.severity}: {plain(finding.policy)}, {name} in {stack} ({_owner(finding.owner)}{again})"


def _group(group: Group) -> str:
    return f"{_owner(group.name)}: {wording.group(group)}"


def _owner(name: str) -> str:
    return plain(wording.owner(name))


def plain(text: str, most: int = WIDEST) -> str:
    """A text of others on one line, which is no markup, no link and no mention."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return SPECIAL.sub(r"\\\1", printable(cut)).replace("@", "@\u200b").replace("://", "\u200b://")
