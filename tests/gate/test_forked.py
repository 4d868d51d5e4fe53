"""A process that may run the operator's code: its messages, its output and its end arrive, whatever it leaves."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest

from stackguard.gate.own_policies.forked import Forked, ready

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(sys.platform != "linux", reason="only there it is forked"),
]


def followed(work: Callable[[Connection], object]) -> tuple[int | None, list[bytes]]:
    process, messages = Forked(work), list[bytes]()
    until = time.monotonic() + 20
    while process.code is None and time.monotonic() < until:
        for running in ready([process], 0.1):
            messages += running.take()
    return process.code, messages


def leaves(connection: Connection) -> None:
    """Leave a process that keeps all descriptors open."""
    connection.send_bytes(b"one")
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)


WORK: dict[str, tuple[Callable[[Connection], object], int, list[bytes]]] = {
    "messages": (lambda connection: [connection.send_bytes(text) for text in (b"1", b"2")], 0, [b"1", b"2"]),
    "large": (lambda connection: connection.send_bytes(b"x" * 5_000_000), 0, [b"x" * 5_000_000]),
    "nothing": (lambda _connection: None, 0, []),
    "exit": (lambda _connection: os._exit(7), 7, []),
    "signal": (lambda _connection: os.kill(os.getpid(), signal.SIGKILL), -9, []),
    "error": (lambda _connection: {}["x"], 1, []),
    "closed": (lambda connection: connection.close(), 0, []),
    "left": (leaves, 0, [b"one"]),
}


@pytest.mark.parametrize("handles", [True, False], ids=["handle", "no handle"])
@pytest.mark.parametrize("name", WORK)
def test_what_it_sends_and_its_end_arrive(name: str, monkeypatch: pytest.MonkeyPatch, *, handles: bool) -> None:
    if not handles:
        monkeypatch.delattr(os, "pidfd_open")
    work, code, messages = WORK[name]
    assert followed(work) == (code, messages)


def prints(_connection: Connection) -> None:
    sys.stdout.write("y" * 200 + "\n")
    for number in range(50_000):
        sys.stderr.write(f"{number}\n")


def test_more_than_a_pipe_contains_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert followed(prints)[0] == 0
    shown = capfd.readouterr().err.splitlines()  # gRPC, which other tests use, may say something of forks first
    assert shown[-50_001:] == ["y" * 200, *map(str, range(50_000))]


def test_it_is_killed_when_it_does_not_end() -> None:
    process = Forked(lambda _connection: signal.signal(signal.SIGTERM, signal.SIG_IGN) and time.sleep(60))
    time.sleep(0.3)
    process.stop()
    process.close(time.monotonic() + 0.3)
    assert process.code is not None
    assert process.code != 0
