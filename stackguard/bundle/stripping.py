"""What a bundle can do without, and what that would save."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from policypack.lambda_code.runtime_modules import IN_THE_RUNTIME
from stackguard.bundle.files import File
from stackguard.bundle.installed import Distribution

_HEADERS = frozenset({".h", ".hh", ".hpp", ".hxx", ".pxd", ".pxi", ".a"})
_TESTING = re.compile(r"(^|/)test_[^/]*\.py$")


def kinds_of(distribution: Distribution) -> Mapping[str, str]:
    """What each file that can be stripped is, by path."""
    if distribution.name in IN_THE_RUNTIME:
        return {file.path: "runtime" for file in distribution.files}
    tests = _test_folders(distribution.files)
    told = ((file.path, _kind(file.path, tests)) for file in distribution.files)
    return {path: kind for path, kind in told if kind}


def _kind(path: str, tests: Sequence[str]) -> str | None:
    if any(path.startswith(f"{folder}/") for folder in tests):
        return "tests"
    suffix = PurePosixPath(path).suffix
    if suffix == ".pyi":
        return "stubs"
    return "headers" if suffix in _HEADERS else None


def _test_folders(files: Iterable[File]) -> list[str]:
    """Folders of tests that no module outside them imports."""
    sources = {file.path: file for file in files if file.path.endswith(".py")}
    folders = {
        "/".join(parts[: index + 1])
        for path in sources
        for parts in [path.split("/")[:-1]]
        for index, part in enumerate(parts)
        if part == "tests" or (part == "test" and _TESTING.search(path))
    }
    outermost = [each for each in folders if not any(each.startswith(f"{other}/") for other in folders)]
    return sorted(each for each in outermost if not _imported(each, sources, outermost))


def _imported(folder: str, sources: Mapping[str, File], tests: Sequence[str]) -> bool:
    """Whether a module outside all tests mentions a folder as something to import."""
    dotted, name = re.escape(folder.replace("/", ".")).encode(), PurePosixPath(folder).name.encode()
    package = f"{PurePosixPath(folder).parent}/"
    absolute = re.compile(rb"\b%s\b" % dotted if b"\\." in dotted else rb"\b(?:from|import)\s+%s\b" % dotted)
    relative = re.compile(rb"\bfrom\s+\.+\s*(?:%s\b|import\b[^\n]*\b%s\b)" % (name, name))
    for path, file in sources.items():
        if any(path.startswith(f"{each}/") for each in tests) or file.source is None:
            continue
        content = file.source.read_bytes()
        if absolute.search(content) or (path.startswith(package) and relative.search(content)):
            return True
    return False


def savings(
    distributions: Iterable[Distribution], zipped: Callable[[str], int]
) -> Mapping[str, tuple[int, int, tuple[str, ...]]]:
    """By kind: the bytes that stripping would save, unzipped and zipped, and of which packages."""
    found: dict[str, tuple[int, int, tuple[str, ...]]] = {}
    for each in distributions:
        kinds, sizes = kinds_of(each), {file.path: file.size for file in each.files}
        for kind in sorted(set(kinds.values())):
            paths = [path for path, told in kinds.items() if told == kind]
            unzipped, packed, names = found.get(kind, (0, 0, ()))
            found[kind] = (
                unzipped + sum(sizes[path] for path in paths),
                packed + sum(map(zipped, paths)),
                (*names, each.name),
            )
    return found
