"""Ends the processes that descend from a program, also those that left its group: for both sides of the preview.

When the parent has died, the program's own interpreter runs this file with the token and a folder to remove, so it
depends on nothing.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
from pathlib import Path

TOKEN = "PULUMI_HOST_ID"  # noqa: S105 (names a process)
"""An environment variable by which every process that descends from a program is known."""
ROUNDS = 8  # a process may start another while it is being ended


def end_known_by(token: str) -> None:
    """End the other processes that carry the token: those that left the program's group, as daemons do.

    Only on systems where a process can read the environment of others, such as Linux.
    """
    variable = f"{TOKEN}={token}".encode()
    for _ in range(ROUNDS):
        processes = [
            process for process in _processes() if process != os.getpid() and variable in _environment_of(process)
        ]
        if not processes:
            return
        for process in processes:
            _end(process)


def _end(process: int) -> None:
    """End a process and wait until it is gone, for at most a second."""
    with contextlib.suppress(OSError):  # it is gone
        handle = os.pidfd_open(process)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            gone = select.poll()
            gone.register(handle, select.POLLIN)
            gone.poll(1000)
        finally:
            os.close(handle)


def _processes() -> list[int]:
    """The processes of this user."""
    with contextlib.suppress(OSError), os.scandir("/proc") as entries:
        return [int(entry.name) for entry in entries if entry.name.isdecimal() and entry.stat().st_uid == os.getuid()]
    return []


def _environment_of(process: int) -> bytes:
    """A process's environment at its start; empty if it has ended or cannot be read."""
    try:
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    end_known_by(sys.argv[1])
    for folder in sys.argv[2:]:  # a module that was imported meanwhile has written its bytecode there
        shutil.rmtree(folder, ignore_errors=True)
