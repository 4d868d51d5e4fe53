"""How large a function's code is, with its layers, zipped and unzipped."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.lambda_code.archive import Archive, printable
from policypack.lambda_code.packaging import UNSURE, code_property, functions, layers_of, read_code
from policypack.resources.tokens import LAYER

HEAVIEST = 3
"""The number of packages that a report names."""

_PLACE = re.compile(
    r"(?:python/(?:lib/python[0-9.]+/site-packages/)?|nodejs/(?:node[0-9]+/)?node_modules/|node_modules/)"
)


class Size(msgspec.Struct, frozen=True):
    """Of an archive, or of all that one function unpacks: bytes; None if unknown or irrelevant."""

    zipped: int | None = None
    unzipped: int | None = None
    heaviest: tuple[tuple[str, int], ...] = ()
    """The packages and folders that take most of it, with the bytes of each."""
    with_layers: bool = False
    layers: int = 0


def package_sizes(archive: Archive) -> dict[str, int]:
    """The bytes of each package, or folder or file at the top, of an archive.

    Raises:
        UnreadableError: the archive cannot be read.
    """
    packages: dict[str, int] = {}
    for name, member in archive.members.items():
        package = printable(_PLACE.sub("", name, count=1).partition("/")[0])
        packages[package] = packages.get(package, 0) + member.size
    return packages


def sizes(stack: Stack) -> Iterator[Placed[Size]]:
    """The sizes of the functions and layers whose archives can be read.

    Layers outside the stack are not counted: their size is unknown here.
    """
    for layer in stack.of(LAYER):
        yield from _own(stack, layer)
    for function in functions(stack):
        yield from _own(stack, function)
        layers = layers_of(stack, function)
        if layers.unsure:
            yield function, "layers", UNSURE
        if layers.count:
            yield function, "layers", Size(layers=layers.count)
        if layers.known:
            yield function, "layers", _together(stack, [function, *layers.known])


def _own(stack: Stack, resource: Resource) -> Iterator[Placed[Size]]:
    path = code_property(resource)

    def size(archive: Archive) -> Size:
        zipped = archive.packed if path == "code" else None  # a zip file in a bucket may be larger
        return Size(zipped, *_unzipped(package_sizes(archive)))

    own = read_code(stack, resource, size)
    if own is not None:
        yield resource, path, own


def _together(stack: Stack, resources: list[Resource]) -> Size:
    """The size of a function with its layers, as far as they can be read."""
    total: dict[str, int] = {}
    for resource in resources:
        packages = read_code(stack, resource, package_sizes)
        for name, size in ({} if packages is None or isinstance(packages, Unknown) else packages).items():
            total[name] = total.get(name, 0) + size
    return Size(None, *_unzipped(total), with_layers=True)


def _unzipped(packages: dict[str, int]) -> tuple[int, tuple[tuple[str, int], ...]]:
    ordered = sorted(packages.items(), key=lambda item: (-item[1], item[0]))
    return sum(packages.values()), tuple(ordered[:HEAVIEST])
