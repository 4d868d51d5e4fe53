"""Checks of a lock against all requirements: those of the function's `pyproject.toml`, and of each installed package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from stackguard.bundle.config import FunctionProject
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.install.lock import Lock
from stackguard.bundle.targets import environment_of, python_of

if TYPE_CHECKING:
    from stackguard.bundle.metadata import InstalledPackage


def check_project(function: FunctionProject, lock: Lock) -> None:
    """Check a lock against the function's own dependencies.

    Raises:
        CannotBundle: one is missing or has another version, or the function does not support this runtime.
    """
    _check_python(function)
    versions = {package.name: package.version for package in lock.packages}
    for requirement in _direct(function, versions):
        _check(requirement, versions, lock, f"`{function.project_file}`")


def check_installed(function: FunctionProject, lock: Lock, installed: Sequence[InstalledPackage]) -> None:
    """Check a lock against the dependencies of the installed packages, as their own metadata states them.

    Raises:
        CannotBundle: a package is missing, or has a version that another does not accept.
    """
    versions: dict[str, str | None] = {package.name: package.version for package in installed}
    for package, requirement in _requirements(function, installed):
        if package is not None:
            _check(requirement, versions, lock, f"`{package.name}` {package.version}")


def unneeded(function: FunctionProject, installed: Sequence[InstalledPackage]) -> list[str]:
    """The packages of a lock that nothing requires."""
    return sorted({package.name for package in installed} - edges(function, installed).keys())


def edges(function: FunctionProject, installed: Sequence[InstalledPackage]) -> dict[str, set[str]]:
    """The packages that each required package requires on the target; the function itself is the empty name."""
    names = {package.name for package in installed}
    graph: dict[str, set[str]] = {"": set()}
    for package, requirement in _requirements(function, installed):
        name = canonicalize_name(requirement.name)
        if name in names:
            graph.setdefault(name, set())
            graph[package.name if package else ""].add(name)
    return graph


def _check_python(function: FunctionProject) -> None:
    if function.requires_python is None:
        return
    try:
        accepted = SpecifierSet(function.requires_python)
    except InvalidSpecifier:
        raise CannotBundle(f'`{function.project_file}`: `requires-python` is a version range, as ">=3.13"') from None
    if not accepted.contains(f"{python_of(function.target)}.99"):
        raise CannotBundle(
            f"`{function.project_file}` requires Python {function.requires_python}, and {function.target.runtime} "
            "is not that; change `requires-python` or the runtime"
        )


def _direct(function: FunctionProject, known: Iterable[str]) -> list[Requirement]:
    """The function's own requirements; every known package if its project states none."""
    if function.dependencies is None:
        return [Requirement(name) for name in known]
    try:
        return list(_applicable(function.dependencies, function, ""))
    except InvalidRequirement as error:
        raise CannotBundle(
            f"`{function.project_file}`: a dependency is malformed: {str(error).splitlines()[0]}"
        ) from None


def _applicable(lines: Sequence[str], function: FunctionProject, extra: str) -> Iterator[Requirement]:
    """The requirements whose markers are true on the target, with an extra."""
    environment = {**environment_of(function.target), "extra": extra}
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker.evaluate(environment) if requirement.marker else not extra:
            yield requirement


def _check(requirement: Requirement, versions: Mapping[str, str | None], lock: Lock, requirer: str) -> None:
    name = canonicalize_name(requirement.name)
    where = f"`{lock.file}`" if lock.file else "the lock"
    if name not in versions:
        raise CannotBundle(f"{where} lacks `{name}`, which {requirer} requires; {lock.relock}")
    version = versions[name]
    if version is not None and not _accepts(requirement.specifier, version):
        raise CannotBundle(
            f"{where} has `{name}` {version}, and {requirer} requires `{name}{requirement.specifier}`; {lock.relock}"
        )


def _accepts(specifier: SpecifierSet, version: str) -> bool:
    try:
        return specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True  # a pin by `===` need not be a version that ranges can compare


def _requirements(
    function: FunctionProject, installed: Sequence[InstalledPackage]
) -> Iterator[tuple[InstalledPackage | None, Requirement]]:
    """Every requirement that applies, with the package that has it: None for the function itself."""
    by_name = {package.name: package for package in installed}
    queue: list[tuple[InstalledPackage | None, Requirement]] = [(None, own) for own in _direct(function, by_name)]
    seen: set[tuple[str, str]] = set()
    while queue:
        package, requirement = queue.pop()
        yield package, requirement
        name = canonicalize_name(requirement.name)
        for extra in sorted({"", *map(canonicalize_name, requirement.extras)}):
            if name in by_name and (name, extra) not in seen:
                seen.add((name, extra))
                required = by_name[name]
                queue.extend((required, inner) for inner in _applicable(required.requires, function, extra))
