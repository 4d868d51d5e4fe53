"""The archive of a function's dependencies: installed once for a lock and a target, and then taken from the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from policypack.lambda_code.binaries import HEAD, mismatch
from stackguard.bundle import archive, cache, uv
from stackguard.bundle import metadata as about
from stackguard.bundle.config import Function
from stackguard.bundle.files import File
from stackguard.bundle.installed import Distribution, clashes, distributions, record
from stackguard.bundle.keys import key_of
from stackguard.bundle.lock import Lock
from stackguard.bundle.metadata import Dependencies, Member, Package, Saving
from stackguard.bundle.stripping import kinds_of, savings

KIND = "dependencies"
ARCHIVE = "dependencies.zip"


def key(function: Function, lock: Lock, prefix: str) -> str:
    """What an archive of dependencies is made of: not the lock's bytes but what it says for the target."""
    table = function.table
    locked = [each.line() for each in lock.packages]
    return key_of(function.target.runtime, function.target.architecture, locked, table.strip, table.from_source, prefix)


def folder_of(function: Function, lock: Lock, prefix: str, *, offline: bool) -> Path:
    """The cache's folder with a function's dependencies; they are installed where it is not there.

    Args:
        function: whose.
        lock: what to install.
        prefix: what each path begins with, as `python/` in a layer.
        offline: take everything from uv's cache.

    Raises:
        CannotBundle: they cannot be installed.
    """
    place = key(function, lock, prefix)
    found = cache.fetch(KIND, place)
    if found:
        return found
    with cache.scratch() as work:
        return _made(place, function, lock, prefix, work, offline=offline)


def _made(place: str, function: Function, lock: Lock, prefix: str, work: Path, *, offline: bool) -> Path:
    installed = work / "installed"
    uv.install(function, lock, installed, work, offline=offline)
    several = clashes(installed)
    uv.install_again(function, lock, installed, work, several)
    found = distributions(installed)
    for each in found:
        if each.name in function.table.from_source:
            uv.check_built(each.name, each.wheel, function.target)

    def fill(folder: Path) -> None:
        about.write(folder, _packed(folder / ARCHIVE, found, several, function, lock, prefix))

    return cache.store(KIND, place, fill)


def _packed(
    file: Path, found: Sequence[Distribution], several: Sequence[str], function: Function, lock: Lock, prefix: str
) -> Dependencies:
    kept = {each.name: _kept(each, function.table.strip) for each in found}
    files = [replace(each, path=f"{prefix}{each.path}") for members in kept.values() for each in members]
    zipped = archive.write(file, files)
    hashes = {each.name: each.hashes for each in lock.packages}
    packages = [
        Package(
            each.name,
            each.version,
            hashes.get(each.name, ()),
            each.requires,
            each.licenses,
            sum(member.size for member in kept[each.name]),
            sum(zipped[f"{prefix}{member.path}"] for member in kept[each.name]),
        )
        for each in found
    ]
    saved = savings(found, lambda path: zipped.get(f"{prefix}{path}", 0))
    return Dependencies(
        tuple(packages),
        tuple(Member(each.path, each.sha256, each.size, zipped[each.path]) for each in sorted(files, key=_path)),
        {kind: Saving(*each) for kind, each in saved.items() if kind not in function.table.strip},
        tuple(each.name for each in found if not kept[each.name]),
        tuple(several),
        tuple(_foreign(files, function)),
    )


def _foreign(files: Sequence[File], function: Function) -> Iterator[str]:
    """What a wheel carries for other machines, be it on purpose or because its tag is wrong."""
    for each in files:
        if each.source is not None:
            with each.source.open("rb") as stream:
                why = mismatch(each.path, stream.read(HEAD), function.target)
            if why:
                yield f"{each.path} is {why}"


def _kept(distribution: Distribution, strip: Sequence[str]) -> list[File]:
    kinds = kinds_of(distribution)
    kept = [each for each in distribution.files if kinds.get(each.path) not in strip]
    return [*kept, record(distribution, kept)] if kept else []


def _path(file: File) -> str:
    return file.path
