"""Inputs that are made to hang, to grow or to break the command line: one line, exit code 2, in bounded time."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest

from stackguard.audit.sources import archives
from stackguard.errors import CannotJudge
from stackguard.gate.machine import limited_memory
from stackguard.reports import destinations
from tests.cli.running import Ran, RanApart, written

LONG = "n" * 300


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "state.json")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("check", LONG),
        ("access", "public", LONG),
        ("access", "diff", "state.json", LONG),
        ("access", "paths", LONG, "--to", "x"),
        ("mock", "record", LONG),
        ("template", LONG),
        ("check", "state.json", "--policy-pack", LONG),
        ("explain", "--policies", f"./{LONG}"),
        ("access", "paths", "@/dev/zero", "--to", "x"),
        ("access", "public", "state.json", "--central", "none.yaml"),
        ("access", "diff", "state.json", "state.json", "--central", "none.yaml"),
        ("access", "public", "--jsonl", "--central", "none.yaml"),
    ],
    ids=" ".join,
)
def test_a_path_that_cannot_be_used_is_one_line(command: tuple[str, ...], folder: Path) -> None:
    (folder / "circle").symlink_to("circle")
    ran = RanApart(*command)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "itself failed" not in ran.err


@pytest.mark.parametrize("name", [f"./{LONG}", "./circle/own.py"], ids=["long", "circle"])
def test_a_policy_whose_path_cannot_be_used_is_one_line(name: str, folder: Path) -> None:
    (folder / "circle").symlink_to("circle")
    ran = RanApart("check", "state.json", "--policies", name)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "itself failed" not in ran.err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[tool.stackguard]]\nfailOn = 'low'\n", 1),
        ("[project]\nname = 'p'\n[tool]\nstackguard = 3\n", 4),
        ("[tool]\nstackguard = []\n", 2),
    ],
)
def test_settings_in_toml_that_are_no_table_are_not_lost(
    text: str, line: int, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text(text)
    ran = Ran(capfd, "check", "state.json")
    assert ran.code == 2
    assert f"pyproject.toml:{line}: `tool.stackguard` must be one table" in ran.err


@pytest.mark.parametrize("text", ["[tool.other]\nstackguard = 3\n", "[[tool.other]]\n", "tool = 3\n"])
def test_other_tables_are_no_settings(text: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert "pyproject" not in Ran(capfd, "check", "state.json").err


def test_a_pipe_that_nothing_reads_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "GRACE", 0.2)
    os.mkfifo(folder / "pipe")
    with pytest.raises(OSError, match="nothing reads"):
        destinations.write("report", folder / "pipe")


def test_a_pipe_that_is_read_gets_the_report(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((folder / "pipe").read_text()))
    reader.start()
    destinations.write("report", folder / "pipe")
    reader.join(10)
    assert read == ["report"]


@pytest.mark.parametrize("option", ["--report", "--sarif"])
def test_an_output_that_is_a_folder_is_named_by_its_option(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert f"`{option}` takes a file" in Ran(capfd, "template", "state.json", option, ".").err


def tar(file: Path, payload: bytes) -> list[str]:
    """The stacks in a tar with this extended header, as far as it can be read."""
    content = file.parent.joinpath("state.json").read_bytes()
    header, member = tarfile.TarInfo("x"), tarfile.TarInfo("dev.json")
    header.type, header.size, member.size = tarfile.XHDTYPE, len(payload), len(content)
    with file.open("wb") as out:
        out.write(header.tobuf(tarfile.GNU_FORMAT) + payload + b"\0" * (-len(payload) % 512))
        with tarfile.open(fileobj=out, mode="w|") as archive:
            archive.addfile(member, io.BytesIO(content))
    return [entry.path for entry in archives.entries(file, lambda name: name.endswith(".json"), 1 << 20)]


@pytest.mark.parametrize(
    "payload", [b"1" * 300_000, b"2 " * 150_000 + b"=", b"300017 comment=" + b"7" * 300_001 + b"\n"]
)
def test_a_damaged_header_of_a_tar_ends_at_once(payload: bytes, folder: Path) -> None:
    with pytest.raises(OSError, match="damaged"):
        tar(folder / "s.tar", payload)


@pytest.mark.parametrize("payload", [b"", b"16 comment=a=b c\n", b"23 mtime=1700000000.25\n", b"12 a=x\ny z\n\n"])
def test_a_sound_header_of_a_tar_is_read(payload: bytes, folder: Path) -> None:
    payload = b"".join(f"{len(payload)}".encode() + payload[2:] for payload in [payload] if payload)
    assert tar(folder / "s.tar", payload) == ["dev.json"]


def test_memory_has_its_limit_only_in_the_block() -> None:
    with limited_memory(64 << 20), pytest.raises(MemoryError):
        bytearray(256 << 20)
    assert len(bytearray(256 << 20)) == 256 << 20


def test_an_endless_line_of_questions_ends() -> None:
    from stackguard.access.timed_input import TimedInput

    with (
        Path("/dev/zero").open("rb") as zeros,
        io.BufferedReader(TimedInput(zeros, "`z`", 0.2, whole=False)) as stream,
        pytest.raises(CannotJudge, match="does not end a line within"),
    ):
        sum(map(len, iter(lambda: stream.read(1 << 16), b"")))


def test_questions_that_come_slowly_are_read() -> None:
    from stackguard.access.timed_input import TimedInput

    reading, writing = os.pipe()
    timer = threading.Timer(0.4, lambda: (os.write(writing, b"b\n"), os.close(writing)))
    os.write(writing, b"a\n")
    timer.start()
    with io.BufferedReader(TimedInput(os.fdopen(reading, "rb", buffering=0), "`p`", 0.1, whole=False)) as stream:
        assert stream.readlines() == [b"a\n", b"b\n"]


def test_a_pause_between_questions_is_no_end_of_input_that_does_not_block() -> None:
    from stackguard.access.timed_input import TimedInput

    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    later = [threading.Timer(0.2, os.write, [writing, b"a\n"]), threading.Timer(0.5, os.write, [writing, b"b"])]
    later.append(threading.Timer(0.6, os.close, [writing]))
    for timer in later:
        timer.start()
    with io.BufferedReader(TimedInput(os.fdopen(reading, "rb", buffering=0), "`p`", 5, whole=False)) as stream:
        assert [*iter(stream.readline, b"")] == [b"a\n", b"b"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("check", "state.json", "--output", "nowhere/report.txt"), "to write `report.txt` into"),
        (("check", "state.json", "--output", "."), "`--output` takes a file"),
        (("check", "state.json", "--evidence", "nowhere/e.jsonl"), "to write `e.jsonl` into"),
        (("check", "state.json", "--evidence", "."), "`--evidence` takes a file"),
        (("baseline", "state.json", "--output", "."), "`--output` takes a file"),
        (("baseline", "--rename", "shop/old", "shop/new"), "`--rename shop/old shop/new` moves nothing"),
        (("explain", "s3-nothing"), "there is no policy `s3-nothing`"),
        (("access", "diff", "-", "-"), "at most one of them is standard input"),
        (("template", "state.json", "--output", "state.json"), "`state.json` is read by this command"),
    ],
)
def test_a_value_that_names_nothing_usable_is_one_line(
    args: tuple[str, ...], message: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    ran = Ran(capfd, *args)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert ran.err.startswith("cannot judge: ")
    assert message in ran.err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("args", [("check", "--nothing"), ("access", "diff", "state.json"), ("check", "-q", "-v")])
def test_a_mistake_of_usage_shows_the_usage(args: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capfd, *args)
    assert ran.code == 2
    assert ran.err.startswith("Usage: ")


@pytest.mark.parametrize("moment", [0.06, 0.1, 0.15, 0.2])
def test_an_interrupt_while_modules_are_imported_shows_no_frame_of_ours(moment: float) -> None:
    with subprocess.Popen([sys.executable, "-m", "stackguard", "explain"], stdout=-3, stderr=-1, text=True) as process:
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    assert "stackguard/__main__.py" not in error


@pytest.fixture
def program(folder: Path) -> Path:
    (folder / "infra").mkdir()
    (folder / "infra/Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "infra/Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "infra/__main__.py").write_text("")
    return folder / "infra"


@pytest.mark.parametrize("name", ["\x1b]0;x\x07", "acme/shop/\x1b", "a b", "dev\n", "n" * 101, "é"])
def test_what_is_no_name_of_a_stack_is_one_line(name: str, program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capfd, "check", str(program), "--stack", name)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert "is not the name of a stack" in line
    assert line.isprintable()


@pytest.mark.parametrize("setting", ["'shop:note': {}", "'shop:note': {{a: ['{}']}}"])
def test_a_configuration_that_no_process_can_have_is_named(setting: str, program: Path) -> None:
    (program / "Pulumi.dev.yaml").write_text(f"config:\n  {setting.format('q' * 3_000_000)}\n")
    ran = RanApart("check", str(program))
    assert ran.code == 2
    (line,) = ran.err.splitlines()
    assert "the configuration of stack `dev` is too large for the environment of a program" in line
    assert "`shop:note`" in line
    assert "make it smaller in `Pulumi.dev.yaml`" in line
