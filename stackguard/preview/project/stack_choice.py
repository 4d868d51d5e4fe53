"""The stack of a project, and its organization, as Pulumi's CLI determines them from its backend and its files.

No backend is called: a named stack is assumed to exist.
Sources: pkg/cmd/pulumi/stack/io.go, pkg/backend/state, pkg/backend/organizations.go, pkg/workspace/settings.go and
sdk/go/common/workspace/creds.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackguard.errors import CannotJudge
from stackguard.preview.project.settings_file import lenient, of_another_tool, section

DEFAULT_ORGANIZATION = "organization"
"""Pulumi's name for it if the backend has none."""
PULUMI_CLOUD = "https://api.pulumi.com"
OWN_BACKENDS = frozenset({"file", "s3", "gs", "azblob", "postgres", "postgresql", "mem"})
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class ChosenStack:
    """A stack by name; `file` is its settings file, which need not exist."""

    name: str
    organization: str
    file: Path
    notes: tuple[str, ...] = ()


def choose(settings_file: Path, settings: Mapping[str, Any], folder: Path, asked: str | None) -> ChosenStack:
    """The requested stack, or that of `PULUMI_STACK`, or the selected one, or the only one with a file.

    Args:
        settings_file: the project's settings file.
        settings: its content.
        folder: where the settings files of the stacks are.
        asked: `NAME`, `ORGANIZATION/NAME` or `ORGANIZATION/PROJECT/NAME`.

    Raises:
        CannotJudge: there are several stacks, or the name is not that of a stack of this project.
    """
    project, backend = str(settings["name"]), _backend(settings)
    names = names_in(folder, settings_file.suffix)
    named = asked or os.environ.get("PULUMI_STACK") or _selected(settings_file, project, backend)
    if not named and len(names) == 1:
        named = names[0]
    if not named and names:
        raise CannotJudge(f"{settings_file}: several stacks; choose one with --stack: {', '.join(names)}")
    if not named:
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
    return ChosenStack(name, organization, file, notes)


def names_in(folder: Path, suffix: str) -> list[str]:
    """The stacks that have a file, with the extension of the project's own file, as Pulumi looks for them."""
    files = folder.glob(f"Pulumi.*{suffix}") if folder.is_dir() else ()
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(suffix) for file in files if file.stem != "Pulumi")


def is_name(name: str) -> bool:
    """Whether a stack may have this name."""
    return len(name) <= LONGEST_NAME and re.fullmatch(r"[A-Za-z0-9_.-]+", name) is not None


def _parsed(named: str, project: str, backend: str, file: Path) -> tuple[str, str]:
    """The organization and the name in a full or a short name."""
    parts = named.split("/")
    if len(parts) > 3 or not all(parts):
        raise CannotJudge(f"{file}: `{named}` is not a stack: expected [[ORGANIZATION/]PROJECT/]NAME")
    name = parts[-1]
    if len(parts) == 3 and parts[1] != project:
        raise CannotJudge(f"{file}: the stack `{named}` is one of the project `{parts[1]}`, and this is `{project}`")
    if not is_name(name):
        raise CannotJudge(
            f"{file}: `{name}` is not the name of a stack: it has letters, digits, `_`, `.` and `-`, at most {LONGEST_NAME}"
        )
    own = backend.partition("://")[0].lower() in OWN_BACKENDS
    if len(parts) == 1:
        return (DEFAULT_ORGANIZATION if own else _default_organization(backend)), name
    if own and parts[0] != DEFAULT_ORGANIZATION:
        raise CannotJudge(
            f"{file}: stack `{named}`: with the backend in use the organization is `{DEFAULT_ORGANIZATION}`"
        )
    return parts[0], name


def _backend(settings: Mapping[str, Any]) -> str:
    """The address of the backend that Pulumi's CLI uses, empty if it is not logged in."""
    declared = section(settings, "backend").get("url")
    address = os.environ.get("PULUMI_BACKEND_URL") or declared
    return str(address or lenient(_credentials_folder() / "credentials.json").get("current") or "")


def _default_organization(backend: str) -> str:
    """The organization of a stack without one in its name: the configured one, else the user's own, else Pulumi's."""
    address, folder = backend or PULUMI_CLOUD, _credentials_folder()
    return str(
        os.environ.get("PULUMI_DEFAULT_ORGANIZATION")
        or section(lenient(folder / "config.json"), "backends", address).get("defaultOrg")
        or section(lenient(folder / "credentials.json"), "accounts", address).get("username")
        or DEFAULT_ORGANIZATION
    )


def _selected(settings_file: Path, project: str, backend: str) -> str | None:
    """The stack of `pulumi stack select`, in a file named after the project and the SHA-1 of its settings file's path."""
    digest = hashlib.sha1(os.fsencode(settings_file), usedforsecurity=False).hexdigest()
    workspace = of_another_tool(_home() / "workspaces" / f"{project}-{digest}-workspace.json")
    selected = section(workspace, "stacks").get(backend or PULUMI_CLOUD) or workspace.get("stack")
    return str(selected) if selected else None


def _home() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def _credentials_folder() -> Path:
    return Path(os.environ.get("PULUMI_CREDENTIALS_PATH") or _home())
