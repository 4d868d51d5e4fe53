"""What a program does to its process, and what is left of it afterwards."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from policypack.core.policy import Resource
from stackguard.errors import CannotJudge
from stackguard.preview import Observer, Preview, run
from stackguard.preview.server import serve
from stackguard.preview.server.output import LIMIT, ProgramOutput

PREAMBLE = """
import asyncio, atexit, os, signal, subprocess, sys, tempfile, threading, time
import pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, name, props=None, opts=None):
        super().__init__("test:index:Thing", name, props or {}, opts)

Thing("first")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: process\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").touch()
    return tmp_path


def preview(folder: Path, source: str, timeout: float = 60) -> Preview:
    (folder / "__main__.py").write_text(PREAMBLE + source)
    return run(folder, timeout=timeout)


def things(ran: Preview) -> list[str]:
    return [resource.name for resource in ran.resources if resource.type == "test:index:Thing"]


def test_many_coroutines_register_in_the_order_of_their_names(folder: Path) -> None:
    source = """
async def make(number):
    await asyncio.sleep(0)
    Thing(f"t{number}")
    return number

pulumi.export("numbers", pulumi.Output.all(*(pulumi.Output.from_input(make(n)) for n in range(200))))
"""
    ran = preview(folder, source)
    assert [name for name in things(ran) if name != "first"] == [f"t{number}" for number in range(200)]
    assert ran.outputs["numbers"] == list(range(200))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("sys.exit(0)", ["first"]),
        ("sys.exit()", ["first"]),
        ("sys.stdout.close()", ["first"]),
        ("sys.stdout = sys.stderr = None", ["first"]),
        ("os.close(1); os.close(2); Thing('b')", ["first", "b"]),
        ("assert sys.stdin.read() == ''; sys.stdin.close()", ["first"]),
        ("sys.stdout.buffer.write(bytes(range(256)))", ["first"]),
        ("os.chdir('/'); Thing('b')", ["first", "b"]),
        ("import json; json.dumps = json.loads = lambda *_, **__: {}; Thing('b')", ["first", "b"]),
        ("os.environ.clear(); Thing('b')", ["first", "b"]),
        ("[signal.signal(each, lambda *_: None) for each in (signal.SIGINT, signal.SIGTERM)]", ["first"]),
        ("threading.Thread(target=time.sleep, args=(0.2,)).start()", ["first"]),
        ("threading.Thread(target=time.sleep, args=(600,), daemon=True).start()", ["first"]),
        (
            """
import pathlib, shutil
for each in pathlib.Path(tempfile.gettempdir()).glob("pulumi-*"):
    shutil.rmtree(each)
Thing("b")
""",
            ["first", "b"],
        ),
        (
            """
import multiprocessing
with multiprocessing.get_context("fork").Pool(1) as pool:
    Thing(str(pool.map(abs, [-2])[0]))
""",
            ["first", "2"],
        ),
        (
            """
made = []
thread = threading.Thread(target=lambda: made.append(asyncio.run(asyncio.sleep(0, "b"))))
thread.start()
thread.join()
Thing(made[0])
""",
            ["first", "b"],
        ),
        ("if os.fork() == 0:\n    time.sleep(600)\nThing('b')", ["first", "b"]),
    ],
)
def test_what_a_program_may_do_to_its_process(
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    names: list[str],
) -> None:
    temporary = tmp_path_factory.mktemp("t")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    assert things(preview(folder, source)) == names
    assert not [*temporary.glob("pulumi-*")]


def test_nothing_of_a_program_is_left_while_it_is_judged(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate that is killed then can remove nothing."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left: list[list[Path]] = []

    class Judging(Observer):
        def ended(self, resources: tuple[Resource, ...]) -> None:
            assert resources
            left.append([*tmp_path.glob("pulumi-*")])

    (folder / "__main__.py").write_text(PREAMBLE)
    run(folder, timeout=60, observer=Judging())
    assert left == [[]]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sys.exit('no region')", "failed with exit code 1: no region"),
        ("os._exit(0)", "ended half-way"),
        ("os.killpg(0, signal.SIGKILL)", "was killed by signal 9 (the machine may be out of memory)"),
        (
            "from pulumi import automation\nautomation.create_or_select_stack('dev', 'p', program=lambda: None)",
            "it drives Pulumi's CLI through the Automation API; check the folder of the program that it runs",
        ),
        ("import ctypes; ctypes.string_at(0)", "was killed by signal 11"),
        ("input('name?')", "EOFError"),
        ("asyncio.run(asyncio.sleep(0))", "asyncio.run() cannot be called from a running event loop"),
        ("atexit.register(os._exit, 7)", "failed with exit code 7"),
        ("raise MemoryError", "failed: MemoryError"),
        ("sys.stdout.close(); sys.stderr.close(); 1 / 0", "failed: ZeroDivisionError"),
    ],
)
def test_a_program_that_fails_is_reported_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.setenv("PATH", os.defpath)  # without Pulumi's CLI
    with pytest.raises(CannotJudge) as caught:
        preview(folder, source)
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_a_stopped_program_is_ended(folder: Path) -> None:
    with pytest.raises(CannotJudge, match="did not end within 2 s"):
        preview(folder, "os.kill(os.getpid(), signal.SIGSTOP)", timeout=2)


def test_the_last_of_very_much_output_is_kept(folder: Path) -> None:
    started = time.monotonic()
    printed = preview(folder, "for _ in range(20_000): print('x' * 999)\nprint('the end')").printed
    assert len(printed) < LIMIT + 100
    assert printed.startswith("(the first 19,475,720 bytes of what was printed are left out)\n")
    assert printed.endswith("\nthe end\n")
    assert time.monotonic() - started < 20


def test_a_program_that_prints_without_end_is_stopped(folder: Path) -> None:
    with pytest.raises(CannotJudge, match="did not end within 2 s") as caught:
        preview(folder, "while True: print('again')", timeout=2)
    assert len(caught.value.detail) < LIMIT + 100


def test_output_keeps_its_order_and_can_be_closed_while_others_hold_it() -> None:
    output = ProgramOutput()
    other = os.dup(output.write_end)
    os.write(other, b"one\n")
    output.note("two")
    os.write(other, b"\xff\n")
    assert output.text() == "one\ntwo\n\N{REPLACEMENT CHARACTER}\n"
    output.close()
    os.close(other)


@pytest.mark.cold_start
def test_a_program_may_print_what_its_locale_does_not_have(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert preview(folder, "print('\N{RIGHTWARDS ARROW}')").printed == "\N{RIGHTWARDS ARROW}\n"


def test_a_cancellation_while_the_server_stops_is_one() -> None:
    """gRPC raises an error of its own then."""

    class Stopping:
        async def stop(self, _grace: None) -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise asyncio.InvalidStateError from None

    async def interrupted() -> None:
        stopping = asyncio.create_task(serve._stop(Stopping()))
        await asyncio.sleep(0)
        stopping.cancel()
        await stopping

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
