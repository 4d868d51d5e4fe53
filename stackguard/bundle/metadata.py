"""What is known of an archive: kept beside it in the cache, and told in reports, manifests and bills of materials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

NAME = "about.json"


class Member(msgspec.Struct, frozen=True, array_like=True):
    """One file of an archive."""

    path: str
    sha256: str
    size: int
    zipped: int


class Package(msgspec.Struct, frozen=True):
    """One package of the dependencies. Sizes are bytes."""

    name: str
    version: str
    hashes: tuple[str, ...]
    requires: tuple[str, ...]
    licenses: tuple[str, ...]
    size: int
    zipped: int


class Saving(msgspec.Struct, frozen=True):
    """What stripping one kind of files would save, in bytes."""

    size: int
    zipped: int
    packages: tuple[str, ...]


class Dependencies(msgspec.Struct, frozen=True):
    """What an archive of dependencies holds, and what it could do without."""

    packages: tuple[Package, ...]
    files: tuple[Member, ...]
    savings: Mapping[str, Saving]
    stripped: tuple[str, ...]
    """Packages that were left out as a whole."""
    clashes: tuple[str, ...]
    """Packages that install the same file with different contents; the last one's is in the archive."""
    foreign: tuple[str, ...]
    """Files that cannot be loaded or run on the target, each with the reason."""


class Artifact(msgspec.Struct, frozen=True):
    """One file that is deployed."""

    kind: str
    """`function` or `layer`."""
    file: str
    sha256: str
    code_sha256: str
    """The digest as Lambda reports it: `CodeSha256`, in base64."""
    zipped: int
    unzipped: int
    files: tuple[Member, ...]


class Finished(msgspec.Struct, frozen=True):
    """A finished bundle."""

    name: str
    lock: str | None
    """The lock's file name."""
    lock_sha256: str
    artifacts: tuple[Artifact, ...]
    packages: tuple[Package, ...]
    savings: Mapping[str, Saving]
    stripped: tuple[str, ...]
    clashes: tuple[str, ...]
    foreign: tuple[str, ...]
    secrets: tuple[str, ...]
    """Own files that hold a secret, each with what it is and never with the secret."""
    unneeded: tuple[str, ...]
    """Packages of the lock that nothing requires."""
    unzipped: int
    """Bytes of all artifacts together, which is what the limit counts."""


def write(folder: Path, told: Dependencies | Finished) -> None:
    """Put it into an entry's folder."""
    (folder / NAME).write_bytes(msgspec.json.encode(told))


def finished(folder: Path) -> Finished:
    """Of a finished bundle in the cache."""
    return msgspec.json.decode((folder / NAME).read_bytes(), type=Finished)


def dependencies(folder: Path) -> Dependencies:
    """Of dependencies in the cache."""
    return msgspec.json.decode((folder / NAME).read_bytes(), type=Dependencies)
