"""Settings on the command line: found, shown, set by options and the environment, and limited by a central file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import Ran, written
from tests.sources.states import state

CENTRAL = "locked:\n  failOn: low\n  enforcement: {severity:low: mandatory}\n"
LOOSE = """enforcement:
  s3-plaintext-transport: disabled
overrides:
  - stacks: [dev*]
    failOn: critical
"""
TOPIC = """
import json
import pulumi_aws as aws

account = aws.get_caller_identity().account_id
topic = f"arn:aws:sns:eu-west-1:{account}:orders"
allow = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
aws.sns.TopicPolicy("orders", arn=topic, policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
"""


def test_a_file_of_a_parent_folder_counts(capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path) -> None:
    (tmp_path / "stackguard.yaml").write_text("enforcement: {s3-plaintext-transport: disabled}")
    (tmp_path / "infra").mkdir()
    (tmp_path / bad).rename(tmp_path / "infra" / bad)
    assert Ran(capfd, "check", f"infra/{bad}").code == 0


def test_overrides_follow_the_name_of_the_exports_stack(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path
) -> None:
    text = "overrides: [{{stacks: [{}], enforcement: {{severity:low: advisory}}}}]"
    for pattern, code in (("dev", 0), ("pipeline/*", 0), ("prod*", 1)):
        (tmp_path / "stackguard.yaml").write_text(text.format(pattern))
        assert Ran(capfd, "check", bad).code == code


@pytest.mark.parametrize(("table", "noted"), [("tool.stackguard", True), ("tool.stackguard.bundle", False)])
def test_settings_that_another_file_outranks_are_noted(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, table: str, *, noted: bool
) -> None:
    (tmp_path / "stackguard.yaml").write_text("failOn: low")
    (tmp_path / "pyproject.toml").write_text(f'[{table}]\nfailOn = "critical"\n')
    note = "pyproject.toml: `[tool.stackguard]` does not count, because `stackguard.yaml` beside it does"
    assert (note in Ran(capfd, "check", bad).out) is noted


def test_waivers_lie_beside_the_settings_that_are_found(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path
) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / bad).rename(tmp_path / "infra" / bad)
    (tmp_path / "stackguard.yaml").touch()
    (tmp_path / "stackguard-waivers.yaml").write_text("waivers: 3")
    assert "stackguard-waivers.yaml:1" in Ran(capfd, "check", f"infra/{bad}").err


@pytest.mark.parametrize("by_option", [True, False])
def test_what_a_central_file_locks_wins_and_a_note_names_both_places(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_option: bool
) -> None:
    (tmp_path / "central.yaml").write_text(CENTRAL)
    (tmp_path / "stackguard.yaml").write_text(LOOSE)
    assert Ran(capfd, "check", bad).code == 0
    if not by_option:
        monkeypatch.setenv("STACKGUARD_CENTRAL", "central.yaml")
    ran = Ran(capfd, "check", bad, "--fail-on", "critical", *(["--central", "central.yaml"] if by_option else []))
    assert ran.code == 1
    assert "--fail-on: `failOn` counts only within what central.yaml:2 locks" in ran.out
    assert (
        "stackguard.yaml:2: `s3-plaintext-transport: disabled` does not count for `s3-plaintext-transport`; "
        "central.yaml:3 keeps a stricter level" in ran.out
    )


def test_a_central_file_that_is_missing_is_exit_code_2(capfd: pytest.CaptureFixture[str], bad: str) -> None:
    ran = Ran(capfd, "check", bad, "--central", "nope.yaml")
    assert (ran.code, ran.err) == (2, "cannot judge: there is no central settings file `nope.yaml`\n")


@pytest.mark.parametrize("command", [["access", "public", "--all"], ["access", "diff", "old.json"]])
def test_access_takes_the_account_of_the_central_file(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "infra" / "Pulumi.dev.yaml").touch()
    (tmp_path / "infra" / "__main__.py").write_text(TOPIC)
    (tmp_path / "old.json").write_text('{"version": 3, "deployment": {"resources": []}}')
    (tmp_path / "central.yaml").write_text('accountId: "210987654321"\n')
    assert "210987654321" not in Ran(capfd, *command, "infra").out
    ran = Ran(capfd, *command, "infra", "--central", "central.yaml")
    assert "210987654321" in ran.out, ran.err
    monkeypatch.setenv("STACKGUARD_CENTRAL", "central.yaml")
    assert "210987654321" in Ran(capfd, *command, "infra").out
    assert Ran(capfd, *command, "infra", "--central", "nope.yaml").code == 2


def test_what_may_not_be_waived_is_not_and_says_so(capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path) -> None:
    (tmp_path / "stackguard-waivers.yaml").write_text(
        "waivers:\n- {policy: s3-plaintext-transport, resource: {type: aws:s3/bucket:Bucket, name: inbox}, reason: r,"
        " expires: 2999-01-01}\n"
    )
    assert Ran(capfd, "check", bad).code == 0
    for lock in ("neverWaive: [severity:low]", "longestWaiver: {low: 30}"):
        (tmp_path / "central.yaml").write_text(f"locked: {{{lock}}}")
        ran = Ran(capfd, "check", bad, "--central", "central.yaml", "--format", "json")
        assert ran.code == 1
        assert json.loads(ran.out)["outcomes"][0]["blocks"]


def test_the_setting_fail_on_counts_and_the_option_wins(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path
) -> None:
    (tmp_path / "stackguard.yaml").write_text("failOn: critical")
    assert Ran(capfd, "check", bad).code == 0
    assert Ran(capfd, "check", bad, "--fail-on", "low").code == 1


def test_each_setting_is_shown_with_its_source(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / bad, state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}))
    (tmp_path / "central.yaml").write_text(CENTRAL)
    (tmp_path / "stackguard.yaml").write_text("unknown: advisory\n" + LOOSE)
    monkeypatch.setenv("STACKGUARD_CHECK_FAIL_ON", "critical")
    ran = Ran(capfd, "check", bad, "--central", "central.yaml", "--show-settings")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[:3] == ["# pipeline/dev", "# settings: stackguard.yaml", "# central: central.yaml"]
    assert {
        "allowedRegions: [] # default",
        "unknown: advisory # stackguard.yaml:1",
        "s3-plaintext-transport: disabled # stackguard.yaml:3",
        "failOn: low # STACKGUARD_CHECK_FAIL_ON, within central.yaml:2",
        "severity:low: mandatory # central.yaml:3",
    } <= {*lines}
    assert lines[-1].startswith("# note: stackguard.yaml:3: `s3-plaintext-transport: disabled` does not count")


def test_showing_the_settings_runs_no_program_and_needs_its_stack(
    capfd: pytest.CaptureFixture[str], workspace: Path
) -> None:
    (workspace / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    for stack in ("dev", "prod"):
        (workspace / f"Pulumi.{stack}.yaml").touch()
    (workspace / "stackguard.yaml").write_text(LOOSE)
    assert "failOn: critical" in Ran(capfd, "check", "--stack", "dev", "--show-settings").out
    assert "failOn: low" in Ran(capfd, "check", "--stack", "prod", "--show-settings").out
    ran = Ran(capfd, "check", "--show-settings")
    assert ran.code == 2
    assert "several stacks; choose one with --stack: dev, prod" in ran.err


@pytest.mark.parametrize(
    ("variables", "printed"),
    [
        ({"FORMAT": "json"}, "{"),
        ({"FORMAT": "json text", "OUTPUT": "a"}, "aws:s3:Bucket"),
        ({"FORMAT": "text json", "OUTPUT": "a"}, "{"),
        ({"NO_OWN_POLICIES": "false", "FAIL_ON": "critical"}, "aws:s3:Bucket"),
    ],
)
def test_options_have_environment_variables(
    capfd: pytest.CaptureFixture[str],
    bad: str,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    printed: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"STACKGUARD_CHECK_{name}", value)
    ran = Ran(capfd, "check", bad)
    assert ran.code == (0 if "FAIL_ON" in variables else 1)
    assert ran.out.startswith(printed)


def test_an_option_takes_precedence_over_its_variable(
    capfd: pytest.CaptureFixture[str], bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACKGUARD_CHECK_FORMAT", "json")
    assert Ran(capfd, "check", bad, "--format", "text").out.startswith("aws:s3:Bucket")
    monkeypatch.setenv("STACKGUARD_CHECK_FORMAT", "yaml")
    ran = Ran(capfd, "check", bad)
    assert ran.code == 2
    assert "STACKGUARD_CHECK_FORMAT" in ran.err or "--format" in ran.err
