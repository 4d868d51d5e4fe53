"""Policies from outside the pack: names of modules and paths of files go in, their cards come out (decision 51).

Importing a module runs it, so a caller only passes names that the operator chose. Nothing is added to `sys.path`: a name
is an installed module, and what a repository contains is given as a path.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import stat
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from policypack.core.controls import Control
from policypack.core.examples import Example
from policypack.core.policy import EnforcementLevel, OverStack, Policy, Severity
from policypack.core.reading import files
from policypack.evaluation.interrupts import is_interrupt
from policypack.evaluation.settings import Settings, SettingsError

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
MODULE = re.compile(r"\w+(\.\w+)*")
LISTS: dict[str, type] = {
    "tags": str,
    "references": str,
    "bad": Example,
    "good": Example,
    "requires": str,
    "subsumes": str,
    "controls": Control,
}
"""The fields of a card that are lists, and the class of their elements."""
TEXTS = ("id", "title", "why", "fix", "language")
EXPECTED = "it must have `POLICIES`, a list of cards, or `POLICY`, one card"


class Named(NamedTuple):
    """What an operator names: an installed module, or the path of a file or a package."""

    name: str
    source: str
    """Where it is named, for errors: the option, or the file and the setting."""
    folder: Path = Path()
    """The folder that a path is relative to."""


def named(settings: Settings, source: str, folder: Path) -> list[Named]:
    """What the settings of this source name; paths are relative to their folder."""
    return [Named(name, f"{source}: `policies`", folder) for name in settings.policies]


def load(names: Iterable[Named]) -> tuple[Policy[Any], ...]:
    """The cards of modules, checked; a module that is named twice counts once.

    Raises:
        SettingsError: a module cannot be imported, or a card is broken or has an id that is in use.
    """
    from policypack.policies import POLICIES

    owners = dict.fromkeys((policy.id for policy in POLICIES), "stackguard")
    cards: list[Policy[Any]] = []
    modules = {_module(module): f"{module.source}: `{module.name}`" for module in reversed(list(names))}
    for module, place in reversed(modules.items()):
        for card in _sound(module, place):
            if card.id in owners:
                raise SettingsError(
                    f"{place}: policy id `{card.id}` is already in use by {owners[card.id]}; choose another"
                )
            owners[card.id] = place
            cards.append(card)
    for card in cards:
        for policy_id in (*card.requires, *card.subsumes):
            if policy_id not in owners:
                raise SettingsError(
                    f"{owners[card.id]}: policy `{card.id}` names a policy `{policy_id}` that does not exist"
                )
    return tuple(cards)


def _sound(module: ModuleType, place: str) -> list[Policy[Any]]:
    """The cards of a module, with the values that they have now.

    Raises:
        SettingsError: there is none, one is broken, or their own code fails.
    """
    try:
        cards = [_plain(card) for card in _cards(module)]
        problems = [f"{place}: policy `{card.id}` {problem}" for card in cards for problem in _problems(card)]
    except BaseException as error:
        if is_interrupt(error):
            raise
        where = "" if _place(error).startswith(f"{__file__}:") else f" at {_place(error)}"
        raise SettingsError(
            f"{place}: its policies cannot be read: {type(error).__name__}{where}; {EXPECTED}"
        ) from error
    if not cards:
        raise SettingsError(f"{place} has no policies; {EXPECTED}, of the class `policypack.core.policy.Policy`")
    for problem in problems:
        raise SettingsError(problem)
    return cards


def _cards(module: ModuleType) -> list[Policy[Any]]:
    """The cards that a module names; none if something else is among them."""
    named = getattr(module, "POLICIES", None)
    if named is None:
        named = [getattr(module, "POLICY", None)]
    is_list = isinstance(named, Sequence) and not isinstance(named, str | bytes)
    cards = list(named) if is_list else []
    return cards if all(issubclass(type(card), Policy) for card in cards) else []


def _plain(card: Policy[Any]) -> Policy[Any]:
    """The card with plain values: what a class of the module's own computes is computed once, here."""
    values = {field.name: getattr(card, field.name) for field in fields(Policy)}
    for name in LISTS:
        if isinstance(values[name], Sequence) and not isinstance(values[name], str | bytes):
            values[name] = tuple(values[name])
    for name in TEXTS:
        if isinstance(values[name], str):
            values[name] = str.__str__(values[name])
    return Policy(**values)


