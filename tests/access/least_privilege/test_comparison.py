"""Reports on each action and resource that is added to the reference's role or removed, and no others."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from policypack.access.least_privilege.analysis import Privilege, functions, privilege
from policypack.access.least_privilege.readers import grouped, judge_excess, judge_missing
from policypack.core.policy import Asset, Resource, Stack, Violation
from policypack.evaluation.redaction import secrets_of
from policypack.evaluation.settings import Settings
from stackguard.access.unused import FunctionAnswer, UnusedReport, render
from stackguard.cli import cli
from stackguard.preview import Preview, run
from tests.test_protections import rewritten

ROOT = Path(__file__).parents[3]
INGEST = "arn:aws:s3:::stackguard-ingest-dev-ingest-111122223333-eu-central-1"
RESULTS = "arn:aws:s3:::stackguard-ingest-dev-results-111122223333-eu-central-1"
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:stackguard-ingest-dev-dead-letters"


@pytest.fixture(scope="module", params=[True, False], ids=["resolved", "unknown"])
def reference(request: pytest.FixtureRequest) -> Preview:
    return run(ROOT / "stack", resolve=request.param)


def wrong(resources: tuple[Resource, ...], code: Path | None = None) -> list[str]:
    stack = Stack(resources, Settings(stack_region="eu-central-1"))
    (function,) = functions(stack)
    judged = privilege(stack, function, Asset(path=str(code), archive=True) if code else None)
    assert isinstance(judged, Privilege)
    assert judged.code.unresolved == ()
    judgements = [*map(judge_missing, grouped(judged)), *map(judge_excess, judged.comparison.excess)]
    assert all(isinstance(judgement, Violation) for judgement in judgements)
    return [violation.message.partition(":  ")[0] for violation in judgements if isinstance(violation, Violation)]


def test_the_reference_lacks_nothing_and_has_nothing_over(reference: Preview) -> None:
    assert wrong(reference.resources) == []
    assert wrong(reference.resources, ROOT / "lambda_fn") == []


EDITS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("ReadIncoming", {}, ["does not allow `s3:GetObjectVersion` on `INGEST/incoming/*`: `ingest/normalise.py:"]),
    (
        "ReadIncoming",
        {"Action": ["s3:GetObjectVersion", "s3:GetObject"]},
        ["allows `s3:GetObject`, which is never called"],
    ),
    ("ReadIncoming", {"Action": "s3:GetObjectV*"}, ["allows "]),
    (
        "ReadIncoming",
        {"Resource": f"{INGEST}/incoming/a/*"},
        ["does not allow `s3:GetObjectVersion` on all of `INGEST/inc"],
    ),
    (
        "ReadIncoming",
        {"Resource": f"{INGEST}/*"},
        ["allows `s3:GetObjectVersion` on more of `INGEST/*` than it is called on"],
    ),
    ("ReadIncoming", {"Resource": [f"{INGEST}/incoming/*", f"{RESULTS}/*"]}, ["names `RESULTS/*`, on which"]),
    (
        "WriteResults",
        {"Resource": f"{RESULTS}/normalised/*"},
        ["does not allow `s3:PutObject` on `RESULTS/summaries/*`"],
    ),
    (
        "WriteResults",
        {"Resource": f"{RESULTS}/summaries/*"},
        ["does not allow `s3:PutObject` on `RESULTS/normalised/*`"],
    ),
    ("WriteResults", {"Resource": f"{RESULTS}/*"}, ["allows `s3:PutObject` on more of `RESULTS/*`"]),
    ("SendDeadLetters", {}, ["does not allow `sqs:SendMessage` on"]),
    ("SendDeadLetters", {"Resource": f"{QUEUE}-2"}, ["does not allow `sqs:SendMessage`", f"names `{QUEUE}-2`"]),
    ("WriteOwnLogs", {"Action": "logs:PutLogEvents"}, ["does not allow `logs:CreateLogStream`"]),
    ("WriteOwnLogs", {"Action": "logs:CreateLogStream"}, ["does not allow `logs:PutLogEvents`"]),
    (
        "WriteOwnLogs",
        {"Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"]},
        ["allows `logs:CreateLogGroup`, which is never called"],
    ),
    ("SendTraces", {"Action": "xray:PutTraceSegments"}, ["does not allow `xray:PutTelemetryRecords` on `*`"]),
    ("SendTraces", {"Action": "xray:PutTelemetryRecords"}, ["does not allow `xray:PutTraceSegments` on `*`"]),
]


@pytest.mark.parametrize(("sid", "elements", "expected"), EDITS)
def test_one_edit_is_the_only_report(
    reference: Preview, sid: str, elements: dict[str, Any], expected: list[str]
) -> None:
    messages = wrong(rewritten("role-policy", sid, **elements)(reference.resources))
    messages = [message.replace(INGEST, "INGEST").replace(RESULTS, "RESULTS") for message in messages]
    assert len(messages) == len(expected), messages
    assert all(message.startswith(start) for message, start in zip(messages, expected, strict=True)), messages


def test_the_text_report_lists_the_calls_and_no_problems() -> None:
    ran = CliRunner().invoke(cli, ["access", "unused", str(ROOT / "stack"), "--code", str(ROOT / "lambda_fn")])
    assert ran.exit_code == 0
    assert (
        "s3:PutObject Bucket=${RESULTS_BUCKET} Key=summaries/(the event's)|summaries/…  ingest/normalise.py:"
        in ran.output
    )
    assert "clean: no permission is missing or unused" in ran.output


HIDDEN = """
import pulumi_aws as aws

