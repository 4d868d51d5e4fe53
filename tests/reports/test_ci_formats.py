"""What CIs read, by their own rules: annotations of GitHub, Code Quality and SAST of GitLab, JUnit, and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped
from syrupy.assertion import SnapshotAssertion

from policypack.core.policy import EnforcementLevel, Resource, Severity
from stackguard.reports import Run, Screen, render
from tests.reports import runs, sample
from tests.reports.test_reports import without_lines

pytestmark = pytest.mark.usefixtures("repository")
CI = ("github", "gitlab-codequality", "gitlab-sast", "junit")

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "not": {"pattern": r"^\./"}},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""The properties that https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format lists."""
TEXT = {"type": "string", "minLength": 1}
TIME = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
TOOL = {
    "type": "object",
    "required": ["id", "name", "vendor", "version"],
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "version": TEXT,
        "url": TEXT,
        "vendor": {"type": "object", "required": ["name"], "properties": {"name": TEXT}},
    },
}
PLACE = {
    "type": "object",
    "properties": {"file": TEXT, "start_line": {"type": "integer"}, "end_line": {"type": "integer"}},
}
SAST = {
    "type": "object",
    "required": ["version", "scan", "vulnerabilities"],
    "properties": {
        "version": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        "scan": {
            "type": "object",
            "required": ["analyzer", "scanner", "start_time", "end_time", "status", "type"],
            "properties": {
                "analyzer": TOOL,
                "scanner": TOOL,
                "start_time": TIME,
                "end_time": TIME,
                "status": {"enum": ["success", "failure"]},
                "type": {"const": "sast"},
                "messages": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["level", "value"],
                        "properties": {"level": {"enum": ["info", "warn", "fatal"]}, "value": TEXT},
                    },
                },
            },
        },
        "vulnerabilities": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "identifiers", "location"],
                "properties": {
                    "id": TEXT,
                    "name": {"type": "string", "maxLength": 255},
                    "description": {"type": "string", "maxLength": 1048576},
                    "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
                    "solution": {"type": "string", "maxLength": 7000},
                    "identifiers": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["type", "name", "value"],
                            "properties": {"type": TEXT, "name": TEXT, "value": TEXT, "url": {"pattern": "^https://"}},
                        },
                    },
                    "links": {"type": "array", "items": {"type": "object", "required": ["url"]}},
                    "location": PLACE,
                    "tracking": {
                        "type": "object",
                        "required": ["items"],
                        "properties": {
                            "type": {"const": "source"},
                            "items": {"type": "array", "minItems": 1, "items": {"required": ["signatures"]}},
                        },
                    },
                },
            },
        },
    },
}
"""What the SAST schema of https://gitlab.com/gitlab-org/security-products/security-report-schemas requires."""


def shown(run: Run, name: str) -> str:
    return render(run, name, Screen())


@pytest.mark.parametrize("name", [*CI, "csv"])
def test_the_report_reads_well(name: str, snapshot: SnapshotAssertion) -> None:
    assert without_lines(re.sub(r'"version": "0[^"]*"', '"version": "V"', shown(runs.everything(), name))) == snapshot


@pytest.mark.parametrize("name", [*CI, "csv", "markdown"])
@pytest.mark.parametrize(
    "run", [runs.run(), runs.everything(), runs.run(runs.report((sample.RESOURCE,), *sample.resources()[:3]))]
)
def test_a_format_ends_in_a_line_break_and_contains_no_secret(name: str, run: Run) -> None:
    text = shown(run, name)
    assert text.endswith("\n")
    assert "hush" not in text.lower()


def test_annotations_are_commands_with_escaped_data() -> None:
    sly = "a,b:c%d\n::error::e"
    (line, _) = shown(runs.run(runs.report((sample.PLAINTEXT,), *runs.buckets(1, name=sly))), "github").splitlines()
    assert line.startswith("::warning file=stack/storage.py,line=1,title=low%3A s3-plaintext-transport::")
    assert "a,b:c%25d\\n::error::e0" in line


def test_an_annotation_holds_no_command_of_the_older_form() -> None:
    text = shown(runs.run(runs.report((sample.PLAINTEXT,), *runs.buckets(12, name="##[error]x"))), "github")
    assert "##[" not in text


def test_only_ten_annotations_of_a_level_are_shown_the_most_severe_first() -> None:
    high = replace(sample.PLAINTEXT, id="s3-worse", severity=Severity.HIGH)
    critical = replace(sample.PLAINTEXT, id="s3-worst", severity=Severity.CRITICAL)
    report = runs.report((high, critical, sample.PLAINTEXT), *runs.buckets(6))
    lines = shown(runs.run(report), "github").splitlines()
    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == 10
    assert all("s3-worst" in line for line in errors[:6])
    assert len([line for line in lines if line.startswith("::warning")]) == 6
    assert "2 outcomes without an annotation, because GitHub shows 10 of each level:" in lines
    assert lines[-1].startswith("stackguard: 18 violations (6 critical, 6 high, 6 low)")


