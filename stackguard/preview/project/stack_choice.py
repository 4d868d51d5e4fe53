"""Which stack of a project is meant, and what its organization is: what Pulumi's CLI asks its backend and its files.

No backend is asked: a stack that is named is taken to exist.
Sources: pkg/cmd/pulumi/stack/io.go, pkg/backend/state, pkg/backend/organizations.go, pkg/workspace/settings.go and
sdk/go/common/workspace/creds.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stackguard.errors import CannotJudge

DEFAULT_ORGANIZATION = "organization"
"""What Pulumi calls it where the backend has none."""
PULUMI_CLOUD = "https://api.pulumi.com"
OWN_BACKENDS = frozenset({"file", "s3", "gs", "azblob", "postgres", "postgresql", "mem"})
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack by name; `file` is where its settings are, and need not exist."""

    name: str
    organization: str
    file: Path
    notes: tuple[str, ...] = ()


def choose(settings_file: Path, settings: Mapping[str, Any], folder: Path, asked: str | None) -> Stack:
    """The stack that is asked for, or that `PULUMI_STACK` names, or that is selected, or the only one with a file.

    Args:
        settings_file: the project's settings file.
        settings: what it says.
        folder: where the settings files of the stacks are.
        asked: `NAME`, `ORGANIZATION/NAME` or `ORGANIZATION/PROJECT/NAME`.

    Raises:
        CannotJudge: there is a choice, or the name is none of a stack of this project.
    """
    project, backend = str(settings["name"]), _backend(settings)
    names = _names(folder, settings_file.suffix)
    named = asked or os.environ.get("PULUMI_STACK") or _selected(settings_file, project, backend)
    if not named and len(names) == 1:
        named = names[0]
    if not named:
        if names:
            raise CannotJudge(f"{settings_file}: several stacks; choose one with --stack: {', '.join(names)}")
        raise CannotJudge(
            f"{settings_file}: no Pulumi.<stack>{settings_file.suffix} beside it; name the stack with --stack"
        )
    organization, name = _parsed(named, project, backend, settings_file)
    file = folder / f"Pulumi.{name}{settings_file.suffix}"
    notes: tuple[str, ...] = ()
    if names and name not in names:
        from difflib import get_close_matches

        near = get_close_matches(name, names, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"these have one: {', '.join(names)}"
        notes = (f"stack `{name}` has no file {file.name}, so no configuration of its own; {hint}",)
    return Stack(name, organization, file, notes)


def _names(folder: Path, suffix: str) -> list[str]:
    """The stacks that have a file: all but the project's own, of the same extension, as Pulumi looks for them."""
    files = folder.glob(f"Pulumi.*{suffix}") if folder.is_dir() else ()
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(suffix) for file in files if file.stem != "Pulumi")


def _parsed(named: str, project: str, backend: str, file: Path) -> tuple[str, str]:
    """The organization and the name that a full or a short name stands for."""
    parts = named.split("/")
    if len(parts) > 3 or not all(parts):
        raise CannotJudge(f"{file}: `{named}` is not a stack: expected [[ORGANIZATION/]PROJECT/]NAME")
    name = parts[-1]
    if len(parts) == 3 and parts[1] != project:
        raise CannotJudge(f"{file}: the stack `{named}` is one of the project `{parts[1]}`, and this is `{project}`")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name) or len(name) > LONGEST_NAME:
        raise CannotJudge(
            f"{file}: `{name}` is not the name of a stack: it has letters, digits, `_`, `.` and `-`, at most {LONGEST_NAME}"
        )
    own = urlsplit(backend).scheme in OWN_BACKENDS
    if len(parts) == 1:
        return (DEFAULT_ORGANIZATION if own else _default_organization(backend)), name
    if own and parts[0] != DEFAULT_ORGANIZATION:
        raise CannotJudge(
            f"{file}: stack `{named}`: with the backend in use the organization is `{DEFAULT_ORGANIZATION}`"
        )
    return parts[0], name


def _backend(settings: Mapping[str, Any]) -> str:
    """The address of the backend that Pulumi's CLI would use, or nothing where it is not logged in."""
    declared = settings.get("backend")
    address = os.environ.get("PULUMI_BACKEND_URL") or (declared.get("url") if isinstance(declared, dict) else None)
    return str(address or _json(_credentials_folder() / "credentials.json").get("current") or "")


def _default_organization(backend: str) -> str:
    """The organization of a stack whose name has none: the configured one, else the user's own, else Pulumi's word."""
    named = os.environ.get("PULUMI_DEFAULT_ORGANIZATION")
    if named:
        return named
    address = backend or PULUMI_CLOUD
    configured = _entry(_json(_credentials_folder() / "config.json"), "backends", address).get("defaultOrg")
    user = _entry(_json(_credentials_folder() / "credentials.json"), "accounts", address).get("username")
    return str(configured or user or DEFAULT_ORGANIZATION)


def _selected(settings_file: Path, project: str, backend: str) -> str | None:
    """What `pulumi stack select` wrote: a file named after the project and the SHA-1 of its settings file's path."""
    digest = hashlib.sha1(str(settings_file).encode(), usedforsecurity=False).hexdigest()
    workspace = _json(_home() / "workspaces" / f"{project}-{digest}-workspace.json")
    stacks = workspace.get("stacks")
    chosen = stacks.get(backend or PULUMI_CLOUD) if isinstance(stacks, dict) else None
    chosen = chosen or workspace.get("stack")
    return str(chosen) if chosen else None


def _home() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def _credentials_folder() -> Path:
    return Path(os.environ.get("PULUMI_CREDENTIALS_PATH") or _home())


def _entry(settings: dict[str, Any], section: str, key: str) -> dict[str, Any]:
    entries = settings.get(section)
    entry = entries.get(key) if isinstance(entries, dict) else None
    return entry if isinstance(entry, dict) else {}


def _json(file: Path) -> dict[str, Any]:
    """What one of the CLI's own files says; nothing where there is none, or where it is encrypted."""
    try:
        value = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
