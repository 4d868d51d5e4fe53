"""The report for code scanning: SARIF 2.1.0, as far as GitHub and GitLab read it (decision 21).

The objects are written with the names of the standard; the tests validate them against its JSON schema. An outcome that
closes the gate is at least a warning, even if it is undecided; any other outcome is a note.
Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html and
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from policypack.core.policy import EnforcementLevel, Kind, Outcome, Policy, Resource, Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.coverage import summary as without_policy
from stackguard.card_sections import paragraphs
from stackguard.notes import Note
from stackguard.reports import Failed, Report, Run, Screen
from stackguard.reports.fingerprint import IdentifiedOutcome, identified
from stackguard.reports.formatting import indented_json, name_of, printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""The base of every relative address: the root of the repository."""
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")
INFORMATION_URI = "https://github.com/stackguard/stackguard"
SCORES: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""GitHub reads a score over 9.0 as critical, from 7.0 as high, from 4.0 as medium, from 0.1 as low."""
LINK = re.compile(r"https://[\w.~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)
"""The references of a card that become links: another pack can put any text there."""

Level = Literal["error", "warning", "note"]
Object = dict[str, Any]


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as a SARIF log, with a run of its own for each stack, which code scanning tells apart by its id."""
    if not run.several:
        return log(*map(policy_run, run.reports))
    judged = (policy_run(report) | _identity(report.stack, report.target) for report in run.reports)
    return log(*judged, *map(_failed_run, run.failed))


def _identity(stack: StackName, target: str) -> Object:
    """The id of a run, in the form that code scanning reads: a category and a slash."""
    name = stack.in_project if stack.stack else target
    return {"automationDetails": {"id": f"stackguard/{printable(name).strip('/')}/"}}


def _failed_run(failed: Failed) -> Object:
    """The run of a stack that could not be judged."""
    invocation: Object = {
        "executionSuccessful": False,
        "exitCode": 2,
        "toolExecutionNotifications": [{"level": "error", "message": message(f"{failed.name}: {failed.message}")}],
    }
    return run(driver([]), invocation, []) | _identity(failed.stack, failed.target)


def driver(rules: Sequence[Object]) -> Object:
    """The tool, with its rules."""
    return {
        "name": "stackguard",
        "version": version("stackguard"),
        "informationUri": INFORMATION_URI,
        "rules": rules,
    }


def log(*runs: Object) -> str:
    """A log of these runs, as indented JSON that ends in a line break."""
    return indented_json({"$schema": SCHEMA, "version": "2.1.0", "runs": runs})


def run(driver: Object, invocation: Object, results: Sequence[Object]) -> Object:
    """One run of one tool. The log does not contain the repository's path on this machine."""
    return {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": results,
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
    }


def policy_run(report: Report) -> Object:
    """The run of the policies."""
    by_severity = sorted((outcome.policy for outcome in report.condensed), key=lambda policy: policy.severity.rank)
    worst = {policy.id: policy for policy in by_severity}
    rules = [worst[policy_id] for policy_id in dict.fromkeys(outcome.policy.id for outcome in report.condensed)]
    indexes = {policy.id: index for index, policy in enumerate(rules)}
    crashes = [_crash(outcome, indexes) for outcome in report.condensed if outcome.kind is Kind.ERROR]
    notifications = [*crashes, *map(_note, report.notes)]
    if report.without_policy:
        notifications.append({"level": "note", "message": message(without_policy(report.without_policy))})
    invocation: Object = {"executionSuccessful": report.exit_code != 2, "exitCode": report.exit_code}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return run(
        driver([_rule(policy) for policy in rules]),
        invocation,
        [
            _result(report, result, indexes)
            for result in identified(report.condensed, report.blocks)
            if result.outcome.kind is not Kind.ERROR
        ],
    )


def message(*lines: str) -> Object:
    """Lines of plain text, printable, without Markdown links such as `[word](address)`."""
    return {"text": "\n".join(printable(line).replace("](", "] (") for line in lines if line)}


