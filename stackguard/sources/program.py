"""A Pulumi program, run offline by `stackguard.preview`."""

from __future__ import annotations

from pathlib import Path

from stackguard.errors import CannotJudge
from stackguard.preview import Observer
from stackguard.sources import REGION, HowToRun, Loaded

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


def run(folder: Path, how: HowToRun, observer: Observer) -> Loaded:
    """Run the program in a folder, or in the nearest above it, and take the resources that it registers.

    `observer` follows it.

    Raises:
        CannotJudge: the folder holds no Pulumi project, or the program failed.
    """
    from stackguard import preview
    from stackguard.preview.project.project import nearest

    if not _is_project(folder):
        above = nearest(folder)  # as Pulumi's CLI looks for it
        if above is None:
            raise CannotJudge(f"`{folder}` has no `Pulumi.yaml`, so it is not a Pulumi program; {_hint(folder)}")
        folder = above
    ran = preview.run(
        folder,
        stack=how.stack,
        config=how.config,
        resolve=how.resolve,
        timeout=how.timeout,
        mock=how.mock,
        observer=observer,
        account=how.account,
    )
    region = ran.config.get(REGION)
    region = region if isinstance(region, str) else None
    return Loaded(tuple(ran.resources), str(folder), region, folder, ran.notes, ran.stand_in, ran.unseen, ran.mask)


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in PROJECT_FILES)


def _hint(folder: Path) -> str:
    """The program that was probably meant, where one lies near."""
    near = [each for each in sorted(folder.glob("*/")) if _is_project(each)]
    if near:
        return f"`stackguard check {near[0]}` would check the nearest one"
    return "give a program's folder, the file of a `pulumi stack export`, or `-`"
