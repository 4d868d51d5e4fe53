"""`stackguard access paths` over a folder of exports and a program, as a person and a script see it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policypack.core.policy import Resource
from stackguard.access import paths_json
from stackguard.cli import main
from tests.access.paths.test_paths import bucket, function, grants, role, three_hops, trusting, url
from tests.joining.fleet import ACCOUNT

SCHEMA = Path(paths_json.__file__).with_name("paths.schema.json")
CONFIDENTIAL = {"data": "confidential"}
PROGRAM = f"""
import json
import pulumi
import pulumi_aws as aws

provider = aws.Provider("main", region="eu-west-1", allowed_account_ids=["{ACCOUNT}"])
options = pulumi.ResourceOptions(provider=provider)
role = aws.iam.Role(
    "api",
    name="api",
    assume_role_policy=json.dumps({json.dumps(trusting(Service="lambda.amazonaws.com"))}),
    opts=options,
)
aws.iam.RolePolicy(
    "rights",
    role=role.name,
    policy=json.dumps({{
        "Version": "2012-10-17",
        "Statement": [
            {{
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": "arn:aws:iam::{ACCOUNT}:role/reader",
            }},
        ],
    }}),
    opts=options,
)
api = aws.lambda_.Function(
    "api", name="api", role=role.arn, runtime="python3.13", handler="main.handler", s3_bucket="code", s3_key="api.zip",
    opts=options,
)
aws.lambda_.FunctionUrl("api", function_name=api.name, authorization_type="NONE", opts=options)
"""


def export(folder: Path, stack: str, resources: Sequence[Resource]) -> Path:
    file = folder / f"{stack}.json"
    states = [
        {
            "urn": f"urn:pulumi:{stack}::fleet::{resource.type}::{resource.name}",
            "type": resource.type,
            "custom": True,
            "id": resource.name,
            "inputs": {name: encoded(value) for name, value in resource.inputs.items()},
            "outputs": {name: encoded(value) for name, value in resource.outputs.items()},
        }
        for resource in resources
    ]
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": states}}), encoding="utf-8")
    return file


def encoded(value: Any) -> Any:
    """A policy document as the provider stores it."""
    return json.dumps(value) if isinstance(value, dict) and "Statement" in value else value


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    account = role("unrelated")
    for stack, resources in three_hops(data=[bucket(tags=CONFIDENTIAL), account, bucket("other")]).items():
        export(folder, stack, resources)
    return folder


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = main(["access", "paths", *args])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_way_is_printed_hop_by_hop(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, str(exports), "--tag", "data=confidential")
    assert code == 0
    lines = [line for line in out.splitlines() if "for example" not in line]
    assert lines == [
        "1. anyone outside to aws:s3:Bucket data",
        "   anyone outside invokes aws:lambda:Function api  by aws:lambda:FunctionUrl api authorizationType in fleet/site",
        "   aws:lambda:Function api runs as aws:iam:Role api  by aws:lambda:Function api role in fleet/site",
        "   aws:iam:Role api assumes aws:iam:Role reader  by aws:iam:RolePolicy api policy.Statement[0] in fleet/site",
        "   aws:iam:Role reader reads aws:s3:Bucket data  by aws:iam:RolePolicy reader policy.Statement[0] in fleet/identity",
        "",
        "1 path, 1 certain, to 1 of 1 resource in 3 stacks",
    ]


def test_the_json_fits_its_schema(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, str(exports), "--to", "data", "--format", "json", "--fail-on-path")
    report = json.loads(out)
    assert code == report["summary"]["exitCode"] == 1
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    [path] = report["paths"]
    assert [hop["verb"] for hop in path["hops"]] == ["invokes", "runs as", "assumes", "reads"]
    assert path["hops"][-1]["end"]["urn"] == "urn:pulumi:data::fleet::aws:s3/bucket:Bucket::data"


def test_the_schema_is_that_of_the_types() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == paths_json.schema()


def test_no_way_is_no_failure(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, str(exports), "--to", "other", "--fail-on-path")
    assert (code, out) == (0, "0 paths, 0 certain, to 0 of 1 resource in 3 stacks\n")


def test_a_way_from_a_role(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, str(exports), "--to", "data", "--from", f"arn:aws:iam::{ACCOUNT}:role/reader")
    assert code == 0
    assert out.startswith("1. aws:iam:Role reader to aws:s3:Bucket data")


def test_a_program_has_lines(
    exports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (exports / "site.json").unlink()
    site = tmp_path / "site"
    site.mkdir()
    (site / "Pulumi.yaml").write_text("name: site\nruntime: python\n")
    (site / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (site / "__main__.py").write_text(PROGRAM)
    code, out = run(capsys, str(exports), str(site), "--to", "data")
    assert code == 0
    assert "policy.Statement[0] in organization/site/dev" in out
    [line] = [line for line in out.splitlines() if "assumes" in line and "by" in line]
    assert line.endswith("site/__main__.py:20")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--to", "dta"], "no resource has the name, ARN or URN `--to dta`; did you mean `data`?"),
        (
            ["--tag", "data=confidentail"],
            "no resource has the tag `--tag data=confidentail`; did you mean `data=confidential`?",
        ),
        (
            ["--to", "data", "--from", "raeder"],
            "no identity has the name, ARN or URN `--from raeder`; did you mean `reader`?",
        ),
        (["--to", "data", "--from", "other"], "`--from other` names no role, user, function or state machine"),
        ([], "give `--to RESOURCE` or `--tag KEY=VALUE`"),
    ],
)
def test_what_nothing_has_is_an_error(
    args: list[str], message: str, exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(capsys, str(exports), *args)
    assert code == 2
    assert message in out


def test_a_secret_is_in_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "s3cr3t-Prefix-77"
    site = export(tmp_path, "site", [function(), url(), role("api"), bucket()])
    state = json.loads(site.read_text(encoding="utf-8"))
    rights = grants("api", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::data/{secret}/*"})
    marker = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps(secret)}
    state["deployment"]["resources"] += [
        {
            "urn": "urn:pulumi:site::fleet::aws:iam/rolePolicy:RolePolicy::api",
            "type": rights.type,
            "custom": True,
            "id": "api",
            "inputs": {"role": "api", "policy": json.dumps(rights.inputs["policy"])},
        },
        {
            "urn": "urn:pulumi:site::fleet::aws:ssm/parameter:Parameter::p",
            "type": "aws:ssm/parameter:Parameter",
            "custom": True,
            "id": "p",
            "inputs": {"name": "p", "value": marker},
        },
    ]
    site.write_text(json.dumps(state), encoding="utf-8")
    for format_ in ("text", "json"):
        code, out = run(capsys, str(site), "--to", "data", "--format", format_)
        assert code == 0
        assert "reads" in out
        assert secret not in out


def in_backend(exports: Path, root: Path) -> None:
    """The exports as a backend of Pulumi's CLI has them, with a history of another account."""
    for file in exports.glob("*.json"):
        state = json.loads(file.read_text(encoding="utf-8"))
        for kind in ("stacks", "backups"):
            place = root / ".pulumi" / kind / "fleet" / f"{file.stem}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            checkpoint = {"stack": f"organization/fleet/{file.stem}", "latest": state["deployment"]}
            place.write_text(json.dumps({"version": 3, "checkpoint": checkpoint}), encoding="utf-8")


