"""The lock of a function: the versions and hashes to install on its target."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name, parse_sdist_filename, parse_wheel_filename

from policypack.core.reading import files, toml_reader
from stackguard.bundle.config import PROJECT_FILE, FunctionProject
from stackguard.bundle.errors import CannotBundle, lowered
from stackguard.bundle.install.lock_file import find
from stackguard.bundle.targets import environment_of, platform_of, python_of
from stackguard.errors import reason

_INDEX_OPTIONS = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--no-index": "--no-index",
}
_IGNORED_OPTIONS = {"--require-hashes", "--only-binary", "--no-binary", "--prefer-binary", "--pre"}
"""Options in a requirements file that this command decides itself."""
_HASH = re.compile(r"\s--hash[= ]\s*([a-z0-9]+:[0-9a-f]+)")
_OPTION = re.compile(r"(-[A-Za-z-]*)[=\s]*(.*)")
_COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Locked:
    """One package that is installed on the target. `name` is canonical; `version` is None if the lock has a URL."""

    name: str
    version: str | None
    hashes: tuple[str, ...]
    url: str | None = None

    def line(self) -> str:
        """The line of a requirements file."""
        pin = f"{self.name}=={self.version}" if self.url is None else f"{self.name} @ {self.url}"
        return " ".join((pin, *(f"--hash={digest}" for digest in self.hashes)))


@dataclass(frozen=True, slots=True)
class Lock:
    """The contents of a lock file for one target. `file` is None for a function without dependencies."""

    file: Path | None
    sha256: str
    packages: tuple[Locked, ...]
    relock: str
    """How to lock again, with the command."""
    index_options: tuple[str, ...] = ()

    def requirements(self) -> str:
        """A requirements file for the target alone, sorted."""
        return "".join(f"{line}\n" for line in (*self.index_options, *(package.line() for package in self.packages)))


def read(function: FunctionProject, export: Callable[[FunctionProject], str]) -> Lock:
    """The packages of a function's lock that its target installs; `export` turns a `uv.lock` into requirements.

    Raises:
        CannotBundle: there are dependencies and no lock, or the lock is malformed or lacks hashes.
    """
    file = find(function)
    if file is None:
        relock = _relock("requirements.lock", function)
        if function.dependencies:
            raise CannotBundle(f"`{function.folder}` has dependencies and no lock: {relock}")
        return Lock(None, hashlib.sha256(b"").hexdigest(), (), relock)
    try:
        raw = files.content(file)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CannotBundle(f"`{file}` cannot be read: {reason(error)}") from None
    except UnicodeDecodeError:
        raise CannotBundle(f"`{file}` is not UTF-8 text") from None
    if "\0" in text:
        raise CannotBundle(f"`{file}` is binary: it has a zero byte")
    relock = _relock(file.name, function)
    options: list[str] = []
    if file.name.endswith(".toml"):
        packages = _from_pylock(text, file, function, relock)
    else:
        text = export(function) if file.name == "uv.lock" else text
        packages = _from_requirements(text, file, function, options)
    by_name: dict[str, Locked] = {}
    for package in packages:
        if not package.hashes:
            raise CannotBundle(
                f"`{file}` has no hash for `{package.name}`, so a replaced file would not be detected; {relock}"
            )
        if by_name.setdefault(package.name, package) != package:
            raise CannotBundle(f"`{file}` locks `{package.name}` twice for the same target; {relock}")
    locked = tuple(by_name[name] for name in sorted(by_name))
    return Lock(file, hashlib.sha256(raw).hexdigest(), locked, relock, tuple(options))


def _relock(name: str, function: FunctionProject) -> str:
    folder = "" if str(function.folder) == "." else f"cd {function.folder} && "
    if name == "uv.lock":
        return f"lock again with `{folder}uv lock`"
    target = f"--python-version {python_of(function.target)} --python-platform {platform_of(function.target)}"
    return f"lock again with `{folder}uv pip compile {PROJECT_FILE} --generate-hashes {target} -o {name}`"


def _from_requirements(text: str, file: Path, function: FunctionProject, options: list[str]) -> Iterator[Locked]:
    """The packages of a requirements file; its options about indexes are added to `options`."""
    environment = environment_of(function.target)
    for line in _COMMENT.sub("", text.replace("\r\n", "\n").replace("\\\n", " ")).splitlines():
        content = line.strip()
        if content.startswith("-"):
            options.extend(_option(content, file))
        elif content and (locked := _requirement(content, file, environment)):
            yield locked


def _option(line: str, file: Path) -> Iterator[str]:
    name, value = _OPTION.match(line).groups()  # type: ignore[union-attr]  # it begins with a hyphen
    if name in _INDEX_OPTIONS:
        local = name in {"-f", "--find-links"} and "://" not in value
        place = str((file.parent / value).resolve()) if local else value
        yield f"{_INDEX_OPTIONS[name]} {place}".strip()
    elif name not in _IGNORED_OPTIONS:
        raise CannotBundle(f"`{file}`: `{line}` is not a package with a pinned version, so it cannot be bundled")


def _requirement(line: str, file: Path, environment: dict[str, str]) -> Locked | None:
    hashes = tuple(sorted(_HASH.findall(line)))
    text = _HASH.sub("", line).strip()
    try:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name, validate=True)
    except (InvalidRequirement, InvalidName):
        raise CannotBundle(
            f"`{file}`: `{text}` is not a package with a pinned version, so it cannot be bundled"
        ) from None
    if requirement.marker and not requirement.marker.evaluate(environment):
        return None
    if requirement.url:
        return Locked(name, None, hashes, requirement.url)
    pins = list(requirement.specifier)
    if len(pins) != 1 or pins[0].operator not in {"==", "==="} or pins[0].version.endswith("*"):
        raise CannotBundle(f"`{file}` does not pin `{name}` to one version, as a lock does with `==`")
    return Locked(name, pins[0].version, hashes)


def _from_pylock(text: str, file: Path, function: FunctionProject, relock: str) -> Iterator[Locked]:
    """The packages of a `pylock.toml`; source: https://packaging.python.org/en/latest/specifications/pylock-toml/."""
    try:
        pylock = Pylock.from_dict(toml_reader.parse(text))
    except tomllib.TOMLDecodeError as error:
        raise CannotBundle(f"`{file}` is not valid TOML: {lowered(error)}") from None
    except PylockValidationError as error:
        raise CannotBundle(
            f"`{file}` is no `pylock.toml` as PEP 751 describes it: {lowered(error)}; {relock}"
        ) from None
    environment: dict[str, Any] = {
        **environment_of(function.target),
        "extras": frozenset(),
        "dependency_groups": frozenset(pylock.default_groups or ()),
    }
    for package in pylock.packages:
        if package.marker is None or package.marker.evaluate(environment, context="lock_file"):
            yield _from_package(package, file, relock)


def _from_package(package: Package, file: Path, relock: str) -> Locked:
    if package.vcs or package.directory:
        kind = "vcs" if package.vcs else "directory"
        raise CannotBundle(f"`{file}`: `{package.name}` is a {kind}, which has no hash; build a wheel and lock that")
    if package.archive and not package.archive.url:
        raise CannotBundle(f"`{file}`: the archive of `{package.name}` has no `url`; lock it with its address")
    versions = {parse_wheel_filename(wheel.filename)[1] for wheel in package.wheels or ()}
    versions |= {parse_sdist_filename(package.sdist.filename)[1]} if package.sdist else set()
    if len(versions) > 1:
        listed = ", ".join(map(str, sorted(versions)))
        raise CannotBundle(f"`{file}` does not pin `{package.name}` to one version: it has files of {listed}; {relock}")
    version = package.version or next(iter(versions), None)
    files = [item for item in (package.archive, package.sdist, *(package.wheels or ())) if item]
    hashes = {f"{algorithm}:{digest}" for item in files for algorithm, digest in item.hashes.items()}
    url = package.archive.url if package.archive else None
    return Locked(package.name, str(version) if version else None, tuple(sorted(hashes)), url)
