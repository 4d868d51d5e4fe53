"""Reads settings files such as `Pulumi.yaml`: YAML as Pulumi's Go library parses it, or JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from stackguard.errors import CannotJudge

EXTENSIONS = (".json", ".yaml", ".yml")
"""In the order in which Pulumi looks for them."""


def find(folder: Path, stem: str) -> Path | None:
    """The settings file of that name in a folder."""
    return next((file for extension in EXTENSIONS if (file := folder / f"{stem}{extension}").is_file()), None)


def read(file: Path) -> dict[str, Any]:
    """The content of a settings file; an empty file has none.

    Raises:
        CannotJudge: it cannot be read, is malformed, or does not contain a mapping.
    """
    try:
        text = file.read_text("utf-8-sig")
        value = json.loads(text) if file.suffix == ".json" else yaml.load(text, GoLoader)  # noqa: S506 (a safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, len(text.splitlines())) if mark else 1  # an unclosed bracket is found past the end
        raise CannotJudge(f"{file}:{line}: malformed YAML: {error.problem}") from None
    except json.JSONDecodeError as error:
        raise CannotJudge(f"{file}:{error.lineno}: malformed JSON: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CannotJudge(f"{file}: malformed YAML: not text") from None
    except RecursionError:
        raise CannotJudge(f"{file}: malformed YAML: nested too deeply") from None
    except OSError as error:
        raise CannotJudge(f"{file}: {error.strerror}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CannotJudge(f"{file}:1: expected `key: value` lines")
    return value


def lenient(file: Path) -> dict[str, Any]:
    """The content of a JSON or TOML file of another tool; empty if it is missing or malformed."""
    import tomllib

    try:
        text = file.read_text("utf-8")
        value = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def section(settings: Any, *names: str) -> dict[str, Any]:
    """The mapping at these names in settings; empty if there is none."""
    for name in names:
        settings = settings.get(name) if isinstance(settings, dict) else None
    return settings if isinstance(settings, dict) else {}


class GoLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Pulumi's Go library parses it: `yes` and `12:30` are text, `007` is octal, and keys are unique."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own protocol)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """A mapping with each key once."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key `{key.value}` is duplicated", key.start_mark
                    )
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A whole number, octal with leading zeros."""
        text = node.value.replace("_", "")
        octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
        try:
            return int(f"{octal[1]}0o{octal[2]}" if octal else text, 0)
        except ValueError:  # a decimal number with leading zeros
            return int(text)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> str:
        """A date as Go prints it."""
        return f"{node.value} 00:00:00 +0000 UTC"


GoLoader.add_constructor("tag:yaml.org,2002:int", GoLoader.construct_yaml_int)
GoLoader.add_constructor("tag:yaml.org,2002:timestamp", GoLoader.construct_yaml_timestamp)


for tag, pattern, first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:[0-9][0-9_]*|0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+)$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("timestamp", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("merge", r"^(?:<<)$", "<"),
):
    GoLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(pattern), ["" if character == "\0" else character for character in first]
    )
