"""A finished bundle: archives, manifest and bill of materials, made of dependencies in the cache and the own files."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from policypack.core.policy import Asset
from policypack.lambda_code.archive import opened
from policypack.lambda_code.binaries import HEAD, mismatch
from policypack.lambda_code.secret_files import MOST_OF_ONE, secret_name, secret_text
from stackguard.bundle import archive, cache, dependencies, handlers, manifest, sizes, uv
from stackguard.bundle import cache_key as finishing
from stackguard.bundle import metadata as about
from stackguard.bundle import sbom as materials
from stackguard.bundle.config import TABLE, Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.files import File, digest
from stackguard.bundle.lock import read
from stackguard.bundle.metadata import Artifact, Dependencies, Finished, Member
from stackguard.bundle.requirements import check_installed, check_project, unneeded

LAYER_PREFIX = "python/"
"""Where a layer's packages are; see https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html."""


def make(function: Function, own: Sequence[File], key: str, *, offline: bool) -> Path:
    """Make a finished bundle, and give its folder in the cache.

    Args:
        function: whose.
        own: its own files, read.
        key: what the bundle is known by.
        offline: take every dependency from a cache.

    Raises:
        CannotBundle: the lock is wrong, a dependency cannot be installed, or an own file stands where one's file is.
    """
    cache.prune()
    lock = read(function, uv.export)
    check_project(function, lock)
    prefix = LAYER_PREFIX if function.table.layer else ""
    source = dependencies.folder_of(function, lock, prefix, offline=offline)
    told = about.dependencies(source)
    check_installed(function, lock, told.packages)
    _check_collisions(function, own, told, prefix)
    handlers.check(function, own, told.files, prefix)
    handlers.check_imports(function, own, opened(Asset(path=str(source / dependencies.ARCHIVE), archive=True)), prefix)
    bill = materials.write(function, told.packages)

    def fill(folder: Path) -> None:
        artifacts = _archives(function, own, source / dependencies.ARCHIVE, told, folder)
        finished = Finished(
            function.name,
            lock.file.name if lock.file else None,
            lock.sha256,
            artifacts,
            told.packages,
            told.savings,
            told.stripped,
            told.clashes,
            (*told.foreign, *_foreign(function, own)),
            tuple(_secrets(own)),
            tuple(unneeded(function, told.packages)),
            sum(each.unzipped for each in artifacts),
        )
        about.write(folder, finished)
        if over := sizes.judge(function, finished).over:
            (folder / finishing.OVERSIZED).write_text(over[0], encoding="utf-8")
        (folder / f"{function.name}.manifest.json").write_bytes(manifest.render(function, finished))
        (folder / f"{function.name}.cdx.json").write_bytes(bill)

    return cache.store(finishing.KIND, key, fill)


def _archives(
    function: Function, own: Sequence[File], packed: Path, told: Dependencies, folder: Path
) -> tuple[Artifact, ...]:
    code = folder / f"{function.name}.zip"
    if not function.table.layer:
        shutil.copyfile(packed, code)
        members = (*told.files, *_members(own, archive.write(code, own, append=True)))
        return (_artifact("function", code, members),)
    layer = folder / f"{function.name}-layer.zip"
    shutil.copyfile(packed, layer)
    members = _members(own, archive.write(code, own))
    return (_artifact("function", code, members), _artifact("layer", layer, told.files))


def _members(own: Sequence[File], zipped: Mapping[str, int]) -> tuple[Member, ...]:
    return tuple(Member(each.path, each.sha256, each.size, zipped[each.path]) for each in own)


def _artifact(kind: str, file: Path, members: Sequence[Member]) -> Artifact:
    sha256 = digest(file)
    return Artifact(
        kind,
        file.name,
        sha256,
        base64.b64encode(bytes.fromhex(sha256)).decode(),
        file.stat().st_size,
        sum(each.size for each in members),
        tuple(members),
    )


def _foreign(function: Function, own: Sequence[File]) -> Iterator[str]:
    for each in own:
        if why := mismatch(each.path, each.content[:HEAD], function.target):
            yield f"{each.path} is {why}"


def _secrets(own: Sequence[File]) -> Iterator[str]:
    for each in own:
        if kind := secret_name(each.path) or secret_text(each.path, each.content[:MOST_OF_ONE]):
            yield f"{each.path} ({kind})"


def _check_collisions(function: Function, own: Sequence[File], told: Dependencies, prefix: str) -> None:
    """An own file in a dependency's place would hide it, here or, from a layer's, at run time."""
    taken = {each.path.removeprefix(prefix) for each in told.files}
    for each in own:
        if each.path in taken:
            raise CannotBundle(
                f"`{function.folder / each.path}` would hide `{each.path}` of a dependency: rename it, or leave it "
                f"out with `exclude` below `[{TABLE}]`"
            )
