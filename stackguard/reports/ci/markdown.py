"""A comment on a pull request, in GitHub's Markdown: what changes against the base first, details to unfold.

What blocks is always shown with its fix, also if it did so on the base. Equal outcomes of several stacks are shown once.

Every text from outside is in a block of HTML, escaped, where Markdown does not apply; mentions and references to issues
are broken up. A comment that is too long loses the least severe entries, and says so.
Source: https://github.github.com/gfm/#html-blocks.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from policypack.core.policy import Kind, Outcome, Severity
from policypack.evaluation.places import fingerprint
from policypack.evaluation.waivers import WaiverProblem
from policypack.frameworks.roll_up import ControlResult, RollUp
from stackguard.reports import NewAccess, Report, Run, Screen, by_reason
from stackguard.reports.ci import Row, row_of, rows, urgency
from stackguard.reports.excerpt import excerpt
from stackguard.reports.formatting import exemption_text, gone_stack, many, name_of, printable, url
from stackguard.reports.frameworks import wording
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
MOST_LABELS = 20
"""The stacks that are named beside an outcome which they share."""
STANDING = "blocks, and did so on the base"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the comment."""

    text: str | Callable[[], str]
    """A function for what may be left out, so that it is not even made."""
    rank: tuple[int, int] | None = None
    """How soon it is left out: the highest first; None stays."""

    def __str__(self) -> str:
        return self.text if isinstance(self.text, str) else self.text()


@dataclass(frozen=True, slots=True)
class Sorted:
    """The rows of one stack, by what they are for a reviewer, each time the most urgent first."""

    new: list[Row]
    """All that blocks, if there is no comparison."""
    standing: list[Row]
    """What blocks, and did so on the base."""
    others: list[Row]
    fixed: list[Row]

    def without(self, shared: Collection[int]) -> Sorted:
        """Those that are not shown for several stacks."""
        new, standing = ([row for row in rows if id(row) not in shared] for rows in (self.new, self.standing))
        return Sorted(new, standing, self.others, self.fixed)


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as a comment."""
    blocks = [*_blocks(run)]
    texts = {index: str(block) for index, block in enumerate(blocks) if block.rank is None}
    space = MOST_BYTES - len("".join(texts.values()).encode()) - len(_left_out(len(blocks)))
    optional = sorted(
        (index for index in range(len(blocks)) if index not in texts), key=lambda at: blocks[at].rank or ()
    )
    for number, index in enumerate(optional):
        text = str(blocks[index])
        space -= len(text.encode())
        if space < 0:
            texts[len(blocks)] = _left_out(len(optional) - number)
            break
        texts[index] = text
    return "".join(texts[index] for index in sorted(texts))


def _left_out(count: int) -> str:
    noun = "entries are" if count != 1 else "entry is"
    return f"<p>{count} less severe {noun} left out, because a comment is limited; the other reports have all.</p>\n"


def _blocks(run: Run) -> Iterator[Block]:
    yield Block(f"{MARKER}\n## Stackguard: {_verdict(run)}\n\n")
    for labels, failed in islice(by_reason(run.failed), MOST_STACKS):
        yield Block(f"<p><b>cannot judge</b> {_code(labels)}: {_prose(failed.message)}</p>\n\n")
    worst = sorted(run.reports, key=lambda report: (-report.exit_code, -sum(map(report.blocks, report.outcomes))))
    by_report: dict[int, list[Row]] = {}
    for row in rows(run):
        by_report.setdefault(id(row.report), []).append(row)
    by_stack = [(report, _sorted(report, by_report.get(id(report), []))) for report in worst]
    shared = [*_shared(by_stack)] if run.several else []
    if shared:
        yield Block("<h3>Several stacks</h3>\n\n")
    yield from (_unfolded(rows[0], remark, [row.report.label for row in rows]) for remark, rows in shared)
    shown = {id(row) for _, rows in shared for row in rows}
    for report, of_stack in by_stack[:MOST_STACKS]:
        if run.several:
            yield Block(f"<h3>{_code(report.label)}</h3>\n\n")
        yield from _stack(report, of_stack, shown)
    if len(worst) > MOST_STACKS:
        yield Block(f"<p>{many(len(worst) - MOST_STACKS, 'more stack')} with less to report.</p>\n\n")
    for stack, count in run.gone.items():
        yield Block(f"<p>{_prose(gone_stack(stack, count))}</p>\n\n")
    for rolled_up in run.frameworks:
        yield from _framework(rolled_up)
    yield from _folded(
        many(len(run.problems), "waiver") + " to edit",
        ((partial(_problem, problem), 0) for problem in run.problems),
        0,
    )
    yield Block(f"<p><sub>{html.escape(_provenance(run))}</sub></p>\n")


def _framework(rolled_up: RollUp) -> Iterator[Block]:
    """The counts of a framework's controls, which unfold to those about which something is reported."""
    title = f"{_prose(wording.name(rolled_up.framework))}: {wording.counts(rolled_up)}"
    reported = rolled_up.of(*wording.OPEN)
    if reported:
        yield from _folded(title, ((partial(_control, result), Severity.LOW.rank) for result in reported), 4)
    else:
        yield Block(f"<p>{title}</p>\n\n")


