"""uv, which does the installing: how it is called, and what its errors mean."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from policypack.lambda_code.binaries import Target
from stackguard.bundle.cache import VARIABLE
from stackguard.bundle.config import PROJECT_FILE, TABLE, Function
from stackguard.bundle.errors import CannotBundle, needing_the_extra
from stackguard.bundle.index_config import for_uv
from stackguard.bundle.lock import Lock
from stackguard.bundle.platforms import platform_of, python_of
from stackguard.errors import reason

_NAME = r"`?(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[^\s`,)]+))?`?"
_NOT_CACHED = re.compile(r"network was disabled|not found in the cache|connectivity is disabled", re.IGNORECASE)
_ADDRESS = re.compile(r"\w+://\S+")
"""It may carry credentials."""


def install(function: Function, lock: Lock, folder: Path, work: Path, *, offline: bool) -> None:
    """Install what a lock says for the function's target.

    Args:
        function: where, and for which target.
        lock: what to install.
        folder: where it goes; it is made.
        work: a folder for what must be written down for uv.
        offline: take everything from uv's cache.

    Raises:
        CannotBundle: uv could not do it.
    """
    if not lock.packages:
        folder.mkdir()
        return
    requirements = work / "requirements.txt"
    requirements.write_text(lock.requirements(), encoding="utf-8")
    _install(function, lock, folder, requirements, offline=offline)


def install_again(function: Function, lock: Lock, folder: Path, work: Path, names: Sequence[str]) -> None:
    """Install some packages over what is there, one after the other, so that the last one's files win.

    They have just been installed, so they are in uv's cache.
    """
    for name in names:
        requirements = work / "again.txt"
        only = [each.line() for each in lock.packages if each.name == name]
        requirements.write_text("\n".join((*lock.index_options, *only)), encoding="utf-8")
        _install(function, lock, folder, requirements, "--reinstall", offline=True)


def _install(function: Function, lock: Lock, folder: Path, requirements: Path, *more: str, offline: bool) -> None:
    names = [each.name for each in lock.packages]
    wanted = [name for name in function.table.from_source if name in names]
    if missing := [name for name in function.table.from_source if name not in names]:
        raise CannotBundle(
            f"`{missing[0]}` is to be built from source and is not in `{lock.file}`; take it out of `from-source`"
        )
    command = [
        *("pip", "install", "--target", str(folder), "--requirements", str(requirements)),
        *("--python", sys.executable, "--python-version", python_of(function.target)),
        *("--python-platform", platform_of(function.target), "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", *(part for name in wanted for part in ("--no-binary", name))),
        *("--no-compile-bytecode", "--link-mode", "copy", "--no-sources"),
        *(part for index in function.indexes for part in _index(index)),
        *more,
    ]
    done = _run(command, function.folder, offline=offline)
    if done.returncode:
        raise _explained(done, function, lock)


def export(function: Function) -> str:
    """A `uv.lock` as a requirements file, without the project itself and without groups.

    Raises:
        CannotBundle: uv cannot read it.
    """
    command = [
        *("export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-header", "--no-annotate"),
        *("--format", "requirements.txt", "--python", sys.executable, "--project", str(function.folder.resolve())),
    ]
    done = _run(command, function.folder, offline=True)
    if done.returncode:
        raise CannotBundle(
            f"`{function.folder / 'uv.lock'}` cannot be read by uv: {_first(done.stderr)}; lock anew with "
            f"`cd {function.folder} && uv lock`"
        )
    return done.stdout


def _run(command: Sequence[str], folder: Path, *, offline: bool) -> subprocess.CompletedProcess[str]:
    binary = _binary()
    more, told = for_uv(os.environ)
    options = ["--no-config", "--color", "never", *(["--offline"] if offline else []), *more]
    try:
        return subprocess.run(  # noqa: S603 (uv's own binary, and arguments that are not a shell's)
            [binary, *command, *options],
            cwd=folder,
            env=told,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            umask=0o022,
            check=False,
        )
    except OSError as error:
        raise CannotBundle(f"uv cannot be started from `{binary}`: {reason(error)}") from None


def _binary() -> str:
    with needing_the_extra():
        from uv import find_uv_bin
    try:
        return find_uv_bin()
    except FileNotFoundError:
        raise CannotBundle("uv is installed without its program; install `stackguard[bundle]` again") from None


def _index(table: Mapping[str, object]) -> list[str]:
    """An index that the function's own `pyproject.toml` names for uv."""
    url, name = table.get("url"), table.get("name")
    if not isinstance(url, str):
        return []
    return ["--default-index" if table.get("default") is True else "--index", f"{name}={url}" if name else url]


def _explained(done: subprocess.CompletedProcess[str], function: Function, lock: Lock) -> CannotBundle:
    """What uv's failure means to the person who wrote the lock."""
    if done.returncode < 0:
        return CannotBundle(f"uv was ended by signal {-done.returncode}; start the bundle again")
    told = " ".join(done.stderr.split())
    if _NOT_CACHED.search(told):
        return CannotBundle(f"the cache lacks a dependency, and the network is not to be used; {_once(function)}")
    for pattern, meaning in _MEANINGS:
        if found := pattern.search(told):
            return meaning(found, function, lock)
    message = f"uv could not install what `{lock.file}` locks: {_first(done.stderr)}"
    return CannotBundle(message, _ADDRESS.sub("(address)", done.stderr))


