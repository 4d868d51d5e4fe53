"""The command line as a process: its help, its output, its streams and its signals."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from policypack import policies
from stackguard import cli
from stackguard.cli.common import Failure
from tests.cli.running import ROOT, SAMPLE, Ran, written
from tests.sources.states import state

EVIL = "\x1b[31mred\x07\nnext\x9b2J\u202eabc"
IDS = {policy.id for policy in policies.POLICIES}

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["check"],
        ["explain"],
        ["bundle"],
        ["template"],
        ["init"],
        ["completion"],
        ["mock"],
        ["mock", "record"],
        ["access"],
        ["access", "diff"],
    ],
)
def test_help_teaches_by_examples(capfd: pytest.CaptureFixture[str], args: list[str]) -> None:
    ran = Ran(capfd, *args, "-h")
    assert ran.code == 0
    assert "Examples:\n" in ran.out
    assert all(len(line) <= 100 for line in ran.out.splitlines())


def test_help_lists_the_exit_codes(capfd: pytest.CaptureFixture[str]) -> None:
    for args in (["--help"], ["check", "--help"]):
        assert "  2    could not judge" in Ran(capfd, *args).out


def test_an_export_comes_from_standard_input(bad: str) -> None:
    ran = subprocess.run(
        [*SAMPLE, "check", "-"], input=Path(bad).read_bytes(), capture_output=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 1
    assert ran.stdout.decode().startswith("aws:s3:Bucket inbox\n")


def test_the_version_needs_no_more_than_click() -> None:
    code = (
        "import sys; from stackguard.cli import main; main(['--version']);"
        "print(*(each for each in ('rich', 'msgspec', 'yaml', 'pulumi', 'policypack') if each in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    first, second = ran.stdout.splitlines()
    assert first.startswith("stackguard ")
    assert second == ""


def test_judging_an_export_imports_no_pulumi(bad: str) -> None:
    code = "import sys; from stackguard.cli import main; main(['check', sys.argv[1]]); sys.exit('pulumi' in sys.modules or 'grpc' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(Path(bad).absolute())], capture_output=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr.decode()


CLOSED = {"output": ">&-", "everything": "<&- >&- 2>&-", "reader": "| true; exit ${PIPESTATUS[0]}"}


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize(("args", "code"), [("check FILE", 1), ("explain", 0), ("--help", 0), ("check FILE.absent", 2)])
def test_a_closed_stream_changes_no_exit_code(bad: str, tmp_path: Path, closed: str, args: str, code: int) -> None:
    command = f"{shlex.join(SAMPLE)} {args.replace('FILE', str(Path(bad).absolute()))} {CLOSED[closed]}"
    errors = tmp_path / "errors"
    with errors.open("wb") as stream:
        assert subprocess.run(["bash", "-c", command], stderr=stream, check=False, cwd=ROOT).returncode == code
    assert "Traceback" not in errors.read_text()
    lost = closed == "output" and code != 2
    assert len(errors.read_text().splitlines()) == (lost or (code == 2 and closed != "everything"))
    assert ("standard output is closed, so the report could not be written" in errors.read_text()) is lost


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("args", [["check", "FILE"], ["explain"], ["--help"]], ids=["check", "explain", "help"])
def test_output_that_cannot_be_written_is_one_line(bad: str, args: list[str]) -> None:
    command = [str(Path(bad).absolute()) if argument == "FILE" else argument for argument in args]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([*SAMPLE, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 2
    assert re.fullmatch(r"cannot judge: .*standard output`? cannot be written: no space left on device\n", ran.stderr)


@pytest.mark.parametrize(
    "args",
    [
        ["explain", EVIL],
        [EVIL],
        ["check", EVIL],
        ["check", f"--{EVIL}"],
        ["check", "--format", EVIL],
        ["check", "--policy", EVIL],
        ["check", "--output", f"{EVIL}/x"],
        ["check", "--settings", EVIL],
        ["access", "public", EVIL],
        ["mock", "record", EVIL],
    ],
    ids=repr,
)
def test_no_argument_reaches_the_terminal_raw(capfd: pytest.CaptureFixture[str], args: list[str]) -> None:
    ran = Ran(capfd, *args)
    assert ran.code == 2
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", ran.out + ran.err)
    assert "\nnext" not in ran.err


def test_what_a_program_prints_does_not_reach_the_terminal_raw(capfd: pytest.CaptureFixture[str]) -> None:
    Failure("it failed", f"one\r\n\ttwo {EVIL}\n").show()
    err = capfd.readouterr().err
    assert err.splitlines() == ["one", "        two red\\x07", "next\\x9b2J\\u202eabc", "cannot judge: it failed"]


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("\n".join(map(str, range(20_000))), ["0", "39", "… 19,800 lines are left out …", "19840", "19999"]),
        (f"first{'x' * 2_000_000}last", ["first", "… 1,998,009 characters are left out …", "last"]),
        ("\n".join(["x" * 3000] * 300), ["… 1,000 characters are left out …", "… 100 lines are left out …"]),
    ],
    ids=["lines", "one line", "both"],
)
def test_of_very_much_output_the_beginning_and_the_end_are_shown(
    capfd: pytest.CaptureFixture[str], detail: str, shown: list[str]
) -> None:
    Failure("it failed", detail).show()
    err = capfd.readouterr().err
    assert len(err) < 500_000
    assert len(err.splitlines()) <= 202
    places = [err.index(text) for text in shown]
    assert places == sorted(places)
    assert err.endswith("cannot judge: it failed\n")


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "0", "-1"])
def test_a_timeout_is_a_number_of_seconds(bad: str, capfd: pytest.CaptureFixture[str], seconds: str) -> None:
    ran = Ran(capfd, "check", bad, "--timeout", seconds)
    assert ran.code == 2
    assert "Invalid value for '--timeout'" in ran.err


@pytest.mark.parametrize("region", ["eu\n\x1b[31mX", '{"a":1}', "eu-west-1\n", "eu_west_1", "*", " "])
def test_a_region_that_cannot_be_one_stops_the_check(bad: str, capfd: pytest.CaptureFixture[str], region: str) -> None:
    ran = Ran(capfd, "check", bad, "--config", f"aws:region={region}")
    assert ran.code == 2
    assert ran.err == (
        "cannot judge: the configuration `aws:region` must be the name of a region, such as `eu-west-1`\n"
    )


@pytest.mark.parametrize("region", ["us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-7", ""])
def test_every_region_of_every_partition_is_one(bad: str, capfd: pytest.CaptureFixture[str], region: str) -> None:
    assert Ran(capfd, "check", bad, "--config", f"aws:region={region}").code == 1


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "html"])
def test_a_file_name_that_is_not_utf_8_is_reported_as_any_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], format_: str
) -> None:
    file = tmp_path / os.fsdecode(b"caf\xe9.json")
    written(file, state("aws:s3/bucket:Bucket", "inbox", {}))
    ran = Ran(capfd, "check", str(file), "--format", format_)
    assert (ran.code, ran.err) == (1, "")
    expected = {"text": "inbox", "json": r"caf\\udce9.json", "sarif": "caf%E9.json", "html": r"caf\udce9.json"}
    assert expected[format_] in ran.out


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """What a terminal shows of a check that finds a violation."""
    master, terminal = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    ran = subprocess.run(
        [*SAMPLE, "check", *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        check=False,
        cwd=ROOT,
        env=environment | variables,
    )
    os.close(terminal)
    seen = os.read(master, 100_000).decode()
    os.close(master)
    assert ran.returncode == 1
    return seen


def test_on_a_terminal_there_is_colour_and_a_progress_indicator_that_disappears(bad: str) -> None:
    seen = on_a_terminal(str(Path(bad).absolute()))
    assert "judging" in seen
    assert "\x1b[36mlow\x1b[0m" in seen
    assert seen.rindex("\x1b[2K") < seen.index("aws:s3:Bucket")


def test_without_colour_the_progress_has_none_either(bad: str) -> None:
    seen = on_a_terminal(str(Path(bad).absolute()), "--color", "never")
    assert "judging" in seen
    assert "\x1b[2K" in seen
    assert re.findall(r"\x1b\[[\d;]*m", seen) == []


def test_a_terminal_that_is_too_narrow_has_no_progress(bad: str) -> None:
    seen = on_a_terminal(str(Path(bad).absolute()), COLUMNS="3")
    assert "\x1b[2K" not in seen
    assert "judging" not in seen


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "stackguard", "explain", "zzz"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no policy `zzz`" in ran.stderr


def test_output_in_ascii_replaces_other_characters(tmp_path: Path) -> None:
    file = written(tmp_path / "x.json", state("aws:s3/bucket:Bucket", "größe", {}))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(
        [*SAMPLE, "check", str(tmp_path / file)], capture_output=True, check=False, cwd=ROOT, env=environment
    )
    assert ran.returncode == 1
    assert b"aws:s3:Bucket gr??e" in ran.stdout


def test_an_interrupt_is_exit_code_130_without_a_traceback(tmp_path: Path) -> None:
    pipe = tmp_path / "state.json"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [*SAMPLE, "check", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        writer = opened_by_a_reader(pipe)
        try:
            time.sleep(0.2)  # it has opened the pipe and now reads
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
            os.close(writer)
    assert (process.returncode, stderr.decode().strip()) == (130, "interrupted")


def test_an_interrupt_that_the_interpreter_drops_comes_again() -> None:
    """As where it arrives in a finalizer, or in a callback while a module is imported."""
    dropped = """
