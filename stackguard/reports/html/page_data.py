"""What `page.js` makes the rows from: outcomes that refer to stacks, policies, resources and documents by number."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec

from policypack.core.policy import ROOT_TYPE, Exemption, Kind, Outcome, Policy, Position, Resource, Severity
from policypack.evaluation.grouping import statement_path
from stackguard.card_sections import paragraphs
from stackguard.positions import Lines
from stackguard.reports import Report, Run
from stackguard.reports.formatting import name_of, printable, type_of
from stackguard.reports.html.documents import Document, Span, marked
from stackguard.reports.json import witness_entry
from stackguard.reports.json_types import WitnessEntry

KINDS = [Kind.ERROR, Kind.VIOLATION, Kind.UNDECIDED]
STATUSES = ["blocks", "advisory", "below-fail-on", "baselined", "waived"]

T = TypeVar("T")
Status = Literal["blocks", "advisory", "below-fail-on", "baselined", "waived"]


class PolicyCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the page shows of a card."""

    id: str
    title: str
    why: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


class ResourceEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A resource that has outcomes."""

    type: str
    name: str
    urn: str
    parent: str = ""
    place: str = ""
    """The file and the line at which the program constructs it."""
    calls: tuple[str, ...] = ()
    """The calls that lead there, innermost first."""


class ExemptionEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an outcome does not block."""

    reason: str = ""
    owner: str = ""
    expires: str = ""
    ticket: str = ""
    approver: str = ""
    source: str = ""


class OutcomeEntry(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One outcome. Numbers are indexes into the lists of `PageData`."""

    key: str
    """The anchor of its row."""
    kind: Kind
    status: Status
    severity: Severity
    stack: int
    policy: int
    resource: int
    message: str
    fix: str
    fingerprint: str
    path: str = ""
    within: int = 0
    """The length of the beginning of the path that leads to a statement; 0 if it leads to none."""
    line: str = ""
    """The file and the line of the statement or the property, if the source states it elsewhere than the constructor."""
    owner: str = ""
    """Whoever stands for the waiver, or has added the entry of the baseline."""
    waits_for: tuple[str, ...] = ()
    cause: str = ""
    """The key of the outcome that it follows from."""
    document: int | None = None
    statement: Span | None = None
    element: Span | None = None
    request: WitnessEntry | None = None
    exemption: ExemptionEntry | None = None


class PageData(msgspec.Struct, frozen=True):
    """The data of the page; the outcomes that need somebody first."""

    stacks: tuple[str, ...]
    policies: tuple[PolicyCard, ...]
    resources: tuple[ResourceEntry, ...]
    documents: tuple[Document, ...]
    outcomes: tuple[OutcomeEntry, ...]


class _Table:
    """Values without repetitions, by their numbers."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self._made: dict[int, tuple[object, int]] = {}

    def number(self, value: Hashable) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    def number_of(self, subject: T, make: Callable[[T], Hashable]) -> int:
        """The number of what is made of an object, which thousands of outcomes share."""
        if id(subject) not in self._made:
            self._made[id(subject)] = subject, self.number(make(subject))
        return self._made[id(subject)][1]

    @property
    def values(self) -> tuple[Any, ...]:
        return tuple(self.numbers)


def outcomes(run: Run) -> PageData:
    """The data of a run; undecided outcomes of one value are one."""
    policies, resources, documents = _Table(), _Table(), _Table()
    entries = []
    for stack, report in enumerate(run.reports):
        suffix = f"-{stack}" if len(run.reports) > 1 else ""
        for result in report.identified_condensed:
            outcome, message = result.outcome, printable(result.outcome.message)
            document = marked(outcome) if outcome.kind is not Kind.ERROR else None
            lines = report.positions.shown_lines(outcome)
            entries.append(
                OutcomeEntry(
                    key=f"{result.fingerprint}{suffix}",
                    kind=outcome.kind,
                    status=status(report, outcome),
                    severity=outcome.policy.severity,
                    stack=stack,
                    policy=policies.number_of(outcome.policy, _card),
                    resource=resources.number_of(outcome.resource, partial(_resource, lines=lines)),
                    message=message,
                    fix=printable(outcome.fix),
                    fingerprint=result.fingerprint,
                    path=printable(outcome.path),
                    within=len(printable(statement_path(outcome.path))),
                    line=_place(lines.stated),
                    owner=printable(outcome.exemption.owner) if outcome.exemption else "",
                    waits_for=tuple(map(name_of, outcome.waits_for)),
                    cause=f"{result.cause}{suffix}" if result.cause else "",
                    document=None if document is None else documents.number(document.document),
                    statement=None if document is None else document.statement,
                    element=None if document is None else document.element,
                    request=witness_entry(outcome.witness),
                    exemption=_exemption(outcome.exemption) if outcome.exemption else None,
                )
            )
    cards = policies.values
    entries.sort(key=lambda entry: _order(entry, cards[entry.policy].id))
    stacks = tuple(stack_name(report) for report in run.reports)
    return PageData(stacks, cards, resources.values, documents.values, tuple(entries))


def stack_name(report: Report) -> str:
    """The name of the stack, or the target if its name is unknown."""
    return printable(report.stack.known or report.target)


def status(report: Report, outcome: Outcome) -> Status:
    """Whether an outcome closes the gate, or why it does not."""
    if report.blocks(outcome):
        return "blocks"
    if outcome.exemption:
        return outcome.exemption.kind
    return "below-fail-on" if outcome.blocks else "advisory"


def _order(entry: OutcomeEntry, policy: str) -> tuple[int | str, ...]:
    return (
        STATUSES.index(entry.status),
        KINDS.index(entry.kind),
        -entry.severity.rank,
        policy,
        entry.stack,
        entry.resource,
    )


def _place(position: Position | None) -> str:
    return f"{printable(position.file)}:{position.line}" if position else ""


def _card(policy: Policy[Any]) -> PolicyCard:
    return PolicyCard(
        printable(policy.id),
        printable(policy.title),
        tuple(map(printable, paragraphs(policy.why or ""))),
        tuple(map(printable, policy.references)),
    )


def _resource(resource: Resource, lines: Lines) -> ResourceEntry:
    parent, constructed = resource.parent, resource.type != ROOT_TYPE
    return ResourceEntry(
        type_of(resource.type),
        printable(resource.name),
        printable(resource.urn),
        name_of(parent) if parent and f"::{ROOT_TYPE}::" not in parent else "",
        _place(lines.constructor) if constructed else "",
        tuple(map(_place, lines.callers)) if constructed else (),
    )


def _exemption(exemption: Exemption) -> ExemptionEntry:
    return ExemptionEntry(
        printable(exemption.reason),
        printable(exemption.owner),
        exemption.expires.isoformat() if exemption.expires else "",
        printable(exemption.ticket),
        printable(exemption.approver),
        printable(exemption.source),
    )
