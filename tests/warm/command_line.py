"""An interpreter that has imported the command line, and forks for each of its runs. Run by path.

Each line of its input is a request, and each line of its output the exit code of a run.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import coverage

import policypack
import stackguard

OTHERS = ("policypack.crossguard", "stackguard.audit", "stackguard.preview.child", "stackguard.pytest_plugin")
"""Rooms of which no check has a need, and modules that do more than define when they are imported."""


def load() -> None:
    """Import what a check imports."""
    for package in (policypack, stackguard):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(OTHERS) and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    importlib.import_module("grpc._channel")
    gc.freeze()


def renew(request: Any) -> None:
    """Make this fork what a new interpreter would be that runs the script `stackguard`."""
    for number, file in enumerate(request["streams"]):
        descriptor = os.open(file, os.O_RDWR)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    tempfile.tempdir = None  # the environment names it
    script = str(Path(sys.executable).with_name("stackguard"))
    sys.argv = [script, *request["arguments"]]
    sys.orig_argv = [sys.executable, *sys.argv]
    sys.path[0] = str(Path(script).parent)
    sys.stdin = open(0, closefd=False, encoding=sys.stdin.encoding)  # noqa: SIM115 (the process's)
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        coverage.process_startup()


def serve() -> None:
    """Fork for each request; return in a fork."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            renew(json.loads(line))
            return
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    load()
    serve()
    from stackguard.__main__ import run

    run()
