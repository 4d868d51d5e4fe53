"""From a function's `pyproject.toml`, lock and code to Lambda archives: the same bytes on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackguard.bundle.errors import CannotBundle, needing_the_extra

if TYPE_CHECKING:
    from policypack.lambda_code.binaries import Target
    from stackguard.bundle.config import FunctionProject, Overrides

__all__ = ["Bundle", "CannotBundle", "build"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A finished bundle in the cache. Its files are never replaced: a path always has the same content."""

    function: FunctionProject
    folder: Path
    """The folder of all its files: archives, manifest and bill of materials."""

    @property
    def archive(self) -> Path:
        """The function's zip file: with the dependencies, or without them if they are in a layer."""
        return self.folder / f"{self.function.name}.zip"

    @property
    def layer(self) -> Path | None:
        """The zip file of the layer with the dependencies, if the function has one."""
        return self.folder / f"{self.function.name}-layer.zip" if self.function.table.layer else None

    @property
    def target(self) -> Target:
        """The runtime and architecture that it is built for."""
        return self.function.target

    @property
    def handler(self) -> str | None:
        """The handler, if the function's `pyproject.toml` names it."""
        return self.function.table.handler


def build(
    function_dir: Path | str, overrides: Overrides | None = None, *, offline: bool = False, enforce: bool = True
) -> Bundle:
    """Build a function's archive, or find it in the cache, which needs no network.

    The function's own files are read on each call, so the archive is never stale.

    Args:
        function_dir: the folder with the function's `pyproject.toml`, lock and code.
        overrides: values that replace those of `[tool.stackguard.bundle]`.
        offline: do not use the network; a dependency that is missing in the cache is an error.
        enforce: refuse a bundle that is too large for Lambda.

    Raises:
        CannotBundle: a key, the lock or the handler is wrong, a file contains a secret, the dependencies cannot be installed,
            or the bundle is too large.
    """
    from stackguard.bundle import cache, cache_key, config, hooks, sources

    function = config.read(Path(function_dir), overrides or config.Overrides())
    hooks.run(function, "before", function.table.before)
    own = sources.collect(function).files
    key = cache_key.key(function, own)
    folder = cache.fetch(cache_key.KIND, key)
    if folder is None:
        with needing_the_extra():
            from stackguard.bundle.build_archives import build_archives
        folder = build_archives(function, own, key, offline=offline)
    if enforce and (oversized := folder / cache_key.OVERSIZED).exists():
        raise CannotBundle(oversized.read_text(encoding="utf-8"))
    return Bundle(function, folder)
