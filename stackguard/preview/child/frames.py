"""Whose code runs, and where: the program's own, an SDK's, a library's, Python's or this package's.

Also which errors it catches. Whether a look-up in an unknown value fails is a decision if the failure is caught, also by
a calling function. So each `try` is recorded with its lines when a module is compiled, and a look-up checks the frames
that it runs in.
"""

from __future__ import annotations

import functools
import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OWN, SDK, LIBRARY, STANDARD, INTERNAL = "own", "sdk", "library", "standard", "internal"
INSTALLED = {"site-packages", "dist-packages"}
RUNTIME = {"pulumi", "pulumi_policy", "google", "grpc", "opentelemetry"}
"""The packages of Pulumi's runtime: they register resources, and construct none of their own."""
CHECKING = RUNTIME - {"pulumi_policy"}
"""The packages that may read a placeholder as any text."""
HERE = Path(__file__).resolve().parent  # the program is given a link to this folder
OURS = tuple(str(HERE.parents[2] / name) + os.sep for name in ("stackguard", "policypack"))
STANDARD_FOLDERS = tuple(os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib"))
APPLIED: set[Any] = set()
"""The code of this package that calls a function given to `apply`, instead of the SDK."""
CAUGHT = {
    **dict.fromkeys(("LookupError", "IndexError", "KeyError"), ("lookups",)),
    "ValueError": ("values",),
    "StopIteration": ("stops",),
    **dict.fromkeys(("Exception", "BaseException"), ("lookups", "values", "stops", "calls")),
}
"""By error, the failures that it covers: of look-ups, of unpacking, of `next`, and of calls."""

_noted: dict[tuple[str, int], list[tuple[int, int, frozenset[str]]]] = {}
"""By file and first line of a function, 0 for a module: the lines of each `try`, and the failures that it catches."""


@functools.cache
def origin(file: str) -> str:
    """The origin of a source file."""
    if file.startswith("<"):  # made by Python or a library: `<string>`, `<frozen ...>`
        return STANDARD
    path = os.path.realpath(file)
    if path.startswith(str(HERE) + os.sep):
        return INTERNAL
    parts = Path(path).parts
    installed = next((index for index, part in enumerate(parts) if part in INSTALLED), None)
    if installed is not None:
        top = parts[installed + 1].removesuffix(".py") if installed + 1 < len(parts) else ""
        return SDK if top in RUNTIME or _generated(Path(*parts[: installed + 2])) else LIBRARY
    if path.startswith(STANDARD_FOLDERS):
        return STANDARD
    if path.startswith(OURS):
        return LIBRARY
    return SDK if any(map(_generated, Path(path).parents)) else OWN


@functools.cache
def _generated(folder: Path) -> bool:
    """Whether Pulumi generates a package for a provider, as `pulumi package add` does beside a program."""
    return (folder / "_utilities.py").is_file() and (folder / "pulumi-plugin.json").is_file()


def of_code(code: Any, scope: dict[str, Any]) -> str:
    """The origin of a function: by its file, or for code without a file by the module of its globals."""
    file = code.co_filename
    if file.startswith("<") and not file.startswith("<frozen"):
        return of_module(str(scope.get("__name__")))
    return origin(file)


def of_function(function: Any) -> str:
    """The origin of a function written in Python."""
    return of_code(function.__code__, function.__globals__)


def of_module(name: str) -> str:
    """The origin of a module: one without a file is Python's; the main one, and one that code creates, the program's."""
    module = sys.modules.get(name)
    if name == "__main__" or module is None:
        return OWN
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", None) or ()), None)
    return origin(str(file)) if file else STANDARD


def of_class(cls: Any) -> str:
    """The origin of a class."""
    return of_module(cls.__module__)


def callers(frame: Any) -> Iterator[Any]:
    """A frame and those that it is called from, up to a function given to `apply`."""
    while frame is not None and frame.f_code not in APPLIED:
        yield frame
        frame = frame.f_back


def own_place(otherwise: tuple[str, int] = ("", 0)) -> tuple[str, int]:
    """The innermost file and line of the program's own code that runs, or else `otherwise`."""
    for frame in callers(sys._getframe(1)):
        file = frame.f_code.co_filename
        if origin(file) == OWN and os.path.exists(file):
            return file, frame.f_lineno
    return otherwise


def outer_frame() -> Any:
    """The innermost frame of code outside this package; None if a function given to `apply` has no frame."""
    return next((frame for frame in callers(sys._getframe(1)) if origin(frame.f_code.co_filename) != INTERNAL), None)


def place_message(place: tuple[str, int]) -> dict[str, Any]:
    """A place as the server expects it: an absolute path, the line, and its text."""
    file, line = place
    path = os.path.abspath(file) if file else ""  # `resolve` would follow links
    return {"file": path, "line": line, "source": linecache.getline(file, line).strip()}


def asked_by_sdk() -> bool:
    """Whether the SDK, or a package generated for it, reads a placeholder: it only checks its type."""
    frame = outer_frame()
    top = frame.f_globals.get("__name__", "").partition(".")[0] if frame is not None else ""
    return top in CHECKING or (top.startswith("pulumi_") and f"{top}._utilities" in sys.modules)


def note_caught(file: str, scope: int, first: int, last: int, names: Any) -> None:
    """Record that errors of these names, or all if it is None, are caught and not raised again."""
    kinds = frozenset(kind for name in (("Exception",) if names is None else names) for kind in CAUGHT.get(name, ()))
    if kinds:
        _noted.setdefault((file, scope), []).append((first, last, kinds))


def swallows(kind: str) -> bool:
    """Whether a failure of a kind is caught in one of the frames that run, up to a function given to `apply`."""
    for frame in callers(sys._getframe(1)) if _noted else ():
        code = frame.f_code
        scope = 0 if code.co_name == "<module>" else code.co_firstlineno
        for first, last, kinds in _noted.get((code.co_filename, scope), ()):
            if kind in kinds and first <= frame.f_lineno <= last:
                return True
    return False
