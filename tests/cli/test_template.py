"""`stackguard template`, as a person and a script see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackguard.cli import main
from tests.sources.states import as_bytes, export, state
from tests.template.running import PASSWORD, project

FAILURES = Path(__file__).parents[1] / "failures"
STACK = Path(__file__).parents[2] / "stack"
ROWS = sorted(path.parent.name for path in FAILURES.glob("row*/template.txt"))
each_row = pytest.mark.parametrize("row", ROWS)


def run(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    code = main(["template", *map(str, args)])
    out, err = capsys.readouterr()
    return code, out, err


@each_row
def test_the_failure_is_stopped_with_the_right_message(
    row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "template.json"
    code, out, err = run(capsys, FAILURES / row / "failing", "--output", file)
    expected, *lines = (FAILURES / row / "template.txt").read_text(encoding="utf-8").splitlines()
    assert code == int(expected)
    assert [line for line in lines if line not in out + err] == []
    assert file.exists() is (code == 1)


@each_row
def test_the_corrected_program_has_a_valid_template(
    row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, FAILURES / row / "corrected", "--output", tmp_path / "template.json")
    assert (code, " 0 errors, 0 warnings," in out, "the same verdict as on the program" in out) == (0, True, True)


def test_row_7_is_reproduced() -> None:
    assert {row[:5] for row in ROWS} == {"row07"}
    assert len(ROWS) == 4


def test_the_template_and_its_reports_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template, report, sarif = (tmp_path / name for name in ("template.yaml", "report.json", "report.sarif"))
    code, out, err = run(capsys, STACK, "--output", template, "--report", report, "--sarif", sarif)
    assert (code, err) == (0, "")
    first, parameters, _, lint, _, policies = out.splitlines()
    assert parameters == "  parameters to set: ArtifactBucket"
    assert first == f"{template}: 13 resources for 24 of the program's, for eu-central-1"
    assert lint.endswith("rules for eu-central-1, 0 errors, 0 warnings, 0 informational")
    assert policies.startswith("policies: the same verdict as on the program, by ")
    assert policies.endswith("0 violations, 0 undecided")
    assert yaml.safe_load(template.read_text())["Resources"]["Ingest"]["Type"] == "AWS::S3::Bucket"
    assert json.loads(report.read_text())["exitCode"] == 0
    assert [run["tool"]["driver"]["name"] for run in json.loads(sarif.read_text())["runs"]] == [
        "cfn-lint",
        "stackguard",
    ]


def test_standard_output_contains_only_the_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, project(tmp_path / "fan_out", "fan_out"))
    assert json.loads(out)["Resources"]["Orders"] == {
        "Type": "AWS::SNS::Topic",
        "Properties": {"KmsMasterKeyId": "alias/aws/sns"},
    }
    assert err.startswith("template: ")
    assert code == 0


def test_a_violation_is_reported_and_closes_the_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, project(tmp_path / "website", "website"), "-o", tmp_path / "template.json")
    assert code == 1
    assert "policies: the same verdict as on the program" in out
    assert "  violation s3-open-access-block site " in out


def test_a_line_of_a_report_is_the_line_in_the_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template, report = tmp_path / "t.yaml", tmp_path / "r.json"
    run(capsys, FAILURES / "row07_misspelt_operator" / "failing", "-o", template, "--report", report)
    (error,) = [result for result in json.loads(report.read_text())["lint"]["results"] if result["level"] == "error"]
    assert template.read_text().splitlines()[error["line"] - 1].strip() == "ComparisonOperator: GreaterThan"


def test_everything_without_translation_is_listed_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "template.json"
    file.write_text("as it was")
    code, out, err = run(capsys, project(tmp_path / "circle", "circle"), "-o", file)
    assert (code, out, file.read_text()) == (2, "", "as it was")
    assert (
        f"aws:s3:Bucket left ({tmp_path}/circle/__main__.py:19): is in a circular dependency: Left -> Right -> Left; CloudFormation creates one"
        in err
    )
    assert "has 1 thing that the template cannot contain, so nothing was written" in err


def test_a_partial_template_lists_what_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "template.json"
    target = FAILURES / "row07_type_without_translation" / "failing"
    report = tmp_path / "report.json"
    code, out, _ = run(capsys, target, "-o", file, "--allow-partial", "--report", report)
    document = json.loads(file.read_text())
    (entry,) = document["Metadata"]["Stackguard"]["LeftOut"]
    assert entry["Urn"].endswith("::aws:s3/bucketObjectv2:BucketObjectv2::readme")
    assert entry["Why"] == "is a `aws:s3/bucketObjectv2:BucketObjectv2`, a type that is not translated yet"
    place = "tests/failures/row07_type_without_translation/failing/__main__.py"
    line = f"aws:s3:BucketObjectv2 readme ({place}:12): is a `aws:s3/bucketObjectv2:BucketObjectv2`, a type that"
    assert f"  left out: {line} is not translated yet" in out
    assert json.loads(report.read_text())["leftOut"] == [f"{line} is not translated yet"]
    assert document["Resources"].keys() == {"Orders", "OrdersPolicy"}
    assert code == 0


def test_no_secret_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / name for name in ("t.json", "r.json", "r.sarif")]
    target = project(tmp_path / "secret_values", "secret_values")
    _, out, err = run(capsys, target, "-o", files[0], "--report", files[1], "--sarif", files[2])
    assert (
        "  left out: pulumi:pulumi:Stack secret_values-dev: `password` is secret, and everyone who can read the stack"
        in out
    )
    assert PASSWORD not in "".join([out, err, *(file.read_text() for file in files)])


def test_no_secret_is_in_what_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: aliases\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi\nimport pulumi_aws as aws\nconfig = pulumi.Config()\nconfig.require_secret('pw')\n"
        "aws.sqs.Queue('orders', name='orders')\n"
        "aws.iam.AccountAlias('x-' + config.require('pw'), account_alias='x')\n"
    )
    files = [tmp_path / name for name in ("t.json", "r.json", "r.sarif")]
    options = ("--allow-partial", "-c", f"pw={PASSWORD}", "-o", files[0], "--report", files[1], "--sarif", files[2])
    _, out, err = run(capsys, tmp_path, *options)
    assert "left out: aws:iam:AccountAlias x-…" in out
    assert PASSWORD not in "".join([out, err, *(file.read_text() for file in files)])


def test_an_export_has_the_names_that_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "logs-7c1f2ab"
    bucket = state("aws:s3/bucket:Bucket", "logs", {"bucket": name}, outputs={"id": name, "bucket": name}, id=name)
    versioning = state(
        "aws:s3/bucketVersioning:BucketVersioning",
        "logs",
        {"bucket": name, "versioningConfiguration": {"status": "Enabled"}},
        dependencies=[bucket["urn"]],
        propertyDependencies={"bucket": [bucket["urn"]]},
    )
    file = tmp_path / "state.json"
    file.write_bytes(as_bytes(export([bucket, versioning])))
    _, out, _ = run(capsys, file)
    assert json.loads(out)["Resources"] == {
        "Logs": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {"BucketName": name, "VersioningConfiguration": {"Status": "Enabled"}},
        }
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "missing/t.json"), "there is no folder"),
        (("-o", "t.json", "--report", "t.json"), "name the same file twice; give each its own"),
    ],
)
def test_a_wrong_option_is_an_error_before_the_run(
    options: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "nowhere", *options)
    assert (code, message in err) == (2, True)
