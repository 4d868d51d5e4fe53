"""The report of several stacks for programs: one JSON object. That of one stack is in `json.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from policypack.core.policy import Severity
from stackguard.reports import Failed, Report, Run
from stackguard.reports import json as single
from stackguard.reports.formatting import printable


class StackEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One stack of the run."""

    project: Annotated[str, msgspec.Meta(description="Empty if it is unknown.")]
    stack: Annotated[str, msgspec.Meta(description="The stack's name in its project; empty if it is unknown.")]
    target: str
    summary: Annotated[single.Summary | None, msgspec.Meta(description="Null if it could not be judged.")]
    notes: tuple[single.Remark, ...]
    without_policy: Annotated[
        tuple[single.TypeCount, ...],
        msgspec.Meta(description="The types that no policy is about, so that their resources were not judged."),
    ]
    error: Annotated[str | None, msgspec.Meta(description="Why it could not be judged, else null.")] = None


class StackOutcome(single.OutcomeEntry, frozen=True, rename="camel", kw_only=True):
    """One outcome, and the stack that it is of."""

    stack: Annotated[str, msgspec.Meta(description="`PROJECT/STACK`.", examples=["shop/prod"])]
    target: str


class StacksReport(msgspec.Struct, frozen=True, rename="camel"):
    """The report of `stackguard check --format json` if it is asked for several stacks."""

    version: Literal[1]
    summary: Annotated[single.Summary, msgspec.Meta(description="Of all stacks that were judged.")]
    stacks: tuple[StackEntry, ...]
    outcomes: tuple[StackOutcome, ...]


def document(run: Run) -> StacksReport:
    """The public form of a run."""
    judged = [(report, single.document(report)) for report in run.reports]
    stacks = [
        StackEntry(
            printable(report.stack.project),
            printable(report.stack.stack),
            document.target,
            document.summary,
            document.notes,
            document.without_policy,
        )
        for report, document in judged
    ]
    outcomes = (outcome for report, document in judged for outcome in _outcomes(report, document))
    return StacksReport(1, _total(run), (*stacks, *map(_failed, run.failed)), tuple(outcomes))


def _failed(failed: Failed) -> StackEntry:
    project, stack, target = map(printable, (failed.stack.project, failed.stack.stack, failed.target))
    return StackEntry(project, stack, target, None, (), (), printable(failed.message))


def _outcomes(report: Report, document: single.OutcomesReport) -> Iterator[StackOutcome]:
    stack = printable(report.stack.in_project)
    for outcome in document.outcomes:
        yield StackOutcome(**msgspec.structs.asdict(outcome), stack=stack, target=document.target)


def _total(run: Run) -> single.Summary:
    summaries = [single.summary(report) for report in run.reports]
    return single.Summary(
        resources=sum(summary.resources for summary in summaries),
        policies=max((summary.policies for summary in summaries), default=0),
        violations=sum(summary.violations for summary in summaries),
        undecided=sum(summary.undecided for summary in summaries),
        errors=sum(summary.errors for summary in summaries),
        severities=single.Severities(
            **{severity: sum(getattr(summary.severities, severity) for summary in summaries) for severity in Severity}
        ),
        exit_code=run.exit_code,
    )
