"""Where the program under preview is: the pack runs in its own folder, and what started it runs in the program's.

Pulumi's CLI, with `--cwd` too, runs in the project's folder, and the language host, which starts the pack, in that of
the program's `main`. A launcher such as `uv run` may stand between these, so every ancestor is asked, the CLI first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from stackguard.errors import CannotJudge
from stackguard.preview.project import project

CLI = "pulumi"


@dataclass(frozen=True, slots=True)
class ProgramPlace:
    """The folder of a project, and the environment that the engine runs its program in."""

    folder: Path
    environment: Mapping[str, str]


def find(name: str, named: Path | None) -> ProgramPlace:
    """Where the project of this name is.

    Args:
        name: the project's, as the engine says it.
        named: the folder that the operator names; None to look for it.

    Raises:
        CannotJudge: there is no such project where it should be.
    """
    processes = list(_ancestors())
    if named is not None:
        if project.name_in(named) != name:
            raise CannotJudge(f"`programFolder` names `{named}`, which is not the folder of the project `{name}`")
        return ProgramPlace(named, processes[0].environment if processes else _without_own(os.environ))
    for each in processes:
        folder = project.nearest(each.folder)
        if folder is not None and project.name_in(folder) == name:
            return ProgramPlace(folder, each.environment)
    raise CannotJudge(f"the folder of the project `{name}` was not found; name it with `programFolder` in the settings")


def working_folder() -> Path:
    """The folder that relative paths of assets count from, where nothing else tells: that of the pack's parent."""
    import psutil

    try:
        return Path(psutil.Process(os.getppid()).cwd())
    except (psutil.Error, OSError):
        return Path(os.environ.get("PWD", "."))


def _ancestors() -> Iterator[ProgramPlace]:
    """The working folder and the environment of the processes that led to this one: the CLI, then the nearest first."""
    import psutil

    found: list[tuple[bool, psutil.Process]] = []
    with suppress(psutil.Error):
        for each in psutil.Process().parents():
            with suppress(psutil.Error):
                found.append((Path(each.name()).stem != CLI, each))
    for _, each in sorted(found, key=itemgetter(0)):
        with suppress(psutil.Error, OSError):
            yield ProgramPlace(Path(each.cwd()), _environment(each.environ()))


def _environment(found: Mapping[str, str]) -> Mapping[str, str]:
    """What was found; where the system hides it, this process's own."""
    return found or _without_own(os.environ)


def _without_own(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the virtual environment that the pack runs in."""
    own = environment.get("VIRTUAL_ENV")
    if own is None:
        return dict(environment)
    paths = [each for each in environment.get("PATH", "").split(os.pathsep) if not Path(each).is_relative_to(own)]
    return {
        **{name: value for name, value in environment.items() if name != "VIRTUAL_ENV"},
        "PATH": os.pathsep.join(paths),
    }