def _disk(_found: re.Match[str], _function: Function, _lock: Lock) -> CannotBundle:
    return CannotBundle(f"the disk is full: make room for the caches of uv and of stackguard ({VARIABLE})")


def _tampered(found: re.Match[str], function: Function, lock: Lock) -> CannotBundle:
    return CannotBundle(
        f"the file of `{_named(found, lock)}` for {function.target.runtime} on {function.target.architecture} has none "
        f"of the hashes in `{lock.file}`: either that was locked for another platform or the file has been replaced; "
        f"find out which, then {lock.again}"
    )


def _unknown(found: re.Match[str], _function: Function, lock: Lock) -> CannotBundle:
    name = found["name"]
    return CannotBundle(f"the index has no package `{name}`, which `{lock.file}` locks; name one that has in UV_INDEX")


def _foreign(found: re.Match[str], function: Function, _lock: Lock) -> CannotBundle:
    return _built_here(found["wheel"].partition("-")[0].replace("_", "-"), function.target)


def _gone(found: re.Match[str], _function: Function, lock: Lock) -> CannotBundle:
    return CannotBundle(f"the index has no `{_named(found, lock)}`, which `{lock.file}` locks; {lock.again}")


def _no_wheel(found: re.Match[str], function: Function, lock: Lock) -> CannotBundle:
    return CannotBundle(
        f"`{_named(found, lock)}` has no wheel for {function.target.runtime} on {function.target.architecture} "
        f"({platform_of(function.target)}): lock another version of it, choose another `--runtime` or "
        f"`--architecture`, build it with `--from-source {found['name']}` if it is pure Python, or make a container "
        "image with `--image`"
    )


def _forbidden(_found: re.Match[str], _function: Function, _lock: Lock) -> CannotBundle:
    return CannotBundle("the index refuses access: give credentials in a netrc file or in UV_INDEX_NAME_PASSWORD")


def _unreachable(_found: re.Match[str], function: Function, _lock: Lock) -> CannotBundle:
    return CannotBundle(
        f"the cache lacks a dependency, and the package index cannot be reached; {_once(function)}, or name a proxy in "
        "HTTPS_PROXY or a mirror in UV_DEFAULT_INDEX"
    )


def _once(function: Function) -> str:
    return f"run `stackguard bundle {function.folder}` once where there is a network"


def _unbuildable(found: re.Match[str], _function: Function, lock: Lock) -> CannotBundle:
    return CannotBundle(
        f"`{_named(found, lock)}` cannot be built from source here; take it out of `from-source`, or make a container "
        "image with `--image`"
    )


def _unwritable(_found: re.Match[str], _function: Function, _lock: Lock) -> CannotBundle:
    return CannotBundle("uv may not write into its cache or its tools' folder; give it another in UV_CACHE_DIR")


_MEANINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Function, Lock], CannotBundle]], ...] = (
    (re.compile(r"os error (?:28|122)\)"), _disk),
    (re.compile(rf"Hash mismatch for {_NAME}(?:\s|$)"), _tampered),
    (re.compile(rf"{_NAME} was not found in the (?:package registry|provided package locations)"), _unknown),
    (re.compile(r"The built wheel `(?P<wheel>[^`]+)` is not compatible"), _foreign),
    (re.compile(rf"{_NAME} has no (?:usable )?wheels"), _no_wheel),
    (re.compile(rf"there is no version of {_NAME}(?:\s|$)"), _gone),
    (re.compile(r"\b(?:401 Unauthorized|403 Forbidden)"), _forbidden),
    (
        re.compile(r"error sending request|dns error|tcp connect error|timed out|Request failed", re.IGNORECASE),
        _unreachable,
    ),
    (re.compile(rf"Failed to (?:download and )?build {_NAME}"), _unbuildable),
    (re.compile(r"os error (?:13|30)\)"), _unwritable),
)
"""What uv says and what it means, the more telling first."""


def _named(found: re.Match[str], lock: Lock) -> str:
    """A package and its version, which the lock knows where uv does not say it."""
    name = found["name"]
    version = found["version"] or next((each.version for each in lock.packages if each.name == name), None)
    return f"{name} {version}" if version else name


def check_built(name: str, wheel: str, target: Target) -> None:
    """Refuse a wheel that was built here for this machine, which the target need not be like.

    Raises:
        CannotBundle: its platform is not `any`.
    """
    platforms = re.findall(r"^Tag:\s*\S+-([^\s-]+)\s*$", wheel, re.MULTILINE)
    if any(each != "any" for each in platforms):
        raise _built_here(name, target)


def _built_here(name: str, target: Target) -> CannotBundle:
    return CannotBundle(
        f"`{name}` has compiled code, so from source it is built for this machine and not for {target.runtime} on "
        f"{target.architecture}: take it out of `from-source` below `[{TABLE}]` in `{PROJECT_FILE}`, lock a version "
        "with a wheel, or make a container image with `--image`"
    )


def _first(stderr: str) -> str:
    """What uv says first, on one line and without its label and without addresses."""
    said = [
        line.strip() for line in stderr.splitlines() if line.strip() and not line.startswith(("Using ", "Resolved "))
    ]
    causes = [re.sub(r"^(?:error|cause|warning): ", "", line) for line in said]
    first = next((each for line, each in zip(said, causes, strict=True) if line.startswith("error")), "no reason given")
    text = _ADDRESS.sub("(address)", first).rstrip(".")
    return f"{text[:1].lower()}{text[1:]}"
