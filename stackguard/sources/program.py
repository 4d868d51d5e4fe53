"""Runs a Pulumi program offline with `stackguard.preview`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from stackguard.errors import CannotJudge
from stackguard.notes import Note, NoteKind
from stackguard.preview import Observer, Preview
from stackguard.sources import REGION, LoadedStack, RunOptions

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


def run(folder: Path, options: RunOptions, observer: Observer) -> LoadedStack:
    """Run the program in a folder, or in the nearest folder above it that has a project file, as the Pulumi CLI does.

    Raises:
        CannotJudge: there is no Pulumi project, or the program failed.
    """
    from stackguard import preview
    from stackguard.preview.project.project import nearest

    project = folder if _is_project(folder) else nearest(folder)
    if project is None:
        near = next(filter(_is_project, sorted(folder.glob("*/"))), None)
        hint = (
            f"`stackguard check {near}` checks the nearest one"
            if near
            else "give a program's folder, the file of a `pulumi stack export`, or `-`"
        )
        raise CannotJudge(f"`{folder}` has no `Pulumi.yaml`, so it is not a Pulumi program; {hint}")
    ran = preview.run(
        project,
        stack=options.stack,
        config=options.config,
        resolve=options.resolve,
        timeout=options.timeout,
        mock=(*options.mock, *(file for name in options.mock_names if os.path.lexists(file := project / name))),
        observer=observer,
        account=options.account,
        earlier=options.earlier,
    )
    region = ran.config.get(REGION)
    region = region if isinstance(region, str) else None
    return LoadedStack(
        tuple(ran.resources),
        str(project),
        region,
        project,
        (*ran.notes, *_plaintext(ran)),
        ran.stand_in,
        ran.unseen,
        ran.mask,
        ran.organization,
        options.account,
    )


def _plaintext(ran: Preview) -> Iterator[Note]:
    """Notes about credentials in the configuration that are no secrets, wherever the program passes them.

    The SDK makes a secret of an argument such as a password, so that the resource does not show this.
    """
    from policypack.resources.properties.credentials import credential_of

    for key, value in ran.config.items():
        kind = None if key in ran.secret_config else credential_of(key.rpartition(":")[2], value)
        if kind:
            fix = "replace it, and set the new one with `pulumi config set --secret`"
            yield Note(NoteKind.SETTINGS, key, f"is {kind} in plaintext in the configuration of the stack; {fix}")


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in PROJECT_FILES)
