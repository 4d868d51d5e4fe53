"""The report for programs: one JSON object with a version and a schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from policypack.core.policy import Exemption, Kind, Outcome, Position, Severity
from policypack.core.witness import Witness
from policypack.evaluation.places import fingerprint
from policypack.frameworks.roll_up import RollUp, Status
from stackguard.reports import Change, NewAccess, Report, Run, Screen
from stackguard.reports.evidence import Came
from stackguard.reports.fingerprint import IdentifiedOutcome, identified
from stackguard.reports.formatting import indented_json, printable, url
from stackguard.reports.json_types import (
    AccessEntry,
    ChangeEntry,
    ControlCounts,
    ControlEntry,
    Evidence,
    ExemptionEntry,
    FailedStack,
    FrameworkEntry,
    OutcomeEntry,
    OutcomesReport,
    ProblemEntry,
    Remark,
    Severities,
    SourceLine,
    SourcePosition,
    StackOutcomes,
    StackReport,
    StacksReport,
    Summary,
    TypeCount,
    WitnessEntry,
)


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as indented JSON, with the version first and the outcomes last."""
    written = document(run)
    fields = dict(zip(written.__struct_encode_fields__, msgspec.structs.astuple(written), strict=True))
    outcomes_ = fields.pop("outcomes")
    return indented_json({"version": fields.pop("version"), **fields, "outcomes": outcomes_})


def document(run: Run) -> OutcomesReport | StacksReport:
    """The public form of a run."""
    stacks = tuple(map(_stack, run.reports))
    counts = [stack.summary for stack in stacks]
    provenance = run.provenance
    facts: dict[str, Any] = {
        "version": 1,
        "summary": msgspec.structs.replace(_total(counts) if run.several else counts[0], exit_code=run.exit_code),
        "outcomes": tuple(entry for report in run.reports for entry in _entries(report)),
        "commit": printable(provenance.commit),
        "started_at": f"{provenance.started:%Y-%m-%dT%H:%M:%SZ}",
        "run_seconds": round(provenance.seconds, 3),
        "versions": dict(provenance.versions),
        "settings_digest": provenance.settings,
        "policy_ids": tuple(map(printable, provenance.policies)),
        "waiver_problems": tuple(
            ProblemEntry(problem.kind, printable(problem.source), printable(problem.policy), printable(problem.message))
            for problem in run.problems
        ),
    }
    if run.frameworks:
        facts["frameworks"] = tuple(map(_framework, run.frameworks))
    if not run.several:
        return OutcomesReport(**(msgspec.structs.asdict(stacks[0]) | facts))
    failed = tuple(
        FailedStack(*map(printable, (failed.target, failed.stack.project, failed.stack.stack, failed.message)))
        for failed in run.failed
    )
    gone = {printable(name): count for name, count in run.gone.items()}
    return StacksReport(stacks=stacks, failed=failed, gone_stacks=gone, **facts)


def _framework(rolled_up: RollUp) -> FrameworkEntry:
    framework, counts = rolled_up.framework, rolled_up.counts
    by_status = {status.replace("-", "_"): counts[status] for status in Status}
    controls = [
        ControlEntry(
            id=printable(result.requirement.id),
            title=printable(result.requirement.title),
            service=printable(result.requirement.service),
            url=printable(result.requirement.url),
            status=result.status,
            policies=tuple(map(printable, result.policies)),
            violations=result.violations,
            undecided=result.undecided,
            accepted=result.accepted,
            passes=result.passes,
        )
        for result in rolled_up.results
    ]
    return FrameworkEntry(
        id=printable(framework.id),
        title=printable(framework.title),
        version=printable(framework.version),
        source=printable(framework.source),
        date=printable(framework.date),
        summary=ControlCounts(**by_status, without_policy=rolled_up.without_policy),
        controls=tuple(controls),
    )


def outcomes(report: Report) -> StackOutcomes:
    """The public form of one stack."""
    return StackOutcomes(version=1, outcomes=tuple(_entries(report)), **msgspec.structs.asdict(_stack(report)))


def _stack(report: Report) -> StackReport:
    name = report.stack
    return StackReport(
        printable(report.target),
        summary(report),
        tuple(
            Remark(note.kind, printable(note.about), printable(note.message), tuple(map(printable, note.urns)))
            for note in report.notes
        ),
        tuple(TypeCount(printable(token), count) for token, count in report.without_policy.items()),
        printable(name.organization),
        printable(name.project),
        printable(name.stack),
        accounts=tuple(map(printable, report.accounts)),
        region=report.region and printable(report.region),
        seconds=round(report.seconds, 3),
        change=_change(report.change, report) if report.change else None,
    )


def _change(change: Change, report: Report) -> ChangeEntry:
    return ChangeEntry(
        printable(change.base),
        printable(change.problem),
        len(change.new),
        len(change.unchanged),
        tuple(_entry(report, result, "fixed") for result in identified(change.fixed, report.blocks)),
        tuple(map(_access, change.access)),
    )


