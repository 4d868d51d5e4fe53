"""`stackguard access public` of a program, an export, a preview and a document, as a person and a script see it."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from policypack.core.examples import allow, document
from stackguard.cli import main
from tests.sources.states import as_bytes, decrypted, export, state

OPEN = json.dumps(document(allow(Principal="*", resource="arn:aws:s3:::acme/*")))
SHUT = json.dumps(document(allow(Principal={"AWS": "111122223333"})))
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PROGRAM = f"""
import pulumi_aws as aws

site = aws.s3.Bucket("site", bucket="acme")
aws.s3.BucketPolicy("opens", bucket=site.id, policy={OPEN!r})
aws.s3.Bucket("shut")
"""


def stack(*policies: str) -> bytes:
    """An export with a bucket for each policy document."""
    resources = [
        state("aws:s3/bucket:Bucket", f"b{index}", {"policy": policy}) for index, policy in enumerate(policies)
    ]
    return as_bytes(export(resources))


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = main(["access", "public", *args])
    return code, capsys.readouterr().out


def file(folder: Path, content: bytes | str, name: str = "state.json") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file(tmp_path, "name: shop\nruntime: python\n", "Pulumi.yaml")
    file(tmp_path, "config:\n  aws:region: eu-central-1\n", "Pulumi.dev.yaml")
    file(tmp_path, PROGRAM, "__main__.py")
    code, out = run(capsys, str(tmp_path))
    assert code == 1
    assert out.splitlines() == [
        f"public  aws:s3:Bucket site  {tmp_path}/__main__.py:4",
        "    for example: anyone on the internet, from 198.51.100.7, may `s3:GetObject` on `arn:aws:s3:::acme/x`",
        "    why: nothing in it pins the caller to a fixed principal, network or source",
        f"    by: aws:s3:BucketPolicy opens policy.Statement[0]  {tmp_path}/__main__.py:5",
        "",
        f"1 public, 0 undecided, 1 not public in {tmp_path}",
    ]


def test_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, file(tmp_path, stack(OPEN, SHUT)))
    assert code == 1
    assert "public  aws:s3:Bucket b0" in out
    assert "b1" not in out
    assert "1 public, 0 undecided, 1 not public" in out


def test_all_also_lists_what_is_not_public(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "--all", file(tmp_path, stack(SHUT)))
    assert code == 0
    assert "not-public  aws:s3:Bucket b0" in out
    assert "why: every Allow statement names its principals" in out


def test_an_undecided_entry_names_what_it_waits_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, file(tmp_path, stack(UNKNOWN)))
    assert code == 1
    assert "undecided  aws:s3:Bucket b0" in out
    assert "waits for: aws:s3:Bucket b0 policy" in out


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "--format", "json", file(tmp_path, stack(OPEN, SHUT)))
    report = json.loads(out)
    assert code == report["summary"]["exitCode"] == 1
    assert {name: report["summary"][name] for name in ("public", "undecided", "notPublic")} == {
        "public": 1,
        "undecided": 0,
        "notPublic": 1,
    }
    (entry,) = report["things"]
    assert (entry["name"], entry["verdict"]) == ("b0", "public")
    (exposure,) = entry["openings"]
    assert exposure["path"] == "policy.Statement[0]"
    assert exposure["witness"] == {
        "principal": "anyone on the internet",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::acme/x",
        "context": {"aws:SourceIp": "198.51.100.7"},
    }
    both = json.loads(run(capsys, "--all", "--format", "json", file(tmp_path, stack(OPEN, SHUT)))[1])
    assert [entry["verdict"] for entry in both["things"]] == ["public", "not-public"]


def test_a_compressed_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, file(tmp_path, gzip.compress(stack(OPEN)), "state.json.gz"))[0] == 1


@pytest.mark.parametrize(("content", "code", "start"), [(OPEN, 1, "public: "), (SHUT, 0, "not-public: ")])
def test_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, code: int, start: str) -> None:
    exit_code, out = run(capsys, file(tmp_path, content))
    assert exit_code == code
    assert out.startswith(start)


def test_a_document_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "--format", "json", file(tmp_path, OPEN))
    assert code == 1
    assert json.loads(out)["verdict"] == "public"


@pytest.mark.parametrize(("content", "expected"), [(OPEN.encode(), "public: "), (stack(OPEN), "1 public, ")])
def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: bytes, expected: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, out = run(capsys, "-")
    assert code == 1
    assert expected in out


def test_several_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shut, open_ = file(tmp_path, SHUT, "shut.json"), file(tmp_path, OPEN, "open.json")
    code, out = run(capsys, shut, open_, file(tmp_path, stack(SHUT)))
    assert code == 1
    assert f"{shut}: not-public" in out
    assert f"{open_}: public" in out
    assert "0 public, 0 undecided, 1 not public" in out


@pytest.mark.parametrize(
    ("args", "content", "line"),
    [
        ([], "{", "is cut off"),
        ([], '{"name": "x", "version": "1"}', "looks like a package's metadata"),
        (["--type", "identity"], "{", None),
    ],
)
def test_what_cannot_be_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: Sequence[str], content: str, line: str | None
) -> None:
    assert main(["access", "public", *args, file(tmp_path, content)]) == 2
    captured = capsys.readouterr()
    if line:
        assert captured.err.startswith("cannot judge: ")


def test_a_type_without_a_policy_document_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["access", "public", "--type", "aws:sqs/nothing:Nothing", file(tmp_path, OPEN)]) == 2
    assert (
        "Invalid value for --type: `aws:sqs/nothing:Nothing` is not a resource type with a policy document"
        in capsys.readouterr().err
    )


def test_no_secret_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = json.dumps(document(allow(Principal="*", resource="arn:aws:s3:::acme/s3cr3t-prefix/*")))
    parameter = state("aws:ssm/parameter:Parameter", "token", {"value": decrypted("s3cr3t-prefix")})
    bucket = state("aws:s3/bucket:Bucket", "b0", {"policy": hidden})
    code, out = run(capsys, file(tmp_path, as_bytes(export([bucket, parameter]))))
    assert code == 1
    assert "s3cr3t" not in out
    assert "arn:aws:s3:::acme/…/x" in out


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_secret_document_gets_only_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    bucket = state("aws:s3/bucket:Bucket", "b0", {"policy": decrypted(OPEN)})
    code, out = run(capsys, "--format", format_, file(tmp_path, as_bytes(export([bucket]))))
    assert code == 1
    assert "anyone on the internet" in out
    assert "acme" not in out
    assert "GetObject" not in out


@pytest.mark.parametrize(
    ("preview", "count"), [("create", "0 public, 1 undecided"), ("refresh-only", "1 public, 0 undecided")]
)
def test_a_preview(capsys: pytest.CaptureFixture[str], preview: str, count: str) -> None:
    code, out = run(capsys, str(Path(__file__).parents[1] / "sources" / "previews" / f"{preview}.json"))
    assert code == 1
    assert count in out


HIDDEN = """
import pulumi_aws as aws

