"""Programs that are forks of one host: they find what a new interpreter has."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stackguard.errors import CannotJudge
from stackguard.preview import Preview, run
from stackguard.preview.project.project import load
from stackguard.preview.server import process
from stackguard.preview.server.hosts import BOOT, HOST, Forked, Hosts

pytestmark = pytest.mark.outside

LOOK = """
import json, os, re, resource, signal, sys, tempfile, threading
modules = sorted(sys.modules)
import pulumi

frame, stack = sys._getframe(), []
while frame:
    stack.append(frame.f_code.co_filename)
    frame = frame.f_back
facts = {
    "modules": modules,
    "path": sys.path,
    "arguments": [sys.argv, sys.orig_argv[-1], sys.executable],
    "folder": [os.getcwd(), tempfile.gettempdir()],
    "environment": dict(os.environ),
    "descriptors": sorted(
        re.sub(r"[:/].*", "", os.readlink(f"/proc/self/fd/{number}")) for number in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{number}")
    ),
    "streams": [(stream.fileno(), stream.encoding, stream.errors, stream.line_buffering, stream.write_through) for stream in (sys.stdin, sys.stdout, sys.stderr)],
    "threads": sorted(thread.name.partition("_")[0] for thread in threading.enumerate()),
    "leads": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()],
    "signals": {str(number): str(signal.getsignal(number)).partition(" at ")[0] for number in signal.valid_signals()},
    "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    "main": [sorted(vars(sys.modules["__main__"])), __name__, __file__],
    "registered": sorted(pulumi.runtime.rpc._RESOURCE_MODULES),
    "stack": [name for name in stack if name not in ("<string>",) and "runpy" not in name],
}
print(json.dumps(facts))
"""
AWS = """
import sys
assert "pulumi_aws" not in sys.modules
import pulumi, pulumi_aws as aws
assert sys.modules["pulumi_aws"] is aws and aws.__spec__.loader.__class__.__name__ == "SourceFileLoader"
assert "pulumi_aws.s3" in sys.modules and "aws:s3/bucket" in pulumi.runtime.rpc._RESOURCE_MODULES
import importlib.util
assert importlib.util.find_spec("pulumi_aws").origin == aws.__file__
aws.s3.Bucket("one"), aws.sqs.Queue("two")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: hosted\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").touch()
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[], Hosts]]:
    """Starts the host of two programs, which are both in the folder."""
    (folder / "__main__.py").touch()
    started: list[Hosts] = []

    def start() -> Hosts:  # in the test: pytest has a variable for its phase
        started.append(Hosts([load(folder, None, {})] * 2, ["s3", "no_such_service"]))
        return started[0]

    yield start
    for hosts in started:
        hosts.close()


def previewed(folder: Path, source: str, monkeypatch: pytest.MonkeyPatch, hosts: Hosts | None) -> tuple[Preview, bool]:
    """The preview of a program, and whether it was a fork."""
    (folder / "__main__.py").write_text(source)
    kinds = []

    def spawn(command: list[str], **options: Any) -> process.RunningProcess:
        started = hosts.spawn(command, **options) if hosts else subprocess.Popen(command, **options)
        kinds.append(isinstance(started, Forked))
        return started

    monkeypatch.setattr(process, "spawn", spawn)
    return run(folder, timeout=120), kinds == [True]


def test_a_fork_finds_what_a_new_interpreter_has(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch
) -> None:
    (cold, _), (warm, forked) = (previewed(folder, LOOK, monkeypatch, host) for host in (None, start()))
    assert forked
    facts = [json.loads(re.sub(r"pulumi-\w+", "pulumi-folder", ran.printed)) for ran in (cold, warm)]
    for name in facts[0]:
        assert facts[1][name] == facts[0][name], name


def test_pulumi_aws_appears_when_the_program_imports_it(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch
) -> None:
    (cold, _), (warm, forked) = (previewed(folder, AWS, monkeypatch, host) for host in (None, start()))
    assert forked
    assert warm.resources == cold.resources
    assert len(warm.resources) == 4


def test_one_host_serves_several_programs(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = start()
    for _ in range(3):
        ran, forked = previewed(folder, AWS, monkeypatch, hosts)
        assert forked
        assert len(ran.resources) == 4


def test_a_program_with_a_pulumi_aws_of_its_own_imports_that(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pulumi_aws.py").write_text("OWN = True\n")
    _, forked = previewed(folder, "import pulumi_aws\nassert pulumi_aws.OWN", monkeypatch, start())
    assert forked


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "failed: ZeroDivisionError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was killed by signal 9"),
        ("import os; os._exit(7)", "failed with exit code 7"),
        ("import os; os._exit(0)", "ended half-way"),
    ],
)
def test_a_fork_that_fails_is_reported_as_any_program(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    with pytest.raises(CannotJudge) as caught:
        previewed(folder, source, monkeypatch, start())
    assert message in caught.value.message


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "TZ", "LC_ALL", "MALLOC_ARENA_MAX", "ANY"])
def test_a_program_with_other_variables_starts_as_usual(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    hosts = start()
    monkeypatch.setenv(name, "1")
    ran, forked = previewed(folder, f"import os; print(os.environ[{name!r}])", monkeypatch, hosts)
    assert not forked
    assert ran.printed == "1\n"


def test_a_relative_folder_of_python_path_starts_as_usual(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "lib")
    (folder / "lib").mkdir()
    (folder / "lib" / "helper.py").touch()
    _, forked = previewed(folder, "import helper", monkeypatch, start())
    assert not forked


def test_one_program_needs_no_host(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "__main__.py").touch()
    started = Hosts([load(folder, None, {})])
    _, forked = previewed(folder, "import pulumi", monkeypatch, started)
    assert not forked


def test_an_interpreter_without_pulumi_is_reported_as_usual(
    folder: Path, start: Callable[[], Hosts], monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    (folder / "Pulumi.yaml").write_text("name: hosted\nruntime:\n  name: python\n  options:\n    virtualenv: .venv\n")
    with pytest.raises(CannotJudge, match="`pulumi` is not installed"):
        previewed(folder, "import pulumi", monkeypatch, start())


def test_the_host_imports_nothing_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("open('ran', 'w')\n", encoding="utf-8")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        command = [sys.executable, "-c", BOOT, str(HOST), str(theirs.fileno())]
        host = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=tmp_path)
    assert host.wait(60) == 0
    assert not (tmp_path / "ran").exists()
