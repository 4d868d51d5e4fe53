"""`stackguard baseline`, and `stackguard check` with its file and with waivers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, written

BUCKET = "aws:s3/bucket:Bucket"


def bucket(name: str, acl: str = "public-read", **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::shop::{BUCKET}::{name}"
    return {"urn": urn, "type": BUCKET, "custom": True, "inputs": {"acl": acl, **more}, "outputs": {}}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTOR", "ana")
    return tmp_path / "state.json"


CHECK = ("check", "state.json", "--policy", "s3-public-acl")
FILE = Path("stackguard-baseline.json")


def test_after_a_baseline_only_what_is_new_blocks(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"))
    assert Ran(capfd, *CHECK).code == 1
    first = Ran(capfd, "baseline", "state.json")
    assert first.code == 0
    assert "added" in first.out
    assert Ran(capfd, *CHECK).code == 0
    written(state, bucket("uploads"), bucket("second"))
    report = json.loads(Ran(capfd, *CHECK, "--format", "json").out)
    assert [(outcome["name"], outcome["blocks"]) for outcome in report["outcomes"]] == [
        ("uploads", False),
        ("second", True),
    ]


def test_an_entry_says_who_added_it_and_stays_as_it_is(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"))
    Ran(capfd, "baseline", "state.json")
    before = FILE.read_text()
    (entry,) = [value for value in json.loads(before).values() if value != 1 and value["policy"] == "s3-public-acl"]
    assert (entry["added"]["by"], entry["resource"], entry["count"]) == ("ana", "aws:s3:Bucket uploads", 1)
    again = Ran(capfd, "baseline", "state.json")
    assert "nothing to add" in again.out
    assert FILE.read_text() == before


def test_what_is_gone_is_told_and_pruned(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"))
    Ran(capfd, "baseline", "state.json")
    written(state, bucket("uploads", acl="private"))
    told = Ran(capfd, "baseline", "state.json")
    assert "gone (remove them with --prune)" in told.out
    assert "s3-public-acl" in FILE.read_text()
    assert "removed" in Ran(capfd, "baseline", "state.json", "--prune").out
    assert "s3-public-acl" not in FILE.read_text()


def test_a_target_that_cannot_be_judged_loses_nothing(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"))
    Ran(capfd, "baseline", "state.json")
    before = FILE.read_text()
    state.write_text("{")
    ran = Ran(capfd, "baseline", "state.json")
    assert ran.code == 2
    assert ran.err.startswith("cannot judge: ")
    assert FILE.read_text() == before


def test_without_a_verdict_no_file_appears(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    ran = Ran(capfd, "baseline", "state.json")
    assert (ran.code, ran.out) == (2, "")
    assert not FILE.exists()


@pytest.mark.parametrize(
    ("name", "text"), [("stackguard-baseline.json", "{"), ("stackguard-waivers.yaml", "waivers: [")]
)
def test_a_malformed_file_is_one_line_and_no_verdict(
    capfd: pytest.CaptureFixture[str], state: Path, name: str, text: str
) -> None:
    written(state, bucket("uploads", acl="private"))
    Path(name).write_text(text)
    ran = Ran(capfd, *CHECK)
    assert ran.code == 2
    (line,) = ran.err.splitlines()
    assert line.startswith(f"cannot judge: {name}")


def waiver(**fields: str) -> str:
    entry = {"policy": "s3-public-acl", "resource": f"{{type: {BUCKET!r}, name: uploads}}", "reason": "a public site"}
    lines = [f"{name}: {value}" for name, value in (entry | {"expires": "2999-12-31"} | fields).items()]
    return "waivers:\n  - " + "\n    ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("fields", "code", "line"),
    [
        ({}, 0, ""),
        ({"stacks": "[prod*]"}, 1, ""),
        ({"expires": "2020-01-01"}, 1, "expired on 2020-01-01"),
        ({"policy": "s3-public-policy"}, 1, ""),
    ],
)
def test_a_waiver_beside_the_settings_counts(
    capfd: pytest.CaptureFixture[str], state: Path, fields: dict[str, str], code: int, line: str
) -> None:
    written(state, bucket("uploads"))
    Path("stackguard-waivers.yaml").write_text(waiver(**fields))
    ran = Ran(capfd, *CHECK)
    assert ran.code == code
    assert line in " ".join(ran.out.split())


@pytest.mark.parametrize(("setting", "code"), [("", 1), ("waiverProblems: advisory", 0)])
def test_an_unused_waiver_closes_the_gate(
    capfd: pytest.CaptureFixture[str], state: Path, setting: str, code: int
) -> None:
    written(state, bucket("uploads", acl="private"))
    Path("stackguard.yaml").write_text(setting)
    Path("stackguard-waivers.yaml").write_text(waiver())
    ran = Ran(capfd, *CHECK)
    assert ran.code == code
    assert "stackguard-waivers.yaml:2" in ran.out
    assert Ran(capfd, "check", "state.json", "--policy", "s3-missing-versioning").code == 0, (
        "of a policy that did not run"
    )


LAKE = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake"}


def role_policy(*statements: dict[str, Any], project: str = "shop") -> dict[str, Any]:
    kind = "aws:iam/rolePolicy:RolePolicy"
    inputs = {"policy": json.dumps({"Version": "2012-10-17", "Statement": statements}), "role": "etl"}
    urn = f"urn:pulumi:dev::{project}::{kind}::etl"
    return {"urn": urn, "type": kind, "custom": True, "inputs": inputs, "outputs": {}}


def test_a_second_equal_violation_is_added_once_and_counts(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    check = ("check", "state.json", "--policy", "iam-wildcard-action")
    written(state, role_policy(LAKE))
    Ran(capfd, "baseline", "state.json")
    written(state, role_policy(LAKE, {"Sid": "Second", **LAKE}))
    assert Ran(capfd, *check).code == 1
    assert "added" in Ran(capfd, "baseline", "state.json").out
    before = FILE.read_text()
    assert "nothing to add" in Ran(capfd, "baseline", "state.json").out
    assert FILE.read_text() == before
    assert Ran(capfd, *check).code == 0


def test_a_file_that_is_named_has_all_of_the_stack(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"))
    Ran(capfd, "baseline", "state.json")
    Ran(capfd, "baseline", "state.json", "--output", "other.json")
    assert json.loads(Path("other.json").read_text()).keys() == json.loads(FILE.read_text()).keys()


def test_only_what_this_run_sees_is_said_not_to_block(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"))
    first = Ran(capfd, "baseline", "state.json").out.partition("; ")[2]
    Path("other.json").write_bytes(state.read_bytes().replace(b"::shop::", b"::bill::"))
    assert Ran(capfd, "baseline", "other.json").out.partition("; ")[2] == first


def test_quiet_says_how_much_is_gone(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"))
    Ran(capfd, "baseline", "state.json")
    written(state, bucket("uploads", acl="private"))
    assert "1 violation of the baseline is gone" in Ran(capfd, *CHECK, "--quiet").out


def test_a_file_with_conflicts_is_merged_by_the_command(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    written(state, bucket("uploads"), bucket("second"))
    Ran(capfd, "baseline", "state.json")
    whole = FILE.read_text()
    head, one, *rest = whole.splitlines(keepends=True)
    FILE.write_text("".join([head, "<<<<<<< HEAD\n", one, "=======\n", *rest[:-2], ">>>>>>> right\n", *rest[-2:]]))
    refused = Ran(capfd, *CHECK)
    assert (refused.code, "`stackguard baseline` merges it" in refused.err) == (2, True)
    assert "nothing to add" in Ran(capfd, "baseline", "state.json").out
    assert FILE.read_text() == whole


@pytest.mark.parametrize(("old", "new"), [("shop", "store"), ("shop/dev", "store/dev")])
def test_a_renamed_project_keeps_its_entries(
    capfd: pytest.CaptureFixture[str], state: Path, old: str, new: str
) -> None:
    check = ("check", "state.json", "--policy", "iam-wildcard-action")
    written(state, role_policy(LAKE))
    Ran(capfd, "baseline", "state.json")
    written(state, role_policy(LAKE, project="store"))
    assert Ran(capfd, *check).code == 1
    assert "moved" in Ran(capfd, "baseline", "--rename", old, new).out
    assert Ran(capfd, *check).code == 0
    assert "9 updated" in Ran(capfd, "baseline", "state.json").out
    assert '"project"' not in FILE.read_text()
    assert Ran(capfd, *check).code == 0


@pytest.mark.parametrize(("old", "new"), [("bill", "store"), ("shop/dev", "store")])
def test_a_rename_that_moves_nothing_is_refused(
    capfd: pytest.CaptureFixture[str], state: Path, old: str, new: str
) -> None:
    written(state, bucket("uploads"))
    Ran(capfd, "baseline", "state.json")
    ran = Ran(capfd, "baseline", "--rename", old, new)
    assert (ran.code, "moves nothing" in ran.err) == (2, True)


PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

network = pulumi.StackReference("acme/network/dev")
aws.iam.RolePolicy("shared", role="reader", policy=network.get_output("bucket").apply(lambda bucket: json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": bucket}]})))
"""


