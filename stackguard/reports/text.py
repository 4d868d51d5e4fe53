"""The report for people: by resource, each violation with the statement that it is about and its fix.

Off a terminal every line stands unwrapped, so that a policy id and its path are found by one `grep`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from policypack.evaluate import MAKE_KNOWN
from policypack.policy import Kind, Outcome, Resource, Severity
from stackguard.reports import Report, Screen
from stackguard.reports.excerpt import excerpt
from stackguard.reports.model import summary
from stackguard.reports.words import message, name_of, printable, type_of, url

STYLES: Mapping[str, str] = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Kind.UNDECIDED: "magenta",
    Kind.ERROR: "bold white on red",
}
KINDS = list(Kind)
ROOT = "pulumi:pulumi:Stack"


def render(report: Report, screen: Screen) -> str:
    """The report as text."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=screen.width,
        force_terminal=True if screen.terminal else None,
        highlight=False,
        emoji=False,
        markup=False,
    )
    by_resource: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        by_resource.setdefault(outcome.resource.urn, []).append(outcome)
    for outcomes in by_resource.values():
        console.print(_resource(outcomes, report), soft_wrap=not screen.terminal)
        console.print()
    console.print(_count(report), soft_wrap=not screen.terminal)
    return out.getvalue()


def _resource(outcomes: Sequence[Outcome], report: Report) -> Group:
    resource = outcomes[0].resource
    head = _line(
        (type_of(resource.type), "bold"),
        (" ", ""),
        (printable(resource.name), "bold"),
        (_position(resource, report), "dim"),
    )
    parts: list[RenderableType] = [head]
    if parent := _parent(resource):
        parts.append(_line((f"in {parent}", "dim")))
    for block in _blocks(outcomes):
        parts += _block(block, report)
    return Group(*parts)


def _position(resource: Resource, report: Report) -> str:
    if resource.position is None or resource.type == ROOT:
        return ""
    file = Path(resource.position.file)
    return f"  {printable(str(report.folder / file if report.folder else file))}:{resource.position.line}"


def _parent(resource: Resource) -> str:
    """The component that holds the resource; the stack itself goes without saying."""
    return "" if not resource.parent or f"::{ROOT}::" in resource.parent else name_of(resource.parent)


def _blocks(outcomes: Sequence[Outcome]) -> Iterator[Sequence[Outcome]]:
    """Violations first and worst first; all policies that wait for the same value are one block."""
    ordered = sorted(outcomes, key=lambda each: (KINDS.index(each.kind), -each.policy.severity.rank))
    waiting: dict[tuple[str, str, str], list[Outcome]] = {}
    for outcome in ordered:
        if outcome.kind is Kind.UNDECIDED:
            waiting.setdefault((outcome.path, outcome.message, outcome.enforcement), []).append(outcome)
    for outcome in ordered:
        if outcome.kind is not Kind.UNDECIDED:
            yield (outcome,)
        elif outcome is (block := waiting[outcome.path, outcome.message, outcome.enforcement])[0]:
            yield block


def _block(outcomes: Sequence[Outcome], report: Report) -> Iterator[RenderableType]:
    first = outcomes[0]
    label = first.policy.severity if first.kind is Kind.VIOLATION else first.kind
    ids = " ".join(dict.fromkeys(outcome.policy.id for outcome in outcomes))
    notes = "" if any(map(report.blocks, outcomes)) else "  (advisory)" if not first.blocks else "  (below --fail-on)"
    yield Text()
    yield Padding(
        _line(
            (label, STYLES[label]), ("  ", ""), (ids, "bold"), ("  ", ""), (printable(first.path), ""), (notes, "dim")
        ),
        (0, 0, 0, 2),
    )
    yield from _prose(first, outcomes)
    yield from _statement(first)
    yield from _advice(first, outcomes)


def _prose(first: Outcome, outcomes: Sequence[Outcome]) -> Iterator[RenderableType]:
    text = message(first)
    if first.kind is Kind.UNDECIDED:
        text = text.removesuffix(f"; {MAKE_KNOWN}")
        if len(outcomes) > 1:
            text = text.replace("this policy cannot judge it", f"{len(outcomes)} policies cannot judge it")
    yield Padding(Text(text), (0, 0, 0, 4))


def _statement(outcome: Outcome) -> Iterator[RenderableType]:
    if outcome.kind is Kind.ERROR:
        return
    for to_blame, line in excerpt(outcome):
        mark, style = (">", "bold red") if to_blame else (" ", "dim")
        yield Padding(_line((f"{mark} {line}", style)), (0, 0, 0, 4))


def _advice(first: Outcome, outcomes: Sequence[Outcome]) -> Iterator[RenderableType]:
    if first.kind is Kind.ERROR:
        yield _labelled("fix", "report it as a bug of this policy; a policy that crashes is never a pass")
        return
    if first.kind is Kind.UNDECIDED:
        if waits_for := list(dict.fromkeys(urn for outcome in outcomes for urn in outcome.waits_for)):
            yield _labelled("waits for", ", ".join(map(name_of, waits_for)))
        yield _labelled("fix", MAKE_KNOWN)
        return
    yield _labelled("fix", first.policy.fix)
    if address := url(first.policy):
        yield _labelled("see", address)


def _labelled(label: str, text: str) -> Padding:
    return Padding(Text.assemble((f"{label}: ", "green"), text), (0, 0, 0, 4))


def _line(*pieces: tuple[str, str]) -> Text:
    """One line that no width breaks."""
    return Text.assemble(*pieces, no_wrap=True, overflow="ignore")


def _count(report: Report) -> Text:
    counts = summary(report)
    judged = f"{_many(report.resources, 'resource')}, {_many(report.policies, 'policy')}"
    if not report.outcomes:
        empty = "" if report.resources else ": there is nothing to judge"
        return Text.assemble(("clean", "bold green"), f": {judged} in {report.target}{empty}")
    severities = [(severity, getattr(counts.severities, severity)) for severity in reversed(Severity)]
    listed = ", ".join(f"{count} {severity}" for severity, count in severities if count)
    violations = _many(counts.violations, "violation") + (listed and f" ({listed})")
    found = f"{violations}, {counts.undecided} undecided, {_many(counts.errors, 'error')} in {judged}"
    told = sum(not report.blocks(outcome) for outcome in report.outcomes)
    return Text.assemble((found, "bold"), f"; {told} of them only told" if told else "")


def _many(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{count} {noun}s"
