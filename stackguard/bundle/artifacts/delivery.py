"""The delivery of artifacts to the user's folder: all of them or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from stackguard.bundle.archive import digest
from stackguard.bundle.errors import CannotBundle
from stackguard.errors import reason


def deliver(folder: Path, names: Sequence[str], output: Path, name: str) -> list[Path]:
    """Copy files and folders to an output folder, and remove the artifacts of an earlier bundle of the same function.

    `names` are those of the items in `folder`; `name` is the function's.

    Raises:
        CannotBundle: the folder cannot be written. Then nothing in it has changed.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=output) as temporary:
            work = Path(temporary)
            for item in names:
                if (folder / item).is_dir():
                    shutil.copytree(folder / item, work / item, copy_function=shutil.copy)  # with modes
                else:
                    shutil.copyfile(folder / item, work / item)
            stale = _earlier(output, name) - set(names)
            for item in names:
                if _is_folder(output / item):
                    (output / item).rename(work / f"{item}-before")
                (work / item).replace(output / item)
            for item in stale:
                if _is_folder(output / item):
                    shutil.rmtree(output / item)
                else:
                    (output / item).unlink(missing_ok=True)
    except OSError as error:
        raise CannotBundle(
            f"`{error.filename2 or error.filename or output}` cannot be written: {reason(error)}; "
            "fix that or give another folder with `--output`"
        ) from None
    return [output / item for item in names]


def first_changed(files: Iterable[Path], folder: Path) -> Path | None:
    """The first delivered file that differs from the one of the same name in `folder`."""
    return next((file for file in files if not file.is_file() or digest(file) != digest(folder / file.name)), None)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _earlier(output: Path, name: str) -> set[str]:
    """The artifacts in the manifest of an earlier bundle."""
    try:
        manifest = msgspec.json.decode((output / f"{name}.manifest.json").read_bytes())
        listed = {artifact["file"] for artifact in manifest["artifacts"]}
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        return set()
    return listed & {f"{name}.zip", f"{name}-layer.zip", f"{name}-image"}
