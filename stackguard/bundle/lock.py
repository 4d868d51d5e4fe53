"""The lock of a function: which versions, with which hashes, hold where it runs."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from stackguard.bundle.config import PROJECT_FILE, Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.lock_file import find
from stackguard.bundle.platforms import environment_of, platform_of, python_of
from stackguard.errors import reason

_INDEX_OPTIONS = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--no-index": "--no-index",
}
_INDIFFERENT = {"--require-hashes", "--only-binary", "--no-binary", "--prefer-binary", "--pre"}
"""Options in a requirements file that this command decides itself."""
_HASH = re.compile(r"\s--hash[= ]\s*([a-z0-9]+:[0-9a-f]+)")
_OPTION = re.compile(r"(-[A-Za-z-]*)[=\s]*(.*)")
_COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Locked:
    """One package that is installed on the target."""

    name: str
    """In its canonical form."""
    version: str | None
    """None where the lock gives an address."""
    hashes: tuple[str, ...]
    url: str | None = None

    def line(self) -> str:
        """As a requirements file says it."""
        what = f"{self.name}=={self.version}" if self.url is None else f"{self.name} @ {self.url}"
        return " ".join((what, *(f"--hash={each}" for each in self.hashes)))


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock says for one target."""

    file: Path | None
    """None for a function that depends on nothing."""
    sha256: str
    packages: tuple[Locked, ...]
    again: str
    """The command that locks anew."""
    index_options: tuple[str, ...] = ()

    def requirements(self) -> str:
        """As a requirements file for the target alone, sorted."""
        return "".join(f"{line}\n" for line in (*self.index_options, *(each.line() for each in self.packages)))


def read(function: Function, export: Callable[[Function], str]) -> Lock:
    """What a function's lock says for its target.

    Args:
        function: where, and for which target.
        export: gives a `uv.lock` as a requirements file.

    Raises:
        CannotBundle: there is no lock and there are dependencies, or the lock is malformed or without hashes.
    """
    file = find(function)
    if file is None:
        again = _again("requirements.lock", function)
        if function.dependencies:
            raise CannotBundle(f"`{function.folder}` has dependencies and no lock: {again}")
        return Lock(None, hashlib.sha256(b"").hexdigest(), (), again)
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CannotBundle(f"`{file}` cannot be read: {reason(error)}") from None
    except UnicodeDecodeError:
        raise CannotBundle(f"`{file}` is not UTF-8 text") from None
    again = _again(file.name, function)
    options: list[str] = []
    if file.name.endswith(".toml"):
        packages = list(_of_pylock(text, file, function))
    else:
        text = export(function) if file.name == "uv.lock" else text
        packages = list(_of_requirements(text, file, function, options))
    return Lock(file, hashlib.sha256(raw).hexdigest(), _checked(packages, file, again), again, tuple(options))


def _again(name: str, function: Function) -> str:
    where = "lock anew with `" if str(function.folder) == "." else f"lock anew with `cd {function.folder} && "
    if name == "uv.lock":
        return f"{where}uv lock`"
    target = f"--python-version {python_of(function.target)} --python-platform {platform_of(function.target)}"
    return f"{where}uv pip compile {PROJECT_FILE} --generate-hashes {target} -o {name}`"


def _checked(packages: list[Locked], file: Path, again: str) -> tuple[Locked, ...]:
    seen: dict[str, Locked] = {}
    for each in packages:
        if not each.hashes:
            raise CannotBundle(f"`{file}` has no hash for `{each.name}`, so it could be replaced unseen; {again}")
        if each.name in seen and seen[each.name] != each:
            raise CannotBundle(f"`{file}` locks `{each.name}` twice for the same target; {again}")
        seen[each.name] = each
    return tuple(seen[name] for name in sorted(seen))


def _of_requirements(text: str, file: Path, function: Function, options: list[str]) -> Iterator[Locked]:
    environment = environment_of(function.target)
    for line in _COMMENT.sub("", text.replace("\r\n", "\n").replace("\\\n", " ")).splitlines():
        content = line.strip()
        if content.startswith("-"):
            options.extend(_option(content, file))
        elif content:
            locked = _requirement(content, file, environment)
            if locked:
                yield locked


def _option(line: str, file: Path) -> Iterator[str]:
    name, value = _OPTION.match(line).groups()  # type: ignore[union-attr]  # it begins with a hyphen
    if name in _INDEX_OPTIONS:
        local = name in {"-f", "--find-links"} and "://" not in value
        place = str((file.parent / value).resolve()) if local else value
        yield f"{_INDEX_OPTIONS[name]} {place}".strip()
    elif name not in _INDIFFERENT:
        raise CannotBundle(f"`{file}`: `{line}` cannot be bundled; a lock names packages with versions and hashes")


def _requirement(line: str, file: Path, environment: dict[str, str]) -> Locked | None:
    hashes = tuple(sorted(_HASH.findall(line)))
    stated = _HASH.sub("", line).strip()
    try:
        requirement = Requirement(stated)
    except InvalidRequirement:
        raise CannotBundle(f"`{file}`: `{stated}` cannot be bundled; a lock names packages with versions") from None
    if requirement.marker and not requirement.marker.evaluate(environment):
        return None
    name = canonicalize_name(requirement.name)
    if requirement.url:
        return Locked(name, None, hashes, requirement.url)
    pins = list(requirement.specifier)
    if len(pins) != 1 or pins[0].operator not in {"==", "==="} or pins[0].version.endswith("*"):
        raise CannotBundle(f"`{file}` does not pin `{name}` to one version, as a lock does with `==`")
    return Locked(name, pins[0].version, hashes)


def _of_pylock(text: str, file: Path, function: Function) -> Iterator[Locked]:
    """The packages of a `pylock.toml`; source: https://packaging.python.org/en/latest/specifications/pylock-toml/."""
    try:
        document = tomllib.loads(text)
        groups = frozenset(document.get("default-groups", ()))
        environment: dict[str, Any] = {
            **environment_of(function.target),
            "extras": frozenset(),
            "dependency_groups": groups,
        }
        for package in document["packages"]:
            marker = package.get("marker")
            if marker and not Marker(marker).evaluate(environment, context="lock_file"):
                continue
            yield _of_package(package, file)
    except tomllib.TOMLDecodeError as error:
        raise CannotBundle(f"`{file}` is not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}") from None
    except (KeyError, TypeError, AttributeError, InvalidMarker):
        raise CannotBundle(
            f"`{file}` is no `pylock.toml` as PEP 751 describes it; {_again(file.name, function)}"
        ) from None


def _of_package(package: dict[str, Any], file: Path) -> Locked:
    name = canonicalize_name(package["name"])
    for kind in ("vcs", "directory"):
        if kind in package:
            raise CannotBundle(f"`{file}`: `{name}` is a {kind}, which has no hash; build a wheel and lock that")
    archive = package.get("archive")
    files = [archive] if archive else [*package.get("wheels", ()), *filter(None, [package.get("sdist")])]
    hashes = {f"{kind}:{digest}" for each in files for kind, digest in each["hashes"].items()}
    return Locked(name, package.get("version"), tuple(sorted(hashes)), archive["url"] if archive else None)
