"""The metadata of an archive, stored beside it in the cache: the source of reports, manifests and bills of materials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

NAME = "about.json"
T = TypeVar("T")


class BundledFile(msgspec.Struct, frozen=True, array_like=True):
    """One file of an archive. Sizes are bytes."""

    path: str
    sha256: str
    size: int
    zipped: int


class InstalledPackage(msgspec.Struct, frozen=True):
    """One package of the dependencies. Sizes are bytes."""

    name: str
    version: str
    hashes: tuple[str, ...]
    requires: tuple[str, ...]
    licenses: tuple[str, ...]
    size: int
    zipped: int


class Saving(msgspec.Struct, frozen=True):
    """The bytes that stripping one kind of files saves."""

    size: int
    zipped: int
    packages: tuple[str, ...]


class Contents(msgspec.Struct, frozen=True):
    """The packages in an archive, and the files that it can leave out."""

    packages: tuple[InstalledPackage, ...]
    savings: Mapping[str, Saving]
    stripped: tuple[str, ...]
    """Packages that are left out as a whole."""
    clashes: tuple[str, ...]
    """Packages that install the same file with different contents; the archive has the last one's."""
    foreign: tuple[str, ...]
    """Files that cannot be loaded or run on the target, each with the reason."""


class Dependencies(Contents, frozen=True):
    """An archive of dependencies."""

    files: tuple[BundledFile, ...]


class Artifact(msgspec.Struct, frozen=True):
    """One file that is deployed. `kind` is `function` or `layer`; sizes are bytes."""

    kind: str
    file: str
    sha256: str
    code_sha256: str
    """The digest as Lambda reports it: `CodeSha256`, in base64."""
    zipped: int
    unzipped: int
    files: tuple[BundledFile, ...]


class Finished(Contents, frozen=True):
    """A finished bundle."""

    name: str
    lock: str | None
    """The lock's file name."""
    lock_sha256: str
    artifacts: tuple[Artifact, ...]
    secrets: tuple[str, ...]
    """Own files that contain a secret, each with the kind of secret and never with the secret itself."""
    unneeded: tuple[str, ...]
    """Packages of the lock that nothing requires."""
    unzipped: int
    """Bytes of all artifacts together, which Lambda's limit counts."""


def write(folder: Path, contents: Contents) -> None:
    """Store metadata in an entry's folder."""
    (folder / NAME).write_bytes(msgspec.json.encode(contents))


def read(folder: Path, kind: type[T]) -> T:
    """The metadata in an entry's folder: of `Dependencies` or of a `Finished` bundle."""
    return msgspec.json.decode((folder / NAME).read_bytes(), type=kind)