def _control(result: ControlResult) -> str:
    return (
        f"<b>{wording.label(result.status)}</b> {_prose(wording.control(result))} (by {_prose(wording.came(result))})"
    )


def _problem(problem: WaiverProblem) -> str:
    return f"<b>{problem.kind}</b> {_code(problem.source)}: {_prose(problem.message)}"


def _verdict(run: Run) -> str:
    blocking = sum(report.blocks(outcome) for report in run.reports for outcome in report.condensed)
    new = [
        outcome
        for report in run.reports
        if report.change and not report.change.problem
        for outcome in report.change.condensed.new
        if report.blocks(outcome)
    ]
    if run.exit_code == 2:
        return "not everything could be judged"
    if new:
        return f"{many(len(new), 'new outcome')} that {'blocks' if len(new) == 1 else 'block'}"
    if blocking:
        compared = all(report.change and not report.change.problem for report in run.reports)
        too = ", and did so on the base" if compared else ""
        return f"{many(blocking, 'outcome')} that {'blocks' if blocking == 1 else 'block'}{too}"
    return "waivers to edit" if run.exit_code else "nothing blocks"


def _provenance(run: Run) -> str:
    provenance = run.provenance
    commit = f", commit {printable(provenance.commit[:12])}" if provenance.commit else ""
    version = provenance.versions.get("stackguard", "")
    return f"judged in {provenance.seconds:.1f} s by stackguard {version}{commit}"


def _sorted(report: Report, of_stack: Sequence[Row]) -> Sorted:
    change = report.change and report.change.condensed
    if change is None or change.problem:
        return Sorted([row for row in of_stack if row.blocks], [], [row for row in of_stack if not row.blocks], [])
    as_rows = {id(row.outcome): row for row in of_stack}
    new, unchanged = (
        sorted(
            (as_rows.get(id(outcome)) or row_of(outcome, report) for outcome in outcomes if not outcome.exemption),
            key=urgency,
        )
        for outcomes in (change.new, change.unchanged)
    )
    standing, others = ([row for row in unchanged if row.blocks is blocks] for blocks in (True, False))
    return Sorted(new, standing, others, [row_of(outcome, report) for outcome in change.fixed])


def _shared(by_stack: Iterable[tuple[Report, Sorted]]) -> list[tuple[str, list[Row]]]:
    """The rows that several stacks have in common, with a remark: the same outcome at the same place of the source."""
    shared: dict[Hashable, list[Row]] = {}
    for _, of_stack in by_stack:
        seen: Counter[Hashable] = Counter()
        for remark, listed in (("", of_stack.new), (STANDING, of_stack.standing)):
            for row in listed:
                outcome = row.outcome
                key = remark, fingerprint(outcome), outcome.message, outcome.fix, row.blocks, row.file, row.line
                seen[key] += 1  # of equal ones of one stack, each is one of its own
                shared.setdefault((seen[key], key), []).append(row)
    several = [(key[1][0], rows) for key, rows in shared.items() if len(rows) > 1]  # type: ignore[index]
    return sorted(several, key=lambda entry: (bool(entry[0]), urgency(entry[1][0])))


def _stack(report: Report, of_stack: Sorted, shown: Collection[int]) -> Iterator[Block]:
    """What is to say about one stack; the rows that are shown for several are only counted."""
    change, rest = report.change, of_stack.without(shown)
    compared = change is not None and not change.problem
    if change is not None and change.problem:
        yield Block(f"<p>No comparison: {_prose(change.problem)}</p>\n\n")
    if change is not None and compared:
        counts = f"<b>{len(of_stack.new)} new</b>, {len(of_stack.fixed)} fixed"
        counts += f", {len(of_stack.standing) + len(of_stack.others)} unchanged"
        counts += f" ({len(of_stack.standing)} of them blocking)" if of_stack.standing else ""
        remark = f" ({_prose(change.remark)})" if change.remark else ""
        access = f", {many(len(change.access), 'kind')} of new access" if change.access else ""
        yield Block(f"<p>Against {_code(change.base)}{remark}: {counts}{access}</p>\n\n")
    yield from map(_unfolded, rest.new)
    yield from (_unfolded(row, STANDING) for row in rest.standing)
    if change is not None:
        yield from _access(change.access)
    yield from _list("Fixed", of_stack.fixed, 3, placed=False)
    yield from _list("Unchanged" if compared else "Does not block", of_stack.others, 2)
    for number, (kind, title) in enumerate((("waived", "Waived"), ("baselined", "In the baseline"))):
        exempt = [outcome for outcome in report.condensed if outcome.exemption and outcome.exemption.kind == kind]
        lines = ((partial(_exempt, outcome), outcome.policy.severity.rank) for outcome in exempt)
        yield from _folded(f"{title} ({len(exempt)})", lines, 4 + number)
    yield Block(f"<p>{_counts(report)}</p>\n\n")


