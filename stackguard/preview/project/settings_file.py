"""Reads settings files such as `Pulumi.yaml`: YAML as Pulumi's Go library parses it, or JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from policypack.core.reading import files, yaml_reader
from stackguard.errors import CannotJudge, reason

EXTENSIONS = (".json", ".yaml", ".yml")
"""In the order in which Pulumi looks for them."""


def find(folder: Path, stem: str) -> Path | None:
    """The settings file of that name in a folder, which may be one that cannot be read."""
    files = (folder / f"{stem}{extension}" for extension in EXTENSIONS)
    return next((file for file in files if os.path.lexists(file)), None)


def read(file: Path) -> dict[str, Any]:
    """The content of a settings file; an empty file has none.

    Raises:
        CannotJudge: it cannot be read, is malformed, or does not contain a mapping.
    """
    try:
        value = _json(file) if file.suffix == ".json" else yaml_reader.read(file, _as_go_prints_it).value
    except yaml_reader.YamlError as error:
        raise CannotJudge(error.at(file)) from None
    except OSError as error:
        raise CannotJudge(f"{file} cannot be read: {reason(error)}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CannotJudge(f"{file}:1: expected `key: value` lines")
    return value


def of_another_tool(file: Path) -> dict[str, Any]:
    """The content of a JSON or TOML file by which another tool chooses what is judged; empty if there is no such file.

    Raises:
        CannotJudge: it cannot be read, or is malformed, so that the other tool refuses it too.
    """
    from policypack.core.reading import toml_reader

    try:
        if file.suffix != ".toml":
            value = _json(file)
            return value if isinstance(value, dict) else {}
        return toml_reader.parse(files.content(file).decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise CannotJudge(f"{file} cannot be read: {reason(error)}") from None
    except ValueError as error:
        raise CannotJudge(toml_reader.malformed(file, error)) from None


def lenient(file: Path) -> dict[str, Any]:
    """The content of a JSON file of another tool; empty if it is missing or malformed."""
    try:
        value = json.loads(files.content(file).decode())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def section(settings: Any, *names: str) -> dict[str, Any]:
    """The mapping at these names in settings; empty if there is none."""
    for name in names:
        settings = settings.get(name) if isinstance(settings, dict) else None
    return settings if isinstance(settings, dict) else {}


def _json(file: Path) -> Any:
    try:
        return parse_json(files.content(file))
    except MalformedJSONError as error:
        place = f"{file}:{error.line}" if error.line else str(file)
        raise CannotJudge(f"{place}: malformed JSON: {error}") from None


class MalformedJSONError(Exception):
    """A text is not JSON, or has a key twice in one object; the message is why."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line
        """0 if it is unknown."""


def parse_json(content: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        MalformedJSONError: it is malformed, or an object has a key twice.
    """
    try:
        value = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_unique)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        raise MalformedJSONError(f"{error.msg[:1].lower()}{error.msg[1:]}", error.lineno) from None
    except UnicodeDecodeError:
        raise MalformedJSONError("not UTF-8 text") from None
    except UnicodeEncodeError:
        raise MalformedJSONError("half of a surrogate pair, which is no character") from None
    except RecursionError:
        raise MalformedJSONError("nested too deeply") from None
    except ValueError:  # `NaN`, or a number of thousands of digits
        raise MalformedJSONError("a number that is out of range") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedJSONError(f"the key {yaml_reader.quoted(twice)} is duplicated; remove one of the two")
    return values


def _as_go_prints_it(date: str) -> str:
    return f"{date} 00:00:00 +0000 UTC"
