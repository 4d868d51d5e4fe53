"""Commands of the function's own, before its files are collected and after its archives are written."""

from __future__ import annotations

import os
from collections.abc import Mapping

from stackguard.bundle.config import TABLE, Function
from stackguard.bundle.errors import CannotBundle


def before(function: Function) -> None:
    """Run what makes files, such as a generator of code.

    Raises:
        CannotBundle: a command failed.
    """
    _run(function, "before", function.table.before, {})


def after(function: Function, artifacts: Mapping[str, str]) -> None:
    """Run what uses the artifacts, which it may not change.

    Args:
        function: whose.
        artifacts: variables of the commands' environment, with paths.

    Raises:
        CannotBundle: a command failed.
    """
    _run(function, "after", function.table.after, artifacts)


def _run(function: Function, when: str, commands: tuple[str, ...], variables: Mapping[str, str]) -> None:
    if not commands:
        return
    import subprocess

    target = {
        "STACKGUARD_RUNTIME": function.target.runtime,
        "STACKGUARD_ARCHITECTURE": function.target.architecture,
    }
    for command in commands:
        done = subprocess.run(  # noqa: S602 (the function's own command, as written for a shell)
            command,
            shell=True,
            cwd=function.folder,
            env={**os.environ, **target, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # standard output is the report's
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise CannotBundle(
                f"`{command}`, in `{when}` below `[{TABLE}]` of `{function.project_file}`, ended with "
                f"{done.returncode}; run it in `{function.folder}` and mend it",
                done.stdout,
            )
