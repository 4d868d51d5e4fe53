from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from policypack.core.policy import Position, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from stackguard import reports
from stackguard.reports import Report
from stackguard.reports.validation import ValidationReport, as_json, as_sarif, schema
from stackguard.template.serialize import text_of
from stackguard.template.validation import Level, Lint, LintResult, Validation
from tests.reports import sample
from tests.reports.sarif_schema import log

SCHEMA = Path(reports.__file__).parent / "validation.schema.json"
FILE = "template.json"
TEXT = text_of({"Resources": {"Inbox": {"Type": "AWS::S3::Bucket", "Properties": {"Colour": "red"}}}}, "json")
PATH = ("Resources", "Inbox", "Properties", "Colour")


def result(**more: Any) -> LintResult:
    fields: dict[str, Any] = {
        "rule": "E3002",
        "title": "Resource properties are invalid",
        "level": Level.ERROR,
        "message": "Additional properties are not allowed ('Colour' was unexpected)",
        "path": PATH,
        "line": 6,
        "url": "https://github.com/aws-cloudformation/cfn-lint",
    }
    return LintResult(**(fields | more))


HINT = result(rule="I1022", level=Level.INFORMATIONAL, title="Use Sub", message="Use `Fn::Sub`", path=(), line=1)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / FILE).write_text(TEXT)
    monkeypatch.chdir(tmp_path)


def validation(*results: LintResult, violated: bool = False) -> Validation:
    bucket = replace(sample.resources()[2], position=Position(FILE, 3))
    outcomes = tuple(evaluate((sample.PLAINTEXT,), Stack((bucket,), Settings()))) if violated else ()
    lint = Lint("1.58.0", "eu-central-1", 326, ("I4010",), results)
    return Validation(FILE, TEXT, lint, Report(FILE, outcomes, 1, 1))


@pytest.mark.parametrize(
    ("validated", "code"),
    [
        (validation(), 0),
        (validation(HINT), 0),
        (validation(HINT, result()), 1),
        (validation(violated=True), 1),
        (validation(result(), violated=True), 1),
    ],
    ids=["valid", "a hint", "an error", "a violation", "both"],
)
def test_errors_and_outcomes_that_block_close_the_gate(validated: Validation, code: int) -> None:
    assert validated.exit_code == code
    assert json.loads(as_json(validated))["exitCode"] == code


def test_a_policy_that_crashed_is_exit_code_two() -> None:
    validated = validation(result())
    crashed = tuple(evaluate((sample.CRASH,), Stack(sample.resources(), Settings())))
    assert replace(validated, report=replace(validated.report, outcomes=crashed)).exit_code == 2


def test_the_json_has_the_results_of_both_validations() -> None:
    read = json.loads(as_json(validation(HINT, result(), violated=True)))
    jsonschema.validate(read, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert read["template"] == {"file": FILE, "sha256": hashlib.sha256(Path(FILE).read_bytes()).hexdigest()}
    assert read["tools"]["cfnLint"] == "1.58.0"
    assert {name: read["lint"][name] for name in ("rules", "leftOut", "errors", "informational")} == {
        "rules": 326,
        "leftOut": ["I4010"],
        "errors": 1,
        "informational": 1,
    }
    assert [result["logicalId"] for result in read["lint"]["results"]] == ["", "Inbox"]
    assert [outcome["policy"] for outcome in read["policies"]["outcomes"]] == ["s3-plaintext-transport"]
    assert msgspec.convert(read, ValidationReport).version == 1


def test_the_published_schema_is_the_reports_own() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


def test_the_sarif_has_a_run_of_each_tool(snapshot: SnapshotAssertion) -> None:
    text = as_sarif(validation(HINT, result(), violated=True))
    linted, judged = log(text)["runs"]
    assert (linted["tool"]["driver"]["name"], judged["tool"]["driver"]["name"]) == ("cfn-lint", "stackguard")
    assert [result["level"] for result in linted["results"]] == ["note", "error"]
    (place,) = judged["results"][0]["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": FILE, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3},
    }
    assert text == snapshot


def test_results_at_one_place_have_stable_distinct_fingerprints() -> None:
    first, second, third = log(as_sarif(validation(result(), result(line=9), result(rule="E1"))))["runs"][0]["results"]
    (again,) = log(as_sarif(validation(result(line=40))))["runs"][0]["results"]
    assert len({result["partialFingerprints"]["stackguard/v1"] for result in (first, second, third)}) == 3
    assert again["partialFingerprints"] == first["partialFingerprints"]


@pytest.mark.parametrize("written_as", [as_json, as_sarif])
def test_a_message_does_not_control_the_terminal(written_as: Any) -> None:
    text = written_as(validation(result(message="a\x1b[2J\n::error::b", path=("Resources", "x\u202e"))))
    assert not set(text) & set("\x1b\u202e")
