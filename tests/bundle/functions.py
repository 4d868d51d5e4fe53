"""Functions and wheels made by hand, so that most tests of bundles need no index."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

RUNTIME = 'runtime = "python3.13"'


def wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    files: Mapping[str, bytes | str] | None = None,
    *,
    tag: str = "py3-none-any",
    requires: Sequence[str] = (),
    runs: Sequence[str] = (),
    metadata: str = "License-Expression: MIT\n",
    entry_points: str = "",
) -> str:
    """Make a wheel and return its line in a lock."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    contents: dict[str, bytes] = {
        path: content.encode() if isinstance(content, str) else content
        for path, content in (files or {f"{module}/__init__.py": f"version = {version!r}\n"}).items()
    }
    lines = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    contents[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{metadata}{lines}".encode()
    )
    contents[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    if entry_points:
        contents[f"{info}/entry_points.txt"] = entry_points.encode()
    record = io.StringIO()
    writer = csv.writer(record, lineterminator="\n")
    for path, content in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow((path, f"sha256={digest}", len(content)))
    writer.writerow((f"{info}/RECORD", "", ""))
    contents[f"{info}/RECORD"] = record.getvalue().encode()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content in contents.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100755 if path in runs else 0o100644) << 16
            packed.writestr(entry, content)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


def function(
    folder: Path,
    lock: Sequence[str] | None = (),
    dependencies: Sequence[str] | None = None,
    table: str = RUNTIME,
    files: Mapping[str, str] | None = None,
    wheels: Path | None = None,
) -> Path:
    """Make a function whose lock takes wheels from a folder; by default it depends on all that is locked."""
    for path, content in (
        files or {"app/__init__.py": "", "app/main.py": "def handler(event, context): ...\n"}
    ).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    listed = [line.partition("==")[0] for line in lock or ()] if dependencies is None else dependencies
    quoted = ", ".join(f"{dependency!r}" for dependency in listed)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "orders"\nversion = "1.0"\ndependencies = [{quoted}]\n\n[tool.stackguard.bundle]\n{table}\n'
    )
    if lock is not None:
        source = f"--no-index\n--find-links {wheels}\n" if wheels else ""
        (folder / "requirements.lock").write_text(source + "\n".join(lock) + "\n")
    return folder


def names(archive: Path) -> list[str]:
    """The paths in a zip file, in its order."""
    with zipfile.ZipFile(archive) as packed:
        return packed.namelist()
