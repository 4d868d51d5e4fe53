"""Whose code a file is: the program's own, an SDK's, a library's or Python's. Child side: depends on nothing."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

OWN = "own"
SDK = "sdk"
LIBRARY = "library"
STANDARD = "standard"
INTERNAL = "internal"

INSTALLED = {"site-packages", "dist-packages"}
RUNTIME = {"pulumi", "pulumi_policy", "google", "grpc", "opentelemetry"}
"""The packages that Pulumi's runtime consists of: the program's resources go through them, and none is made up there."""
HERE = str(Path(__file__).resolve().parent)  # the program is given a link to this folder
OURS = tuple(str(Path(HERE).parents[1] / name) + os.sep for name in ("stackguard", "policypack"))
STANDARD_FOLDERS = tuple(
    sorted({os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")})
)

_files: dict[str, str] = {}
_folders: dict[str, bool] = {}


def origin(file: str) -> str:
    """Whose code a source file is: `OWN`, `SDK`, `LIBRARY`, `STANDARD` or `INTERNAL`, which is this package."""
    known = _files.get(file)
    if known is None:
        known = _files[file] = _origin(file)
    return known


def of_code(file: str, scope: dict[str, Any]) -> str:
    """Whose a function is: by its file, or where its code is of none, by the module whose globals it has."""
    if file.startswith("<") and not file.startswith("<frozen"):
        return of_module(str(scope.get("__name__")))
    return origin(file)


def of_module(name: str) -> str:
    """Whose code a module is: one without a file is Python's; the program's main one, and one made by hand, its own."""
    module = sys.modules.get(name)
    if name == "__main__" or module is None:
        return OWN
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", None) or ()), None)
    return origin(str(file)) if file else STANDARD


def own_frame(depth: int = 1) -> Any:
    """The innermost frame of the program's own code; None where there is none."""
    frame: Any = sys._getframe(depth)  # noqa: SLF001 (there is no other way)
    while frame is not None and origin(frame.f_code.co_filename) != OWN:
        frame = frame.f_back
    return frame


def _origin(file: str) -> str:
    if file.startswith("<"):  # made by Python or a library: `<string>`, `<frozen ...>`
        return STANDARD
    path = os.path.realpath(file)
    if os.path.dirname(path) == HERE:  # noqa: PTH120 (of every frame's file: this is fast)
        return INTERNAL
    parts = Path(path).parts
    installed = next((index for index, part in enumerate(parts) if part in INSTALLED), None)
    if installed is not None:
        top = parts[installed + 1].removesuffix(".py") if installed + 1 < len(parts) else ""
        return SDK if top in RUNTIME or _generated(str(Path(*parts[: installed + 2]))) else LIBRARY
    if path.startswith(STANDARD_FOLDERS):
        return STANDARD
    if path.startswith(OURS):
        return LIBRARY
    folder = os.path.dirname(path)  # noqa: PTH120 (the same)
    return SDK if _within_generated(folder) else OWN


def _within_generated(folder: str) -> bool:
    """Whether a folder lies in a package that Pulumi generated, as `pulumi package add` puts one beside a program."""
    if folder not in _folders:
        parent = os.path.dirname(folder)  # noqa: PTH120 (the same)
        _folders[folder] = _generated(folder) or (parent != folder and _within_generated(parent))
    return _folders[folder]


def _generated(folder: str) -> bool:
    """Whether a package is one that Pulumi generates for a provider."""
    return os.path.isfile(os.path.join(folder, "_utilities.py")) and os.path.isfile(  # noqa: PTH113, PTH118 (the same)
        os.path.join(folder, "pulumi-plugin.json")  # noqa: PTH118 (the same)
    )
