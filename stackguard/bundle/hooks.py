"""The function's own commands, before its files are collected and after its archives are written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from stackguard.bundle.config import TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle


def run(
    function: FunctionProject, key: str, commands: Sequence[str], variables: Mapping[str, str] | None = None
) -> None:
    """Run a shell's commands in the function's folder, with variables of the target and these in their environment.

    `key` is that of the commands in the function's table: `before` or `after`.

    Raises:
        CannotBundle: a command failed.
    """
    if not commands:
        return
    from stackguard import supervised  # a warm cache does not need it

    target = function.target
    variables = {
        "STACKGUARD_RUNTIME": target.runtime,
        "STACKGUARD_ARCHITECTURE": target.architecture,
        **(variables or {}),
    }
    for command in commands:
        if "\0" in command:
            raise CannotBundle(f"a command in `{key}` below `[{TABLE}]` of `{function.project_file}` has a zero byte")
        completed = supervised.run(
            ["/bin/sh", "-c", command], cwd=function.folder, env={**os.environ, **variables}, stderr=supervised.STDOUT
        )
        if completed.returncode:
            raise CannotBundle(
                f"`{command}`, in `{key}` below `[{TABLE}]` of `{function.project_file}`, exited with "
                f"{completed.returncode}; run it in `{function.folder}` and fix it",
                completed.stdout,
            )