def publish(vpc):
    if vpc.startswith("vpc-"):
        aws.s3.BucketAcl("site", bucket="acme", acl="public-read")

aws.s3.Bucket("shut")
aws.ec2.get_vpc_output(default=True).id.apply(publish)
"""


def test_what_a_preview_cannot_see_is_undecided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file(tmp_path, "name: shop\nruntime: python\n", "Pulumi.yaml")
    file(tmp_path, "config:\n  aws:region: eu-central-1\n", "Pulumi.dev.yaml")
    file(tmp_path, HIDDEN, "__main__.py")
    code, out = run(capsys, str(tmp_path))
    first, why, fix, *_, count = out.splitlines()
    assert code == 1
    assert first == f"undecided  resources that were not seen  {tmp_path}/__main__.py:5"
    assert why.startswith("    why: the program constructs resources in a function given to `apply` that needs `id` of")
    assert fix.startswith("    fix: ")
    assert count == f"0 public, 1 undecided, 1 not public in {tmp_path}"
    code, out = run(capsys, str(tmp_path), "--format", "json")
    report = json.loads(out)
    assert (code, report["summary"]["exitCode"], report["summary"]["undecided"]) == (1, 1, 1)
    assert report["unseen"][0]["position"] == {"file": "__main__.py", "line": 5}
    state_file = file(tmp_path, stack(), "state.json")
    code = main(["access", "diff", state_file, str(tmp_path)])
    assert (code, capsys.readouterr().out.splitlines()[-1]) == (
        1,
        f"0 newly allowed, 1 undecided in {tmp_path} against {state_file}",
    )


def test_a_document_that_is_too_large_is_no_wrong_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(OPEN)
    assert main(["access", "public", file(tmp_path, json.dumps({**document, "Id": "x" * 2**20}))]) == 2
    assert "looks like an IAM policy document but is larger than 1 MiB" in capsys.readouterr().err
