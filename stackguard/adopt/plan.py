"""The plan of `stackguard init`: which files it writes, which it leaves as they are, and what a person has to add."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Literal

from policypack.core.reading import files
from policypack.evaluation.settings import DEFAULT_FILE as SETTINGS
from stackguard.adopt import texts
from stackguard.adopt.repository import CI, Repository
from stackguard.errors import CannotJudge, reason
from stackguard.gate import baseline
from stackguard.preview.project.settings_file import of_another_tool, section
from stackguard.reports.destinations import write

GITHUB = ".github/workflows/stackguard.yml"
GITLAB, GITLAB_JOB = ".gitlab-ci.yml", ".gitlab/stackguard.yml"
PRE_COMMIT = ".pre-commit-config.yaml"
ATTRIBUTES = ".gitattributes"
BASELINE = baseline.DEFAULT_FILE
UNION = f"{BASELINE} merge=union"
INCLUDE = f"include:\n  - local: {GITLAB_JOB}\n"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of the plan, by its path in the repository.

    `write` creates it, `append` adds `text` to what it has, `keep` changes nothing.
    """

    path: str
    action: Literal["write", "append", "keep"]
    text: str = ""
    """What is written; of a file that is kept, what its owner may want to add."""
    why: str = ""
    """Why it is kept."""


def planned(repository: Repository, requirement: str, ci: CI | None) -> list[PlannedFile]:
    """The files of the plan, without the baseline.

    Raises:
        CannotJudge: a file that is there cannot be read, or a place is a link out of the repository.
    """
    root = repository.root
    plan = [_settings(repository)]
    plan += [_new(root, f"{texts.PACK}/{name}", text) for name, text in texts.pack(requirement).items()]
    if ci == "github":
        plan.append(_job(root, GITHUB, texts.github(repository)))
    elif ci == "gitlab":
        plan.append(_job(root, GITLAB_JOB, texts.gitlab(repository)))
        plan.append(_shared(root, GITLAB, INCLUDE, GITLAB_JOB))
    plan.append(_shared(root, PRE_COMMIT, texts.pre_commit(repository, requirement), "stackguard"))
    plan.append(_attributes(root))
    return plan


def write_all(root: Path, plan: Mapping[str, str]) -> None:
    """Write files completely, or none of them.

    Args:
        root: the repository.
        plan: the whole text of each file.

    Raises:
        CannotJudge: one cannot be written; the others are as they were.
    """
    before: dict[Path, str | None] = {}
    made: list[Path] = []
    try:
        for name, text in plan.items():
            file = root / name
            before[file] = _content(root, name)
            made += _made_folders(file.parent)
            write(text, file)
    except OSError as error:
        for file, content in before.items():
            if content is None:
                file.unlink(missing_ok=True)
            else:
                write(content, file)
        for folder in reversed(made):
            folder.rmdir()
        raise CannotJudge(f"`{name}` cannot be written: {reason(error)}; nothing is written") from None


def appended(root: Path, file: PlannedFile) -> str:
    """The whole text of a file that is appended to, with the line ends that it has."""
    content = _content(root, file.path) or ""
    end = "\r\n" if "\r\n" in content else "\n"
    gap = "" if not content or content.endswith("\n") else end
    return f"{content}{gap}{file.text.replace(chr(10), end)}"


def _made_folders(folder: Path) -> list[Path]:
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _content(root: Path, name: str) -> str | None:
    """The text of a file; None if there is none.

    Raises:
        CannotJudge: it cannot be read, or is a link out of the repository.
    """
    file = root / name
    for place in reversed([file, *file.parents[: len(Path(name).parts) - 1]]):
        if os.path.lexists(place) and not place.resolve().is_relative_to(root.resolve()):
            raise CannotJudge(f"`{place.relative_to(root)}` is a link out of the repository; remove it")
        if place != file and os.path.lexists(place) and not place.is_dir():
            raise CannotJudge(f"`{place.relative_to(root)}` is not a folder; `{name}` cannot be written")
    if not os.path.lexists(file):
        return None
    try:
        return files.content(file).decode("utf-8")
    except UnicodeDecodeError:
        raise CannotJudge(f"`{name}` is not UTF-8 text") from None
    except OSError as error:
        raise CannotJudge(f"`{name}` cannot be read: {reason(error)}") from None


def _new(root: Path, path: str, text: str) -> PlannedFile:
    """A file that is ours alone."""
    content = _content(root, path)
    if content is None:
        return PlannedFile(path, "write", text)
    same = content.replace("\r\n", "\n") == text
    return PlannedFile(path, "keep", "", "unchanged" if same else "it is yours; remove it to have it written again")


def _job(root: Path, path: str, text: str) -> PlannedFile:
    """The job of a CI system: of one that is there, what a new one has differently, such as a step for a new project."""
    file = _new(root, path, text)
    if file.action == "write" or file.why == "unchanged":
        return file
    yours, today = ((content or "").splitlines() for content in (_content(root, path), text))
    difference = "\n".join(unified_diff(yours, today, "yours", "what would be written today", n=2, lineterm=""))
    return PlannedFile(path, "keep", difference, "it is yours; a new one would differ in this")


def _settings(repository: Repository) -> PlannedFile:
    root = repository.root
    if section(of_another_tool(root / "pyproject.toml"), "tool", "stackguard").keys() - {"bundle"}:
        return PlannedFile(SETTINGS, "keep", "", "`[tool.stackguard]` in pyproject.toml has the settings")
    return _new(root, SETTINGS, texts.settings(repository))


def _shared(root: Path, path: str, text: str, mark: str) -> PlannedFile:
    """A file that others write too: once it exists, only its owner changes it."""
    content = _content(root, path)
    if content is None:
        return PlannedFile(path, "write", text)
    if mark in content:
        return PlannedFile(path, "keep", "", "unchanged")
    return PlannedFile(path, "keep", text, "it is yours; add this to it")


def _attributes(root: Path) -> PlannedFile:
    content = _content(root, ATTRIBUTES)
    if content is None:
        return PlannedFile(ATTRIBUTES, "write", f"{UNION}\n")
    if any(_merges(line) for line in content.splitlines()):
        return PlannedFile(ATTRIBUTES, "keep", "", "unchanged")
    return PlannedFile(ATTRIBUTES, "append", f"{UNION}\n")


def _merges(line: str) -> bool:
    return bool(re.match(rf"/?{re.escape(BASELINE)}\s.*\bmerge\b", line.strip()))
