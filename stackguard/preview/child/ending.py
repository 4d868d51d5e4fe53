"""Ends the processes that descend from a program, those that left its group too: for both sides of the preview.

When the parent died, the program's own interpreter runs this file with the token, and a folder to remove afterwards;
so it depends on nothing.
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

    Only where the kernel lets a process see the environment of others, as on Linux.
    """
    placeholder = f"{TOKEN}={token}".encode()
    for _ in range(ROUNDS):
        found = [
            process for process in _processes() if process != os.getpid() and placeholder in _environment_of(process)
        ]
        if not found:
            return
        for process in found:
            _end(process)


def _end(process: int) -> None:
    """End a process and wait until it is gone, but not for one that the kernel holds."""
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
    """The processes of this user that run: neither this one nor any that has ended and waits to be fetched."""
    with contextlib.suppress(OSError), os.scandir("/proc") as entries:
        return [int(entry.name) for entry in entries if entry.name.isdecimal() and entry.stat().st_uid == os.getuid()]
    return []


def _environment_of(process: int) -> bytes:
    """A process's environment as it was at its start; nothing for one that has ended or may not be looked at."""
    try:
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    end_known_by(sys.argv[1])
    for folder in sys.argv[2:]:  # what was still imported while it was removed has put its bytecode there
        shutil.rmtree(folder, ignore_errors=True)
