"""A stack's configuration: what the project declares, what the stack file sets, and what the operator sets over both.

Sources: pkg/workspace/config.go and sdk/go/common/resource/config of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policypack.core.wire import UNKNOWN_STRING
from stackguard.errors import CannotJudge
from stackguard.preview.go_json import dumps_map, number
from stackguard.preview.project.config_path import MISSING, PathError, Step, found_at, parse_path, put
from stackguard.preview.project.config_schema import Declared, declarations, fits, structured


@dataclass(frozen=True, slots=True)
class Config:
    """Values by fully qualified key (`project:key`), the keys that are secret, and those of them that are encrypted.

    An object is JSON text, as Pulumi hands it to a program.
    """

    values: Mapping[str, str]
    secret: frozenset[str]
    encrypted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the configuration of a stack comes from; the files are named in messages."""

    project: str
    stack: str
    file: Path
    declared: object
    stack_file: Path
    stack_values: object
    overrides: Mapping[str, str]
    paths: bool = False
    """Whether keys of `overrides` are paths, as with `--config-path` of Pulumi's CLI."""


def settled(sources: Sources) -> Config:
    """The configuration of a stack: its own values win over the project's, and the operator's over both.

    Raises:
        CannotJudge: something is malformed or missing, or is not of its declared type.
    """
    declared = declarations(sources.declared, sources.project, sources.file)
    given = sources.stack_values if sources.stack_values is not None else {}
    if not isinstance(given, dict):
        raise CannotJudge(f"{sources.stack_file}: `config` must be a mapping")
    values = {_qualified(str(key), sources.project): value for key, value in given.items()}
    secret = {key for key, value in values.items() if _is_encrypted(value)}
    overridden = _given(sources)
    values |= overridden
    places = [(each, *_place(each.key, sources.project)) for each in declared]
    _fill_in(values, places, sources)
    encrypted = frozenset(key for key, value in values.items() if _is_encrypted(value))
    for each, key, path in places:
        if each.secret:
            secret.add(key)
        if each.type and key not in encrypted:
            _check(each, found_at(values[key], path), key in overridden, sources.stack)
    return Config({key: _text(_revealed(value)) for key, value in values.items()}, frozenset(secret), encrypted)


def _qualified(key: str, project: str) -> str:
    match key.split(":"):
        case [name]:
            return f"{project}:{name}"
        case [_, _]:
            return key
        case [namespace, "config", name]:  # an old spelling that Pulumi still reads
            return f"{namespace}:{name}"
    raise CannotJudge(f"`{key}` is not a configuration key: expected `namespace:name`")


def _place(key: str, project: str) -> tuple[str, list[Step]]:
    """The key of a configuration value, and the path into it, that a key which may be a path stands for."""
    end = re.search(r"[.\[]", key)
    head = key[: end.start()] if end and end.start() else key
    namespace, _, name = _qualified(head, project).rpartition(":")
    try:
        first, *rest = parse_path(name + key[len(head) :])
    except PathError as error:
        raise CannotJudge(f"configuration key: {error}") from None
    return f"{namespace}:{first}", rest


def _given(sources: Sources) -> dict[str, Any]:
    """The values that the operator gave. With paths, too, each takes the place of the stack's whole value."""
    values: dict[str, Any] = {}
    for key, text in sources.overrides.items():
        full, path = _place(key, sources.project) if sources.paths else (_qualified(key, sources.project), [])
        try:
            values[full] = put(values.get(full), path, _coerced(text)) if path else text
        except PathError as error:
            raise CannotJudge(f"--config {key}: {error}") from None
    return values


def _coerced(text: str) -> str | int | bool:
    """A text inside an object, as a boolean or a number where it is one."""
    if text in ("true", "false"):
        return text == "true"
    whole = re.fullmatch(r"0|-?[1-9][0-9]*", text)
    return int(text) if whole and -(2**63) <= int(text) < 2**64 else text


def _fill_in(values: dict[str, Any], places: Sequence[tuple[Declared, str, list[Step]]], sources: Sources) -> None:
    """Add the project's own values where the stack sets none."""
    missing = []
    for each, key, path in places:
        if key in values and found_at(values[key], path) is not MISSING:
            continue
        if each.default is None:
            missing.append(f"`{each.key}`")
        else:
            values[key] = put(values.get(key), path, each.default) if path else each.default
    if missing:
        raise CannotJudge(
            f"stack `{sources.stack}` is missing configuration: {', '.join(missing)}; set it in"
            f" {sources.stack_file.name} or with --config"
        )


def _check(declared: Declared, value: Any, overridden: bool, stack: str) -> None:  # noqa: FBT001
    """Raise unless a readable value is of its declared type, and encrypted where it is declared secret.

    The operator may give a secret in plain text, and a list or a mapping as JSON: he has no other way.
    """
    assert declared.type
    if declared.secret and not overridden:
        raise CannotJudge(
            f"stack `{stack}`: configuration `{declared.key}` is declared secret and must be encrypted;"
            f" use `pulumi config set --secret {declared.key}`"
        )
    plain = value if isinstance(value, dict | list) else _text(value)
    if overridden and isinstance(plain, str) and declared.type.name in {"array", "object"}:
        plain = structured(plain)
    if not fits(declared.type, plain):
        raise CannotJudge(f"stack `{stack}`: configuration `{declared.key}` must be of type `{declared.type}`")


def _is_encrypted(value: Any) -> bool:
    """Whether a value is a ciphertext or holds one."""
    if isinstance(value, dict):
        return _is_ciphertext(value) or any(map(_is_encrypted, value.values()))
    return isinstance(value, list) and any(map(_is_encrypted, value))


def _is_ciphertext(value: dict[Any, Any]) -> bool:
    return value.keys() == {"secure"} and isinstance(value["secure"], str)


def _revealed(value: Any) -> Any:
    """The value with every ciphertext in it replaced.

    Only the stack's secrets provider can decrypt, and it needs credentials. What stands in is Pulumi's own sign for
    an unknown value: where the program hands it on unchanged, policies see "unknown" and never a made-up secret; where
    the program reads it (parses it, measures it), the program fails, and the error says to use --config.
    """
    if isinstance(value, dict):
        return UNKNOWN_STRING if _is_ciphertext(value) else {key: _revealed(each) for key, each in value.items()}
    return [_revealed(each) for each in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return dumps_map(value)
        case float():
            return number(value)
    return str(value)