def _access(access: NewAccess) -> AccessEntry:
    return AccessEntry(
        "undecided" if access.verdict == "undecided" else "new-access",
        printable(access.holder),
        printable(access.by),
        printable(access.path),
        printable(access.why),
        witness_entry(access.witness),
    )


def summary(report: Report) -> Summary:
    """The counts of a report: of the entries of `outcomes`, one for each policy."""
    exempt = Counter(outcome.exemption.kind for outcome in report.outcomes if outcome.exemption)
    return Summary(
        resources=report.resources,
        policies=report.policies,
        violations=report.kinds[Kind.VIOLATION],
        undecided=report.kinds[Kind.UNDECIDED],
        errors=report.kinds[Kind.ERROR],
        severities=Severities(**{severity.value: report.severities[severity] for severity in Severity}),
        exit_code=report.exit_code,
        blocking=sum(map(report.blocks, report.outcomes)),
        waived=exempt["waived"],
        baselined=exempt["baselined"],
        gone=report.gone,
        evidence=_evidence(report.came) if report.evidence else None,
    )


def _evidence(came: Mapping[str, int]) -> Evidence:
    return Evidence(
        passes=came[Came.PASS],
        violations=came[Came.VIOLATION],
        undecided=came[Came.UNDECIDED],
        errors=came[Came.ERROR],
        waived=came[Came.WAIVED],
        baselined=came[Came.BASELINED],
        excused=came[Came.EXCUSED],
        not_applicable=came[Came.NOT_APPLICABLE],
        disabled=came[Came.DISABLED],
        not_selected=came[Came.NOT_SELECTED],
    )


def _total(stacks: Sequence[Summary]) -> Summary:
    """The sums of the counts; `policies` is the largest number."""
    apart = {"severities", "policies", "exit_code", "evidence"}
    names = [name for name in Summary.__struct_fields__ if name not in apart]
    evidence = [stack.evidence for stack in stacks if stack.evidence]
    severities = {
        name: sum(getattr(stack.severities, name) for stack in stacks) for name in Severities.__struct_fields__
    }
    return Summary(
        **{name: sum(getattr(stack, name) for stack in stacks) for name in names},
        policies=max((stack.policies for stack in stacks), default=0),
        severities=Severities(**severities),
        exit_code=0,  # the run has it
        evidence=Evidence(
            **{name: sum(getattr(part, name) for part in evidence) for name in Evidence.__struct_fields__}
        )
        if evidence
        else None,
    )


def _entries(report: Report) -> Iterator[OutcomeEntry]:
    changes: dict[int, Literal["new", "unchanged"]] = {}
    if report.change:
        changes |= {id(outcome): "new" for outcome in report.change.new}
        changes |= {id(outcome): "unchanged" for outcome in report.change.unchanged}
    for result in report.identified:
        yield _entry(report, result, changes.get(id(result.outcome)))


def _entry(
    report: Report, result: IdentifiedOutcome, change: Literal["new", "unchanged", "fixed"] | None = None
) -> OutcomeEntry:
    outcome = result.outcome
    resource, policy = outcome.resource, outcome.policy
    return OutcomeEntry(
        outcome=outcome.kind,
        policy=printable(policy.id),
        severity=policy.severity,
        enforcement=outcome.enforcement,
        blocks=report.blocks(outcome),
        urn=printable(resource.urn),
        type=printable(resource.type),
        name=printable(resource.name),
        path=printable(outcome.path),
        message=printable(outcome.message),
        fix=printable(outcome.fix),
        url=printable(url(policy)),
        fingerprint=result.fingerprint,
        waits_for=tuple(map(printable, outcome.waits_for)),
        waived=outcome.exemption is not None and outcome.exemption.kind == "waived",
        subsumed_by=result.cause,
        position=None if change == "fixed" else _position(outcome, report),
        project=printable(report.stack.project),
        stack=printable(report.stack.stack),
        exemption=_exemption(outcome.exemption) if outcome.exemption else None,
        violation_id=fingerprint(outcome),
        witness=witness_entry(outcome.witness),
        change=change,
    )


def witness_entry(witness: Witness | None) -> WitnessEntry | None:
    """The public form of a request."""
    if witness is None:
        return None
    shown = witness.rewritten(printable)
    return WitnessEntry(shown.outsider, shown.action, shown.resource, shown.keys)


def _position(outcome: Outcome, report: Report) -> SourcePosition | None:
    lines = report.positions.shown_lines(outcome)
    if lines.constructor is None:
        return None
    return SourcePosition(
        printable(lines.constructor.file),
        lines.constructor.line,
        tuple(map(_line, lines.callers)),
        _line(lines.stated) if lines.stated else None,
    )


def _line(position: Position) -> SourceLine:
    return SourceLine(printable(position.file), position.line)


def _exemption(exemption: Exemption) -> ExemptionEntry:
    return ExemptionEntry(
        exemption.kind,
        printable(exemption.reason),
        printable(exemption.owner),
        str(exemption.expires) if exemption.expires else None,
        printable(exemption.ticket),
        printable(exemption.approver),
        printable(exemption.source),
    )
