"""Platform of compiled files, by their first bytes, their name, or the metadata of their wheel.

Sources: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html (ELF),
https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h (Mach-O),
https://peps.python.org/pep-0425/, https://peps.python.org/pep-0600/ and https://peps.python.org/pep-0656/ (tags of
wheels), https://peps.python.org/pep-3149/ (tags of extension modules), and
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (what Lambda runs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Literal

import msgspec

HEAD = 64
"""Bytes at the start of a file that identify its platform."""

MACHINES = {
    2: "SPARC",
    3: "32-bit x86",
    8: "MIPS",
    20: "32-bit PowerPC",
    21: "ppc64",
    22: "s390x",
    40: "32-bit ARM",
    62: "x86_64",
    183: "arm64",
    243: "RISC-V",
    258: "LoongArch",
}
"""By the `e_machine` of an ELF file. Others, such as BPF, are data to the machine that Lambda runs on."""

_WIDE = 2  # ELFCLASS64
_RUNNABLE = (2, 3)  # ET_EXEC and ET_DYN: object files are linked, not run
_MACH_O = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_FAT = b"\xca\xfe\xba\xbe"
_MOST_SLICES = 20  # a Java class begins like a universal Mach-O file, with a version from 45 up for the count
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "amd64": "x86_64"}
_OTHER_PYTHONS = {"pypy": "PyPy", "graalpy": "GraalPy"}
_OTHER_SYSTEMS = (
    ("macos", "macOS"),
    ("darwin", "macOS"),
    ("win", "Windows"),
    ("musl", "musl, and Lambda has glibc"),
)
_PYTHON = re.compile(r"python([0-9]{1,2})\.([0-9]{1,3})")
_EXTENSION = re.compile(
    r"(?P<kind>cpython-|cp|pypy|graalpy)(?P<version>[0-9]{1,4})(?P<more>[a-z]{0,3})(?:-(?P<place>.+))?"
)
_TAG = re.compile(
    r"Tag:\s*(?P<python>[A-Za-z0-9_.]{1,64})-(?P<abi>[A-Za-z0-9_.]{1,64})-(?P<platform>[A-Za-z0-9_.]{1,256})"
)
_INTERPRETER = re.compile(r"(?P<kind>py|cp)(?P<version>[0-9]{1,4})")
_ABI = re.compile(r"cp(?P<version>[0-9]{1,4})(?P<more>[a-z]{0,3})")
_LINUX = re.compile(
    r"(?P<kind>linux|manylinux[a-z0-9]*)_(?:(?P<major>[0-9]{1,3})_(?P<minor>[0-9]{1,3})_)?(?P<machine>[a-z][a-z0-9_]*)"
)
_GLIBC_OF_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_AMAZON_LINUX_2023 = (3, 12)  # the first Python that Lambda runs on it


class Target(msgspec.Struct, frozen=True):
    """Where a function runs: a runtime such as `python3.13`, and `x86_64` or `arm64`."""

    runtime: str
    architecture: str = "x86_64"

    @property
    def python(self) -> tuple[int, int] | None:
        """The version of Python; None for other runtimes."""
        match = _PYTHON.fullmatch(self.runtime)
        return (int(match[1]), int(match[2])) if match else None

    @property
    def glibc(self) -> tuple[int, int] | None:
        """The version of the C library beneath Python: that of Amazon Linux 2 or of Amazon Linux 2023."""
        if self.python is None:
            return None
        return (2, 34) if self.python >= _AMAZON_LINUX_2023 else (2, 26)


def mismatch(name: str, head: bytes, target: Target) -> str | None:
    """Why a file cannot be loaded or run where a function runs, as what follows "is": `built for arm64`.

    Windows' own programs and libraries (`.exe`, `.dll`) are no mismatch: some packages and all of .NET carry them for
    a reason, and nothing on Linux loads one for another.

    Args:
        name: of the file, with or without folders.
        head: its first `HEAD` bytes, or fewer if it is shorter.
        target: where the function runs.

    Returns:
        None for a file that fits, and for one that is no compiled code.
    """
    by_name = _tagged(name.rpartition("/")[2], target)
    if head.startswith(b"\x7fELF"):
        return _elf(head, target) or by_name
    if head.startswith(_MACH_O) or (head.startswith(_FAT) and 0 < int.from_bytes(head[4:8]) <= _MOST_SLICES):
        return "built for macOS"
    if head.startswith(b"MZ") and name.lower().endswith((".pyd", ".node", ".so")):
        return "built for Windows"
    return by_name


def wheel_mismatch(metadata: str, target: Target) -> str | None:
    """Why a wheel cannot be used where a function runs, as what follows "is"; None if it can.

    Args:
        metadata: the text of the file `WHEEL` in a `.dist-info` folder.
        target: where the function runs. Only a Python runtime uses wheels.
    """
    if target.python is None:
        return None
    reasons = [_tag_mismatch(*tag, target) for tag in _tags(metadata)]
    # any one of a wheel's tags may fit; if none does, the first gives the reason
    return None if None in reasons else next(iter(reasons), None)


def _elf(head: bytes, target: Target) -> str | None:
    if len(head) < 20 or head[5] not in (1, 2):
        return None
    order: Literal["little", "big"] = "little" if head[5] == 1 else "big"
    kind, number = (int.from_bytes(head[at : at + 2], order) for at in (16, 18))
    machine = MACHINES.get(number)
    if machine is None or kind not in _RUNNABLE or (machine == target.architecture and head[4] == _WIDE):
        return None
    return f"built for {machine}" if machine != target.architecture else f"built for 32-bit {machine}"


def _tagged(name: str, target: Target) -> str | None:
    """Why the tag in an extension module's name does not fit the target: `_json.cpython-312-aarch64-linux-gnu.so`."""
    parts = name.split(".")
    if target.python is None or len(parts) < 3 or parts[-1] not in ("so", "pyd"):
        return None
    match = _EXTENSION.fullmatch(parts[-2])
    if not match:
        return None
    if match["kind"] in _OTHER_PYTHONS:
        return f"built for {_OTHER_PYTHONS[match['kind']]}"
    return _place_mismatch(match["place"] or "", target) or _version_mismatch(match["version"], match["more"], target)


