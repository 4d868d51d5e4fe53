"""uv, which installs a lock for the target: its command line, and the explanations of its errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from policypack.lambda_code.binaries import Target
from stackguard import supervised
from stackguard.bundle.cache import VARIABLE
from stackguard.bundle.config import PROJECT_FILE, TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle, lowered, needing_the_extra
from stackguard.bundle.install.index_config import for_uv
from stackguard.bundle.install.lock import Lock
from stackguard.bundle.targets import described, platform_of, python_of
from stackguard.errors import reason

_ADDRESS = re.compile(r"\w+://\S+")
"""It may contain credentials."""

_NAME = r"`?(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[^\s`,)]+))?`?"
_UNREACHABLE = (
    "the cache lacks a dependency, and the {}; run `stackguard bundle {{folder}}` once where there is a network"
)
_BUILT_HERE = (
    "`{name}` has compiled code, so from source it is built for this machine and not for {target}: take it out of "
    f"`from-source` below `[{TABLE}]` in `{PROJECT_FILE}`, lock a version with a wheel, or make a container image with "
    "`--image`"
)
_MESSAGES = {
    r"(?i:network was disabled|not found in the cache|connectivity is disabled)": _UNREACHABLE.format(
        "network is not to be used"
    ),
    r"os error (?:28|122)\)": f"the disk is full: make room for the caches of uv and of stackguard ({VARIABLE})",
    rf"Hash mismatch for {_NAME}(?:\s|$)": (
        "the file of `{package}` for {target} has none of the hashes in `{lock}`: either that was locked for another "
        "platform or the file has been replaced; find out which, then {relock}"
    ),
    rf"{_NAME} was not found in the (?:package registry|provided package locations)": (
        "the index has no package `{name}`, which `{lock}` locks; name an index that has it in UV_INDEX"
    ),
    r"The built wheel `(?P<name>[^`-]+)-[^`]*` is not compatible": _BUILT_HERE,
    rf"{_NAME} has no (?:usable )?wheels": (
        "`{package}` has no wheel for {target} ({platform}): lock another version of it, choose another `--runtime` or "
        "`--architecture`, build it with `--from-source {name}` if it is pure Python, or make a container image with "
        "`--image`"
    ),
    rf"there is no version of {_NAME}(?:\s|$)": "the index has no `{package}`, which `{lock}` locks; {relock}",
    r"\b(?:401 Unauthorized|403 Forbidden)": (
        "the index refuses access: give credentials in a netrc file or in UV_INDEX_NAME_PASSWORD"
    ),
    r"(?i:error sending request|dns error|tcp connect error|timed out|Request failed)": (
        f"{_UNREACHABLE.format('package index cannot be reached')}, or name a proxy in HTTPS_PROXY or a mirror in "
        "UV_DEFAULT_INDEX"
    ),
    rf"Failed to (?:download and )?build {_NAME}": (
        "`{package}` cannot be built from source here; take it out of `from-source`, or make a container image with "
        "`--image`"
    ),
    r"os error (?:13|30)\)": "uv may not write to its cache or its tools' folder; set UV_CACHE_DIR to another folder",
}
"""By pattern of uv's error, our message; the more specific first."""


def install(function: FunctionProject, lock: Lock, folder: Path, work: Path, *, offline: bool) -> None:
    """Install a lock for the function's target into a new folder, `offline` from uv's cache; `work` is temporary.

    Raises:
        CannotBundle: uv failed.
    """
    if not lock.packages:
        folder.mkdir()
        return
    names = {package.name for package in lock.packages}
    if missing := [name for name in function.table.from_source if name not in names]:
        raise CannotBundle(
            f"`{missing[0]}` is to be built from source and is not in `{lock.file}`; take it out of `from-source`"
        )
    _install(function, lock, folder, work, offline=offline)


def install_again(function: FunctionProject, lock: Lock, folder: Path, work: Path, names: Sequence[str]) -> None:
    """Install some packages over the folder, one after the other, so that the last one's files win.

    They have just been installed, so they are in uv's cache.
    """
    for name in names:
        single = replace(lock, packages=tuple(package for package in lock.packages if package.name == name))
        _install(function, single, folder, work, "--reinstall", offline=True)