def test_a_baselined_unknown_document_covers_no_other_one(capfd: pytest.CaptureFixture[str], state: Path) -> None:
    folder = state.parent / "infra"
    folder.mkdir()
    (state.parent / ".git").mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    check = ("check", "infra", "--stack", "dev", "--policy", "iam-wildcard-action", "--verbose")

    def code(program: str) -> int:
        (folder / "__main__.py").write_text(program)
        return Ran(capfd, *check).code

    assert code(PROGRAM) == 1
    assert Ran(capfd, "baseline", "infra", "--stack", "dev").code == 0
    assert code(PROGRAM) == 0
    assert code(f"# moved\n\n{PROGRAM}") == 0
    for old, new in (('"s3:GetObject"', '"*"'), ('"bucket"', '"other"'), ("acme/network", "acme/data")):
        assert code(PROGRAM.replace(old, new)) == 1, new
    assert "waiver: {policy: pulumi-unknown-value" in Ran(capfd, *check).out


def test_two_runs_at_once_both_have_their_entries(
    capfd: pytest.CaptureFixture[str], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(state, bucket("uploads"))
    Ran(capfd, "baseline", "state.json")
    of_the_other = FILE.read_text()
    FILE.unlink()
    from stackguard.cli import progress

    judge = progress.judge

    def slowly(*arguments: Any) -> Any:
        yield from judge(*arguments)
        FILE.write_text(of_the_other)

    monkeypatch.setattr(progress, "judge", slowly)
    written(state, bucket("downloads"))
    assert Ran(capfd, "baseline", "state.json").code == 0
    names = [
        entry["resource"].split()[-1] for entry in json.loads(FILE.read_text()).values() if isinstance(entry, dict)
    ]
    assert {*names} == {"uploads", "downloads"}
