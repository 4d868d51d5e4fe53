"""The JSON report's own types: what is public, has a version and a schema, apart from what policies use inside.

`outcomes.schema.json` beside this file is made from these types by `schema()`. Fields may be added within a version, so the
schema does not refuse what it does not know.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from policypack.core.policy import EnforcementLevel, Kind, Outcome, Severity
from stackguard.notes import NoteKind
from stackguard.reports import Report
from stackguard.reports.fingerprint import fingerprints
from stackguard.reports.formatting import printable, url

VERSION = 1
SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

Count = Annotated[int, msgspec.Meta(ge=0)]
Fingerprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Place(msgspec.Struct, frozen=True, rename="camel"):
    """Where the program constructs the resource."""

    file: str
    line: Annotated[int, msgspec.Meta(ge=1)]


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One outcome. No outcome is a pass."""

    outcome: Annotated[
        Kind,
        msgspec.Meta(
            description="`undecided`: a value that had to be read is unknown. `error`: the policy itself crashed."
        ),
    ]
    policy: Annotated[str, msgspec.Meta(description="The policy's id; `stackguard explain ID` tells more.")]
    severity: Annotated[Severity, msgspec.Meta(description="How bad it is: the policy's opinion.")]
    enforcement: Annotated[EnforcementLevel, msgspec.Meta(description="What it does: the operator's choice.")]
    blocks: Annotated[bool, msgspec.Meta(description="Whether it closes the gate, by enforcement and `--fail-on`.")]
    urn: str
    type: Annotated[str, msgspec.Meta(description="The resource's type token.", examples=["aws:s3/bucket:Bucket"])]
    name: str
    path: Annotated[str, msgspec.Meta(description="The place in the resource; empty for the whole of it.")]
    message: str
    fix: str
    url: str
    fingerprint: Annotated[
        Fingerprint, msgspec.Meta(description="The same for the same outcome when lines move or words change.")
    ]
    waits_for: Annotated[tuple[str, ...], msgspec.Meta(description="URNs whose update makes an undecided value known.")]
    waived: bool
    position: Place | None = None


class Remark(msgspec.Struct, frozen=True):
    """What was said that is no outcome; it never closes the gate."""

    note: Annotated[
        NoteKind,
        msgspec.Meta(
            description="`remediated`: a policy changed inputs. `not-applicable`: a policy does not concern these"
            " resources. `unanswered`: nobody knows what a function, a method or another stack says. `unused`: an entry of a mock"
            " file that nothing asked for. `project`: what of its files was not used. `account`: an account in this report"
            " stands in for the program's own, which nothing states."
        ),
    ]
    about: Annotated[
        str, msgspec.Meta(description="The policy, the function, the stack, the file, the project, or the account.")
    ]
    message: str
    urns: Annotated[tuple[str, ...], msgspec.Meta(description="The resources concerned; empty for the stack.")]


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


class Document(msgspec.Struct, frozen=True):
    """The report of `stackguard check --format json`."""

    version: Literal[1]
    target: str
    summary: Summary
    outcomes: tuple[Entry, ...]
    notes: tuple[Remark, ...]


def document(report: Report) -> Document:
    """The public form of a report."""
    pairs = zip(report.outcomes, fingerprints(report.outcomes), strict=True)
    entries = tuple(_entry(report, outcome, fingerprint) for outcome, fingerprint in pairs)
    notes = tuple(
        Remark(each.kind, printable(each.about), printable(each.message), tuple(map(printable, each.urns)))
        for each in report.notes
    )
    return Document(1, printable(report.target), summary(report), entries, notes)


def summary(report: Report) -> Summary:
    """The counts of a report."""
    kinds = [outcome.kind for outcome in report.outcomes]
    severities = [outcome.policy.severity for outcome in report.outcomes if outcome.kind is Kind.VIOLATION]
    return Summary(
        resources=report.resources,
        policies=report.policies,
        violations=kinds.count(Kind.VIOLATION),
        undecided=kinds.count(Kind.UNDECIDED),
        errors=kinds.count(Kind.ERROR),
        severities=Severities(**{severity.value: severities.count(severity) for severity in Severity}),
        exit_code=report.exit_code,
    )


def _entry(report: Report, outcome: Outcome, fingerprint: str) -> Entry:
    resource, policy = outcome.resource, outcome.policy
    return Entry(
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
        fingerprint=fingerprint,
        waits_for=tuple(map(printable, outcome.waits_for)),
        waived=False,
        position=Place(printable(resource.position.file), resource.position.line) if resource.position else None,
    )


def schema() -> dict[str, Any]:
    """The JSON schema of `Document`."""
    return {"$schema": SCHEMA_ID, "title": "Outcomes of stackguard", **msgspec.json.schema(Document)}
