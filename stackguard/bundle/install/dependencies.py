"""The archive of a function's dependencies: installed once for a lock and a target, then taken from the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stackguard.bundle import archive, cache, metadata
from stackguard.bundle.archive import ArchiveFile
from stackguard.bundle.config import FunctionProject
from stackguard.bundle.install import uv
from stackguard.bundle.install.installed import Distribution, clashes, distributions, record
from stackguard.bundle.install.lock import Lock
from stackguard.bundle.install.stripping import kinds_of, savings
from stackguard.bundle.metadata import Dependencies, InstalledPackage

KIND = "dependencies"
ARCHIVE = "dependencies.zip"


def folder_of(function: FunctionProject, lock: Lock, prefix: str, *, offline: bool) -> Path:
    """The cache's folder with a function's dependencies, which are installed if the cache lacks them.

    Each path in the archive begins with `prefix`, as `python/` in a layer; `offline` takes everything from uv's cache.

    Raises:
        CannotBundle: they cannot be installed.
    """
    table, target = function.table, function.target
    locked = [package.line() for package in lock.packages]  # not the lock's bytes: some are for other targets
    key = cache.key_of(target.runtime, target.architecture, locked, table.strip, table.from_source, prefix)
    if folder := cache.fetch(KIND, key):
        return folder
    with cache.scratch() as work:
        site_packages = work / "installed"
        uv.install(function, lock, site_packages, work, offline=offline)
        clashing = clashes(site_packages)
        uv.install_again(function, lock, site_packages, work, clashing)
        installed = distributions(site_packages)
        for distribution in installed:
            if distribution.name in table.from_source:
                uv.check_built(distribution.name, distribution.wheel, target)

        def fill(folder: Path) -> None:
            metadata.write(folder, _pack(folder / ARCHIVE, installed, clashing, function, lock, prefix))

        return cache.store(KIND, key, fill)


def _pack(
    packed: Path,
    installed: Sequence[Distribution],
    clashing: Sequence[str],
    function: FunctionProject,
    lock: Lock,
    prefix: str,
) -> Dependencies:
    strip = function.table.strip
    kept = {distribution.name: _kept(distribution, strip) for distribution in installed}
    files = [replace(file, path=f"{prefix}{file.path}") for files in kept.values() for file in files]
    members = archive.write(packed, files)
    zipped = {member.path.removeprefix(prefix): member.zipped for member in members}
    hashes = {package.name: package.hashes for package in lock.packages}
    packages = [
        InstalledPackage(
            distribution.name,
            distribution.version,
            hashes.get(distribution.name, ()),
            distribution.requires,
            distribution.licenses,
            sum(file.size for file in kept[distribution.name]),
            sum(zipped[file.path] for file in kept[distribution.name]),
        )
        for distribution in installed
    ]
    return Dependencies(
        packages=tuple(packages),
        savings={kind: saving for kind, saving in savings(installed, zipped).items() if kind not in strip},
        stripped=tuple(name for name, files in kept.items() if not files),
        clashes=tuple(clashing),
        foreign=tuple(archive.foreign(files, function.target)),
        files=tuple(members),
    )


def _kept(distribution: Distribution, strip: Sequence[str]) -> list[ArchiveFile]:
    kinds = kinds_of(distribution)
    kept = [file for file in distribution.files if kinds.get(file.path) not in strip]
    return [*kept, record(distribution, kept)] if kept else []