def export(function: FunctionProject) -> str:
    """A `uv.lock` as a requirements file, without the project itself and without groups.

    Raises:
        CannotBundle: uv cannot read it.
    """
    command = [
        *("export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-header", "--no-annotate"),
        *("--format", "requirements.txt", "--python", sys.executable, "--project", str(function.folder.resolve())),
    ]
    completed = _run(command, function.folder, offline=True)
    if completed.returncode:
        raise CannotBundle(
            f"`{function.folder / 'uv.lock'}` cannot be read by uv: {_first_error(completed.stderr)}; lock again with "
            f"`cd {function.folder} && uv lock`"
        )
    return completed.stdout


def check_built(name: str, wheel: str, target: Target) -> None:
    """Refuse a package that was built for this machine, which may differ from the target; `wheel` is its `WHEEL`.

    Raises:
        CannotBundle: the wheel's platform is not `any`.
    """
    platforms = re.findall(r"^Tag:\s*\S+-([^\s-]+)\s*$", wheel, re.MULTILINE)
    if any(platform != "any" for platform in platforms):
        raise CannotBundle(_BUILT_HERE.format(name=name, target=described(target)))


def _install(function: FunctionProject, lock: Lock, folder: Path, work: Path, *options: str, offline: bool) -> None:
    requirements = work / "requirements.txt"
    requirements.write_text(lock.requirements(), encoding="utf-8")
    names = [package.name for package in lock.packages if package.name in function.table.from_source]
    command = [
        *("pip", "install", "--target", str(folder), "--requirements", str(requirements)),
        *("--python", sys.executable, "--python-version", python_of(function.target)),
        *("--python-platform", platform_of(function.target), "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", *(option for name in names for option in ("--no-binary", name))),
        *("--no-compile-bytecode", "--link-mode", "copy", "--no-sources"),
        *(option for table in function.indexes for option in _index(table)),
        *options,
    ]
    completed = _run(command, function.folder, offline=offline)
    if completed.returncode:
        raise _failure(completed, function, lock)


def _run(command: Sequence[str], folder: Path, *, offline: bool) -> subprocess.CompletedProcess[str]:
    with needing_the_extra():
        from uv import find_uv_bin
    try:
        binary = find_uv_bin()
    except FileNotFoundError:
        raise CannotBundle(
            "the `uv` package is installed, but its executable is missing; install `stackguard[bundle]` again"
        ) from None
    options, environment = for_uv(os.environ)
    try:
        return supervised.run(
            [binary, *command, "--no-config", "--color", "never", *(["--offline"] if offline else []), *options],
            cwd=folder,
            env=environment,
            umask=0o022,
        )
    except OSError as error:
        raise CannotBundle(f"uv cannot be started from `{binary}`: {reason(error)}") from None


def _index(table: Mapping[str, object]) -> list[str]:
    """The option for an index that the function's own `pyproject.toml` names for uv."""
    url, name = table.get("url"), table.get("name")
    if not isinstance(url, str):
        return []
    return ["--default-index" if table.get("default") is True else "--index", f"{name}={url}" if name else url]


def _failure(completed: subprocess.CompletedProcess[str], function: FunctionProject, lock: Lock) -> CannotBundle:
    """The error that explains a failure of uv to the author of the lock."""
    if completed.returncode < 0:
        return CannotBundle(f"uv was ended by signal {-completed.returncode}; start the bundle again")
    printed = " ".join(completed.stderr.split())
    for pattern, message in _MESSAGES.items():
        if match := re.search(pattern, printed):
            groups = match.groupdict()
            name = (groups.get("name") or "").replace("_", "-")
            locked = {package.name: package.version for package in lock.packages}
            version = groups.get("version") or locked.get(name)
            return CannotBundle(
                message.format(
                    name=name,
                    package=f"{name} {version}" if version else name,
                    target=described(function.target),
                    platform=platform_of(function.target),
                    folder=function.folder,
                    lock=lock.file,
                    relock=lock.relock,
                )
            )
    message = f"uv could not install what `{lock.file}` locks: {_first_error(completed.stderr)}"
    return CannotBundle(message, _ADDRESS.sub("(address)", completed.stderr))


def _first_error(stderr: str) -> str:
    """The first error that uv prints, on one line, without its label and without addresses."""
    errors = (line for line in map(str.strip, stderr.splitlines()) if line.startswith("error"))
    message = next(errors, "no reason given").removeprefix("error: ")
    return lowered(_ADDRESS.sub("(address)", message).rstrip("."))