aws.ec2.get_vpc_output(default=True).id.apply(lambda vpc: aws.s3.Bucket("more") if vpc == "vpc-1" else None)
"""


def test_the_report_notes_resources_that_a_preview_cannot_see(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests/failures/row12_another_prefix/corrected", tmp_path / "row" / "app")
    shutil.copy(ROOT / "tests/failures/protected.py", tmp_path)
    main = tmp_path / "row" / "app" / "__main__.py"
    main.write_text(main.read_text() + HIDDEN)
    ran = CliRunner().invoke(cli, ["access", "unused", str(main.parent)])
    assert ran.exit_code == 1
    assert "note: undecided: the program constructs resources in a function given to `apply` that" in ran.output


def test_the_json_report_has_the_same_answers() -> None:
    program = ROOT / "tests/failures/row12_another_prefix/failing"
    ran = CliRunner().invoke(cli, ["access", "unused", str(program), "--format", "json"])
    assert ran.exit_code == 1
    (entry,) = msgspec.json.decode(ran.output)["functions"]
    assert entry["verdict"] == "unclean"
    assert [(each["action"], each["line"]) for each in entry["missing"]] == [("s3:PutObject", 11)]
    assert [each["path"] for each in entry["over"]] == ["policy.Statement[2].Resource"]


def test_the_report_lists_functions_that_cannot_be_judged() -> None:
    runner = CliRunner()
    nobody = runner.invoke(
        cli, ["access", "unused", str(ROOT / "stack"), "--function", "nobody"], standalone_mode=False
    )
    assert "has no function `nobody`; it has `function`" in str(nobody.exception)
    empty = runner.invoke(
        cli, ["access", "unused", str(ROOT / "stack"), "--code", str(ROOT / "docs")], standalone_mode=False
    )
    assert "holds no module `ingest.handler`" in str(empty.exception)


def test_the_command_quotes_no_secret() -> None:
    code = Asset(archive=True, members={"app.py": Asset(text=CODE)})
    variables = {"BUCKET": "acme-very-secret-name"}
    function = Resource(
        "aws:lambda/function:Function",
        "f",
        {
            "role": "arn:aws:iam::111122223333:role/f",
            "runtime": "python3.13",
            "handler": "app.handler",
            "code": code,
            "environment": {"variables": variables},
        },
        secrets=frozenset({"environment.variables.BUCKET"}),
    )
    role = Resource("aws:iam/role:Role", "f", {"name": "f"})
    stack = Stack((role, function), Settings())
    report = UnusedReport([FunctionAnswer(function, privilege(stack, function))], tuple(secrets_of(stack)))
    for form in ("text", "json"):
        assert "PutObject" in render(report, form)
        assert "acme-very-secret-name" not in render(report, form)


def test_the_report_names_the_role_of_the_idle_function() -> None:
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}'
    held = []
    for name, source in (("writer", CODE), ("idle", "def handler(event, context):\n    return None\n")):
        inputs = {
            "role": f"arn:aws:iam::111122223333:role/{name}",
            "runtime": "python3.13",
            "handler": "app.handler",
            "code": Asset(archive=True, members={"app.py": Asset(text=source)}),
        }
        held += [
            Resource("aws:lambda/function:Function", name, inputs),
            Resource("aws:iam/role:Role", name, {"name": name}),
            Resource("aws:iam/rolePolicy:RolePolicy", name, {"role": name, "policy": text}),
        ]
    stack = Stack(tuple(held), Settings())
    report = UnusedReport([FunctionAnswer(each, privilege(stack, each)) for each in functions(stack)])
    writer, idle = msgspec.json.decode(render(report, "json"))["functions"]
    assert {(each["urn"], each["path"]) for each in idle["over"]} == {(held[-1].urn, "policy.Statement[0].Action")}
    assert {each["urn"] for each in writer["over"]} == {held[2].urn}


CODE = """
import os
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="a")
"""