import sys, time
import stackguard.__main__ as entry
sys.unraisablehook = entry._interrupt_again
class Finalized:
    def __del__(self):
        raise KeyboardInterrupt
Finalized()
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("again")
"""
    ran = subprocess.run([sys.executable, "-c", dropped], capture_output=True, check=False, timeout=50, text=True)
    assert (ran.stdout.strip(), ran.stderr) == ("again", "")


def test_an_interrupt_that_is_the_cause_of_another_error_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_args: object, **_options: object) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(cli.cli, "main", fails)
    assert cli.main(["explain"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def opened_by_a_reader(pipe: Path) -> int:
    """The pipe's write end, as soon as a process reads from it."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def test_the_help_names_policies_that_exist() -> None:
    texts = [cli.cli.help or "", cli.check.help or "", cli.explain.help or ""]
    named = re.findall(r"(?:explain|--policy) ([a-z0-9]+-[a-z0-9-]+)", "\n".join(texts))
    assert len(named) >= 3
    assert set(named) <= IDS


def test_a_working_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    (gone := tmp_path / "gone").mkdir()
    command = (
        f"rmdir {shlex.quote(str(gone))}; {shlex.quote(str(Path(sys.executable).with_name('stackguard')))} check ."
    )
    ran = subprocess.run(command, shell=True, cwd=gone, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("cannot judge: the working folder does not exist any more")
    assert ran.stderr.count("\n") == 1
