"""The configuration that a project declares in `Pulumi.yaml`: types, defaults, values.

Source: sdk/go/common/workspace/project.go and project.json of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackguard.errors import CannotJudge
from stackguard.preview.go_json import parsed

ATTRIBUTES = ("type", "items", "description", "secret", "default", "value")
TYPES = ("string", "integer", "boolean", "array", "object")


@dataclass(frozen=True, slots=True)
class Type:
    """`string`, `integer`, `boolean`, `object`, or `array` with the type of its items."""

    name: str
    items: Type | None = None

    def __str__(self) -> str:
        return f"array<{self.items}>" if self.items else self.name


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared value; `default` is None if the stack must set it."""

    key: str
    type: Type | None = None
    secret: bool = False
    default: Any = None


def declarations(config: object, project: str, file: Path) -> list[Declared]:
    """The declarations in the `config` of a project, by key.

    Raises:
        CannotJudge: Pulumi refuses a declaration.
    """
    if config is None:
        return []
    if not isinstance(config, dict):
        raise CannotJudge(f"{file}: `config` must be a mapping")
    return [_declared(key, config[key], project, file) for key in sorted(config, key=str)]


def _declared(key: object, value: object, project: str, file: Path) -> Declared:
    name = str(key)
    own = ":" not in name or name.startswith(f"{project}:")
    where = f"{file}: configuration `{name}`"
    if isinstance(value, str | bool | int | list):
        return Declared(name, default=value)
    if not isinstance(value, dict):
        raise CannotJudge(f"{where} must be a text, a whole number, a boolean, a list, or a declaration of its type")
    for attribute in value:
        if attribute not in ATTRIBUTES:
            from difflib import get_close_matches

            near = get_close_matches(str(attribute), ATTRIBUTES, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"a declaration has {', '.join(ATTRIBUTES)}"
            raise CannotJudge(f"{where} has an unknown attribute `{attribute}`; {hint}")
    kind = _type(value, where)
    default, fixed = value.get("default"), value.get("value")
    if default is not None and fixed is not None:
        raise CannotJudge(f"{where} cannot have both a `default` and a `value`")
    if own:
        if kind and default is not None and not fits(kind, default):
            raise CannotJudge(f"{where}: the default must be of type `{kind}`")
    elif kind or default is not None:
        wrong = "type" if kind else "default"
        raise CannotJudge(f"{where} belongs to another package: give it a `value` and no `{wrong}`")
    elif fixed is None:
        raise CannotJudge(f"{where} belongs to another package and needs a `value`")
    return Declared(name, kind, secret=value.get("secret") is True, default=fixed if default is None else default)


def _type(schema: Mapping[str, Any], where: str) -> Type | None:
    name, items = schema.get("type"), schema.get("items")
    if name is None:
        return None
    if name not in TYPES:
        raise CannotJudge(f"{where}: `type` must be one of {', '.join(TYPES)}")
    inner = _type(items, where) if isinstance(items, dict) else None
    if name == "array" and inner is None:
        raise CannotJudge(f"{where} is an array: set the type of its elements with `items`")
    return Type(name, inner if name == "array" else None)


def fits(kind: Type, value: Any) -> bool:
    """Whether a value is of a type; a number or boolean may be a text."""
    match kind.name:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "integer":
            if isinstance(value, str):
                return re.fullmatch(r"[-+]?[0-9]+", value) is not None
            is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return is_whole and not isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
    items = kind.items
    return isinstance(value, list) and items is not None and all(fits(items, item) for item in value)


def structured(text: str) -> Any:
    """The list or mapping in a JSON text; else the text."""
    value = parsed(text)
    return value if isinstance(value, dict | list) else text
