"""The parts of the page that are HTML in the file: counts, stacks, the policies that ran, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policypack.core.policy import Kind, Severity
from policypack.evaluation.coverage import summary as without_policy
from stackguard.reports import Report, Run
from stackguard.reports.formatting import gone_stack, name_of
from stackguard.reports.html.page_data import stack_name, status
from stackguard.stand_in import NOTE, STAND_IN_ACCOUNT

STAND_IN = f"{STAND_IN_ACCOUNT} (stands in for an unknown one)"
MOST_NAMES = 3
"""How many resources a note names."""


@dataclass(frozen=True, slots=True)
class StackRow:
    """A stack that was judged."""

    name: str
    report: Report
    counts: Mapping[str, int]
    """The outcomes by status, and the errors."""
    place: str
    """The accounts and the region; empty if they are unknown."""
    without_policy: str
    """One sentence; empty if each resource has a policy."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy that ran, with its outcomes in all stacks."""

    id: str
    title: str
    outcomes: int
    evidence: Mapping[str, int]
    """The number of resources by result, as in `Report.evidence`."""


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """The policies that ran; the names of results are the columns of the evidence."""

    rows: Sequence[PolicyRow]
    results: Sequence[str]

    @property
    def silent(self) -> int:
        """The number of policies without an outcome."""
        return sum(not row.outcomes for row in self.rows)


def stacks(run: Run) -> list[StackRow]:
    """The stacks, those that block most first, else in their order."""
    rows = []
    for report in run.reports:
        counts = Counter[str](status(report, outcome) for outcome in report.condensed)
        counts["undecided"] = sum(outcome.kind is Kind.UNDECIDED for outcome in report.condensed)
        counts["error"] = sum(outcome.kind is Kind.ERROR for outcome in report.condensed)
        unjudged = without_policy(report.without_policy) if report.without_policy else ""
        place = tuple(
            STAND_IN if account == STAND_IN_ACCOUNT and NOTE in report.notes else account for account in report.accounts
        )
        place += (report.region,) if report.region else ()
        rows.append(StackRow(stack_name(report), report, counts, ", ".join(place), unjudged))
    return sorted(rows, key=lambda row: (-row.report.exit_code, -row.counts["blocks"]))


def severity_counts(run: Run) -> list[tuple[Severity, int]]:
    """The violations by severity, the most severe first."""
    counts = Counter(
        outcome.policy.severity
        for report in run.reports
        for outcome in report.outcomes
        if outcome.kind is Kind.VIOLATION
    )
    return [(severity, counts[severity]) for severity in reversed(Severity)]


def policies(run: Run) -> PolicyTable:
    """The policies that ran, those with most outcomes first."""
    from policypack.policies import POLICIES

    titles = {policy.id: policy.title for policy in POLICIES}
    counts = Counter[str]()
    evidence: dict[str, Counter[str]] = {}
    for report in run.reports:
        for outcome in report.condensed:
            counts[outcome.policy.id] += 1
            titles[outcome.policy.id] = outcome.policy.title
        for policy_id, results in report.evidence.items():
            evidence.setdefault(policy_id, Counter()).update(results)
    ids = sorted({*run.provenance.policies, *counts, *evidence}, key=lambda policy_id: (-counts[policy_id], policy_id))
    rows = [
        PolicyRow(policy_id, titles.get(policy_id, ""), counts[policy_id], evidence.get(policy_id, {}))
        for policy_id in ids
    ]
    return PolicyTable(rows, list(dict.fromkeys(result for row in rows for result in row.evidence)))


def notes(run: Run) -> list[tuple[str, str, str, str]]:
    """For each note its stack, its kind, its subject with the resources, and its message."""
    rows = []
    for report in run.reports:
        for note in report.notes:
            names = [name_of(urn) for urn in note.urns]
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            where = f" on {', '.join(names[:MOST_NAMES])}{more}" if names else ""
            rows.append((stack_name(report), note.kind.replace("-", " "), f"{note.about}{where}", note.message))
    rows += [(stack, "gone stack", "baseline", gone_stack(stack, count)) for stack, count in run.gone.items()]
    return rows


def many(count: int, noun: str) -> str:
    """A number with its noun: `1 policy`, `2 policies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{count:,} {noun}s"