@pytest.mark.parametrize("source", ["backend", "@list.txt", "prod=backend", "states.tar.gz", "states.zip"])
def test_every_source_of_an_audit_is_one_of_paths(
    source: str, exports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    in_backend(exports, tmp_path / "backend")
    (tmp_path / "list.txt").write_text("# the fleet\nbackend\n")
    shutil.make_archive("states", "gztar", tmp_path / "backend")
    shutil.make_archive("states", "zip", tmp_path / "backend")
    code, out = run(capsys, source, "--tag", "data=confidential")
    assert code == 0
    assert "aws:iam:Role reader reads aws:s3:Bucket data" in out
    assert out.endswith("1 path, 1 certain, to 1 of 1 resource in 3 stacks\n")


def test_what_cannot_be_read_is_a_note_and_the_others_are_read(
    exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = "1 path, 1 certain, to 1 of 1 resource in 3 stacks"
    (exports / "notes.json").write_text("[]")
    code, out = run(capsys, str(exports), "--to", "data")
    assert (code, out.splitlines()[-1]) == (0, counts)
    (exports / "cut.json").write_text('{"version": 3, "deployment": {"resour')
    code, out = run(capsys, str(exports), "--to", "data")
    assert (code, out.splitlines()[-1]) == (2, f"{counts}, 1 stack not read")
    assert out.count("note") >= 2
    code, out = run(capsys, str(exports), "--to", "data", "--format", "json", "--fail-on-path")
    assert (code, json.loads(out)["summary"]["exitCode"], json.loads(out)["summary"]["unread"]) == (2, 2, 1)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("empty", "contains neither a `Pulumi.yaml` nor a stack export"),
        ("@none.txt", "there is no list `none.txt`"),
        ("gone=none", "there is no source `none`"),
        ("ftp://host/x", "is of an unknown kind"),
        ("none.json", "none.json"),
    ],
)
def test_a_source_without_stacks_is_an_error(
    source: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    code, out = run(capsys, source, "--to", "data")
    assert code == 2
    assert message in out
