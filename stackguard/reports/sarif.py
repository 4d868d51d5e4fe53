"""The report for code scanning: SARIF 2.1.0, as far as GitHub and GitLab read it (decision 21).

The objects are written with the names of the standard; the tests validate them against its JSON schema. An outcome that
closes the gate is at least a warning, even if it is undecided; any other outcome is a note.
Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html and
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Literal

from policypack.core.policy import ROOT_TYPE, EnforcementLevel, Kind, Outcome, Policy, Severity
from policypack.evaluation.coverage import summary as without_policy
from policypack.frameworks.model import Framework
from stackguard.card_sections import paragraphs
from stackguard.notes import Note
from stackguard.reports import Report, Run, Screen
from stackguard.reports.fingerprint import IdentifiedOutcome
from stackguard.reports.formatting import indented_json, name_of, printable
from stackguard.reports.frameworks import taxonomies
from stackguard.reports.places import ROOT, Object, constructor_of, location_of, nearest_to

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
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

MOST_RESULTS, MOST_RUNS, MOST_BYTES = 5_000, 20, 10_000_000
"""Code scanning shows that many results of a run, and takes that many runs and gzipped bytes of a file.
Source: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning#file-and-result-limits.
"""

MOST_RELATED = 10
"""Callers of a constructor that a result names: the innermost."""

Level = Literal["error", "warning", "note"]


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as a SARIF log within the limits of code scanning, with a run of its own for each stack."""
    most = MOST_RESULTS
    while True:
        text = log(*_runs(run, most))
        if len(text) <= MOST_BYTES or most < 2 or len(gzip.compress(text.encode(), compresslevel=6)) <= MOST_BYTES:
            return text
        most //= 2


def _runs(run: Run, most: int) -> list[Object]:
    """A run for each stack; of more stacks than a log may have runs, the last are in one run.

    A stack that could not be judged has none: without results its alerts would close.
    """
    chunks = [[report] for report in run.reports[: MOST_RUNS - 1]]
    if rest := list(run.reports[MOST_RUNS - 1 :]):
        chunks.append(rest)
    frameworks = [rolled_up.framework for rolled_up in run.frameworks]
    runs = [policy_run(*reports, most=most, frameworks=frameworks) for reports in chunks]
    if run.several:
        labels = Counter(report.label for report in run.reports)
        for reports, entry in zip(chunks, runs, strict=True):
            entry["automationDetails"] = {"id": _category(reports, labels)}
    problems = [
        *(_notification("error", f"cannot judge {failed.label}: {failed.message}") for failed in run.failed),
        *(
            _notification("warning", f"{problem.kind} waiver: {problem.source}: {problem.message}")
            for problem in run.problems
        ),
    ]
    if runs and problems:
        invocation = runs[0]["invocations"][0]
        invocation["toolExecutionNotifications"] = [*invocation.get("toolExecutionNotifications", ()), *problems]
        invocation["executionSuccessful"] &= not run.failed
    if runs and not run.several:
        runs[0]["invocations"][0]["exitCode"] = run.exit_code
    return runs


def _category(reports: Sequence[Report], labels: Counter[str]) -> str:
    """What code scanning compares with earlier runs of the same name; no two runs of a log may have the same."""
    first, *others = reports
    name = first.label if labels[first.label] == 1 else f"{first.label} of {first.target}"
    return f"stackguard/{'further stacks' if others else printable(name)}/"


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


