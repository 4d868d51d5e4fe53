"""Imports Pulumi once, then forks for each program: see the package's docstring. Run by path, and single-threaded."""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import coverage

SDKS = ("pulumi", "pulumi_aws", "pulumi_policy")
SERVICES = ("cloudwatch", "dynamodb", "ec2", "iam", "kms", "lambda_", "lb", "s3", "sns", "sqs")
"""The modules of pulumi_aws that most programs use; it imports each when it is first used."""


def main(listening: int) -> None:
    """Serve until the other end is closed."""
    for name in (*SDKS, *(f"pulumi_aws.{service}" for service in SERVICES)):
        getattr(importlib.import_module(name), "__all__", ())  # pulumi_aws loads a module at its first attribute
    gc.freeze()  # imported modules stay shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no process waits for those that wait for programs
    requests = socket.socket(fileno=listening)
    while True:
        message, files, _, _ = socket.recv_fds(requests, 8, 4)
        if not message:
            return
        if os.fork() == 0:
            requests.close()
            wait_for(int.from_bytes(message), *files)


def wait_for(length: int, answers: int, *files: int) -> None:
    """Fork the program, and send its process and its exit status to the other end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection = socket.socket(fileno=answers)
    request = json.loads(connection.recv(length, socket.MSG_WAITALL))
    child = os.fork()
    if child == 0:
        connection.close()
        run(request, *files)
    for file in files:
        os.close(file)
    with suppress(BrokenPipeError):
        connection.sendall(f"{child}\n".encode())
        connection.sendall(f"{os.waitpid(child, 0)[1]}\n".encode())
    os._exit(0)


def run(request: dict[str, Any], output: int, errors: int, control: int) -> None:
    """Be the interpreter of a program, until it exits."""
    os.setsid()
    runner, _, *more = request["arguments"]
    for stream, source in enumerate((os.open(os.devnull, os.O_RDONLY), output, errors)):
        os.dup2(source, stream)
        os.close(source)
    sys.stdout.reconfigure(write_through=True)  # as `-u` does
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    tempfile.tempdir = None  # the environment names it
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        coverage.process_startup()
    sys.argv = [runner, str(control), *more]
    sys.path[0] = str(Path(runner).parent)
    runpy.run_path(runner, run_name="__main__")
    sys.exit()


if __name__ == "__main__":
    main(int(sys.argv[1]))
