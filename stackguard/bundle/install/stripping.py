"""The files of a distribution that a function can run without, and the bytes that stripping them saves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from policypack.lambda_code.runtime_modules import IN_THE_RUNTIME
from stackguard.bundle.archive import ArchiveFile
from stackguard.bundle.install.installed import Distribution
from stackguard.bundle.metadata import Saving

_HEADERS = frozenset({".h", ".hh", ".hpp", ".hxx", ".pxd", ".pxi", ".a"})
_TEST_MODULE = re.compile(r"(^|/)test_[^/]*\.py$")


def kinds_of(distribution: Distribution) -> Mapping[str, str]:
    """The kind of each file that can be stripped, by path."""
    if distribution.name in IN_THE_RUNTIME:
        return {file.path: "runtime" for file in distribution.files}
    tests = _test_folders(distribution.files)
    kinds = ((file.path, _kind(file.path, tests)) for file in distribution.files)
    return {path: kind for path, kind in kinds if kind}


def savings(distributions: Iterable[Distribution], zipped: Mapping[str, int]) -> Mapping[str, Saving]:
    """The savings of stripping each kind; `zipped` is the compressed size in bytes of each file, by path."""
    by_kind: dict[str, Saving] = {}
    for distribution in distributions:
        kinds = kinds_of(distribution)
        for kind in sorted(set(kinds.values())):
            files = [file for file in distribution.files if kinds.get(file.path) == kind]
            before = by_kind.get(kind, Saving(0, 0, ()))
            by_kind[kind] = Saving(
                before.size + sum(file.size for file in files),
                before.zipped + sum(zipped.get(file.path, 0) for file in files),
                (*before.packages, distribution.name),
            )
    return by_kind


def _kind(path: str, tests: Sequence[str]) -> str | None:
    if any(path.startswith(f"{folder}/") for folder in tests):
        return "tests"
    suffix = PurePosixPath(path).suffix
    if suffix == ".pyi":
        return "stubs"
    return "headers" if suffix in _HEADERS else None


def _test_folders(files: Iterable[ArchiveFile]) -> list[str]:
    """The outermost folders of tests that no module outside tests imports."""
    sources = {file.path: file for file in files if file.path.endswith(".py")}
    folders = {
        str(folder)
        for path in sources
        for folder in PurePosixPath(path).parents
        if folder.name == "tests" or (folder.name == "test" and _TEST_MODULE.search(path))
    }
    outermost = [folder for folder in folders if not any(folder.startswith(f"{other}/") for other in folders)]
    return sorted(folder for folder in outermost if not _is_imported(folder, sources, outermost))


def _is_imported(folder: str, sources: Mapping[str, ArchiveFile], tests: Sequence[str]) -> bool:
    """Whether a module outside all tests imports a folder, by its absolute or its relative name."""
    dotted, name = re.escape(folder.replace("/", ".")).encode(), PurePosixPath(folder).name.encode()
    package = f"{PurePosixPath(folder).parent}/"
    absolute = re.compile(rb"\b%s\b" % dotted if b"\\." in dotted else rb"\b(?:from|import)\s+%s\b" % dotted)
    relative = re.compile(rb"\bfrom\s+\.+\s*(?:%s\b|import\b[^\n]*\b%s\b)" % (name, name))
    for path, file in sources.items():
        if any(path.startswith(f"{other}/") for other in tests) or file.source is None:
            continue
        content = file.source.read_bytes()
        if absolute.search(content) or (path.startswith(package) and relative.search(content)):
            return True
    return False
