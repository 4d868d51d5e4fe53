"""What AWS Lambda will run, built from a function's own `pyproject.toml` and lock, the same bytes wherever it is built.

`build` is for programs: with a warm cache it reads the function's own files and nothing else, and needs no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackguard.bundle.errors import CannotBundle, needing_the_extra

if TYPE_CHECKING:
    from policypack.lambda_code.binaries import Target
    from stackguard.bundle.config import Function, Overrides

__all__ = ["Bundle", "CannotBundle", "build"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A finished bundle in the cache, where nothing is ever replaced: a path stands for one content."""

    function: Function
    folder: Path
    """All of its files: archives, manifest and bill of materials."""

    @property
    def archive(self) -> Path:
        """The zip file of the function: with its dependencies, or without them where there is a layer."""
        return self.folder / f"{self.function.name}.zip"

    @property
    def layer(self) -> Path | None:
        """The zip file of the layer with the dependencies, where the function asks for one."""
        return self.folder / f"{self.function.name}-layer.zip" if self.function.table.layer else None

    @property
    def target(self) -> Target:
        """The runtime and architecture that it is built for."""
        return self.function.target

    @property
    def handler(self) -> str | None:
        """The handler, where the function's `pyproject.toml` names it."""
        return self.function.table.handler


def build(
    function_dir: Path | str, overrides: Overrides | None = None, *, offline: bool = False, enforce: bool = True
) -> Bundle:
    """Build a function's archive, or find it in the cache: the own files are read every time, so it is never stale.

    Args:
        function_dir: the folder with the function's `pyproject.toml`, lock and code.
        overrides: what to take instead of what `[tool.stackguard.bundle]` says.
        offline: never use the network: what is missing in the cache is an error.
        enforce: refuse what Lambda would refuse for its size.

    Raises:
        CannotBundle: a key, the lock or the handler is wrong, the dependencies cannot be installed,
            or the bundle is too large.
    """
    from stackguard.bundle import cache, config, hooks
    from stackguard.bundle import cache_key as finishing

    function = config.read(Path(function_dir), overrides or config.Overrides())
    hooks.before(function)
    own = finishing.own_files(function)
    key = finishing.key(function, own)
    folder = cache.fetch(finishing.KIND, key)
    if folder is None:
        with needing_the_extra():
            from stackguard.bundle import build_archives as making
        folder = making.make(function, own, key, offline=offline)
    if enforce and (oversized := folder / finishing.OVERSIZED).exists():
        raise CannotBundle(oversized.read_text(encoding="utf-8"))
    return Bundle(function, folder)
