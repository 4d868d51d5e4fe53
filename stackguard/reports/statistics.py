"""Counts of outcomes: a run goes in, lines of a table by policy, severity, service and resource type come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from policypack.core.policy import Kind, Outcome
from stackguard.reports import Run
from stackguard.reports.formatting import printable, type_of


def statistics(run: Run) -> Iterator[str]:
    """The lines; exempt outcomes count too, since they are still there."""
    outcomes = [outcome for report in run.reports for outcome in report.outcomes]
    tables = {
        "policy": Counter(printable(outcome.policy.id) for outcome in outcomes),
        "severity": Counter(map(_severity, outcomes)),
        "service": Counter(type_of(outcome.resource.type).rpartition(":")[0] for outcome in outcomes),
        "resource type": Counter(type_of(outcome.resource.type) for outcome in outcomes),
    }
    width = len(str(len(outcomes)))
    for title, counts in tables.items():
        yield f"outcomes by {title}"
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"  {count:>{width}}  {name}"


def _severity(outcome: Outcome) -> str:
    return str(outcome.policy.severity if outcome.kind is Kind.VIOLATION else outcome.kind)
