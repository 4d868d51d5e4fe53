"""Test results as JUnit's XML: a suite for each stack, a test for each policy.

A policy with blocking outcomes fails, one that crashes is an error, one of which everything is exempt is skipped; what is
exempt beside other outcomes is in the test's output. Only elements and attributes that Jenkins and GitLab read are used. Source: the schema `junit-10.xsd` of
https://github.com/jenkinsci/xunit-plugin and https://docs.gitlab.com/ci/testing/unit_test_reports/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from policypack.core.policy import Kind, Outcome
from stackguard.reports import Report, Run, Screen
from stackguard.reports.ci import place
from stackguard.reports.formatting import exemption_text, name_of, printable, printable_lines

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow. Source: https://www.w3.org/TR/xml/#charsets."""
WAIVERS = "waivers"
"""The suite of the waivers that somebody has to edit."""


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as test suites."""
    suites = [_suite(report, run) for report in run.reports]
    suites += [_single(failed.label, "stack", "error", failed.message, failed.detail) for failed in run.failed]
    suites += _waivers(run)
    root = ET.Element("testsuites", name="stackguard", time=f"{run.provenance.seconds:.3f}")
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in suites)))
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(report: Report, run: Run) -> ET.Element:
    by_policy: dict[str, list[Outcome]] = {policy_id: [] for policy_id in run.provenance.policies}
    for outcome in report.outcomes:
        by_policy.setdefault(outcome.policy.id, []).append(outcome)
    cases = [_case(policy_id, outcomes, report) for policy_id, outcomes in by_policy.items()]
    suite = _counted(report.label, cases)
    suite.set("time", f"{report.seconds:.3f}")
    suite.set("timestamp", f"{run.provenance.started:%Y-%m-%dT%H:%M:%S}")
    properties = {
        "target": report.target,
        "project": report.stack.project,
        "stack": report.stack.stack,
        "organization": report.stack.organization,
        "region": report.region or "",
        "accounts": ", ".join(report.accounts),
        "commit": run.provenance.commit,
        **{f"version.{package}": version for package, version in run.provenance.versions.items()},
    }
    listed = ET.Element("properties")
    for name, value in properties.items():
        if value:
            ET.SubElement(listed, "property", name=_text(name), value=_text(value))
    suite.insert(0, listed)
    return suite


def _counted(name: str, cases: Sequence[ET.Element]) -> ET.Element:
    """A suite of tests, with their counts."""
    kinds: Mapping[str, str] = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite = ET.Element("testsuite", name=_text(name), tests=str(len(cases)))
    for plural, kind in kinds.items():
        suite.set(plural, str(sum(case.find(kind) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _case(policy_id: str, outcomes: Sequence[Outcome], report: Report) -> ET.Element:
    """The test of one policy, with all of its outcomes."""
    case = ET.Element("testcase", name=_text(policy_id), classname=_text(report.label.replace("/", ".")))
    live = [outcome for outcome in outcomes if not outcome.exemption]
    text = "\n\n".join(_outcome(outcome, report) for outcome in live)
    exempt = [
        f"{outcome.exemption.kind}: {name_of(outcome.resource.urn)} {exemption_text(outcome.exemption)}".rstrip()
        for outcome in outcomes
        if outcome.exemption
    ]
    blocking = [outcome for outcome in live if report.blocks(outcome)]
    output = ["does not block:", text] if live and not blocking else []
    if blocking:
        kind = "error" if any(outcome.kind is Kind.ERROR for outcome in blocking) else "failure"
        worst = max((outcome.policy.severity for outcome in blocking), key=lambda severity: severity.rank)
        more = f" (and {len(blocking) - 1} more)" if len(blocking) > 1 else ""
        message = f"{name_of(blocking[0].resource.urn)}: {blocking[0].message}{more}"
        ET.SubElement(case, kind, message=_text(message), type=worst).text = _lines(text)
    elif exempt and not live:
        ET.SubElement(case, "skipped", message=_text("; ".join(exempt)))
    if live and (output := [*output, *exempt]):
        ET.SubElement(case, "system-out").text = _lines("\n".join(output))
    return case


def _outcome(outcome: Outcome, report: Report) -> str:
    """An outcome as lines."""
    file, line = place(outcome, report)
    label = outcome.policy.severity if outcome.kind is Kind.VIOLATION else outcome.kind
    where = " ".join(filter(None, (name_of(outcome.resource.urn), outcome.path)))
    return "\n".join(
        map(printable, (f"{label}: {where}", f"  {outcome.message}", f"  fix: {outcome.fix}", f"  {file}:{line}"))
    )


def _single(suite: str, name: str, kind: str, message: str, detail: str = "") -> ET.Element:
    """A suite of one test, which does not pass."""
    case = ET.Element("testcase", name=_text(name), classname=_text(suite.replace("/", ".")))
    ET.SubElement(case, kind, message=_text(message), type=kind).text = _lines(printable_lines(detail or message))
    return _counted(suite, [case])


def _waivers(run: Run) -> list[ET.Element]:
    """The suite of the waivers that close the gate, if any."""
    cases = []
    for problem in run.problems:
        case = ET.Element("testcase", name=_text(problem.source), classname=WAIVERS)
        kind = "failure" if run.problems_block else "skipped"
        ET.SubElement(case, kind, message=_text(problem.message), type=problem.kind)
        cases.append(case)
    return [_counted(WAIVERS, cases)] if cases else []


def _text(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", printable(text))


def _lines(text: str) -> str:
    return "\n".join(map(_text, text.split("\n")))
