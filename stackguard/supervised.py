"""Runs a command of the operator's: when it has ended, or the gate has, nothing that it started is left."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

SUPERVISOR = Path(__file__).parent / "preview" / "child" / "supervisor.py"
STDOUT = subprocess.STDOUT


def run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command without input, and return its exit code and what it printed.

    Args:
        command: a program and its arguments.
        options: those of `subprocess.Popen`.
    """
    theirs, ours = os.pipe()
    with os.fdopen(ours, "wb") as control, closing(os.fdopen(theirs, "rb")) as inherited:
        process = subprocess.Popen(  # noqa: S603 (the operator's own command)
            [sys.executable, "-IS", SUPERVISOR, str(theirs), *command],
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs,),
            start_new_session=True,  # Ctrl-C reaches this process only
            text=True,
            errors="replace",
        )
        inherited.close()
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            control.close()  # the supervisor ends all, and closes what this process reads
            process.wait()
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
