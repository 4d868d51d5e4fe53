"""The settings of a target: its settings file, a central file and options go in, those of each stack come out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from policypack.core.reading.files import repository
from policypack.core.stack_name import StackName
from policypack.evaluation.settings import DEFAULT_FILE, Settings, files
from policypack.evaluation.settings.parsing import Layer, with_beside
from policypack.evaluation.settings.resolving import Effective, resolve
from stackguard.errors import CannotJudge


@dataclass(frozen=True)
class TargetSettings:
    """The layers of settings of one target; each of its stacks has its own settings."""

    layers: tuple[Layer, ...] = ()
    file: Path | None = None
    """The settings file, found or given."""
    central: Path | None = None
    path: Path | None = None
    """The target, absolute; None for standard input."""

    @property
    def folder(self) -> Path:
        """Where the waivers and the baseline are: beside the settings file, else the working folder."""
        return self.file.parent if self.file else Path()

    @property
    def source(self) -> str:
        """The settings file's name for errors."""
        return str(self.file or self.central or DEFAULT_FILE)

    @cached_property
    def malformed(self) -> Sequence[tuple[str, str]]:
        """The place and the problem of each file that could have had settings and was passed: see `files.damaged`."""
        return tuple(files.damaged(self.path, self.file))

    def of(self, stack: StackName, region: str | None = None) -> Effective:
        """The settings in effect for a stack; `region` is its `aws:region`."""
        return resolve(self.layers, stack, self.path, region)


def of_target(
    target: str, file: Path | None = None, central: Path | None = None, options: Sequence[Layer] = ()
) -> TargetSettings:
    """The settings of a target.

    Args:
        target: as on the command line.
        file: the settings file; None to search for it.
        central: the central file.
        options: the layers above the files.

    Raises:
        SettingsError: a file is missing, malformed, or does not fit the schema.
    """
    path = None if target == "-" else Path(os.path.abspath(target))  # noqa: PTH100 (a link stays a link)
    try:
        file = file or files.find(path)
    except ValueError:  # not a path; reading the target reports that
        file, path = None, None
    layers: list[Layer] = []
    if central is not None:
        start = path or Path.cwd()
        layers.append(files.load(central, folder=repository(start) or start, central=True))
    if file is not None and not (central is not None and _same(file, central)):
        layers.append(with_beside(files.load(file)))
    return TargetSettings((*layers, *options), file, central, path)


def _same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False


def program_stack(target: str, stack: str | None, *, required: bool = False) -> StackName:
    """The stack that a run of a target judges, from a program's files; empty if the target is a file.

    Args:
        target: as on the command line.
        stack: as on the command line.
        required: whether it is an error that none can be chosen; else the name is empty, and the run reports why.

    Raises:
        CannotJudge: none can be chosen.
    """
    if target == "-" or not os.path.isdir(target):  # noqa: PTH112 (takes any text)
        return StackName()
    from stackguard.preview.project.project import nearest, stack_name

    try:
        return stack_name(nearest(Path(target)) or Path(target), stack)
    except CannotJudge:
        if required:
            raise
        return StackName()


def settings_for(target: str, stack: str | None, file: Path | None = None, central: Path | None = None) -> Settings:
    """The settings of a program's stack, without those that depend on what it registers."""
    return of_target(target, file, central).of(program_stack(target, stack)).settings