def test_what_does_not_block_is_a_notice_and_info() -> None:
    report = runs.report((sample.PLAINTEXT,), *runs.buckets(1))
    report = replace(report, outcomes=tuple(outcome.at(EnforcementLevel.ADVISORY) for outcome in report.outcomes))
    assert shown(runs.run(report), "github").startswith("::notice ")
    (issue,) = json.loads(shown(runs.run(report), "gitlab-codequality"))
    assert issue["severity"] == "info"
    (vulnerability,) = json.loads(shown(runs.run(report), "gitlab-sast"))["vulnerabilities"]
    assert vulnerability["severity"] == "Info"


@pytest.mark.parametrize(("name", "schema"), [("gitlab-codequality", CODE_QUALITY), ("gitlab-sast", SAST)])
@pytest.mark.parametrize("run", [runs.run(), runs.everything()])
def test_gitlabs_reports_are_of_its_form(name: str, schema: dict[str, Any], run: Run) -> None:
    jsonschema.validate(json.loads(shown(run, name)), schema)


def test_equal_violations_of_two_stacks_are_two_in_gitlab() -> None:
    both = runs.run(runs.report(), runs.report(stack="dev"))
    prints = [issue["fingerprint"] for issue in json.loads(shown(both, "gitlab-codequality"))]
    ids = [vulnerability["id"] for vulnerability in json.loads(shown(both, "gitlab-sast"))["vulnerabilities"]]
    assert len(prints) == len(set(prints)) == len(ids) == len(set(ids)) == 10


def test_a_scan_that_could_not_judge_has_failed() -> None:
    scan = json.loads(shown(runs.everything(), "gitlab-sast"))["scan"]
    assert scan["status"] == "failure"
    assert [entry["level"] for entry in scan["messages"]] == ["fatal", "fatal", "warn"]


def suites(run: Run) -> dict[str, Any]:
    return {suite.name: suite for suite in JUnitXml.fromstring(shown(run, "junit").encode())}


def test_junit_has_a_suite_for_each_stack_and_a_test_for_each_policy() -> None:
    provenance = replace(sample.PROVENANCE, policies=tuple(policy.id for policy in (*sample.POLICIES, sample.CRASH)))
    by_name = suites(replace(runs.everything(), provenance=provenance))
    assert [*by_name] == ["shop/prod", "shop/dev", "shop/broken", "waivers"]
    tests = {case.name: case for case in by_name["shop/prod"]}
    assert [*tests] == [*provenance.policies]
    results = {name: [type(result) for result in case.result] for name, case in tests.items()}
    assert results["s3-crash"] == [Error]
    assert results["iam-wildcard-action"] == [Failure]
    assert results["s3-plaintext-transport"] == [Skipped]
    assert "until 2027-01-31, owner platform, ticket SEC-12" in tests["s3-plaintext-transport"].result[0].message
    assert all(case.is_passed for case in by_name["shop/dev"])
    assert [type(result) for case in by_name["shop/broken"] for result in case.result] == [Error]
    assert [type(result) for case in by_name["waivers"] for result in case.result] == [Failure]


def test_junit_counts_its_tests() -> None:
    xml = ET.fromstring(shown(runs.everything(), "junit"))
    for suite in xml:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        assert suite.get("errors") == str(sum(case.find("error") is not None for case in cases))
    assert xml.get("tests") == str(len(xml.findall(".//testcase")))


def test_a_policy_that_passes_is_a_test_that_passes() -> None:
    clean = runs.report((sample.RESOURCE,), *sample.resources()[:3])
    provenance = replace(sample.PROVENANCE, policies=(sample.RESOURCE.id,))
    (suite,) = suites(replace(runs.run(clean), provenance=provenance)).values()
    (case,) = suite
    assert (case.name, case.classname, case.is_passed) == ("iam-wildcard-resource", "shop.prod", True)


@given(name=st.text(), message=st.text())
def test_junit_is_xml_with_any_text(name: str, message: str) -> None:
    policy = replace(sample.PLAINTEXT, fix=message)
    text = shown(runs.run(runs.report((policy,), Resource("aws:s3/bucket:Bucket", name))), "junit")
    assert ET.fromstring(text).findall(".//failure")


def rows(run: Run) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(shown(run, "csv"), newline=""))]


def test_csv_has_a_line_for_each_outcome_with_its_exemption() -> None:
    listed = rows(runs.everything())
    assert shown(runs.everything(), "csv").count("\r\n") == len(listed) + 1 == 10
    assert {(row["exemption"], row["expires"], row["ticket"]) for row in listed} == {
        ("", "", ""),
        ("waived", "2027-01-31", "SEC-12"),
        ("baselined", "", ""),
    }
    assert {(row["project"], row["stack"], row["region"]) for row in listed} == {("shop", "prod", "eu-west-1")}


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\uff1d1", '=HYPERLINK("x"),"'])
def test_no_cell_is_a_formula(formula: str) -> None:
    (row,) = rows(runs.run(runs.report((sample.PLAINTEXT,), *runs.buckets(1, name=formula))))
    assert row["name"].startswith(("'", "\\t"))


@given(st.text())
def test_csv_has_the_same_columns_with_any_text(name: str) -> None:
    text = shown(runs.run(runs.report((sample.PLAINTEXT,), Resource("aws:s3/bucket:Bucket", name))), "csv")
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert len(header) == len(row)
    assert not any(cell[:1] in {"=", "+", "-", "@"} for cell in row)
