"""The report for code scanning: SARIF 2.1.0, as far as GitHub and GitLab read it (decision 21).

Every outcome that closes the gate is at least a warning, an undecided one too, and what does not is a note.
Source: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from policypack.core.policy import Kind, Outcome, Policy, Severity
from stackguard.card_sections import paragraphs
from stackguard.notes import Note
from stackguard.reports import Report, Screen
from stackguard.reports.fingerprint import fingerprints
from stackguard.reports.formatting import name_of, printable
from stackguard.reports.places import line_of, repository
from stackguard.reports.sarif_log import (
    ROOT,
    ArtifactLocation,
    Configuration,
    Driver,
    Invocation,
    Location,
    LogicalLocation,
    Message,
    Notification,
    PhysicalLocation,
    Region,
    Result,
    Rule,
    RuleReference,
    Run,
    SarifLevel,
    Tool,
    plain,
    uri_bases,
    written,
)

ABOUT = "https://github.com/stackguard/stackguard"
SCORES: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""Within the bounds by which GitHub tells severities apart: over 9.0, from 7.0, from 4.0, from 0.1."""
LINK = re.compile(r"https://[\w.~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)
"""What a card may refer to by a link: a pack of somebody else's may say anything there."""
FINGERPRINT = "stackguard/v1"
GITHUBS_FINGERPRINT = "primaryLocationLineHash"
"""The only one by which GitHub knows an alert again. By its own, of the line's text, all that a loop makes is one."""


def render(report: Report, screen: Screen) -> str:  # noqa: ARG001 (the same wherever it goes)
    """The report as a SARIF log of one run."""
    return written(run(report))


def run(report: Report) -> Run:
    """What our policies found."""
    by_severity = sorted((outcome.policy for outcome in report.shown), key=lambda policy: policy.severity.rank)
    worst = {policy.id: policy for policy in by_severity}
    rules = [worst[policy_id] for policy_id in dict.fromkeys(outcome.policy.id for outcome in report.shown)]
    indexes = {policy.id: index for index, policy in enumerate(rules)}
    pairs = zip(report.shown, fingerprints(report.shown), strict=True)
    crashes = (each for each in report.shown if each.kind is Kind.ERROR)
    told = (*(_crash(each, indexes) for each in crashes), *map(_note, report.notes))
    return Run(
        tool=Tool(
            driver=Driver(
                name="stackguard",
                version=version("stackguard"),
                information_uri=ABOUT,
                rules=tuple(map(_rule, rules)),
            )
        ),
        invocations=(
            Invocation(
                execution_successful=report.exit_code != 2,
                exit_code=report.exit_code,
                tool_execution_notifications=told,
            ),
        ),
        results=tuple(
            _result(report, outcome, fingerprint, indexes)
            for outcome, fingerprint in pairs
            if outcome.kind is not Kind.ERROR
        ),
        original_uri_base_ids=uri_bases(),
    )


def location(file: Path, line: int, logical: Sequence[LogicalLocation]) -> Location:
    """A line of a file of the repository, and what stands there.

    Args:
        file: absolute.
        line: counted from 1.
        logical: the resource, or nothing.
    """
    root = repository(file.parent)
    inside = file.is_relative_to(root)
    address = quote(file.relative_to(root).as_posix()) if inside else file.as_uri()
    return Location(
        physical_location=PhysicalLocation(
            artifact_location=ArtifactLocation(uri=address, uri_base_id=ROOT if inside else None),
            region=Region(start_line=line),
        ),
        logical_locations=tuple(logical),
    )


def known_again(fingerprint: str) -> Mapping[str, str]:
    """The fingerprint of a result under every name that a reader looks for."""
    return {FINGERPRINT: fingerprint, GITHUBS_FINGERPRINT: fingerprint}


def _rule(policy: Policy[Any]) -> Rule:
    why = [printable(each) for each in paragraphs(policy.why or "")]
    sections = [*why, f"Fix: {printable(policy.fix)}"]
    links = [printable(each) for each in policy.references]
    return Rule(
        id=printable(policy.id),
        short_description=plain(policy.title),
        full_description=plain(why[0] if why else policy.title),
        help=Message(
            text="\n\n".join([*sections, *links]),
            markdown="\n\n".join([*sections, *(f"<{each}>" if LINK.fullmatch(each) else each for each in links)]),
        ),
        help_uri=next(filter(LINK.fullmatch, links), None),
        default_configuration=Configuration(level=_level(policy.severity, blocks=True)),
        properties={"security-severity": SCORES[policy.severity], "tags": ["security", *map(printable, policy.tags)]},
    )


def _level(severity: Severity, *, blocks: bool) -> SarifLevel:
    if not blocks:
        return "note"
    return "error" if severity.rank >= Severity.HIGH.rank else "warning"


def _result(report: Report, outcome: Outcome, fingerprint: str, indexes: Mapping[str, int]) -> Result:
    resource, policy = outcome.resource, outcome.policy
    at = line_of(resource, report)
    logical = LogicalLocation(
        name=printable(resource.name), fully_qualified_name=printable(resource.urn), kind="resource"
    )
    return Result(
        rule_id=printable(policy.id),
        rule_index=indexes[policy.id],
        level=_level(policy.severity, blocks=report.blocks(outcome)),
        message=_message(outcome),
        locations=(location(at.file, at.line, [logical]),),
        partial_fingerprints=known_again(fingerprint),
        properties={
            "outcome": outcome.kind,
            "severity": policy.severity,
            "enforcement": outcome.enforcement,
            "blocks": report.blocks(outcome),
            "path": printable(outcome.path),
        },
    )


def _message(outcome: Outcome) -> Message:
    """Where, what, and how to mend it: GitHub shows the first line in lists, and all of it beside the code."""
    place = name_of(outcome.resource.urn) + (f", {outcome.path}" if outcome.path else "")
    undecided = "undecided: " if outcome.kind is Kind.UNDECIDED else ""
    waits_for = ", ".join(map(name_of, outcome.waits_for))
    return plain(
        f"{undecided}{place}: {outcome.message}",
        f"waits for: {waits_for}" if waits_for else "",
        f"fix: {outcome.fix}",
    )


def _crash(outcome: Outcome, indexes: Mapping[str, int]) -> Notification:
    rule = RuleReference(id=printable(outcome.policy.id), index=indexes[outcome.policy.id])
    return Notification(level="error", message=_message(outcome), associated_rule=rule)


def _note(note: Note) -> Notification:
    where = f" ({', '.join(map(name_of, note.urns))})" if note.urns else ""
    return Notification(level="note", message=plain(f"{note.about}{where}: {note.message}"))
