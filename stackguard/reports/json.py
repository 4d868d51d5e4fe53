"""The report for programs: one JSON object with a version and a schema, separate from the types of the policies.

`schema()` derives `outcomes.schema.json` from these types. Fields may be added within a version, so the schema accepts
unknown fields.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from policypack.core.policy import EnforcementLevel, Kind, Severity
from stackguard.notes import NoteKind
from stackguard.reports import Report, Run, Screen
from stackguard.reports.fingerprint import IdentifiedOutcome, identified
from stackguard.reports.formatting import indented_json, printable, url

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

Count = Annotated[int, msgspec.Meta(ge=0)]
Fingerprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class SourcePosition(msgspec.Struct, frozen=True, rename="camel"):
    """Where the program constructs the resource."""

    file: str
    line: Annotated[int, msgspec.Meta(ge=1)]


class OutcomeEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One outcome; a policy that passes has none."""

    outcome: Annotated[
        Kind,
        msgspec.Meta(
            description="`undecided`: a value that had to be read is unknown. `error`: the policy itself crashed."
        ),
    ]
    policy: Annotated[str, msgspec.Meta(description="The policy's id; see `stackguard explain ID`.")]
    severity: Annotated[Severity, msgspec.Meta(description="How bad a violation is, as the policy defines it.")]
    enforcement: Annotated[EnforcementLevel, msgspec.Meta(description="What a violation does, as the operator chose.")]
    blocks: Annotated[bool, msgspec.Meta(description="Whether it closes the gate, by enforcement and `--fail-on`.")]
    urn: str
    type: Annotated[str, msgspec.Meta(description="The resource's type token.", examples=["aws:s3/bucket:Bucket"])]
    name: str
    path: Annotated[str, msgspec.Meta(description="The place in the resource; empty for the whole resource.")]
    message: str
    fix: str
    url: str
    fingerprint: Annotated[Fingerprint, msgspec.Meta(description="Stays the same when lines move or messages change.")]
    waits_for: Annotated[
        tuple[str, ...], msgspec.Meta(description="URNs of the resources whose update makes the value known.")
    ]
    waived: bool
    subsumed_by: Annotated[
        str | None,
        msgspec.Meta(
            description="The fingerprint of the outcome that this one follows from, as the text report shows it; null"
            " for a cause of its own. Both count, and both close the gate."
        ),
    ] = None
    position: SourcePosition | None = None


class Remark(msgspec.Struct, frozen=True):
    """A note that is not an outcome; it never closes the gate."""

    note: Annotated[
        NoteKind,
        msgspec.Meta(
            description="`remediated`: a policy changed inputs. `not-applicable`: a policy does not apply to these"
            " resources, or policies do not read their code. `unanswered`: the result of a function, a method or another stack is unknown. `unused`: the"
            " program did not ask for an entry of a mock file. `project`: a part of the project's files was not used."
            " `account`: an account in this report stands in for the program's own, which is unknown."
        ),
    ]
    about: Annotated[
        str, msgspec.Meta(description="The policies, the function, the stack, the file, the project, or the account.")
    ]
    message: str
    urns: Annotated[tuple[str, ...], msgspec.Meta(description="The resources concerned; empty for the stack.")]


class TypeCount(msgspec.Struct, frozen=True):
    """A resource type, and its number of resources."""

    type: Annotated[str, msgspec.Meta(description="The type token.", examples=["aws:ec2/vpc:Vpc"])]
    resources: Annotated[int, msgspec.Meta(ge=1)]


class Severities(msgspec.Struct, frozen=True):
    """Violations by severity."""

    critical: Count
    high: Count
    medium: Count
    low: Count


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    """The counts, and the exit code of the command that wrote this."""

    resources: Count
    policies: Count
    violations: Count
    undecided: Count
    errors: Count
    severities: Severities
    exit_code: Annotated[Literal[0, 1, 2], msgspec.Meta(description="0 clean, 1 violations, 2 could not judge.")]


class OutcomesReport(msgspec.Struct, frozen=True, rename="camel"):
    """The report of `stackguard check --format json`."""

    version: Literal[1]
    target: str
    summary: Summary
    outcomes: tuple[OutcomeEntry, ...]
    notes: tuple[Remark, ...]
    without_policy: Annotated[
        tuple[TypeCount, ...],
        msgspec.Meta(description="The types that no policy is about, so that their resources were not judged."),
    ]


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as indented JSON."""
    return indented_json(document(run.reports[0]))


def document(report: Report) -> OutcomesReport:
    """The public form of a report."""
    entries = tuple(_entry(report, outcome) for outcome in identified(report.outcomes, report.blocks))
    notes = tuple(
        Remark(note.kind, printable(note.about), printable(note.message), tuple(map(printable, note.urns)))
        for note in report.notes
    )
    unjudged = tuple(TypeCount(printable(token), count) for token, count in report.without_policy.items())
    return OutcomesReport(1, printable(report.target), summary(report), entries, notes, unjudged)


def summary(report: Report) -> Summary:
    """The counts of a report."""
    return Summary(
        resources=report.resources,
        policies=report.policies,
        violations=report.kinds[Kind.VIOLATION],
        undecided=report.kinds[Kind.UNDECIDED],
        errors=report.kinds[Kind.ERROR],
        severities=Severities(**{severity.value: report.severities[severity] for severity in Severity}),
        exit_code=report.exit_code,
    )


def _entry(report: Report, identified: IdentifiedOutcome) -> OutcomeEntry:
    outcome = identified.outcome
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
        fingerprint=identified.fingerprint,
        waits_for=tuple(map(printable, outcome.waits_for)),
        waived=outcome.exemption is not None and outcome.exemption.kind == "waived",
        subsumed_by=identified.cause,
        position=SourcePosition(printable(resource.position.file), resource.position.line)
        if resource.position
        else None,
    )


def schema() -> dict[str, Any]:
    """The JSON schema of `OutcomesReport`."""
    return {"$schema": SCHEMA_ID, "title": "Outcomes of stackguard", **msgspec.json.schema(OutcomesReport)}
