"""The report for people: by resource and statement, the most severe first, each violation with its fix.

Lines are wrapped only on a terminal, so that `grep` finds a policy id and its path on one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from policypack.core.policy import ROOT_TYPE, UNKNOWN_VALUE, Kind, Outcome, Position, Resource, Severity
from policypack.evaluation.coverage import summary as without_policy
from policypack.evaluation.grouping import Group, groups, statement_path, waits_for_value
from policypack.evaluation.places import extent, fingerprint
from stackguard.notes import Note, NoteKind
from stackguard.reports import Change, Detail, Report, Run, Screen, by_reason
from stackguard.reports.evidence import Came
from stackguard.reports.excerpt import excerpt
from stackguard.reports.formatting import exemption_text, gone_stack, many, name_of, printable, type_of, url
from stackguard.reports.frameworks.section import section
from stackguard.reports.screen import Text, paint, wrapped
from stackguard.reports.statistics import statistics

STYLES: Mapping[str, str] = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Kind.UNDECIDED: "magenta",
    Kind.ERROR: "bold white on red",
}
KINDS = (Kind.ERROR, Kind.VIOLATION, Kind.UNDECIDED)
"""In the order of the report."""
INDENT = 4
MAX_NAMES = 3
"""How many resources a note names: a policy that does not apply to one resource rarely applies to the others."""
MAX_CALLERS = 3
"""How many callers of a constructor are named: the innermost."""
UNBROKEN = Screen()


def render(run: Run, screen: Screen) -> str:
    """The run as text."""
    return paint(_run(run, screen), screen)


def _run(run: Run, screen: Screen) -> Iterator[Text]:
    for report in run.reports:
        if run.several and screen.detail is Detail.QUIET and report.exit_code == 0:
            continue
        if run.several:
            yield Text(f"== {printable(report.label)}", "bold underline")
            yield Text()
        yield from _lines(report, screen)
        if run.several:
            yield Text()
    for labels, failed in by_reason(run.failed):
        yield from wrapped(f"{printable(labels)}: {printable(failed.message)}", screen, 0, "cannot judge")
    for problem in run.problems:
        yield from wrapped(printable(f"{problem.source}: {problem.message}"), screen, 0, f"{problem.kind} waiver")
    yield from _frameworks(run, screen)
    if screen.statistics:
        yield Text()
        yield from (Text(line) for line in statistics(run))
        yield Text()
    if run.several:
        yield _total(run)
    yield from _not_there(run, screen)
    if screen.detail is not Detail.QUIET:
        yield from wrapped(_provenance(run, screen), screen, 0)


def _frameworks(run: Run, screen: Screen) -> Iterator[Text]:
    if run.frameworks and not run.several:
        yield Text()
    for rolled_up in run.frameworks:
        yield from section(rolled_up, screen)
        yield Text()


def _provenance(run: Run, screen: Screen) -> str:
    """How the run came about: the last line."""
    provenance, verbose = run.provenance, screen.detail is Detail.VERBOSE
    versions = [f"{package} {version}" for package, version in provenance.versions.items()]
    by = ", ".join(versions if verbose else versions[:2])
    parts = [f"judged in {provenance.seconds:.1f} s", f"by {by}" if by else ""]
    if verbose:
        parts += [
            f"at commit {provenance.commit}" if provenance.commit else "",
            f"on {provenance.started:%Y-%m-%d %H:%M:%S} UTC",
            f"with settings {provenance.settings}" if provenance.settings else "",
        ]
    return printable(" ".join(filter(None, parts)))


def _lines(report: Report, screen: Screen) -> Iterator[Text]:
    live = [outcome for outcome in report.outcomes if not outcome.exemption]
    shown = groups(live, report.blocks)
    for of_resource in _by_resource(shown, report, screen):
        yield from _heading(of_resource[0].first.resource, report)
        for of_statement in _by_statement(of_resource):
            yield Text()
            yield from _statement(of_statement, report, screen)
        yield Text()
    if screen.detail is Detail.QUIET:
        yield _count(report, len(shown))
        return
    if report.notes:
        yield Text("notes", "bold")
        for note in report.notes:
            yield from _note(note, screen)
        yield Text()
    yield from _exempt(report, screen)
    yield _count(report, len(shown))
    if report.change:
        yield from wrapped(_change(report.change.condensed), screen, 0)
    if report.gone:
        yield from wrapped(_gone(report.gone), screen, 0)
    if report.without_policy:
        yield from wrapped(printable(without_policy(report.without_policy)), screen, 0)
    if report.evidence:
        yield from wrapped(_judged(report), screen, 0)


def _not_there(run: Run, screen: Screen) -> Iterator[Text]:
    """What the baseline has of stacks that are not there; with `--quiet`, also how much of the others is gone."""
    gone = sum(report.gone for report in run.reports)
    if gone and screen.detail is Detail.QUIET:
        yield from wrapped(_gone(gone), screen, 0)
    for stack, count in run.gone.items():
        yield from wrapped(gone_stack(stack, count), screen, 0)


def _gone(count: int) -> str:
    """How many violations of the baseline are not there any more."""
    gone = f"{many(count, 'violation')} of the baseline {'is' if count == 1 else 'are'} gone"
    return f"{gone}; `stackguard baseline --prune` removes what is gone from the file"


def _judged(report: Report) -> str:
    """What came of the policies: that there are passes shows that a clean stack was judged."""
    came = report.came
    judged = [f"{came[Came.PASS]:,} {'pass' if came[Came.PASS] == 1 else 'passes'}"]
    judged.append(f"{came[Came.VIOLATION]:,} violation{'' if came[Came.VIOLATION] == 1 else 's'}")
    more = (Came.UNDECIDED, Came.ERROR, Came.WAIVED, Came.BASELINED, Came.EXCUSED)
    judged += [f"{came[kind]:,} {kind}" for kind in more if came[kind]]
    absent = [f"{came[kind]} {kind.replace('-', ' ')}" for kind in (Came.DISABLED, Came.NOT_SELECTED) if came[kind]]
    ran = len(report.evidence) - came[Came.DISABLED] - came[Came.NOT_SELECTED]
    by = f"{came[Came.NOT_APPLICABLE]:,} not applicable by {many(ran, 'policy')}"
    return "; ".join((f"judged: {', '.join((*judged, by))}", *absent))


def _change(change: Change) -> str:
    """The counts of a comparison with the base."""
    if change.problem:
        return f"no comparison: {printable(change.problem)}"
    counts = f"{len(change.new)} new, {len(change.fixed)} fixed, {len(change.unchanged)} unchanged"
    access = f", {many(len(change.access), 'kind')} of new access" if change.access else ""
    return f"against {printable(change.base)}: {counts}{access}"


def _by_resource(shown: Iterable[Group], report: Report, screen: Screen) -> Iterator[list[Group]]:
    """The groups of each resource, the most severe first; with `--quiet` only groups that block."""
    by_resource: dict[str, list[Group]] = {}
    for group in shown:
        if screen.detail is not Detail.QUIET or any(map(report.blocks, (*group.reports, *group.subsumed))):
            by_resource.setdefault(group.first.resource.urn, []).append(group)
    ordered = [sorted(of_resource, key=_order) for of_resource in by_resource.values()]
    yield from sorted(ordered, key=lambda of_resource: _order(of_resource[0]))


def _by_statement(of_resource: Sequence[Group]) -> Iterator[list[Group]]:
    """The groups of one statement of a policy document together; any other group is alone."""
    by_statement: dict[object, list[Group]] = {}
    for index, group in enumerate(of_resource):
        by_statement.setdefault(statement_path(group.first.path) or index, []).append(group)
    yield from by_statement.values()


def _order(group: Group) -> tuple[int, int]:
    severities = [outcome.policy.severity.rank for outcome in (*group.reports, *group.subsumed)]
    return KINDS.index(group.first.kind), -max(severities)


def _note(note: Note, screen: Screen) -> Iterator[Text]:
    """One note on one line: its subject, the resources, the message."""
    names = [name_of(urn) for urn in note.urns]
    more = 0 if screen.detail is Detail.VERBOSE else len(names) - MAX_NAMES
    where = ", ".join(names) if more <= 0 else f"{', '.join(names[:MAX_NAMES])} and {more} more"
    stack = "the stack" if note.kind in {NoteKind.REMEDIATED, NoteKind.NOT_APPLICABLE} else ""
    text = f"{printable(note.about)}{f' on {where or stack}' if where or stack else ''}: {printable(note.message)}"
    yield from wrapped(text, screen, INDENT // 2, str(note.kind).replace("-", " "))


def _exempt(report: Report, screen: Screen) -> Iterator[Text]:
    """A line for each waived outcome, and the number of those in the baseline; with `--verbose` each with its message."""
    shown = [
        outcome
        for outcome in report.condensed
        if outcome.exemption and (outcome.exemption.kind == "waived" or screen.detail is Detail.VERBOSE)
    ]
    for outcome in shown:
        assert outcome.exemption
        where = " ".join(filter(None, (name_of(outcome.resource.urn), printable(outcome.path))))
        text = f"{_label(outcome)} {printable(outcome.policy.id)} on {where}"
        if more := exemption_text(outcome.exemption):
            text += f": {more}"
        yield from wrapped(text, screen, 0, outcome.exemption.kind)
        if screen.detail is Detail.VERBOSE:
            yield from wrapped(printable(outcome.message), screen, INDENT)
            for start in _waivers(outcome, report) if outcome.exemption.kind == "baselined" else ():
                yield from wrapped(printable(start), UNBROKEN, INDENT, "waiver")
    hidden = sum(report.exempt.values()) - len(shown)
    if hidden:
        yield from wrapped(f"{many(hidden, 'outcome')} in the baseline; `--verbose` lists them", screen, 0)
    if report.exempt:
        yield Text()


def _heading(resource: Resource, report: Report) -> Iterator[Text]:
    """The resource, where the program constructs it, its component, and the calls that lead there."""
    line = Text.assemble((f"{type_of(resource.type)} {printable(resource.name)}", "bold"))
    if resource.position is not None and resource.type != ROOT_TYPE:
        line.append(f"  {_place(report.positions.shown(resource.position))}", "dim")
    yield line
    in_component = resource.parent and f"::{ROOT_TYPE}::" not in resource.parent
    calls = ", ".join(_place(report.positions.shown(call)) for call in resource.callers[:MAX_CALLERS])
    remarks = [f"in {name_of(resource.parent)}"] if in_component else []
    remarks += [f"called at {calls}"] if calls else []
    if remarks:
        yield Text(", ".join(remarks), "dim")


def _place(position: Position) -> str:
    return f"{printable(position.file)}:{position.line}"


def _statement(of_statement: Sequence[Group], report: Report, screen: Screen) -> Iterator[Text]:
    """The causes in one statement; the first shows it, with the elements of all."""
    unshown: dict[str, list[Outcome]] = {}
    for outcome in (outcome for group in of_statement for outcome in group.reports if outcome.kind is not Kind.ERROR):
        unshown.setdefault(statement_path(outcome.path), []).append(outcome)
    for number, group in enumerate(of_statement):
        if number:
            yield Text()
        path = None
        for outcome in group.reports:
            if outcome.path != path:
                yield _title(outcome, report)
            yield from wrapped(printable(outcome.message), screen, INDENT)
            path = outcome.path
            marks = unshown.pop(statement_path(path), ()) if outcome.kind is not Kind.ERROR else ()
            for marked, text in excerpt(*marks) if marks else ():
                yield Text(f"{'>' if marked else ' ':>{INDENT + 1}} {text}", "bold red" if marked else "dim")
        if screen.detail is Detail.VERBOSE:
            for text in dict.fromkeys(text for outcome in group.reports for text in _waivers(outcome, report)):
                yield from wrapped(printable(text), UNBROKEN, INDENT, "waiver")
        yield from _advice(group, screen)


def _waivers(outcome: Outcome, report: Report) -> Iterator[str]:
    """The start of a waiver that accepts an outcome, none for a crash; of a summary, for each of its places."""
    if "fingerprints" not in report.memo:
        report.memo["fingerprints"] = {id(row.outcome): row.fingerprint for row in report.identified}
    if outcome.kind is Kind.ERROR:
        return
    of = f"{{type: {json.dumps(outcome.resource.type)}, name: {json.dumps(outcome.resource.name)}}}"
    if outcome.policy.id == UNKNOWN_VALUE:
        prints = [
            fingerprint(replace(other, policy=outcome.policy))
            for other in report.outcomes
            if waits_for_value(other)
            and (other.resource.urn, other.path) == (outcome.resource.urn, outcome.path)
            and other.exemption == outcome.exemption
        ]
    else:
        prints = [report.memo["fingerprints"][id(outcome)]]
    parts = extent(outcome) if outcome.kind is Kind.VIOLATION else ""
    more = f', parts: "{parts}"' if parts else ""
    for print_ in dict.fromkeys(prints):
        yield f"{{policy: {outcome.policy.id}, resource: {of}, finding: {print_}{more}}}"


def _advice(group: Group, screen: Screen) -> Iterator[Text]:
    """The fix of one cause, where to read more, and a line for each outcome that follows from it."""
    first = group.first
    if first.waits_for:
        yield from wrapped(", ".join(map(name_of, first.waits_for)), screen, INDENT, "waits for")
    yield from wrapped(printable(first.fix), screen, INDENT, "fix")
    if first.kind is Kind.VIOLATION:
        explain = (
            f"`stackguard explain {first.policy.id}`" if first.policy.bad else ""
        )  # another pack's has no examples
        if more := ", ".join(filter(None, (explain, url(first.policy)))):
            yield from wrapped(printable(more), UNBROKEN, INDENT, "see")
    for outcome in group.subsumed:
        place = f" at {outcome.path}" if outcome.path else ""
        of = "" if outcome.resource.urn == first.resource.urn else f" of {name_of(outcome.resource.urn)}"
        text = f"{_label(outcome)} {outcome.policy.id}{place}{of}: {outcome.message}"
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
    if stated := report.positions.shown_lines(outcome).stated:
        line.append(f"  {_place(stated)}", "dim")
    if not report.blocks(outcome):
        line.append("  (below `--fail-on`)" if outcome.blocks else "  (advisory)", "dim")
    return line


def _count(report: Report, reports: int) -> Text:
    judged = f"{many(report.resources, 'resource')}, {many(report.policies, 'policy')}"
    if not report.outcomes:
        empty = "" if report.resources else ": there is nothing to judge"
        return Text.assemble(("clean", "bold green"), f": {judged} in {printable(report.target)}{empty}")
    condensed = [outcome for outcome in report.condensed if not outcome.exemption]
    not_blocking = sum(not report.blocks(outcome) for outcome in condensed)
    remarks = [f"shown as {many(reports, 'report')}"] if reports < len(condensed) else []
    remarks += [f"{report.exempt['waived']} of them waived"] if report.exempt["waived"] else []
    remarks += [f"{report.exempt['baselined']} of them in the baseline"] if report.exempt["baselined"] else []
    remarks += [f"{not_blocking} of them {'does' if not_blocking == 1 else 'do'} not block"] if not_blocking else []
    text = f"{violations([report])} in {judged}"
    return Text.assemble((text, "bold"), "".join(f"; {remark}" for remark in remarks))


def violations(reports: Sequence[Report]) -> str:
    """The counts of outcomes: `3 violations (1 critical, 2 low), 1 undecided, 0 errors`."""
    severities = [(severity, sum(report.severities[severity] for report in reports)) for severity in reversed(Severity)]
    listed = ", ".join(f"{count} {severity}" for severity, count in severities if count)
    total = many(sum(report.kinds[Kind.VIOLATION] for report in reports), "violation")
    undecided = sum(outcome.kind is Kind.UNDECIDED for report in reports for outcome in report.condensed)
    errors = many(sum(report.kinds[Kind.ERROR] for report in reports), "error")
    return f"{total}{listed and f' ({listed})'}, {undecided} undecided, {errors}"


def _named(stacks: Sequence[str]) -> str:
    return f" ({', '.join(stacks)})" if stacks else ""


def _total(run: Run) -> Text:
    """The counts of all stacks."""
    blocked = [printable(report.label) for report in run.reports if report.exit_code]
    clean = len(run.reports) - len(blocked)
    text = f"{many(len(run.reports) + len(run.failed), 'stack')}: {clean} pass, {len(blocked)} do not{_named(blocked)}"
    if run.failed:
        text += f", {len(run.failed)} could not be judged{_named([printable(failed.label) for failed in run.failed])}"
    return Text(f"{text}; {violations(run.reports)}", "bold")
