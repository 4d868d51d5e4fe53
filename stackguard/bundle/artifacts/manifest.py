"""The manifest as JSON: function, target, lock, artifacts, and the digest of every file."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from stackguard.bundle.config import FunctionProject
from stackguard.bundle.metadata import Artifact, Finished
from stackguard.reports.formatting import printable_json

VERSION = 1


def render(function: FunctionProject, finished: Finished) -> bytes:
    """The manifest of a bundle. It does not depend on when and where the bundle was built."""
    return encoded(
        {
            **head(function, finished.lock, finished.lock_sha256),
            "compressor": f"zlib {zlib.ZLIB_RUNTIME_VERSION}",
            "unzipped": finished.unzipped,
            "packages": {package.name: package.version for package in finished.packages},
            "stripped": {"kinds": sorted(function.table.strip), "packages": finished.stripped},
            "artifacts": [
                {
                    **summary(artifact, file=artifact.file),
                    "files": {file.path: {"sha256": file.sha256, "size": file.size} for file in artifact.files},
                }
                for artifact in finished.artifacts
            ],
        }
    )


def head(function: FunctionProject, lock: str | None, lock_sha256: str) -> dict[str, Any]:
    """The first fields of every manifest: function, target and lock."""
    return {
        "version": VERSION,
        "name": function.name,
        "target": function.target,
        "handler": function.table.handler,
        "lock": {"file": lock, "sha256": lock_sha256},
    }


def summary(artifact: Artifact, **place: str | None) -> dict[str, Any]:
    """An artifact without its files, and with its file name or path as `place`. Sizes are bytes."""
    return {
        "kind": artifact.kind,
        **place,
        "sha256": artifact.sha256,
        "codeSha256": artifact.code_sha256,
        "zipped": artifact.zipped,
        "unzipped": artifact.unzipped,
    }


def encoded(document: Any, indent: int = 1, *, sort: bool = False) -> bytes:
    """Indented JSON, ended by a line feed."""
    raw = msgspec.json.encode(document, order="deterministic" if sort else None)
    return printable_json(msgspec.json.format(raw, indent=indent).decode()).encode() + b"\n"
