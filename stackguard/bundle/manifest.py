"""The manifest: what was built, for which target, from which lock, and the digest of every file."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from stackguard.bundle.config import Function
from stackguard.bundle.metadata import Artifact, Finished

VERSION = 1


def render(function: Function, finished: Finished) -> bytes:
    """The manifest as JSON. It says nothing of when and where it was built, so it is the same wherever that is."""
    document = {
        "version": VERSION,
        "name": finished.name,
        "target": {"runtime": function.target.runtime, "architecture": function.target.architecture},
        "handler": function.table.handler,
        "lock": {"file": finished.lock, "sha256": finished.lock_sha256},
        "compressor": f"zlib {zlib.ZLIB_RUNTIME_VERSION}",
        "unzipped": finished.unzipped,
        "packages": {each.name: each.version for each in finished.packages},
        "stripped": {"kinds": sorted(function.table.strip), "packages": finished.stripped},
        "artifacts": [_artifact(each) for each in finished.artifacts],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "kind": artifact.kind,
        "file": artifact.file,
        "sha256": artifact.sha256,
        "codeSha256": artifact.code_sha256,
        "zipped": artifact.zipped,
        "unzipped": artifact.unzipped,
        "files": {each.path: {"sha256": each.sha256, "size": each.size} for each in artifact.files},
    }
