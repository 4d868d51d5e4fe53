"""The targets that a function can be built for, and their names in uv and markers; cheap to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from policypack.lambda_code.binaries import Target

Runtime = Literal["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"]
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html."""

Architecture = Literal["x86_64", "arm64"]
Kind = Literal["tests", "stubs", "headers", "runtime"]
"""The kinds of files that can be stripped: see `stackguard.bundle.install.stripping`."""

RUNTIMES: tuple[str, ...] = get_args(Runtime)
ARCHITECTURES: tuple[str, ...] = get_args(Architecture)
KINDS: tuple[str, ...] = get_args(Kind)

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_MANYLINUX = ((2, 17), (2, 28), (2, 31), (2, 32), (2, 33), (2, 34))
"""The glibc versions among uv's platforms; source: `uv help pip install`, `--python-platform`."""


def described(target: Target) -> str:
    """The target as messages quote it: `python3.13 on arm64`."""
    return f"{target.runtime} on {target.architecture}"


def python_of(target: Target) -> str:
    """The target's version of Python, as `3.13`."""
    return target.runtime.removeprefix("python")


def platform_of(target: Target) -> str:
    """The newest platform of uv whose wheels run on a target, as `aarch64-manylinux_2_34`."""
    major, minor = max(version for version in _MANYLINUX if version <= (target.glibc or version))
    return f"{MACHINES[target.architecture]}-manylinux_{major}_{minor}"


def environment_of(target: Target) -> dict[str, str]:
    """The environment in which markers are evaluated; source: https://peps.python.org/pep-0508/#environment-markers."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python_of(target)}.0",
        "os_name": "posix",
        "platform_machine": MACHINES[target.architecture],
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python_of(target)}.0",
        "python_version": python_of(target),
        "sys_platform": "linux",
    }
