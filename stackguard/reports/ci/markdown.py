"""A comment on a pull request, in GitHub's Markdown: what changes against the base first, details to unfold.

Every text from outside is in a block of HTML, escaped, where Markdown does not apply; mentions and references to issues
are broken up. A comment that is too long loses the least severe entries, and says so.
Source: https://github.github.com/gfm/#html-blocks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policypack.core.policy import Kind, Outcome, Severity
from stackguard.reports import Change, NewAccess, Report, Run, Screen
from stackguard.reports.ci import Row, row_of, rows
from stackguard.reports.excerpt import excerpt
from stackguard.reports.formatting import exemption_text, many, name_of, printable, url
from stackguard.reports.sarif import LINK
from stackguard.reports.text import violations

MARKER = "<!-- stackguard -->"
"""The first line, by which the one comment of a pull request is found again."""
MOST_BYTES = 65_536
"""GitHub's limit is that many characters."""
MOST_STACKS = 100
"""Stacks of their own; of more, only the worst."""
QUOTED = re.compile(r"`([^`]*)`")
REFERENCE = re.compile(r"(?<![\w&])([@#])(?=\w)")
"""What GitHub and GitLab turn into a mention, or a link to an issue."""
ACCESS_RANK = Severity.HIGH.rank


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the comment."""

    text: str
    rank: tuple[int, int] | None = None
    """How soon it is left out: the highest first; None stays."""


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as a comment."""
    blocks = [*_blocks(run)]
    space = MOST_BYTES - sum(len(block.text.encode()) for block in blocks if block.rank is None) - len(_left_out(10**9))
    kept: set[int] = set()
    left_out = 0
    for index, block in sorted(enumerate(blocks), key=lambda pair: pair[1].rank or (-1, 0)):
        size = len(block.text.encode()) if block.rank is not None else 0
        if left_out or size > space:
            left_out += block.rank is not None
        if block.rank is None or not left_out:
            space -= size
            kept.add(index)
    text = "".join(block.text for index, block in enumerate(blocks) if index in kept)
    return text + (_left_out(left_out) if left_out else "")


def _left_out(count: int) -> str:
    noun = "entries are" if count != 1 else "entry is"
    return f"<p>{count} less severe {noun} left out, because a comment is limited; the other reports have all.</p>\n"


def _blocks(run: Run) -> Iterator[Block]:
    yield Block(f"{MARKER}\n## Stackguard: {_verdict(run)}\n\n")
    for failed in run.failed[:MOST_STACKS]:
        yield Block(f"<p><b>cannot judge</b> {_code(failed.label)}: {_prose(failed.message)}</p>\n\n")
    worst = sorted(run.reports, key=lambda report: (-report.exit_code, -sum(map(report.blocks, report.outcomes))))
    by_report: dict[int, list[Row]] = {}
    for row in rows(run):
        by_report.setdefault(id(row.report), []).append(row)
    for report in worst[:MOST_STACKS]:
        if run.several:
            yield Block(f"<h3>{_code(report.label)}</h3>\n\n")
        yield from _stack(report, by_report.get(id(report), []))
    if len(worst) > MOST_STACKS:
        yield Block(f"<p>{many(len(worst) - MOST_STACKS, 'more stack')} with less to report.</p>\n\n")
    yield from _folded(
        many(len(run.problems), "waiver") + " to edit",
        ((f"<b>{problem.kind}</b> {_code(problem.source)}: {_prose(problem.message)}", 0) for problem in run.problems),
        0,
    )
    yield Block(f"<p><sub>{html.escape(_provenance(run))}</sub></p>\n")


def _verdict(run: Run) -> str:
    blocking = sum(report.blocks(outcome) for report in run.reports for outcome in report.condensed)
    new = [
        outcome
        for report in run.reports
        if report.change and not report.change.problem
        for outcome in report.change.new
        if report.blocks(outcome)
    ]
    if run.exit_code == 2:
        return "not everything could be judged"
    if new:
        return f"{many(len(new), 'new outcome')} that {'blocks' if len(new) == 1 else 'block'}"
    if blocking:
        return f"{many(blocking, 'outcome')} that {'blocks' if blocking == 1 else 'block'}"
    return "waivers to edit" if run.exit_code else "nothing blocks"


def _provenance(run: Run) -> str:
    provenance = run.provenance
    commit = f", commit {printable(provenance.commit[:12])}" if provenance.commit else ""
    version = provenance.versions.get("stackguard", "")
    return f"judged in {provenance.seconds:.1f} s by stackguard {version}{commit}"


