"""What uv has installed: each distribution with its metadata and its files, cleansed of what differs between builders."""

from __future__ import annotations

import base64
import csv
import io
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.files import File, digest, in_memory

_OF_THE_INSTALLER = {"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "RECORD.jws", "RECORD.p7s"}


@dataclass(slots=True)
class Distribution:
    """One installed distribution. `files` are those that go into the archive, without its RECORD."""

    name: str
    version: str
    info: str
    """Its `.dist-info` folder."""
    requires: tuple[str, ...]
    licenses: tuple[str, ...]
    """An SPDX expression, or what the metadata says instead."""
    wheel: str
    """The text of its `WHEEL`."""
    files: list[File] = field(default_factory=list)


def distributions(folder: Path) -> list[Distribution]:
    """The distributions in a folder, by name, with every file that is worth keeping.

    A script that starts a Python is left out, because it names the builder's; so are compiled modules whose source is
    beside them, and what an installer notes for itself.

    Raises:
        CannotBundle: there is a link among the files.
    """
    found = [_distribution(each, folder) for each in sorted(folder.glob("*.dist-info"))]
    owners = {path: each for each in found for path in _recorded(folder / each.info)}
    for path in sorted(_paths(folder)):
        owner = owners.get(path)
        if owner is not None and _kept(path, folder):
            owner.files.append(_file(path, folder))
    return sorted(found, key=lambda each: each.name)


def clashes(folder: Path) -> list[str]:
    """The distributions that install a file which another installs with another content, by name."""
    seen: dict[str, tuple[str, str]] = {}
    found: set[str] = set()
    for info in sorted(folder.glob("*.dist-info")):
        name = canonicalize_name(info.name.removesuffix(".dist-info").rpartition("-")[0])
        for path, recorded in _recorded(info).items():
            other, as_before = seen.setdefault(path, (name, recorded))
            if other != name and recorded != as_before and not path.startswith("bin/"):
                found |= {name, other}
    return sorted(found)


def record(distribution: Distribution, files: Iterable[File]) -> File:
    """The RECORD of what is left of a distribution; source: https://peps.python.org/pep-0627/."""
    path = f"{distribution.info}/RECORD"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for each in files:
        digest = base64.urlsafe_b64encode(bytes.fromhex(each.sha256)).rstrip(b"=").decode()
        writer.writerow((each.path, f"sha256={digest}", each.size))
    writer.writerow((path, "", ""))
    return in_memory(path, out.getvalue().encode())


def _distribution(info: Path, folder: Path) -> Distribution:
    metadata = BytesHeaderParser().parsebytes((info / "METADATA").read_bytes())
    wheel = info / "WHEEL"
    classified = [
        each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier", []) if each.startswith("License :: ")
    ]
    stated = metadata.get("License-Expression") or metadata.get("License", "").strip()
    short = stated and "\n" not in stated and len(stated) < 100
    return Distribution(
        canonicalize_name(metadata["Name"]),
        metadata["Version"],
        info.relative_to(folder).as_posix(),
        tuple(" ".join(each.split()) for each in metadata.get_all("Requires-Dist", [])),
        (stated,) if short else tuple(classified),
        wheel.read_text(encoding="utf-8") if wheel.is_file() else "",
    )


def _recorded(info: Path) -> dict[str, str]:
    """The files of a RECORD, by path from the folder, with their digests."""
    with (info / "RECORD").open(encoding="utf-8", newline="") as stream:
        return {str(PurePosixPath(row[0])): row[1] for row in csv.reader(stream) if len(row) > 1}


def _paths(folder: Path) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        for each in (*files, *(name for name in folders if (Path(where) / name).is_symlink())):
            file = Path(where) / each
            path = file.relative_to(folder).as_posix()
            if file.is_symlink():
                raise CannotBundle(f"`{path}` of a dependency is a link, which a wheel cannot hold; report it")
            yield path


def _kept(path: str, folder: Path) -> bool:
    place = PurePosixPath(path)
    if place.parent.name.endswith(".dist-info") and (place.name in _OF_THE_INSTALLER or place.name == "RECORD"):
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
    return File(path, digest(source), status.st_size, source, runs=bool(status.st_mode & stat.S_IXUSR))
