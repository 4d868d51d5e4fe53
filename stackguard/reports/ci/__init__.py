"""Reports for a CI: a `Run` goes in, what its pages show comes out: test results, annotations, a comment.

All are about the outcomes that are not exempt, in the order of `rows`, with places relative to the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from policypack.core.policy import Kind, Outcome
from policypack.evaluation.places import fingerprint, hashed
from stackguard.reports import Report, Run
from stackguard.reports.fingerprint import identified
from stackguard.reports.formatting import name_of, printable
from stackguard.reports.sarif import line_of, repository


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
    return sorted((row for report in run.reports for row in _rows(report, run)), key=_urgency)


def _urgency(row: Row) -> tuple[bool, bool, int]:
    return not row.blocks, row.outcome.kind is not Kind.ERROR, -row.outcome.policy.severity.rank


def row_of(outcome: Outcome, report: Report) -> Row:
    """One outcome of a report, or of its base, on its own."""
    return Row(report, outcome, *place(outcome, report), fingerprint(outcome))


def _rows(report: Report, run: Run) -> Iterator[Row]:
    live = [outcome for outcome in report.condensed if not outcome.exemption]
    for result in identified(live, report.blocks):
        file, line = place(result.outcome, report)
        of_stack = hashed(result.fingerprint, report.label) if run.several else result.fingerprint
        yield Row(report, result.outcome, file, line, of_stack)


def place(outcome: Outcome, report: Report) -> tuple[str, int]:
    """The file and the line of an outcome's resource, relative to the root of the repository."""
    file, line = line_of(outcome.resource, report)
    return relative(file), line


def relative(file: Path) -> str:
    """An absolute path relative to the root of its repository, in which it may be; printable."""
    root = repository(file.parent)
    return printable((file.relative_to(root) if file.is_relative_to(root) else file).as_posix())
