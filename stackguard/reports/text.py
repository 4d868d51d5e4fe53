"""The report for people: by resource, each violation with its statement and its fix.

Lines are wrapped only on a terminal, so that `grep` finds a policy id and its path on one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.text import Text

from policypack.core.policy import ROOT_TYPE, Kind, Outcome, Resource, Severity
from policypack.evaluation.coverage import summary as without_policy
from policypack.evaluation.grouping import Group, groups, statement_path
from stackguard.notes import Note, NoteKind
from stackguard.reports import Report, Run, Screen
from stackguard.reports.excerpt import excerpt
from stackguard.reports.formatting import name_of, printable, type_of, url
from stackguard.reports.screen import paint, wrapped

STYLES: Mapping[str, str] = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Kind.UNDECIDED: "magenta",
    Kind.ERROR: "bold white on red",
}
KINDS = list(Kind)
INDENT = 4
MAX_NAMES = 3
"""How many resources a note names: a policy that does not apply to one resource rarely applies to the others."""
UNBROKEN = Screen()


def render(run: Run, screen: Screen) -> str:
    """The run as text."""
    if run.several:
        return paint((*_stacks(run, screen), *_problems(run, screen), _total(run)), screen)
    lines = (line for report in run.reports for line in _lines(report, screen))
    return paint((*lines, *_problems(run, screen)), screen)


def _stacks(run: Run, screen: Screen) -> Iterator[Text]:
    """Each stack under a heading of its own; then those that could not be judged."""
    for report in run.reports:
        yield Text(printable(f"{report.stack.in_project} ({report.target})"), "bold underline")
        yield Text()
        yield from _lines(report, screen)
        yield Text()
    for failed in run.failed:
        yield Text(printable(failed.name), "bold underline")
        yield Text()
        yield from wrapped(printable(failed.message), screen, 0, "cannot judge")
        yield Text()


def _total(run: Run) -> Text:
    """The stacks, by what came of them."""
    codes = Counter(report.exit_code for report in run.reports)
    counts = {"clean": codes[0], "with violations": codes[1], "not judged": codes[2] + len(run.failed)}
    listed = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return Text(f"{_many(len(run.reports) + len(run.failed), 'stack')}: {listed}", "bold")


def _problems(run: Run, screen: Screen) -> Iterator[Text]:
    """The waivers that somebody has to edit."""
    for problem in run.problems:
        text = f"{problem.source}: {problem.message}"
        yield from wrapped(printable(text), screen, 0, f"{problem.kind} waiver")


def _lines(report: Report, screen: Screen) -> Iterator[Text]:
    by_resource: dict[str, list[Group]] = {}
    shown = groups(report.outcomes, report.blocks)
    for group in shown:
        by_resource.setdefault(group.first.resource.urn, []).append(group)
    for of_resource in by_resource.values():
        yield from _heading(of_resource[0].first.resource, report)
        for group in sorted(of_resource, key=_order):
            yield Text()
            yield from _group(group, report, screen)
        yield Text()
    if report.notes:
        yield Text("notes", "bold")
        for note in report.notes:
            yield from _note(note, screen)
        yield Text()
    yield _count(report, len(shown))
    if report.without_policy:
        yield from wrapped(printable(without_policy(report.without_policy)), screen, 0)


def _note(note: Note, screen: Screen) -> Iterator[Text]:
    """One note on one line: its subject, the resources, the message."""
    names = [name_of(urn) for urn in note.urns]
    more = len(names) - MAX_NAMES
    where = ", ".join(names) if more <= 0 else f"{', '.join(names[:MAX_NAMES])} and {more} more"
    stack = "the stack" if note.kind in {NoteKind.REMEDIATED, NoteKind.NOT_APPLICABLE} else ""
    text = f"{printable(note.about)}{f' on {where or stack}' if where or stack else ''}: {printable(note.message)}"
    yield from wrapped(text, screen, INDENT // 2, str(note.kind).replace("-", " "))


def _heading(resource: Resource, report: Report) -> Iterator[Text]:
    """The resource, where the program constructs it, and its component."""
    line = Text.assemble((f"{type_of(resource.type)} {printable(resource.name)}", "bold"))
    if resource.position is not None and resource.type != ROOT_TYPE:
        file = Path(resource.position.file)
        place = report.folder / file if report.folder else file
        line.append(f"  {printable(str(place))}:{resource.position.line}", "dim")
    yield line
    if resource.parent and f"::{ROOT_TYPE}::" not in resource.parent:
        yield Text(f"in {name_of(resource.parent)}", "dim")


def _order(group: Group) -> tuple[int, int]:
    return KINDS.index(group.first.kind), -group.first.policy.severity.rank


def _group(group: Group, report: Report, screen: Screen) -> Iterator[Text]:
    """One cause: its outcomes, their fix, and a line for each outcome that follows from it."""
    first, path, statement = group.first, None, None
    for outcome in group.reports:
        if outcome.path != path:
            yield _title(outcome, report)
        yield from wrapped(printable(outcome.message), screen, INDENT)
        if statement_path(outcome.path) != statement and outcome.kind is not Kind.ERROR:
            for marked, text in excerpt(outcome):
                yield Text(f"{'>' if marked else ' ':>{INDENT + 1}} {text}", "bold red" if marked else "dim")
        path, statement = outcome.path, statement_path(outcome.path)
    if first.waits_for:
        yield from wrapped(", ".join(map(name_of, first.waits_for)), screen, INDENT, "waits for")
    yield from wrapped(printable(first.fix), screen, INDENT, "fix")
    if first.kind is Kind.VIOLATION and (address := url(first.policy)):
        yield from wrapped(printable(address), UNBROKEN, INDENT, "see")
    for outcome in group.subsumed:
        place = f" at {outcome.path}" if outcome.path else ""
        text = f"{_label(outcome)} {outcome.policy.id}{place}: {outcome.message}"
        yield from wrapped(printable(text), screen, INDENT, "also")


def _label(outcome: Outcome) -> str:
    """The severity of a violation, or what else the outcome is."""
    return outcome.policy.severity if outcome.kind is Kind.VIOLATION else outcome.kind


def _title(outcome: Outcome, report: Report) -> Text:
    """The severity, the policy and the place of an outcome."""
    label = _label(outcome)
    line = Text.assemble("  ", (label, STYLES[label]), "  ", (outcome.policy.id, "bold"))
    if outcome.path:
        line.append(f"  {printable(outcome.path)}")
    if not report.blocks(outcome):
        line.append("  (below `--fail-on`)" if outcome.blocks else "  (advisory)", "dim")
    return line


def _count(report: Report, reports: int) -> Text:
    judged = f"{_many(report.resources, 'resource')}, {_many(report.policies, 'policy')}"
    if not report.outcomes:
        empty = "" if report.resources else ": there is nothing to judge"
        return Text.assemble(("clean", "bold green"), f": {judged} in {printable(report.target)}{empty}")
    severities = [(severity, report.severities[severity]) for severity in reversed(Severity)]
    listed = ", ".join(f"{count} {severity}" for severity, count in severities if count)
    violations = _many(report.kinds[Kind.VIOLATION], "violation") + (listed and f" ({listed})")
    undecided = sum(outcome.kind is Kind.UNDECIDED for outcome in report.condensed)
    text = f"{violations}, {undecided} undecided, {_many(report.kinds[Kind.ERROR], 'error')} in {judged}"
    not_blocking = sum(not report.blocks(outcome) for outcome in report.condensed)
    remarks = [f"shown as {_many(reports, 'report')}"] if reports < len(report.condensed) else []
    remarks += [f"{not_blocking} of them do not block"] if not_blocking else []
    return Text.assemble((text, "bold"), "".join(f"; {remark}" for remark in remarks))


def _many(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{count} {noun}s"