def _place_mismatch(place: str, target: Target) -> str | None:
    for word, system in _OTHER_SYSTEMS:
        if word in place:
            return f"built for {system}"
    machine, _, system = place.partition("-")
    built = _ARCHITECTURES.get(machine, machine)
    return f"built for {built}" if system == "linux-gnu" and built != target.architecture else None


def _version_mismatch(digits: str, flags: str, target: Target) -> str | None:
    """Why the version `312` or `313t` does not fit the target."""
    version = _version(digits)
    if version != target.python:
        return f"built for Python {version[0]}.{version[1]}"
    return "built for free-threaded Python" if "t" in flags else None


def _version(digits: str) -> tuple[int, int]:
    return int(digits[0]), int(digits[1:] or 0)


def _tags(metadata: str) -> Iterator[tuple[str, str, str]]:
    """The tags in a `WHEEL` file, one by one: a line may compress several."""
    for line in metadata.splitlines():
        if match := _TAG.fullmatch(line.strip()):
            yield from product(match["python"].split("."), match["abi"].split("."), match["platform"].split("."))


def _tag_mismatch(python: str, abi: str, platform: str, target: Target) -> str | None:
    return _platform_mismatch(platform, target) or _interpreter_mismatch(python, abi, target)


def _interpreter_mismatch(python: str, abi: str, target: Target) -> str | None:
    assert target.python is not None
    match = _INTERPRETER.fullmatch(python)
    if not match:
        return f"built for `{python}`, which is another Python than Lambda's"
    version = _version(match["version"])
    if version[0] != target.python[0]:
        return f"built for Python {version[0]}"
    if exact := _ABI.fullmatch(abi):
        return _version_mismatch(exact["version"], exact["more"], target)
    if match["kind"] == "cp" and abi == "none":
        return _version_mismatch(match["version"], "", target)
    return f"built for Python {version[0]}.{version[1]} or newer" if version > target.python else None


def _platform_mismatch(platform: str, target: Target) -> str | None:
    if platform == "any":
        return None
    for start, system in _OTHER_SYSTEMS:
        if platform.startswith(start):
            return f"built for {system}"
    match = _LINUX.fullmatch(platform)
    if not match:
        return f"built for `{platform}`"
    machine = _ARCHITECTURES.get(match["machine"], match["machine"])
    if machine != target.architecture:
        return f"built for {machine}"
    exact = (int(match["major"]), int(match["minor"])) if match["major"] else None
    needed, has = exact or _GLIBC_OF_NAMES.get(match["kind"]), target.glibc
    if needed and has and needed > has:
        return f"built for glibc {needed[0]}.{needed[1]}, and `{target.runtime}` has {has[0]}.{has[1]}"
    return None
