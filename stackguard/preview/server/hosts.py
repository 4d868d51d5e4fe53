"""Programs that start warm: those of one interpreter are forks of one process, which has imported Pulumi for all of them.

A fork takes the place of a new interpreter only where a program could not notice: with the same interpreter and the same
variables, except for those of each run. All else starts as usual (decision 47).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stackguard.preview.project.project import Project
from stackguard.preview.server import process

HOST = process.RUNNER.with_name("host.py")
BOOT = (
    "import sys; getattr(sys.flags, 'safe_path', False) or sys.path.pop(0); import runpy;"
    " exec(*runpy.run_path(sys.argv[1])['main'](int(sys.argv[2]), sys.argv[3:]))"
)
"""What the host's interpreter runs, without the current folder. A program sees no file of ours in its stack."""
OF_EACH_RUN = frozenset(
    {"PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"}
)
"""The variables in which two programs may differ: no interpreter reads them, and Pulumi does when the program asks."""
LONGEST_START = 60.0
"""Seconds until a program starts as usual, because its host does not answer."""
FORKS = sys.platform == "linux"
"""Elsewhere a fork of a process with the system's frameworks may crash."""

Key = tuple[str, frozenset[tuple[str, str]]]


class Forked:
    """A fork that runs a program, with the part of `subprocess.Popen` that `process` uses."""

    def __init__(self, answers: socket.socket) -> None:
        answers.settimeout(LONGEST_START)
        self._answers = answers.makefile("r")
        self.pid = int(self._answers.readline())
        answers.settimeout(None)
        answers.close()
        self.returncode: int | None = None

    def wait(self) -> int:
        """The exit code; minus the number of the signal that ended it."""
        if self.returncode is None:
            self.returncode = int(self._answers.readline() or -signal.SIGKILL)
            self._answers.close()
        return self.returncode


class Host:
    """The process that forks for the programs of one interpreter.

    It ends when this process and its forks, which have the other end of its socket, have closed it.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], services: Iterable[str] = ()) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (the programs' own interpreter)
                [*command, str(theirs.fileno()), *services],
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(self, arguments: Sequence[str], options: Mapping[str, Any]) -> Forked | None:
        """A fork that runs a file of Python as `subprocess.Popen` would with these options; None if the host has ended."""
        answers, theirs = socket.socketpair()
        (control,) = options["pass_fds"]
        request = {
            "arguments": arguments,
            "environment": dict(options["env"]),
            "folder": str(options["cwd"] or Path.cwd()),
        }
        message = json.dumps(request).encode()
        try:
            with theirs:
                descriptors = [theirs.fileno(), options["stdout"], options["stderr"], control]
                socket.send_fds(self._socket, [len(message).to_bytes(8, "big")], descriptors)
                answers.sendall(message)
            return Forked(answers)
        except (OSError, ValueError):
            answers.close()
            return None

    def close(self) -> None:
        """Close this process's end of the socket, and wait for the host's end if it has no other."""
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
            return
        self._process.kill()
        self._process.wait()


class Hosts:
    """The hosts of one run, by interpreter and variables."""

    def __init__(self, programs: Iterable[Project], services: Iterable[str] = ()) -> None:
        """Start a host for each interpreter that runs several of these programs."""
        keys = Counter(filter(None, map(_key_of, programs))) if FORKS else Counter()
        names = sorted(services)
        self._hosts: dict[Key, Host] = {}
        for (interpreter, variables), count in keys.items():
            if count > 1:
                with suppress(OSError):
                    command = [interpreter, "-u", "-c", BOOT, str(HOST)]
                    self._hosts[interpreter, variables] = Host(command, dict(variables), names)

    @property
    def interpreters(self) -> set[Path]:
        """Those that have a host."""
        return {Path(interpreter) for interpreter, _ in self._hosts}

    def spawn(self, command: Sequence[str], **options: Any) -> process.RunningProcess:
        """Start a program, instead of `subprocess.Popen`."""
        interpreter, _unbuffered, *arguments = command
        host = self._hosts.get(_key(interpreter, options["env"]))
        return (host and host.fork(arguments, options)) or subprocess.Popen(command, **options)  # noqa: S603 (as above)

    def close(self) -> None:
        """End the hosts."""
        for host in self._hosts.values():
            host.close()


def _key_of(program: Project) -> Key | None:
    """What decides whether programs share a host; None for one that starts as usual."""
    environment = process.inherited(program)
    folders = environment.get("PYTHONPATH", "").split(os.pathsep)
    relative = any(folder and not os.path.isabs(folder) for folder in folders)  # noqa: PTH117 (a text, not a path)
    if relative or not program.interpreter.is_absolute():
        return None
    return _key(str(program.interpreter), environment)


def _key(interpreter: str, environment: Mapping[str, str]) -> Key:
    return interpreter, frozenset(item for item in environment.items() if item[0] not in OF_EACH_RUN)
