"""What `stackguard init` finds in a repository: its Pulumi projects, their stacks, and its CI system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from policypack.core.reading.files import repository
from stackguard import git
from stackguard.errors import CannotJudge
from stackguard.gate import stacks
from stackguard.preview.project import settings_file
from stackguard.preview.project.project import stacks as stacks_of
from stackguard.preview.project.toolchain import python_options

CI = Literal["github", "gitlab"]


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi project that the gate can judge."""

    folder: str
    """Relative to the repository, with `/`; `.` is the repository itself."""
    options: dict[str, Any]
    """`runtime.options` of its `Pulumi.yaml`."""
    stacks: tuple[str, ...]
    """Those with a file of their own."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, or a folder that is in none."""

    root: Path
    projects: tuple[Project, ...]
    others: tuple[tuple[str, str], ...]
    """The folders of projects that the gate cannot judge, each with the reason as a clause."""
    ci: CI | None
    branch: str | None
    """The default branch of the remote, if it is known."""


def find(folder: Path) -> Repository:
    """The repository that a folder is in, else the folder itself."""
    start = folder.absolute()
    root = repository(start) or start
    projects, others = [], []
    for place in sorted(stacks.below(root).projects):
        name = place.relative_to(root).as_posix()
        try:
            projects.append(_project(place, name))
        except CannotJudge as error:
            others.append((name, error.message.removeprefix(f"{place}/")))
    head = git.value(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    return Repository(root, tuple(projects), tuple(others), _ci(root), head or None)


def _project(place: Path, name: str) -> Project:
    file = settings_file.find(place, "Pulumi")
    assert file is not None
    values = settings_file.read(file)
    if "${" in str(values.get("name")):
        raise CannotJudge(f"{file}: a template of `pulumi new`")
    options = python_options(values.get("runtime"), file, "project", "programs")
    if not name.isprintable():
        raise CannotJudge("a name with characters that cannot be printed")
    return Project(name, dict(options), tuple(stacks_of(place)))


def _ci(root: Path) -> CI | None:
    """The CI system, by the remote's address, else by the files of one."""
    remote = git.value(root, "config", "--get", "remote.origin.url")
    if "gitlab" in remote or (root / ".gitlab-ci.yml").exists():
        return "gitlab"
    if "github" in remote or (root / ".github").is_dir():
        return "github"
    return None
