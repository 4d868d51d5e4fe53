"""The commands by which a CI job makes the Python environment that a project's `Pulumi.yaml` names."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackguard.adopt.repository import Project

UNLISTED = '"pulumi>=3,<4" "pulumi-aws>=7,<8"'
"""What a program needs whose folder lists nothing."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a project's environment is made."""

    command: str
    """One line of shell, for the project's folder."""
    once: str
    """What precedes it, unless another project has done it: a tool, or the environment that projects share."""
    shared: str
    """What that is about: a tool, or the environment's folder."""
    isolated: bool
    """Whether the project finds its environment by itself, whatever environment is activated."""


def preparation(root: Path, project: Project) -> Preparation:
    """How the environment of a project in a repository is made."""
    folder = root / project.folder
    tool = _toolchain(project.options, folder, root)
    virtualenv = project.options.get("virtualenv")
    if tool == "uv":
        named = f"UV_PROJECT_ENVIRONMENT={shlex.quote(str(virtualenv))} " if virtualenv else ""
        locked = " --locked" if _above(folder, root, "uv.lock") else ""
        return Preparation(f"{named}uv sync{locked}", "python -m pip install -q uv", "uv", isolated=True)
    if tool == "poetry":
        install = "poetry install --no-interaction"
        return Preparation(install, "python -m pip install -q poetry", "poetry", isolated=False)
    listed = "-r requirements.txt" if (folder / "requirements.txt").exists() else UNLISTED
    if not virtualenv:
        return Preparation(f"python -m pip install -q {listed}", "", "", isolated=False)
    place = shlex.quote(str(virtualenv))
    shared = os.path.normpath(folder / str(virtualenv))
    return Preparation(f"{place}/bin/pip install -q {listed}", f"python -m venv {place}", shared, isolated=True)


def commands(preparations: Iterable[tuple[str, Preparation]]) -> Iterator[tuple[str, str]]:
    """The folder and the command of each project, in this order: what several share is done once."""
    done: set[str] = set()
    for folder, prepared in preparations:
        first = bool(prepared.once) and prepared.shared not in done
        done.add(prepared.shared)
        yield folder, f"{prepared.once} && {prepared.command}" if first else prepared.command


def _toolchain(options: Mapping[str, Any], folder: Path, root: Path) -> str:
    """The tool that Pulumi takes: the one that is named, else the one with a lock."""
    named = options.get("toolchain")
    return str(named or next((tool for tool in ("uv", "poetry") if _above(folder, root, f"{tool}.lock")), "pip"))


def _above(folder: Path, root: Path, name: str) -> bool:
    """Whether a file is in a folder, or above it in the repository."""
    return any((place / name).exists() for place in (folder, *folder.parents) if place.is_relative_to(root))
