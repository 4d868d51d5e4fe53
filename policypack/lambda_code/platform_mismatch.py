"""Files in archives and layers that were built for another platform than the function's."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.lambda_code.archive import Archive, printable
from policypack.lambda_code.binaries import HEAD, Target, mismatch, wheel_mismatch
from policypack.lambda_code.packaging import UNSURE, code_of, code_property, functions, layers_of, read_code

DEFAULT_ARCHITECTURE = "x86_64"
_LIBRARY = re.compile(r"\.(?:so(?:\.[0-9.]+)?|dylib|node|pyd)$")
_TAG = re.compile(r"\.(?:abi3|cpython-[^.]*|cp[0-9][^.]*)$")
_PLATFORM = re.compile(
    r"(?:(?<=[^a-z0-9])|^)(?:linux(?:musl)?|darwin|mac(?:os)?|osx|win(?:dows|32|64)?|android|freebsd|x(?:86_64|86|64|32)"
    r"|amd64|arm(?:64|v?[678])?|aarch64|ia32|i[36]86|universal2?|ppc64(?:le)?|s390x|riscv64|musl|glibc|gnu)"
    r"(?:(?=[^a-z0-9])|$)"
)
_JOINTS = str.maketrans("", "", "-_.")
_VERSION = re.compile(r"python/lib/(?P<runtime>python[0-9.]+)/")
_WHEEL = re.compile(r"(?:^|/)(?P<package>[^/]+)\.dist-info/WHEEL$")
_MOST_METADATA = 65_536


class MismatchedFiles(msgspec.Struct, frozen=True):
    """Files of an archive that do not fit the target, each with its platform, and what a layer declares to be for.

    `layer` is the layer's name, empty for the function's own archive.
    """

    target: str
    files: tuple[tuple[str, str], ...] = ()
    layer: str = ""
    declared: tuple[str, ...] = ()


def foreign_files(archive: Archive, target: Target) -> Iterator[tuple[str, str]]:
    """The files and wheels that cannot be used on the target, each with what it was built for.

    A file for another machine is left out if the same folder has one for the target, with a name that differs in the
    machine only: such a package loads the right one itself.

    Raises:
        UnreadableError: the archive cannot be read.
    """
    fitting: set[str] = set()
    mismatches: list[tuple[str, str]] = []
    for name, member in archive.members.items():
        if _is_for_other_python(name, target):
            continue
        if _may_be_compiled(name) or member.executable:
            head = archive.head(name, HEAD)
            reason = mismatch(name, head, target)
            if reason:
                mismatches.append((name, reason))
            elif head.startswith(b"\x7fELF"):
                fitting.add(_without_machine(name))
    yield from sorted((printable(name), reason) for name, reason in mismatches if _without_machine(name) not in fitting)
    for name in sorted(archive.members):
        wheel = _WHEEL.search(name)
        if wheel and not _is_for_other_python(name, target):
            metadata = archive.head(name, _MOST_METADATA).decode(errors="replace")
            if reason := wheel_mismatch(metadata, target):
                yield printable(wheel["package"]), reason


def foreign(stack: Stack) -> Iterator[Placed[MismatchedFiles]]:
    """What does not fit in each function's archive, and in its layers as far as the stack has them."""
    for function in functions(stack):
        for path, value in _foreign(stack, function):
            yield function, path, value


def _foreign(stack: Stack, function: Resource) -> Iterator[tuple[str, MismatchedFiles | Unknown]]:
    target, layers = _target(function), layers_of(stack, function)
    if target is None or not (code_of(stack, function) or layers.known or layers.unsure):
        return
    if not isinstance(target, Target):
        yield target
        return
    own = read_code(stack, function, lambda archive: tuple(foreign_files(archive, target)))
    if own is not None:
        yield (
            code_property(function),
            own if isinstance(own, Unknown) else MismatchedFiles(_described(target), own),
        )
    if layers.unsure:
        yield "layers", UNSURE
    for layer in layers.known:
        inside = read_code(stack, layer, lambda archive: tuple(foreign_files(archive, target)))
        files = () if inside is None or isinstance(inside, Unknown) else inside
        yield "layers", MismatchedFiles(_described(target), files, layer.name, tuple(_declared(layer.inputs, target)))
        if isinstance(inside, Unknown):
            yield (
                "layers",
                Unknown(f"has the layer `{layer.name}`, whose `{code_property(layer)}` {inside.why}", inside.fix),
            )


def _target(function: Resource) -> Target | tuple[str, Unknown] | None:
    runtime, architectures = function.inputs.get("runtime"), function.inputs.get("architectures")
    chosen = architectures[0] if isinstance(architectures, Sequence) and len(architectures) == 1 else architectures
    for path, value in (("runtime", runtime), ("architectures", chosen)):
        if isinstance(value, Unknown):
            return path, value
    if not isinstance(runtime, str):
        return None
    return Target(runtime, chosen if isinstance(chosen, str) else DEFAULT_ARCHITECTURE)


def _described(target: Target) -> str:
    return f"`{target.runtime}` on {target.architecture}"


def _declared(layer: Mapping[str, Any], target: Target) -> Iterator[str]:
    """The architectures and runtimes that a layer declares, if the target is not among them."""
    for name, needed in (("compatibleArchitectures", target.architecture), ("compatibleRuntimes", target.runtime)):
        listed = layer.get(name)
        known = isinstance(listed, list) and all(isinstance(value, str) for value in listed)
        if listed and known and needed not in listed:
            yield ", ".join(f"`{value}`" for value in listed)


def _is_for_other_python(name: str, target: Target) -> bool:
    """Whether a file of a layer is in a folder of another version of Python."""
    match = _VERSION.match(name)
    return match is not None and match["runtime"] != target.runtime


def _may_be_compiled(name: str) -> bool:
    base = posixpath.basename(name)
    return "." not in base or bool(_LIBRARY.search(base))


def _without_machine(name: str) -> str:
    """A name without the platform in it, and without the suffix that depends on the platform."""
    return _PLATFORM.sub("", _TAG.sub("", _LIBRARY.sub("", name.lower()))).translate(_JOINTS)
