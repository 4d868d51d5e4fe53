"""Reports for a CI: a `Run` goes in, what its pages show comes out: test results, annotations, a comment.

All are about the outcomes that are not exempt, in the order of `rows`, with places relative to the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policypack.core.policy import Kind, Outcome
from policypack.evaluation.places import fingerprint, hashed
from stackguard.reports import Report, Run
from stackguard.reports.formatting import name_of, printable
from stackguard.reports.places import place_of


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome with what a CI needs of it."""

    report: Report
    outcome: Outcome
    file: str
    """Relative to the root of the repository; absolute outside of it."""
    line: int
    fingerprint: str
    """Distinct in the whole run."""

    @property
    def blocks(self) -> bool:
        """Whether it closes the gate."""
        return self.report.blocks(self.outcome)

    @property
    def label(self) -> str:
        """The severity of a violation, or what else the outcome is."""
        return str(self.outcome.policy.severity if self.outcome.kind is Kind.VIOLATION else self.outcome.kind)

    @property
    def where(self) -> str:
        """The resource and the path in it."""
        return ", ".join(filter(None, (name_of(self.outcome.resource.urn), printable(self.outcome.path))))

    @property
    def text(self) -> str:
        """The place and the message, on one line."""
        return f"{self.where}: {printable(self.outcome.message)}"


def rows(run: Run) -> list[Row]:
    """The outcomes that are not exempt, one for each unknown value: what blocks first, then the most severe."""
    return sorted((row for report in run.reports for row in _of(report, run)), key=urgency)


def urgency(row: Row) -> tuple[bool, bool, int]:
    """The order of rows: what blocks first, then crashes, then the most severe."""
    return not row.blocks, row.outcome.kind is not Kind.ERROR, -row.outcome.policy.severity.rank


def row_of(outcome: Outcome, report: Report) -> Row:
    """One outcome of a report, or of its base, on its own."""
    return Row(report, outcome, *place(outcome, report), fingerprint(outcome))


def _of(report: Report, run: Run) -> list[Row]:
    key = "rows", run.several
    if key not in report.memo:
        report.memo[key] = [*_rows(report, run)]
    of_report: list[Row] = report.memo[key]
    return of_report


def _rows(report: Report, run: Run) -> Iterator[Row]:
    for result in report.identified_live:
        file, line = place(result.outcome, report)
        of_stack = hashed(result.fingerprint, report.label, report.target) if run.several else result.fingerprint
        yield Row(report, result.outcome, file, line, of_stack)


def place(outcome: Outcome, report: Report) -> tuple[str, int]:
    """The file and the line of an outcome's resource, relative to the root of the repository."""
    at, line = place_of(outcome, report)
    return at.relative, line
