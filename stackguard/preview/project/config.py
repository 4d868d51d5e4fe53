"""A stack's configuration: declared by the project, set in the stack file, and overridden by the operator.

Sources: pkg/workspace/config.go and sdk/go/common/resource/config of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policypack.core.values import nested
from policypack.core.wire import UNKNOWN_STRING
from stackguard.errors import CannotJudge
from stackguard.preview.go_json import dumps_map, number
from stackguard.preview.project.config_path import MISSING, PathError, Step, parse_path, put, value_at
from stackguard.preview.project.config_schema import Declared, declarations, fits, structured


@dataclass(frozen=True, slots=True)
class Config:
    """Values by fully qualified key (`project:key`), the keys that are secret, and those of them that are encrypted.

    An object is JSON text, as Pulumi passes it to a program.
    """

    values: Mapping[str, str]
    secret: frozenset[str]
    encrypted: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConfigSources:
    """The sources of a stack's configuration; messages name the files."""

    project: str
    stack: str
    file: Path
    declared: object
    stack_file: Path
    stack_values: object
    overrides: Mapping[str, str]
    paths: bool = False
    """Whether keys of `overrides` are paths, as with `--config-path` of Pulumi's CLI."""


def resolve(sources: ConfigSources) -> Config:
    """The configuration of a stack: its own values override the project's, and the operator's override both.

    Raises:
        CannotJudge: a value is malformed or missing, or is not of its declared type.
    """
    declared = declarations(sources.declared, sources.project, sources.file)
    stack_values = sources.stack_values if sources.stack_values is not None else {}
    if not isinstance(stack_values, dict):
        raise CannotJudge(f"{sources.stack_file}: `config` must be a mapping")
    values = {_qualified(str(key), sources.project): value for key, value in stack_values.items()}
    secret = {key for key, value in values.items() if _is_encrypted(value)}
    overrides = _overrides(sources)
    values |= overrides
    places = [(value, *_place(value.key, sources.project)) for value in declared]
    _fill_in(values, places, sources)
    encrypted = frozenset(key for key, value in values.items() if _is_encrypted(value))
    for value, key, path in places:
        if value.secret:
            secret.add(key)
        if value.type and key not in encrypted:
            _check(value, value_at(values[key], path), key in overrides, sources.stack)
    plain = {key: _text(_without_ciphertext(value)) for key, value in values.items()}
    return Config(plain, frozenset(secret), encrypted)


def _qualified(key: str, project: str) -> str:
    match key.split(":"):
        case [name]:
            return f"{project}:{name}"
        case [_, _]:
            return key
        case [namespace, "config", name]:  # an old form that Pulumi still accepts
            return f"{namespace}:{name}"
    raise CannotJudge(f"`{key}` is not a configuration key: expected `namespace:name`")


def _place(key: str, project: str) -> tuple[str, list[Step]]:
    """The key of a configuration value, and the path into it, in a key that may be a path."""
    end = re.search(r"[.\[]", key)
    head = key[: end.start()] if end and end.start() else key
    namespace, _, name = _qualified(head, project).rpartition(":")
    try:
        first, *rest = parse_path(name + key[len(head) :])
    except PathError as error:
        raise CannotJudge(f"configuration key: {error}") from None
    return f"{namespace}:{first}", rest


def _overrides(sources: ConfigSources) -> dict[str, Any]:
    """The operator's values. Each replaces the stack's whole value, also with a path."""
    values: dict[str, Any] = {}
    for key, text in sources.overrides.items():
        full, path = _place(key, sources.project) if sources.paths else (_qualified(key, sources.project), [])
        try:
            values[full] = put(values.get(full), path, _coerced(text)) if path else text
        except PathError as error:
            raise CannotJudge(f"--config {key}: {error}") from None
    return values


def _coerced(text: str) -> str | int | bool:
    """The boolean or number in a text inside an object, else the text."""
    if text in ("true", "false"):
        return text == "true"
    integer = re.fullmatch(r"0|-?[1-9][0-9]*", text)
    return int(text) if integer and -(2**63) <= int(text) < 2**64 else text


def _fill_in(
    values: dict[str, Any], places: Sequence[tuple[Declared, str, list[Step]]], sources: ConfigSources
) -> None:
    """Add the project's own values for those that the stack does not set."""
    missing = []
    for declared, key, path in places:
        if key in values and value_at(values[key], path) is not MISSING:
            continue
        if declared.default is None:
            missing.append(f"`{declared.key}`")
        else:
            values[key] = put(values.get(key), path, declared.default) if path else declared.default
    if missing:
        raise CannotJudge(
            f"stack `{sources.stack}` is missing configuration: {', '.join(missing)}; set it in"
            f" {sources.stack_file.name} or with --config"
        )


def _check(declared: Declared, value: Any, overridden: bool, stack: str) -> None:  # noqa: FBT001
    """Raise unless a readable value is of its declared type, and encrypted if it is declared secret.

    The operator may pass a secret in plain text, and a list or a mapping as JSON, the only forms of an option.
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
    """Whether a value is a ciphertext or contains one."""
    return any(map(_is_ciphertext, nested(value)))


def _is_ciphertext(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"secure"} and isinstance(value["secure"], str)


def _without_ciphertext(value: Any) -> Any:
    """The value with Pulumi's sentinel of an unknown value instead of every ciphertext.

    Only the stack's secrets provider can decrypt, and it needs credentials. A program that passes the sentinel on gets
    an unknown value in its policies, never an invented secret. A program that parses or measures it fails, and the error
    refers to --config.
    """
    if _is_ciphertext(value):
        return UNKNOWN_STRING
    if isinstance(value, dict):
        return {key: _without_ciphertext(inner) for key, inner in value.items()}
    return [_without_ciphertext(inner) for inner in value] if isinstance(value, list) else value


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
