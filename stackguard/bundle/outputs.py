"""Artifacts on their way to where the user wants them: all of them, whole, or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.files import digest
from stackguard.errors import reason


def deliver(folder: Path, names: Sequence[str], output: Path, name: str) -> list[Path]:
    """Copy finished files into a folder, and remove what an earlier bundle of the same name left there.

    Args:
        folder: where they are.
        names: of files and folders in it.
        output: where they go; it is made.
        name: the function's.

    Raises:
        CannotBundle: the folder cannot be written. Then nothing in it has changed.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=output) as work:
            for each in names:
                _copy(folder / each, Path(work) / each)
            stale = [each for each in _earlier(output, name) if each not in names]
            for each in names:
                _replace(Path(work) / each, output / each)
            for each in stale:
                _remove(output / each)
    except OSError as error:
        raise CannotBundle(
            f"`{error.filename2 or error.filename or output}` cannot be written: {reason(error)}; "
            "mend that or give another folder with `--output`"
        ) from None
    return [output / each for each in names]


def first_changed(files: Iterable[Path], folder: Path) -> Path | None:
    """The first delivered file that is not what it was."""
    for each in files:
        if not each.is_file() or digest(each) != digest(folder / each.name):
            return each
    return None


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copy)  # with modes
    else:
        shutil.copyfile(source, target)


def _replace(source: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        target.rename(source.with_name(f"{source.name}-before"))
    source.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _earlier(output: Path, name: str) -> list[str]:
    """The artifacts that the manifest of an earlier bundle names."""
    try:
        told = msgspec.json.decode((output / f"{name}.manifest.json").read_bytes())
        listed = [each["file"] for each in told["artifacts"]]
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        return []
    own = {f"{name}.zip", f"{name}-layer.zip", f"{name}-image"}
    return [each for each in listed if each in own]
