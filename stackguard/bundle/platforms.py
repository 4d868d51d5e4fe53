"""A target as uv and as markers of requirements know it."""

from __future__ import annotations

from policypack.lambda_code.binaries import Target

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_MANYLINUX = ((2, 17), (2, 28), (2, 31), (2, 32), (2, 33), (2, 34))
"""Of the platforms that uv knows, those that a runtime of Lambda's may have the glibc for.

Source: `uv help pip install`, `--python-platform`."""


def python_of(target: Target) -> str:
    """The version of a target's Python, as `3.13`."""
    return target.runtime.removeprefix("python")


def platform_of(target: Target) -> str:
    """The newest platform of uv's whose wheels run on a target, as `aarch64-manylinux_2_34`."""
    glibc = max(each for each in _MANYLINUX if each <= (target.glibc or each))
    return f"{MACHINES[target.architecture]}-manylinux_{glibc[0]}_{glibc[1]}"


def environment_of(target: Target) -> dict[str, str]:
    """What markers are evaluated against, by the names of https://peps.python.org/pep-0508/#environment-markers."""
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