def location(file: Path, line: int, resource: tuple[str, str] | None) -> Object:
    """A line of a file of the repository.

    Args:
        file: absolute.
        line: counted from 1.
        resource: the name and the full name of the resource that is there; None for no resource.
    """
    root = repository(file.parent)
    if file.is_relative_to(root):
        artifact = {"uri": quote(os.fsencode(file.relative_to(root))), "uriBaseId": ROOT}
    else:
        artifact = {"uri": file.as_uri()}
    place: Object = {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": line}}}
    if resource is not None:
        name, full_name = map(printable, resource)
        place["logicalLocations"] = [{"name": name, "fullyQualifiedName": full_name, "kind": "resource"}]
    return place


def line_of(resource: Resource, report: Report) -> tuple[Path, int]:
    """The absolute path and the line, counted from 1, at which the program constructs the resource.

    If that is unknown, or is in a library outside of the repository, it is the first line of the judged file or of the
    program's project file.
    """
    base = absolute(report.folder or Path())
    position = resource.position
    if position is not None and not position.installed:
        file = absolute(base / position.file)
        if os.path.isfile(file) and file.is_relative_to(repository(base)):  # noqa: PTH113 (a path may be too long)
            return file, position.line
    judged = absolute(Path(report.target))
    if report.folder is None and judged.is_file():
        return judged, 1
    return next((base / name for name in PROJECT_FILES if (base / name).is_file()), base / PROJECT_FILES[0]), 1


def repository(folder: Path) -> Path:
    """The root of the repository that contains a folder; the working folder if there is none."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), absolute(Path()))


def absolute(path: Path) -> Path:
    """The absolute path without `..`; symbolic links are not followed, because repositories contain them."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (`resolve` would follow links)


def partial_fingerprints(fingerprint: str) -> Mapping[str, str]:
    """A result's fingerprint under each name that a reader looks for.

    GitHub only reads `primaryLocationLineHash`. If it is missing, GitHub hashes the text of the line, so that all
    resources that a loop constructs become one alert.
    """
    return {"stackguard/v1": fingerprint, "primaryLocationLineHash": fingerprint}


def _rule(policy: Policy[Any]) -> Object:
    why = [printable(paragraph) for paragraph in paragraphs(policy.why or "")]
    sections = [*why, f"Fix: {printable(policy.fix)}"]
    references = [printable(reference) for reference in policy.references]
    links = [reference for reference in references if LINK.fullmatch(reference)]
    rule: Object = {
        "id": printable(policy.id),
        "shortDescription": message(policy.title),
        "fullDescription": message(why[0] if why else policy.title),
        "help": {
            "text": "\n\n".join([*sections, *references]),
            "markdown": "\n\n".join([*sections, *(f"<{url}>" if url in links else url for url in references)]),
        },
    }
    if links:
        rule["helpUri"] = links[0]
    return rule | {
        "defaultConfiguration": {
            "level": _level(policy.severity, blocks=policy.enforcement is EnforcementLevel.MANDATORY)
        },
        "properties": {
            "security-severity": SCORES[policy.severity],
            "tags": ["security", *map(printable, policy.tags)],
        },
    }


def _level(severity: Severity, *, blocks: bool) -> Level:
    if not blocks:
        return "note"
    return "error" if severity.rank >= Severity.HIGH.rank else "warning"


def _result(report: Report, identified: IdentifiedOutcome, indexes: Mapping[str, int]) -> Object:
    outcome = identified.outcome
    resource, policy = outcome.resource, outcome.policy
    return {
        "ruleId": printable(policy.id),
        "ruleIndex": indexes[policy.id],
        "level": _level(policy.severity, blocks=report.blocks(outcome)),
        "message": _message(outcome),
        "locations": [location(*line_of(resource, report), (resource.name, resource.urn))],
        "partialFingerprints": partial_fingerprints(identified.fingerprint),
        "properties": {
            "outcome": outcome.kind,
            "severity": policy.severity,
            "enforcement": outcome.enforcement,
            "blocks": report.blocks(outcome),
            "path": printable(outcome.path),
            **({"subsumedBy": identified.cause} if identified.cause else {}),
        },
    }


def _message(outcome: Outcome) -> Object:
    """The place, the message and the fix: GitHub shows the first line in lists, and all lines beside the code."""
    place = name_of(outcome.resource.urn) + (f", {outcome.path}" if outcome.path else "")
    undecided = "undecided: " if outcome.kind is Kind.UNDECIDED else ""
    waits_for = ", ".join(map(name_of, outcome.waits_for))
    return message(
        f"{undecided}{place}: {outcome.message}",
        f"waits for: {waits_for}" if waits_for else "",
        f"fix: {outcome.fix}",
    )


def _crash(outcome: Outcome, indexes: Mapping[str, int]) -> Object:
    rule = {"id": printable(outcome.policy.id), "index": indexes[outcome.policy.id]}
    return {"level": "error", "message": _message(outcome), "associatedRule": rule}


def _note(note: Note) -> Object:
    where = f" ({', '.join(map(name_of, note.urns))})" if note.urns else ""
    return {"level": "note", "message": message(f"{note.about}{where}: {note.message}")}
