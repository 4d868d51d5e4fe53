"""Parliament itself: how it is loaded, which of its functions are replaced, and what bounds it.

The replaced functions are exponential, go through every service, or fail on AWS's newer types.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from policypack.core.caches import bounded_cache
from policypack.iam.actions import key_type
from policypack.iam.globs import Names, overlaps

MAX_STEPS = 200_000
"""Comparisons for one statement, or for a document as a whole, which take about half a second.

A narrow document takes about sixty. At the limit, the remaining statements of a document are not judged.
"""


class StepLimitError(Exception):
    """A document takes more than `MAX_STEPS`."""


class _Meter(threading.local):
    steps = 0
    limit = sys.maxsize


_meter = _Meter()


@contextmanager
def bounded() -> Iterator[None]:
    """Context that limits Parliament to `MAX_STEPS` steps in this thread.

    Raises:
        StepLimitError: it took more.
    """
    _meter.limit = _meter.steps + MAX_STEPS
    try:
        yield
    finally:
        _meter.limit = sys.maxsize


def steps_taken() -> int:
    """The steps taken in this thread so far."""
    return _meter.steps


def _spend(steps: int) -> None:
    _meter.steps += steps
    if _meter.steps > _meter.limit:
        raise StepLimitError


@functools.cache
def loaded() -> Any:
    """The `parliament` module, imported on first use, with its slow parts replaced by ours.

    Its glob matching is exponential and its look-ups go through every service; both give the same answers here.
    """
    with warnings.catch_warnings(), _resources_without_setuptools():
        warnings.simplefilter("ignore")  # it leaves files open, and `pkg_resources` is deprecated
        parliament: Any = importlib.import_module("parliament")
        auditors = Path(parliament.__file__).parent / "community_auditors"
        parliament.override_config(auditors / "config_override.yaml")
    for name in ("advanced_policy_elements", "single_value_condition_too_permissive"):
        importlib.import_module(f"parliament.community_auditors.{name}")
    statement = importlib.import_module("parliament.statement")
    known = _Definition(parliament)
    parliament.is_glob_match = overlaps
    parliament.is_arn_match = _counted(parliament.is_arn_match, 1)
    parliament.expand_action = bounded_cache(8192)(known.expand)
    statement.is_arn_match = parliament.is_arn_match  # type: ignore[attr-defined]
    statement.expand_action = _counted(parliament.expand_action, 20)  # type: ignore[attr-defined]
    statement.get_privilege_info = _counted(functools.cache(known.privilege), 8)  # type: ignore[attr-defined]
    statement.Statement.add_finding = _counted(statement.Statement.add_finding, 5)
    statement.translate_documentation_types = _renamed(statement.translate_documentation_types)  # type: ignore[attr-defined]
    return parliament


@bounded_cache(8192)
def recognized(pattern: str) -> bool | None:
    """Whether an action pattern matched an action in Parliament's data of early 2025; None if that refuses it."""
    parliament = loaded()
    try:
        return bool(parliament.expand_action(pattern))
    except (parliament.UnknownPrefixException, parliament.UnknownActionException, ValueError):
        return None


class _Definition:
    """Parliament's data with an index, behind the two functions that it looks them up with."""

    def __init__(self, parliament: Any) -> None:
        self._parliament = parliament
        self._services: dict[str, dict[str, Any]] = {entry["prefix"]: entry for entry in parliament.iam_definition}

    @functools.cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        """Action names by themselves in lower case, by service prefix."""
        return {
            prefix: {entry["privilege"].lower(): entry["privilege"] for entry in service["privileges"]}
            for prefix, service in self._services.items()
        }

    @functools.cached_property
    def _compared(self) -> dict[str, Names]:
        return {prefix: Names(names) for prefix, names in self._names.items()}

    def expand(self, action: str, raise_exceptions: bool = True) -> list[dict[str, str]]:  # noqa: FBT001, FBT002 (theirs)
        """The actions that a pattern matches.

        Raises:
            ValueError: the pattern is not of the form `service:Action`.
            UnknownPrefixException: there is no such service.
            UnknownActionException: the service has no such action.
        """
        prefix, colon, name = ("*:*" if action == "*" else action).lower().partition(":")
        if not colon or ":" in name:
            raise ValueError("an action is written `service:Action`")
        services = self._names if prefix == name == "*" else [prefix] if prefix in self._names else []
        if not services and raise_exceptions:
            raise self._parliament.UnknownPrefixException(f"Unknown prefix {action.partition(':')[0]}")
        actions = [
            {"service": service, "action": names[key]}
            for service in services
            for names in (self._names[service],)
            for key in (names if name == "*" else self._compared[service].matching(name))
        ]
        if not actions and raise_exceptions and not (name == "*" and services):
            raise self._parliament.UnknownActionException(f"Unknown action {action}")
        return actions

    def privilege(self, service: str, action: str) -> dict[str, Any]:
        """The details of one action, with a type for each condition key: Parliament fails on a key without.

        Raises:
            UnknownActionException: there is no such action.
        """
        known = self._services.get(service, {"privileges": ()})
        privilege = next((entry for entry in known["privileges"] if entry["privilege"] == action), None)
        if privilege is None:
            raise self._parliament.UnknownActionException(f"Unknown action {service}:{action}")
        typed = {entry["condition"] for entry in known["conditions"]}
        used = dict.fromkeys(key for resource in privilege["resource_types"] for key in resource["condition_keys"])
        missing = [{"condition": key, "type": key_type(service, key) or "String"} for key in used if key not in typed]
        return {
            **privilege,
            "service_resources": known["resources"],
            "service_conditions": [*known["conditions"], *missing],
        }


def _counted(function: Callable[..., Any], steps: int) -> Callable[..., Any]:
    def counting(*arguments: Any, **keywords: Any) -> Any:
        _spend(steps)
        return function(*arguments, **keywords)

    return counting


def _renamed(translate: Callable[[str], str]) -> Callable[[str], str]:
    """Parliament's names of types, extended by newer types of AWS, on which it fails."""
    more = {"ArrayOfARN": "ARN", "IPAddress": "Ip", "ArrayOfBool": "Bool"}
    return lambda name: translate(more.get(name, name))


@contextmanager
def _resources_without_setuptools() -> Iterator[None]:
    """Replace `pkg_resources`, which takes 0.2 s to import and of which Parliament uses one function."""
    if "pkg_resources" in sys.modules:
        yield
        return
    module: Any = types.ModuleType("pkg_resources")
    module.resource_filename = lambda package, name: str(Path(str(sys.modules[package].__file__)).parent / name)
    sys.modules["pkg_resources"] = module
    try:
        yield
    finally:
        del sys.modules["pkg_resources"]
