"""An interpreter that has imported Pulumi, and forks for each program of a run: importing takes longer than most programs.

Started with a socket and the names of services of pulumi-aws, in the programs' own interpreter and with their variables. Each message on the socket is the length of a request, with the descriptors of its answers, of the program's
output and errors, and of its control pipe. The answers are the process id of the program's runner, and its exit code.

A program finds what a new interpreter has: its own folder, arguments, variables, streams and session, and no module that
the runner does not import. `pulumi_aws` gets into `sys.modules` when the program imports it, if it would import the same.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import types
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

HERE = Path(__file__).absolute().parent
AWS = "pulumi_aws"
REGISTRIES = ("_RESOURCE_PACKAGES", "_RESOURCE_MODULES")
"""Of `pulumi.runtime.rpc`: what packages register while they are imported."""
REQUEST = 8
"""The bytes of a message."""
DESCRIPTORS = 4


def nothing() -> None:
    """Do nothing in a fork."""


def main(
    listening: int, services: Sequence[str], modules: Sequence[str] = (), forked: Callable[[], None] = nothing
) -> tuple[Any, dict[str, Any]]:
    """Serve until nobody has the other end of the socket any more; return in a fork, with the code to run and its globals.

    It is run by the caller, so that no function of this file is among those that call the program.

    Args:
        listening: the socket.
        services: modules of pulumi-aws to import.
        modules: others to import, which a program finds imported.
        forked: called in each fork before its program runs.
    """
    gc.disable()  # what is imported stays: collections while importing take a tenth of its time
    for name in ("pulumi", "pulumi.runtime", "grpc._channel", *modules):
        importlib.import_module(name)
    runpy.run_path(str(HERE / "runner.py"))["load"]()  # imports what it needs; each fork loads its own
    shelf = Shelf(services)
    with contextlib.suppress(OSError):
        if len(os.listdir("/proc/self/task")) > 1:
            sys.exit()  # an import started a thread, which a fork would not have: programs start as usual
    gc.freeze()  # imported modules stay shared
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no process waits for those that wait for programs
    requests = socket.socket(fileno=listening)
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, REQUEST, DESCRIPTORS)
        if not message:
            sys.exit()
        if os.fork() == 0:
            requests.close()
            request = wait_for(int.from_bytes(message, "big"), *descriptors)
            sys.meta_path.insert(0, shelf)
            forked()
            return request
        for descriptor in descriptors:
            os.close(descriptor)


def wait_for(length: int, answers: int, *streams: int) -> tuple[Any, dict[str, Any]]:
    """Fork the program's runner, in which this returns; send its process id, and its exit code when it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection = socket.socket(fileno=answers)
    request = json.loads(connection.recv(length, socket.MSG_WAITALL))
    child = os.fork()
    if child == 0:
        connection.close()
        return renewed(request, *streams)
    for stream in streams:
        os.close(stream)
    with contextlib.suppress(OSError):  # the gate has ended
        connection.sendall(f"{child}\n".encode())
        ended: Any = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        connection.sendall(f"{ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status}\n".encode())
        connection.recv(1)  # until the gate has read it, no other process gets this number
    os._exit(0)


def renewed(request: Any, output: int, errors: int, control: int) -> tuple[Any, dict[str, Any]]:
    """Make this process a new interpreter that runs a file: return its code and its globals."""
    os.setsid()
    for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), output, errors)):
        os.dup2(source, number)
        os.close(source)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    tempfile.tempdir = None  # the environment names it
    file, _control, *more = request["arguments"]  # the descriptor has another number here
    sys.argv = [file, str(control), *more]
    sys.orig_argv = [sys.executable, "-u", *sys.argv]  # type: ignore[attr-defined, unused-ignore]
    sys.path.insert(0, str(Path(file).parent))
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    module.__file__ = file
    return compile(Path(file).read_bytes(), file, "exec"), vars(module)


class Shelf:
    """The modules of pulumi-aws, imported ahead of a program: a finder, and the loader of what it finds."""

    def __init__(self, services: Sequence[str]) -> None:
        rpc: Any = sys.modules.get("pulumi.runtime.rpc")
        self._registries: list[dict[str, Any]] = [getattr(rpc, name, {}) for name in REGISTRIES]
        before = [set(registry) for registry in self._registries]
        with contextlib.suppress(ImportError):  # it is not installed, or a program finds out why it fails
            importlib.import_module(AWS)
            for service in services:
                if (Path(sys.modules[AWS].__path__[0]) / service / "__init__.py").is_file():
                    # It loads such a module at its first attribute.
                    getattr(importlib.import_module(f"{AWS}.{service}"), "__all__", ())
        names = [name for name in sys.modules if name.partition(".")[0] == AWS]
        self._modules = {name: sys.modules.pop(name) for name in names}
        self._registered = [
            {key: registry.pop(key) for key in registry.keys() - keys}
            for registry, keys in zip(self._registries, before)
        ]
        self._spec = self._modules[AWS].__spec__ if AWS in self._modules else None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 (the protocol's signature)
        """The package's spec, if the program would import the same."""
        if self._spec is None or name != AWS:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.origin != self._spec.origin:
            return None
        spec.loader = self  # type: ignore[assignment]
        return spec

    def create_module(self, spec: Any) -> Any:  # noqa: ARG002 (the protocol's signature)
        """The package, with all that importing it brings."""
        sys.meta_path.remove(self)
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)
        for registry, registered in zip(self._registries, self._registered):
            registry.update(registered)
        return self._modules[AWS]

    def exec_module(self, module: Any) -> None:
        """Nothing is left to run."""
        module.__spec__ = self._spec
