"""From cached dependencies and own files to a finished bundle: archives, manifest and bill of materials."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Sequence
from pathlib import Path

from policypack.core.policy import Asset
from policypack.lambda_code.archive import opened
from stackguard.bundle import archive, cache, cache_key, handlers, metadata, secrets
from stackguard.bundle.archive import ArchiveFile, digest
from stackguard.bundle.artifacts import manifest, sbom, sizes
from stackguard.bundle.config import TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.install import dependencies, requirements, uv
from stackguard.bundle.install.lock import read
from stackguard.bundle.metadata import Artifact, BundledFile, Dependencies, Finished

LAYER_PREFIX = "python/"
"""The folder of a layer's packages; see https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html."""


def build_archives(function: FunctionProject, own: Sequence[ArchiveFile], key: str, *, offline: bool) -> Path:
    """Build a finished bundle of the own files, and return its folder in the cache; `offline` uses no network.

    Raises:
        CannotBundle: an own file holds a secret or would hide a file of a dependency, the lock is wrong, or a dependency
            cannot be installed.
    """
    cache.prune()
    allowed = secrets.check(function, own)
    lock = read(function, uv.export)
    requirements.check_project(function, lock)
    prefix = LAYER_PREFIX if function.table.layer else ""
    source = dependencies.folder_of(function, lock, prefix, offline=offline)
    packed, installed = source / dependencies.ARCHIVE, metadata.read(source, Dependencies)
    requirements.check_installed(function, lock, installed.packages)
    _check_collisions(function, own, installed, prefix)
    handlers.check(function, own, opened(Asset(path=str(packed), archive=True)), prefix)
    bill = sbom.write(function, installed.packages)

    def fill(folder: Path) -> None:
        artifacts = _archives(function, own, packed, installed, folder)
        finished = Finished(
            packages=installed.packages,
            savings=installed.savings,
            stripped=installed.stripped,
            clashes=installed.clashes,
            foreign=(*installed.foreign, *archive.foreign(own, function.target)),
            name=function.name,
            lock=lock.file.name if lock.file else None,
            lock_sha256=lock.sha256,
            artifacts=artifacts,
            secrets=tuple(f"{path} ({kind})" for path, kind in allowed),
            unneeded=tuple(requirements.unneeded(function, installed.packages)),
            unzipped=sum(artifact.unzipped for artifact in artifacts),
        )
        metadata.write(folder, finished)
        if over := sizes.judge(function, finished).over:
            (folder / cache_key.OVERSIZED).write_text(over[0], encoding="utf-8")
        (folder / f"{function.name}.manifest.json").write_bytes(manifest.render(function, finished))
        (folder / f"{function.name}.cdx.json").write_bytes(bill)

    return cache.store(cache_key.KIND, key, fill)


def _archives(
    function: FunctionProject, own: Sequence[ArchiveFile], packed: Path, installed: Dependencies, folder: Path
) -> tuple[Artifact, ...]:
    layer, code = folder / f"{function.name}-layer.zip", folder / f"{function.name}.zip"
    has_layer = function.table.layer
    shutil.copyfile(packed, layer if has_layer else code)
    members = archive.write(code, own, append=not has_layer)
    if has_layer:
        return (_artifact("function", code, members), _artifact("layer", layer, installed.files))
    return (_artifact("function", code, [*installed.files, *members]),)


def _artifact(kind: str, file: Path, members: Sequence[BundledFile]) -> Artifact:
    sha256 = digest(file)
    code_sha256 = base64.b64encode(bytes.fromhex(sha256)).decode()
    unzipped = sum(member.size for member in members)
    return Artifact(kind, file.name, sha256, code_sha256, file.stat().st_size, unzipped, tuple(members))


def _check_collisions(
    function: FunctionProject, own: Sequence[ArchiveFile], installed: Dependencies, prefix: str
) -> None:
    """Refuse an own file that would hide a dependency's file, in the archive or, with a layer, at run time."""
    installed_paths = {member.path.removeprefix(prefix) for member in installed.files}
    for file in own:
        if file.path in installed_paths:
            raise CannotBundle(
                f"`{function.folder / file.path}` would hide `{file.path}` of a dependency: rename it, or leave it "
                f"out with `exclude` below `[{TABLE}]`"
            )
