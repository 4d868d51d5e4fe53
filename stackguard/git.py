"""Asks git about a repository: a folder and arguments go in, what git prints comes out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SECONDS = 120.0
"""The longest that a checkout of a large repository takes."""
OF_HOOKS = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"})
"""Variables that git sets for its hooks, and that would name another repository or index."""


class GitError(Exception):
    """Git failed, or there is none; the message is its first line."""


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """What git prints for a folder.

    Args:
        folder: in the repository.
        arguments: a command and its arguments.
        environment: further variables.

    Raises:
        GitError: it fails, does not end, or prints what is no text.
    """
    try:
        ran = subprocess.run(  # noqa: S603 (no shell, and a name cannot be an option)
            ["git", "-C", folder, *arguments],  # noqa: S607 (git as the user has it)
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
            env={name: value for name, value in os.environ.items() if name not in OF_HOOKS} | environment,
        )
    except subprocess.CalledProcessError as error:
        raise GitError(error.stderr.strip().partition("\n")[0]) from None
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise GitError(type(error).__name__) from None
    return ran.stdout.strip()


def value(folder: Path, *arguments: str) -> str:
    """One line that git prints for a folder; empty if there is no git, or no such value."""
    try:
        return run(folder, *arguments)
    except GitError:
        return ""
