"""A lock against what requires it: the function's `pyproject.toml`, and each package that is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from stackguard.bundle.config import Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.lock import Lock
from stackguard.bundle.platforms import environment_of, python_of

if TYPE_CHECKING:
    from stackguard.bundle.metadata import Package


def check_project(function: Function, lock: Lock) -> None:
    """Hold a lock to the function's own dependencies.

    Raises:
        CannotBundle: one is missing or has another version, or the function is not for this runtime.
    """
    _check_python(function)
    locked = {each.name: each.version for each in lock.packages}
    for requirement in _direct(function, locked):
        _check(requirement, locked, lock, f"`{function.project_file}`")


def check_installed(function: Function, lock: Lock, installed: Sequence[Package]) -> None:
    """Hold a lock to everything that the function's dependencies depend on, as their own metadata says.

    Raises:
        CannotBundle: a package is missing, or has a version that another does not accept.
    """
    versions: dict[str, str | None] = {each.name: each.version for each in installed}
    for package, requirement in _walk(function, installed):
        if package is not None:
            _check(requirement, versions, lock, f"`{package.name}` {package.version}")


def unneeded(function: Function, installed: Sequence[Package]) -> list[str]:
    """The packages of a lock that nothing requires."""
    return sorted({each.name for each in installed} - edges(function, installed).keys())


def _check_python(function: Function) -> None:
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


def _direct(function: Function, known: Iterable[str]) -> list[Requirement]:
    """What the function requires itself; where it does not say so, all that is known."""
    if function.dependencies is None:
        return [Requirement(each) for each in known]
    try:
        return list(_holding(function.dependencies, function, ""))
    except InvalidRequirement as error:
        raise CannotBundle(
            f"`{function.project_file}`: a dependency is malformed: {str(error).splitlines()[0]}"
        ) from None


def _holding(stated: Sequence[str], function: Function, extra: str) -> Iterator[Requirement]:
    """The requirements whose markers hold on the target, with this extra asked for."""
    environment: Mapping[str, str] = {**environment_of(function.target), "extra": extra}
    for each in stated:
        requirement = Requirement(each)
        if requirement.marker is None:
            if not extra:
                yield requirement
        elif requirement.marker.evaluate(dict(environment)):
            yield requirement


def _check(requirement: Requirement, locked: Mapping[str, str | None], lock: Lock, who: str) -> None:
    name = canonicalize_name(requirement.name)
    where = f"`{lock.file}`" if lock.file else "the lock"
    if name not in locked:
        raise CannotBundle(f"{where} lacks `{name}`, which {who} requires; {lock.again}")
    version = locked[name]
    if version is not None and not _accepts(requirement.specifier, version):
        raise CannotBundle(
            f"{where} has `{name}` {version}, and {who} requires `{name}{requirement.specifier}`; {lock.again}"
        )


def _accepts(specifier: SpecifierSet, version: str) -> bool:
    try:
        return specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True  # a pin by `===` is no version that ranges know


def edges(function: Function, installed: Sequence[Package]) -> dict[str, set[str]]:
    """What each package requires of the others on the target, by name; the function itself is the empty name.

    A package that nothing requires is not in it.
    """
    names = {each.name for each in installed}
    graph: dict[str, set[str]] = {"": set()}
    for package, requirement in _walk(function, installed):
        name = canonicalize_name(requirement.name)
        if name in names:
            graph.setdefault(name, set())
            graph[package.name if package else ""].add(name)
    return graph


def _walk(function: Function, installed: Sequence[Package]) -> Iterator[tuple[Package | None, Requirement]]:
    """Every requirement that holds, from the function's own on, with the package that has it."""
    by_name = {each.name: each for each in installed}
    queue: list[tuple[Package | None, Requirement]] = [(None, each) for each in _direct(function, by_name)]
    seen: set[tuple[str, str]] = set()
    while queue:
        package, requirement = queue.pop()
        yield package, requirement
        name = canonicalize_name(requirement.name)
        for extra in sorted({"", *map(canonicalize_name, requirement.extras)}):
            if name in by_name and (name, extra) not in seen:
                seen.add((name, extra))
                queue.extend((by_name[name], each) for each in _holding(by_name[name].requires, function, extra))
