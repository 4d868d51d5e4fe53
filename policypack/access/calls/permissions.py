"""Which IAM actions a call needs. Mostly the one of its own name; `operations.json` holds where that is not so."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from policypack.iam import actions
from policypack.python.libraries import sdk
from policypack.python.model import AwsCall


class _Row(msgspec.Struct, frozen=True):
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


class _Change(msgspec.Struct, frozen=True):
    """What an argument changes: `instead` of an action, another; `also` another beside it."""

    instead: dict[str, str] = {}
    also: dict[str, str] = {}


class _Service(msgspec.Struct, frozen=True):
    source: str
    operations: dict[str, _Row] = {}
    given: dict[str, _Change] = {}


class _Prefixes(msgspec.Struct, frozen=True):
    source: str
    services: dict[str, str]


class _Undocumented(msgspec.Struct, frozen=True):
    source: str
    operations: dict[str, Annotated[frozenset[str], "by service"]]


class _Table(msgspec.Struct, frozen=True):
    prefixes: _Prefixes
    services: dict[str, _Service]
    undocumented: _Undocumented


class Permission(msgspec.Struct, frozen=True):
    """An action that a call needs, or with `may` one that it uses in some cases."""

    action: str
    subject: str = ""
    """The argument that names what the action is about, where it is not the call's usual one: `CopySource`."""
    may: bool = False


@cache
def _table() -> _Table:
    return msgspec.json.decode((Path(__file__).parent / "operations.json").read_bytes(), type=_Table)


@cache
def prefix(service: str) -> str:
    """The prefix of a service's actions: `states` for `stepfunctions`."""
    return _table().prefixes.services.get(service) or sdk.signing_name(service)


def permissions(call: AwsCall) -> tuple[Permission, ...] | None:
    """The actions of a call; None where nobody documents which they are."""
    service = _table().services.get(call.service)
    row = service.operations.get(call.operation) if service else None
    if row is None:
        name = f"{prefix(call.service)}:{call.operation}"
        if not actions.expand(name):
            return None
        row = _Row((call.operation,))
    needed = [given for each in row.needs if (given := _given(each, call))]
    found = dict.fromkeys(needed, False) | dict.fromkeys(row.may, True)
    for argument, change in service.given.items() if service else ():
        if call.has(argument):
            found = {change.instead.get(name, name): may for name, may in found.items()}
            found |= {change.also[name]: False for name, may in found.items() if name in change.also and not may}
    return tuple(_permission(name, call.service, may=may) for name, may in found.items())


def listed(service: str, operation: str) -> bool:
    """Whether the table says that no action is documented for an operation."""
    return operation in _table().undocumented.operations.get(service, ())


def _given(name: str, call: AwsCall) -> str | None:
    """An action that is needed for some arguments only: `PutItem#TransactItems[].Put`."""
    action, _, argument = name.partition("#")
    if not argument:
        return name
    known = [each for each, _ in call.arguments if each.startswith(argument)]
    told = any(each.startswith(f"{argument.partition('[')[0]}[]") for each, _ in call.arguments)
    return f"{action}#{argument}" if known or not told else None


def _permission(name: str, service: str, *, may: bool) -> Permission:
    whole, _, subject = name.replace("#", "@").partition("@")
    action = whole if ":" in whole else f"{prefix(service)}:{whole}"
    return Permission(action, subject, may)
