"""The distributions that uv has installed: metadata and files, without what differs between builders."""

from __future__ import annotations

import base64
import csv
import io
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from stackguard.bundle.archive import File, digest, in_memory
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
    files: list[File] = field(default_factory=list)


def distributions(folder: Path) -> list[Distribution]:
    """The distributions in a folder, sorted by name, with the files that go into the archive.

    Left out are scripts that start a Python, because they name the builder's; compiled modules whose source is beside
    them; and the installer's own notes.

    Raises:
        CannotBundle: there is a link among the files.
    """
    installed = [_distribution(info, folder) for info in sorted(folder.glob("*.dist-info"))]
    owners = {path: distribution for distribution in installed for path in _recorded(folder / distribution.info)}
    for path in sorted(_paths(folder)):
        if path in owners and _is_kept(path, folder):
            owners[path].files.append(_file(path, folder))
    return sorted(installed, key=lambda distribution: distribution.name)


def clashes(folder: Path) -> list[str]:
    """The names of distributions that install the same file with different contents, sorted."""
    first: dict[str, tuple[str, str]] = {}
    names: set[str] = set()
    for info in sorted(folder.glob("*.dist-info")):
        name = canonicalize_name(info.name.removesuffix(".dist-info").rpartition("-")[0])
        for path, sha256 in _recorded(info).items():
            other, expected = first.setdefault(path, (name, sha256))
            if other != name and sha256 != expected and not path.startswith("bin/"):
                names |= {name, other}
    return sorted(names)


def record(distribution: Distribution, files: Iterable[File]) -> File:
    """The RECORD for the files of a distribution that are kept; source: https://peps.python.org/pep-0627/."""
    path = f"{distribution.info}/RECORD"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for file in files:
        sha256 = base64.urlsafe_b64encode(bytes.fromhex(file.sha256)).rstrip(b"=").decode()
        writer.writerow((file.path, f"sha256={sha256}", file.size))
    writer.writerow((path, "", ""))
    return in_memory(path, text.getvalue().encode())


def _distribution(info: Path, folder: Path) -> Distribution:
    metadata = BytesHeaderParser().parsebytes((info / "METADATA").read_bytes())
    wheel = info / "WHEEL"
    classifiers = metadata.get_all("Classifier", [])
    stated = metadata.get("License-Expression") or metadata.get("License", "").strip()
    is_short = stated and "\n" not in stated and len(stated) < 100
    classified = tuple(text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: "))
    return Distribution(
        canonicalize_name(metadata["Name"]),
        metadata["Version"],
        info.relative_to(folder).as_posix(),
        tuple(" ".join(line.split()) for line in metadata.get_all("Requires-Dist", [])),
        (stated,) if is_short else classified,
        wheel.read_text(encoding="utf-8") if wheel.is_file() else "",
    )


def _recorded(info: Path) -> dict[str, str]:
    """The hashes in a RECORD, by path from the folder."""
    with (info / "RECORD").open(encoding="utf-8", newline="") as stream:
        return {str(PurePosixPath(row[0])): row[1] for row in csv.reader(stream) if len(row) > 1}


def _paths(folder: Path) -> Iterator[str]:
    """The path of every file, without those in `__pycache__`."""
    for file in folder.rglob("*"):
        path = file.relative_to(folder)
        if "__pycache__" in path.parts:
            continue
        if file.is_symlink():
            raise CannotBundle(f"`{path}` of a dependency is a link, which a wheel cannot hold; report it")
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


def _file(path: str, folder: Path) -> File:
    source = folder / path
    status = source.stat()
    return File(path, digest(source), status.st_size, source, executable=bool(status.st_mode & stat.S_IXUSR))
