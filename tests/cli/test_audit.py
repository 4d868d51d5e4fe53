"""`stackguard audit` on the command line: exit codes, what it prints, and how it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.fleet import BAD, Fleet
from benchmarks.states import Place, checkpoint
from stackguard import cli
from stackguard.audit.store import files
from stackguard.audit.store.runs import Runs

STACKS = 6


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Fleet(tmp_path / "fleet", 7).write(STACKS)
    return tmp_path / "fleet"


def audit(*arguments: str) -> int:
    return cli.main(["audit", *arguments])


def test_a_first_audit_and_one_without_changes(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit("fleet", "--store", "store") == 0
    assert f"{STACKS} judged, 0 unchanged, 0 failed; " in capsys.readouterr().out
    assert audit("--store", "store", "fleet") == 0
    assert f"0 judged, {STACKS} unchanged, 0 failed; " in capsys.readouterr().out
    assert audit("query", "SELECT count(*) AS n FROM stacks", "--store", "store", "--format", "csv") == 0
    assert capsys.readouterr().out == f"n\n{STACKS}\n"


def test_what_is_open_and_what_is_new_closes_it(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit("fleet", "--store", "store", "--fail-on-new", "low") == 1  # everything is new at first
    assert audit("fleet", "--store", "store", "--fail-on-new", "low") == 0
    assert audit("fleet", "--store", "store", "--fail-on", "low") == 1
    where = Place("org-0", "team", "fresh", "prod", "222233334444", "eu-west-1")
    (fleet / where.file).parent.mkdir(parents=True)
    (fleet / where.file).write_text(json.dumps(checkpoint(where, [*BAD["open-ssh"](where, 1)])))
    capsys.readouterr()
    assert audit("fleet", "--store", "store", "--fail-on-new", "high") == 1
    assert "1 new violation of severity high or higher" in capsys.readouterr().err
    assert audit("diff", "--store", "store") == 0
    assert "high      ec2-open-ingress  group1  in fresh/prod" in capsys.readouterr().out
    assert audit("diff", "--store", "store", "--fail-on-new", "critical") == 0
    assert audit("diff", "--store", "store", "--fail-on-new", "high") == 1


def test_a_stack_that_cannot_be_judged_is_named(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = next(fleet.rglob("dev.json"))
    file.write_text(file.read_text()[:-40])
    (fleet / "package.json").write_text("{}")
    assert audit("fleet", "--store", "store") == 2
    printed = capsys.readouterr()
    assert f"{STACKS - 1} judged, 0 unchanged, 1 failed, 1 file that is no stack; " in printed.out
    assert f"failed (malformed): {file.parent.name}/dev: " in printed.err


def test_patterns_a_limit_and_a_sample(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit("fleet", "--store", "store", "--include", "prod") == 0
    assert "2 judged" in capsys.readouterr().out
    assert audit("fleet", "--store", "store", "--exclude", "*/prod", "--limit", "3") == 0
    assert "3 judged, 0 unchanged, 0 failed (the first 3 of 4 stacks)" in capsys.readouterr().out
    assert audit("fleet", "--store", "store", "--sample", "2") == 0
    assert "(a sample of 2 of 6 stacks)" in capsys.readouterr().out
    assert audit("diff", "--store", "store") == 0
    assert "a sample of 2 of 6 stacks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing", "--store", "store"], "there is no source `missing`"),
        (["fleet", "--store", "fleet/org-0/.pulumi/stacks/x.json"], "is a file"),
        (["fleet", "--store", "store", "--policy", "s3-public-alc"], "did you mean"),
        (["fleet", "--store", "store", "--include", "nothing-fits"], "no stack of the sources is selected"),
        (["fleet", "--store", "store", "--limit", "1", "--sample", "1"], "give one of them"),
        (["fleet", "--store", "store", "--resume"], "no audit to resume"),
        (["fleet", "--store", "store", "--owners", "owners.yaml"], "owners.yaml:3: "),
        (["fleet", "--store", "store", "--scheduler", "tcp://10.0.0.1:8786"], "needs TLS"),
        (["fleet"], "--store"),
        (
            ["query", "SELECT 1", "--store", "store"],
            "there is no store `store`; `stackguard audit SOURCE --store store` ",
        ),
        (["diff", "--store", "store"], "there is no store `store`"),
        (["report", "--store", "store"], "there is no store `store`"),
        (["report", "--store", "fleet"], "the store `fleet` has no finished audit"),
        (["query", "SELECT 1", "--store", "owners.yaml"], "`owners.yaml` is a file"),
    ],
)
def test_what_is_wrong_is_one_line(
    fleet: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / "org-0/.pulumi/stacks/x.json").write_text("{}")
    (fleet.parent / "owners.yaml").write_text("owners:\n  - {owner: a}\n  - {owner: b, stak: c}\n")
    assert audit(*arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_owners_by_rules_of_which_the_last_counts(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet.parent / "owners.yaml").write_text("owners:\n  - {owner: platform}\n  - {owner: live, stack: prod}\n")
    assert audit("fleet", "--store", "store", "--owners", "owners.yaml") == 0
    capsys.readouterr()
    sql = "SELECT owner, count(*) AS n FROM stacks GROUP BY owner ORDER BY owner"
    assert audit("query", sql, "--store", "store", "--format", "csv") == 0
    assert capsys.readouterr().out == "owner,n\nlive,2\nplatform,4\n"


@pytest.mark.parametrize(
    ("name", "text", "option"),
    [
        ("central.yaml", "enforcement: {ec2-open-ingress: disabled}\n", "--central"),
        ("own.yaml", "overrides:\n  - {stacks: ['*'], enforcement: {ec2-open-ingress: disabled}}\n", "--settings"),
        ("pyproject.toml", "[tool.stackguard.enforcement]\nec2-open-ingress = 'disabled'\n", "--settings"),
        ("stackguard.yaml", "enforcement: {ec2-open-ingress: disabled}\n", None),
    ],
)
def test_settings_of_every_kind_hold_in_the_workers(
    fleet: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, option: str | None
) -> None:
    where = Place("org-0", "team", "fresh", "prod", "222233334444", "eu-west-1")
    (fleet / where.file).parent.mkdir(parents=True)
    (fleet / where.file).write_text(json.dumps(checkpoint(where, [*BAD["open-ssh"](where, 1)])))
    (fleet.parent / name).write_text(text)
    given = [option, name] if option else []
    assert audit("fleet", "--store", "store", "-j", "2", *given) == 0
    assert open_ssh(capsys) == 0
    Path(name).unlink()
    assert audit("fleet", "--store", "store", "-j", "2") == 0
    assert open_ssh(capsys) > 0


def open_ssh(capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    sql = "SELECT count(*) AS n FROM outcomes WHERE policy = 'ec2-open-ingress'"
    assert audit("query", sql, "--store", "store", "--format", "csv") == 0
    return int(capsys.readouterr().out.split()[-1])


def test_policies_of_ones_own_do_not_run_and_a_note_says_so(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet.parent / "own.yaml").write_text(
        "enforcement: {ec2-open-ingress: disabled, acme-unowned-bucket: mandatory}\npolicies: [./missing.py]\n"
    )
    assert audit("fleet", "--store", "store", "--settings", "own.yaml") == 0
    assert "note: own.yaml:2: `policies` do not run in an audit" in capsys.readouterr().err
    assert open_ssh(capsys) == 0
    (fleet.parent / "own.yaml").write_text("enforcement: {acme-unowned-bucket: mandatory}\n")
    assert audit("fleet", "--store", "store", "--settings", "own.yaml") == 2
    message = "cannot judge: own.yaml:1: `enforcement` has no policy `acme-unowned-bucket` to set"
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.outside
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_during_a_query(fleet: Path, number: signal.Signals) -> None:
    assert audit("fleet", "--store", "store") == 0
    endless = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b"
    process = subprocess.Popen(
        [sys.executable, "-m", "stackguard", "audit", "query", endless, "--store", "store"],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2])},
    )
    try:
        end = time.monotonic() + 60
        while psutil.Process(process.pid).num_threads() < 2 and time.monotonic() < end:  # those of the database
            time.sleep(0.01)
        time.sleep(1)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, errors.strip()) == (130, "interrupted")


@pytest.mark.outside
@pytest.mark.parametrize("moment", ["the start", "the run", "the first shard", "the end"])
def test_an_interrupt_of_the_terminal_is_said_without_a_traceback(fleet: Path, moment: str) -> None:
    """A terminal sends it to every process of the group."""
    Fleet(fleet, 8).write(40)
    (fleet.parent / "own.yaml").write_text("unknown: advisory\n")
    command = [sys.executable, "-m", "stackguard", "audit", "fleet", "--store", "store", "--settings", "own.yaml"]
    environment = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2])}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    patterns = {"the run": "runs/*", "the first shard": "runs/*/stacks/*.parquet", "the end": "runs/*/stacks/all-*"}
    end = time.monotonic() + 60
    if moment == "the start":  # the process from which workers are forked is importing what they need
        while not psutil.Process(process.pid).children() and time.monotonic() < end:
            time.sleep(0.002)
    else:
        while not list(Path("store").glob(patterns[moment])) and time.monotonic() < end:
            time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in ((0, 130) if moment == "the end" else (130,)), errors
    assert "Traceback" not in errors
    assert "cannot" not in errors
    unfinished = [info for info in Runs(files.opened("store")).all() if info.state != "finished"]
    more = ["--resume"] if unfinished else []
    resumed = subprocess.run([*command, *more], capture_output=True, text=True, check=False, env=environment)
    assert resumed.returncode == 0, resumed.stderr


@pytest.mark.outside
def test_an_interrupt_finishes_what_is_judged_and_a_resume_the_rest(fleet: Path) -> None:
    Fleet(fleet, 8).write(60)
    command = [sys.executable, "-m", "stackguard", "audit", "fleet", "--store", "store", "-j", "1"]
    environment = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2])}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    end = time.monotonic() + 60
    while not list(Path("store").glob("runs/*/stacks/*.parquet")) and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "finishing the batches that are being judged" in errors
    assert "`--resume` with the same arguments goes on" in errors
    resumed = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False, env=environment)
    assert resumed.returncode == 0
    assert "done before" in resumed.stderr
    assert len(list(Path("store").glob("runs/*"))) == 1
