"""The delivery of artifacts to the user's folder: all of them or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from stackguard.bundle.archive import digest
from stackguard.bundle.errors import CannotBundle
from stackguard.errors import reason


def deliver(
    folder: Path, names: Sequence[str], output: Path, name: str, finish: Callable[[list[Path]], None]
) -> list[Path]:
    """Copy files and folders to an output folder, and remove the artifacts of an earlier bundle of the same function.

    `names` are those of the items in `folder`; `name` is the function's. `finish` gets the delivered paths; if it
    fails, or is interrupted, the output is as it was before.

    Raises:
        CannotBundle: the folder cannot be written. Then nothing in it has changed.
    """
    created = [parent for parent in (output, *output.parents) if not parent.exists()]
    written = [output / item for item in names]
    try:
        output.mkdir(parents=True, exist_ok=True)
        present = {entry.name for entry in output.iterdir()}
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=output) as temporary:
            work, earlier = Path(temporary, "new"), Path(temporary, "earlier")
            work.mkdir()
            earlier.mkdir()
            for item in names:
                if (folder / item).is_dir():
                    shutil.copytree(folder / item, work / item, copy_function=shutil.copy)  # with modes
                else:
                    shutil.copyfile(folder / item, work / item)
            replaced = {*names, *_earlier(output, name)} & present
            try:
                for item in replaced:
                    (output / item).rename(earlier / item)
                for item in names:
                    (work / item).rename(output / item)
                finish(written)
            except BaseException:
                _undo(output, present, earlier, name)
                raise
    except BaseException as error:
        if created:
            shutil.rmtree(created[-1], ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        raise CannotBundle(
            f"`{error.filename2 or error.filename or output}` cannot be written: {reason(error)}; "
            "fix that or give another folder with `--output`"
        ) from None
    return written


def _undo(output: Path, present: set[str], earlier: Path, name: str) -> None:
    """Remove what was delivered and what a command left beside it, as `orders.zip.sig`, and put back what was there."""
    replaced = {entry.name for entry in earlier.iterdir()}
    for entry in list(output.iterdir()):
        if entry.name in replaced or (entry.name not in present and entry.name.startswith((f"{name}.", f"{name}-"))):
            _remove(entry)
    for item in replaced:
        (earlier / item).rename(output / item)


def _remove(path: Path) -> None:
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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
    except (OSError, *NO_JSON, KeyError, TypeError):
        return set()
    return listed & {f"{name}.zip", f"{name}-layer.zip", f"{name}-image"}
