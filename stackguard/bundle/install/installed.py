"""The distributions that uv has installed: metadata, and files that are the same on every machine."""

from __future__ import annotations

import base64
import csv
import io
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from stackguard.bundle.archive import ArchiveFile, digest, in_memory
from stackguard.bundle.errors import CannotBundle

_OF_THE_INSTALLER = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "RECORD.jws", "RECORD.p7s"}


@dataclass(slots=True)
class Distribution:
    """One installed distribution. `files` are those that go into the archive, without its RECORD."""

    name: str
    version: str
    info: str
    """Its `.dist-info` folder."""
    requires: tuple[str, ...]
    licenses: tuple[str, ...]
    """An SPDX expression, or other license texts of the metadata."""
    wheel: str
    """The text of its `WHEEL`."""
    files: list[ArchiveFile] = field(default_factory=list)


def distributions(folder: Path) -> list[Distribution]:
    """The distributions in a folder, sorted by name, with the files that go into the archive.

    Left out are scripts that start a Python, because they name the builder's; compiled modules with their source; and
    the installer's own notes.

    Raises:
        CannotBundle: there is a link among the files.
    """
    pairs = [(_distribution(installed), _recorded(installed)) for installed in _metadata(folder)]
    owners = {path: distribution for distribution, recorded in pairs for path in recorded}
    for path in sorted(_paths(folder)):
        if path in owners and _is_kept(path, folder):
            owners[path].files.append(_file(path, folder))
    return [distribution for distribution, _ in pairs]


def clashes(folder: Path) -> list[str]:
    """The names of distributions that install the same file with different contents, sorted."""
    first: dict[str, tuple[str, str]] = {}
    names: set[str] = set()
    for installed in _metadata(folder):
        name = canonicalize_name(installed.name)
        for path, sha256 in _recorded(installed).items():
            other, expected = first.setdefault(path, (name, sha256))
            if other != name and sha256 != expected and not path.startswith("bin/"):
                names |= {name, other}
    return sorted(names)


def record(distribution: Distribution, files: Iterable[ArchiveFile]) -> ArchiveFile:
    """The RECORD for the files of a distribution that are kept; source: https://peps.python.org/pep-0627/."""
    path = f"{distribution.info}/RECORD"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for file in files:
        sha256 = base64.urlsafe_b64encode(bytes.fromhex(file.sha256)).rstrip(b"=").decode()
        writer.writerow((file.path, f"sha256={sha256}", file.size))
    writer.writerow((path, "", ""))
    return in_memory(path, text.getvalue().encode())


def _metadata(folder: Path) -> list[metadata.Distribution]:
    return sorted(metadata.distributions(path=[str(folder)]), key=lambda installed: canonicalize_name(installed.name))


def _distribution(installed: metadata.Distribution) -> Distribution:
    def values(field: str) -> list[str]:
        return [str(value) for value in installed.metadata.get_all(field) or ()]

    license_ = next((text.strip() for text in (*values("License-Expression"), *values("License")) if text), "")
    is_short = license_ and "\n" not in license_ and len(license_) < 100
    classifiers = [text for text in values("Classifier") if text.startswith("License :: ")]
    return Distribution(
        canonicalize_name(installed.name),
        installed.version,
        next(path for path in map(posixpath.dirname, _recorded(installed)) if re.fullmatch(r"[^/]+\.dist-info", path)),
        tuple(" ".join(line.split()) for line in values("Requires-Dist")),
        (license_,) if is_short else tuple(text.rpartition(" :: ")[2] for text in classifiers),
        installed.read_text("WHEEL") or "",
    )


def _recorded(installed: metadata.Distribution) -> dict[str, str]:
    """The hashes in a RECORD, by path from the folder."""
    return {str(file): file.hash.value if file.hash else "" for file in installed.files or ()}


def _paths(folder: Path) -> Iterator[str]:
    """The path of every file, without those in `__pycache__`."""
    for file in folder.rglob("*"):
        path = file.relative_to(folder)
        if "__pycache__" in path.parts:
            continue
        if file.is_symlink():
            raise CannotBundle(f"`{path}` of a dependency is a link, which a wheel cannot contain; report it")
        if file.is_file():
            yield path.as_posix()


def _is_kept(path: str, folder: Path) -> bool:
    place = PurePosixPath(path)
    if place.parent.name.endswith(".dist-info") and place.name in _OF_THE_INSTALLER:
        return False
    if place.suffix == ".pyc":
        return not (folder / place.with_suffix(".py")).exists()
    if place.parts[0] == "bin":
        with (folder / path).open("rb") as stream:
            return stream.read(2) != b"#!"
    return True


def _file(path: str, folder: Path) -> ArchiveFile:
    source = folder / path
    status = source.stat()
    return ArchiveFile(path, digest(source), status.st_size, source, executable=bool(status.st_mode & stat.S_IXUSR))