def _counts(report: Report) -> str:
    parts = [f"{violations([report])} in {many(report.resources, 'resource')}"]
    if report.exempt["baselined"]:
        parts.append(f"{report.exempt['baselined']} in the baseline")
    if report.gone:
        parts.append(f"{report.gone} gone from the baseline (<code>stackguard baseline --prune</code>)")
    return "; ".join(parts)


def _unfolded(row: Row, remark: str = "", stacks: Sequence[str] = ()) -> Block:
    """An outcome whose details unfold, with a remark about it, and the stacks that have it if these are several."""
    return Block(lambda: _details(row, remark, stacks), (int(bool(remark)), -row.outcome.policy.severity.rank))


def _details(row: Row, remark: str, stacks: Sequence[str]) -> str:
    outcome = row.outcome
    lines = [_prose(outcome.message)]
    if stacks:
        more = f" and {len(stacks) - MOST_LABELS} more" if len(stacks) > MOST_LABELS else ""
        lines.insert(0, f"<b>in:</b> {', '.join(map(_code, stacks[:MOST_LABELS]))}{more}")
    if statement := excerpt(outcome):
        marked = (f"{'>' if mark else ' '} {html.escape(line)}" for mark, line in statement)
        lines.append("<pre>" + "\n".join(marked) + "</pre>")
    lines.append(f"<b>fix:</b> {_prose(outcome.fix)}")
    see = [_code(f"stackguard explain {outcome.policy.id}")] if outcome.policy.bad else []  # another pack's has no card
    if (address := printable(url(outcome.policy))) and LINK.fullmatch(address):
        see.append(f'<a href="{html.escape(address)}">more</a>')
    if see:
        lines.append(f"<b>see:</b> {', '.join(see)}")
    lines.append(_code(f"{row.file}:{row.line}"))
    body = "<br>\n".join(lines)
    remarks = [remark or ("" if row.blocks else "does not block"), many(len(stacks), "stack") if stacks else ""]
    said = ", ".join(filter(None, remarks))
    return f"<details>\n<summary>{_line(row)}{said and f' ({said})'}</summary>\n{body}\n</details>\n\n"


def _line(row: Row) -> str:
    where = " ".join(filter(None, (name_of(row.outcome.resource.urn), row.outcome.path)))
    return f"<b>{row.label}</b> {_code(row.outcome.policy.id)} {_code(where)}"


def _list(title: str, listed: Sequence[Row], group: int, *, placed: bool = True) -> Iterator[Block]:
    """Outcomes of which each is a line of a list that unfolds."""

    def line(row: Row) -> str:
        return _line(row) + (f" {_code(f'{row.file}:{row.line}')}" if placed else "")

    lines = ((partial(line, row), row.outcome.policy.severity.rank) for row in listed)
    yield from _folded(f"{title} ({len(listed)})", lines, group)


def _folded(title: str, lines: Iterable[tuple[Callable[[], str], int]], group: int) -> Iterator[Block]:
    """A list that unfolds, of lines with their ranks; no lines are no list."""
    blocks = [Block(partial(_item, line), (group, -rank)) for line, rank in lines]
    if blocks:
        yield Block(f"<details>\n<summary>{title}</summary>\n<ul>\n")
        yield from blocks
        yield Block("</ul>\n</details>\n\n")


def _item(line: Callable[[], str]) -> str:
    return f"<li>{line()}</li>\n"


def _access(access: Sequence[NewAccess]) -> Iterator[Block]:
    def line(entry: NewAccess) -> str:
        request = _prose(str(entry.witness or entry.why))
        by = ", ".join(filter(None, (name_of(entry.by), entry.path)))
        return f"<b>{_prose(entry.verdict)}</b> {_code(name_of(entry.holder))}: {request} (by {_code(by)})"

    yield from _folded(f"New access ({len(access)})", ((partial(line, entry), ACCESS_RANK) for entry in access), 0)


def _exempt(outcome: Outcome) -> str:
    assert outcome.exemption
    label = outcome.policy.severity if outcome.kind is Kind.VIOLATION else outcome.kind
    where = " ".join(filter(None, (name_of(outcome.resource.urn), outcome.path)))
    more = exemption_text(outcome.exemption)
    return f"<b>{label}</b> {_code(outcome.policy.id)} {_code(where)}{more and f': {_prose(more)}'}"


def _code(text: str) -> str:
    return f"<code>{html.escape(printable(text))}</code>"


def _prose(text: str) -> str:
    """A text whose quotations are code, and whose other words mention nobody."""
    parts = QUOTED.split(printable(text))
    return "".join(
        _code(part) if index % 2 else REFERENCE.sub(r"\1<!-- -->", html.escape(part))
        for index, part in enumerate(parts)
    )