def _problems(card: Any) -> Iterator[str]:
    """What is wrong with a card, as clauses."""
    if not isinstance(card.id, str) or not ID.fullmatch(card.id):
        yield "has an id that is not in kebab case, such as `acme-untagged-bucket`"
    for name in ("title", "fix"):
        if not isinstance(getattr(card, name), str) or not getattr(card, name).strip():
            yield f"has no `{name}`, one line of text"
    if not isinstance(card.why, str | None) or not isinstance(card.language, str):
        yield "has a `why` or a `language` that is no text"
    if not isinstance(card.severity, Severity):
        yield "has a `severity` that is not of the class `Severity`"
    if not isinstance(card.enforcement, EnforcementLevel):
        yield "has an `enforcement` that is not of the class `EnforcementLevel`"
    if not callable(card.check):
        yield "has a `check` that is no function"
    if not callable(card.reads) and not isinstance(card.reads, OverStack):
        yield "has a `reads` that is neither a function nor a reader under `@over_stack`"
    yield from _problems_of_lists(card)


def _problems_of_lists(card: Any) -> Iterator[str]:
    for name, kind in LISTS.items():
        if not isinstance(getattr(card, name), tuple):
            yield f"has `{name}` that are no list"
        elif not all(isinstance(element, kind) for element in getattr(card, name)):
            yield f"has `{name}` with an element that is not of the class `{kind.__name__}`"


def _module(module: Named) -> ModuleType:
    name, source, folder = module
    is_path = name in {".", ".."} or name.endswith(".py") or "/" in name or "\\" in name
    if not name.strip() or "\0" in name:
        raise SettingsError(f"{source}: `{name}` is no name of a module, and no path of a file")
    file = Path(os.path.realpath(folder / name))  # of links in a circle, `Path.resolve` makes an error
    if is_path and os.path.isdir(file):  # noqa: PTH112 (takes a name of any length)
        file /= "__init__.py"
    if is_path and not os.path.isfile(file):  # noqa: PTH113 (as above)
        raise SettingsError(f"{source}: {_no_file(file, name, folder)}")
    try:
        return _of_file(file) if is_path else importlib.import_module(name)
    except SettingsError:
        raise
    except BaseException as error:
        if is_interrupt(error):
            raise
        if isinstance(error, ModuleNotFoundError) and not is_path and error.name and f"{name}.".startswith(error.name):
            reason = "it is not installed; give the path of a file or a package instead"
        else:
            place = _place(error, file.parent if is_path else None)
            reason = f"{type(error).__name__} at {place}{_missing(error)}" if place else str(error)
        raise SettingsError(f"{source}: `{name}` cannot be imported: {reason}") from error


def _no_file(file: Path, name: str, folder: Path) -> str:
    """Why there is no file to import."""
    if file.name == "__init__.py" and file.parent.is_dir():
        return f"`{name}` is a folder without `__init__.py`; name a file in it, or make it a package"
    try:
        kind = stat.S_IFMT(file.stat().st_mode)
    except (OSError, ValueError):
        return f"there is no file `{name}`; paths are relative to `{folder}`"
    return f"`{name}` is {files.KINDS.get(kind, 'a pipe')}, not a file"


def _missing(error: BaseException) -> str:
    """The module that an import does not find, as a clause: a name, and no value of the program."""
    if isinstance(error, ModuleNotFoundError) and MODULE.fullmatch(error.name or ""):
        return f": there is no module `{error.name}`"
    return ""


def _place(error: BaseException, folder: Path | None = None) -> str:
    """Where an error is, below a folder if it comes through one; empty for a file that is no source at all."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}" if error.filename else ""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if folder and Path(frame.filename).is_relative_to(folder)]
    frame = (own or frames)[-1]
    return f"{frame.filename}:{frame.lineno}"


@cache
def _of_file(file: Path) -> ModuleType:
    """The module of a file, under a name that no other module has; that of an `__init__.py` is a package."""
    name = f"policies_{hashlib.sha256(os.fsencode(file)).hexdigest()[:12]}"
    package = [str(file.parent)] if file.name == "__init__.py" else None
    spec = spec_from_file_location(name, file, submodule_search_locations=package)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