def policy_run(*reports: Report, most: int = MOST_RESULTS, frameworks: Sequence[Framework] = ()) -> Object:
    """The run of the policies over stacks: the results that close the gate first, then the most severe.

    Exempt outcomes are left out, because code scanning opens alerts for suppressed results too.
    """
    results = [
        (report, result)
        for report in reports
        for result in report.identified_live
        if result.outcome.kind is not Kind.ERROR
    ]
    if len(results) > most:
        results.sort(key=lambda pair: _urgency(*pair))
    shown = results[:most]
    everything = [result.outcome for report in reports for result in report.identified_live]
    by_severity = sorted((outcome.policy for outcome in everything), key=lambda policy: policy.severity.rank)
    worst = {policy.id: policy for policy in by_severity}
    rules = [worst[policy_id] for policy_id in dict.fromkeys(outcome.policy.id for outcome in everything)]
    indexes = {policy.id: index for index, policy in enumerate(rules)}
    notifications = [_crash(outcome, indexes) for outcome in everything if outcome.kind is Kind.ERROR]
    for report in reports:
        notifications += map(_note, report.notes)
        if report.without_policy:
            notifications.append(_notification("note", without_policy(report.without_policy)))
        if report.exempt:
            counts = (f"{report.exempt['waived']} waived", f"{report.exempt['baselined']} in the baseline")
            notifications.append(_notification("note", f"left out of {report.label}: {', '.join(counts)}"))
    if len(results) > len(shown):
        text = (
            f"{len(results) - len(shown)} less severe results are left out, because code scanning shows {most} of a run"
        )
        notifications.append(_notification("warning", text))
    code = max(report.exit_code for report in reports)
    invocation: Object = {"executionSuccessful": code != 2, "exitCode": code}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    driver: Object = {
        "name": "stackguard",
        "version": version("stackguard"),
        "informationUri": INFORMATION_URI,
        "rules": [_rule(policy) for policy in rules],
    }
    written = run(driver, invocation, [_result(report, result, indexes) for report, result in shown])
    if frameworks:
        driver["supportedTaxonomies"] = taxonomies.references(frameworks)
        written["taxonomies"] = taxonomies.taxonomies(frameworks, indexes)
        for policy, rule in zip(rules, driver["rules"], strict=True):
            if related := taxonomies.relationships(frameworks, indexes, policy.id):
                rule["relationships"] = related
    return written


def _urgency(report: Report, result: IdentifiedOutcome) -> tuple[bool, int]:
    return not report.blocks(result.outcome), -result.outcome.policy.severity.rank


def _notification(level: Level, text: str) -> Object:
    return {"level": level, "message": message(text)}


def message(*lines: str) -> Object:
    """Lines of plain text, printable, without Markdown links such as `[word](address)`."""
    return {"text": "\n".join(printable(line).replace("](", "] (") for line in lines if line)}


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
    related, flows = _related(report, outcome), _code_flows(report, outcome)
    return {
        "ruleId": printable(policy.id),
        "ruleIndex": indexes[policy.id],
        "level": _level(policy.severity, blocks=report.blocks(outcome)),
        "message": _message(outcome),
        "locations": [location_of(nearest_to(outcome, report), report, resource)],
        **({"relatedLocations": related} if related else {}),
        **({"codeFlows": flows} if flows else {}),
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


def _related(report: Report, outcome: Outcome) -> list[Object]:
    """The constructor and the calls that lead to it, the component, and the resources whose update gives the value."""
    lines = report.positions.lines(outcome)
    constructed = [(lines.constructor, "constructed here")] if lines.stated and lines.constructor else []
    calls = [*constructed, *((call, "called here") for call in lines.callers)][:MOST_RELATED]
    places = [location_of(call, report) | {"message": message(text)} for call, text in calls]
    urns = {outcome.resource.parent: "the component that it is in", **dict.fromkeys(outcome.waits_for, "waits for")}
    for urn, text in urns.items():
        resource = report.related.get(urn)
        if resource is not None and resource.position is not None and resource.type != ROOT_TYPE:
            place = location_of(constructor_of(resource, report), report, resource)
            places.append(place | {"message": message(f"{text}: {name_of(urn)}")})
    return [{"id": number, **place} for number, place in enumerate(places)]


def _code_flows(report: Report, outcome: Outcome) -> list[Object]:
    """From the request that is an example to the statement that allows it."""
    if outcome.witness is None:
        return []
    resource = outcome.resource
    place = location_of(nearest_to(outcome, report), report, resource)
    allowed_by = " ".join(filter(None, (name_of(resource.urn), outcome.path)))
    steps = [message(str(outcome.witness)), message(f"allowed by {allowed_by}: {outcome.why}")]
    return [{"threadFlows": [{"locations": [{"location": {**place, "message": step}} for step in steps]}]}]


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
    return _notification("note", f"{note.about}{where}: {note.message}")
