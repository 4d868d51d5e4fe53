"""Place of the program under preview: its folder and environment, as found in the processes that started the pack.

Pulumi's CLI, with `--cwd` too, runs in the project's folder, and the language host, which starts the pack, in that of
the program's `main`. A launcher such as `uv run` may be in between, so every ancestor is searched, the CLI first.
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


def find(name: str, folder: Path | None) -> ProgramPlace:
    """The place of a project.

    Args:
        name: the project's.
        folder: the setting `programFolder`; None to look for the project.

    Raises:
        CannotJudge: the project is not in that folder, or not found.
    """
    processes = list(_ancestors())
    if folder is not None:
        if project.name_in(folder) != name:
            raise CannotJudge(f"`programFolder` names `{folder}`, which is not the folder of the project `{name}`")
        return ProgramPlace(folder, processes[0].environment if processes else _without_own(os.environ))
    for process in processes:
        nearest = project.nearest(process.folder)
        if nearest is not None and project.name_in(nearest) == name:
            return ProgramPlace(nearest, process.environment)
    raise CannotJudge(f"the folder of the project `{name}` was not found; name it with `programFolder` in the settings")


def working_folder() -> Path:
    """The folder that relative paths of assets count from, without an offline run: that of the pack's parent."""
    import psutil

    try:
        return Path(psutil.Process(os.getppid()).cwd())
    except (psutil.Error, OSError):
        return Path(os.environ.get("PWD", "."))


def _ancestors() -> Iterator[ProgramPlace]:
    """The working folder and the environment of the processes that led to this one: the CLI, then the nearest first.

    Where the system hides a process's environment, it is this process's own.
    """
    import psutil

    processes: list[tuple[bool, psutil.Process]] = []
    with suppress(psutil.Error):
        for process in psutil.Process().parents():
            with suppress(psutil.Error):
                processes.append((Path(process.name()).stem != CLI, process))
    for _, process in sorted(processes, key=itemgetter(0)):
        with suppress(psutil.Error, OSError):
            yield ProgramPlace(Path(process.cwd()), process.environ() or _without_own(os.environ))


def _without_own(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the virtual environment that the pack runs in."""
    own = environment.get("VIRTUAL_ENV")
    if own is None:
        return dict(environment)
    paths = [path for path in environment.get("PATH", "").split(os.pathsep) if not Path(path).is_relative_to(own)]
    return {
        **{name: value for name, value in environment.items() if name != "VIRTUAL_ENV"},
        "PATH": os.pathsep.join(paths),
    }
