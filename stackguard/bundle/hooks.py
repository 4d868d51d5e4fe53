"""The function's own commands, before its files are collected and after its archives are written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from stackguard.bundle.config import TABLE, Function
from stackguard.bundle.errors import CannotBundle


def before(function: Function) -> None:
    """Run the commands that make files, such as a code generator.

    Raises:
        CannotBundle: a command failed.
    """
    _run(function, "before", function.table.before, {})


def after(function: Function, variables: Mapping[str, str]) -> None:
    """Run the commands that use the artifacts, which they may not change; `variables` hold the artifacts' paths.

    Raises:
        CannotBundle: a command failed.
    """
    _run(function, "after", function.table.after, variables)


def _run(function: Function, key: str, commands: Sequence[str], variables: Mapping[str, str]) -> None:
    if not commands:
        return
    import subprocess  # a warm cache needs none

    target = function.target
    ours = {"STACKGUARD_RUNTIME": target.runtime, "STACKGUARD_ARCHITECTURE": target.architecture}
    for command in commands:
        done = subprocess.run(  # noqa: S602 (the function's own command, as written for a shell)
            command,
            shell=True,
            cwd=function.folder,
            env={**os.environ, **ours, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # standard output is the report's
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise CannotBundle(
                f"`{command}`, in `{key}` below `[{TABLE}]` of `{function.project_file}`, exited with "
                f"{done.returncode}; run it in `{function.folder}` and fix it",
                done.stdout,
            )