def _stack(report: Report, of_stack: Sequence[Row]) -> Iterator[Block]:
    change = report.change
    if change is not None:
        yield Block(f"<p>{_summary(change)}</p>\n\n")
    if change is None or change.problem:
        yield from (_unfolded(row, 0) for row in of_stack if row.blocks)
        yield from _list("Does not block", [row for row in of_stack if not row.blocks], 1)
    else:
        as_rows = {id(row.outcome): row for row in of_stack}

        def listed(outcomes: Iterable[Outcome]) -> list[Row]:
            return [
                as_rows.get(id(outcome)) or row_of(outcome, report) for outcome in outcomes if not outcome.exemption
            ]

        yield from (_unfolded(row, 0) for row in sorted(listed(change.new), key=lambda row: not row.blocks))
        yield from _access(change.access)
        yield from _list("Fixed", [row_of(outcome, report) for outcome in change.fixed], 2, placed=False)
        yield from _list("Unchanged", listed(change.unchanged), 1)
    exempt = [outcome for outcome in report.outcomes if outcome.exemption and outcome.exemption.kind == "waived"]
    lines = ((_exempt(outcome), outcome.policy.severity.rank) for outcome in exempt)
    yield from _folded(f"Waived ({len(exempt)})", lines, 3)
    yield Block(f"<p>{_counts(report)}</p>\n\n")


def _counts(report: Report) -> str:
    parts = [f"{violations([report])} in {many(report.resources, 'resource')}"]
    if report.exempt["baselined"]:
        parts.append(f"{report.exempt['baselined']} in the baseline")
    if report.gone:
        parts.append(f"{report.gone} gone from the baseline (<code>stackguard baseline --prune</code>)")
    return "; ".join(parts)


def _summary(change: Change) -> str:
    if change.problem:
        return f"No comparison: {_prose(change.problem)}"
    counts = f"<b>{len(change.new)} new</b>, {len(change.fixed)} fixed, {len(change.unchanged)} unchanged"
    access = f", {many(len(change.access), 'kind')} of new access" if change.access else ""
    return f"Against {_code(change.base)}: {counts}{access}"


def _unfolded(row: Row, group: int) -> Block:
    """An outcome whose details unfold."""
    outcome = row.outcome
    lines = [_prose(outcome.message)]
    if statement := excerpt(outcome):
        marked = (f"{'>' if mark else ' '} {html.escape(line)}" for mark, line in statement)
        lines.append("<pre>" + "\n".join(marked) + "</pre>")
    lines.append(f"<b>fix:</b> {_prose(outcome.fix)}")
    if (address := printable(url(outcome.policy))) and LINK.fullmatch(address):
        lines.append(f'<a href="{html.escape(address)}">why</a>, {_code(f"stackguard explain {outcome.policy.id}")}')
    lines.append(_code(f"{row.file}:{row.line}"))
    body = "<br>\n".join(lines)
    advisory = "" if row.blocks else " (does not block)"
    text = f"<details>\n<summary>{_line(row)}{advisory}</summary>\n{body}\n</details>\n\n"
    return Block(text, (group, -outcome.policy.severity.rank))


def _line(row: Row) -> str:
    where = " ".join(filter(None, (name_of(row.outcome.resource.urn), row.outcome.path)))
    return f"<b>{row.label}</b> {_code(row.outcome.policy.id)} {_code(where)}"


def _list(title: str, listed: Sequence[Row], group: int, *, placed: bool = True) -> Iterator[Block]:
    """Outcomes of which each is a line of a list that unfolds."""
    places = (f" {_code(f'{row.file}:{row.line}')}" if placed else "" for row in listed)
    lines = ((f"{_line(row)}{at}", row.outcome.policy.severity.rank) for row, at in zip(listed, places, strict=True))
    yield from _folded(f"{title} ({len(listed)})", lines, group)


def _folded(title: str, lines: Iterable[tuple[str, int]], group: int) -> Iterator[Block]:
    """A list that unfolds; no lines are no list."""
    blocks = [Block(f"<li>{line}</li>\n", (group, -rank)) for line, rank in lines]
    if blocks:
        yield Block(f"<details>\n<summary>{title}</summary>\n<ul>\n")
        yield from blocks
        yield Block("</ul>\n</details>\n\n")


def _access(access: Sequence[NewAccess]) -> Iterator[Block]:
    def line(entry: NewAccess) -> str:
        request = _prose(entry.example or entry.why)
        return f"<b>{_prose(entry.verdict)}</b> {_code(entry.holder)}: {request} (by {_code(entry.by)})"

    yield from _folded(f"New access ({len(access)})", ((line(entry), ACCESS_RANK) for entry in access), 0)


def _exempt(outcome: Outcome) -> str:
    assert outcome.exemption
    label = outcome.policy.severity if outcome.kind is Kind.VIOLATION else outcome.kind
    where = " ".join(filter(None, (name_of(outcome.resource.urn), outcome.path)))
    return f"<b>{label}</b> {_code(outcome.policy.id)} {_code(where)}: {_prose(exemption_text(outcome.exemption))}"


def _code(text: str) -> str:
    return f"<code>{html.escape(printable(text))}</code>"


def _prose(text: str) -> str:
    """A text whose quotations are code, and whose other words mention nobody."""
    parts = QUOTED.split(printable(text))
    return "".join(
        _code(part) if index % 2 else REFERENCE.sub(r"\1<!-- -->", html.escape(part))
        for index, part in enumerate(parts)
    )
