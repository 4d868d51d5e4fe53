"""The text of a mock file: read with the line of each entry, and written for people to edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from policypack.core.reading import yaml_reader
from stackguard.errors import CannotJudge, reason
from stackguard.reports.formatting import printable, printable_json

EXPECTED: Mapping[str, str] = {"str": "a text", "array": "a list", "object": "a mapping"}


class MockEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One answer, with its place and whether it was used."""

    where: str = msgspec.field(default="", name=" where")
    used: bool = msgspec.field(default=False, name=" used")


class Function(MockEntry, kw_only=True):
    """The result of a function, or of a method."""

    token: str
    args: dict[str, Any] = {}
    result: Any


class Computed(MockEntry, kw_only=True):
    """The outputs of a resource that its provider computes, or that is only read. Every pattern must match."""

    type: str = "*"
    name: str = "*"
    id: str = "*"
    urn: str = "*"
    outputs: dict[str, Any]


class File(msgspec.Struct, forbid_unknown_fields=True):
    """A mock file."""

    functions: list[Function] = []
    stacks: dict[str, dict[str, Any]] = {}
    resources: list[Computed] = []
    calls: list[Function] = []


def read(path: Path) -> tuple[File, Mapping[str, str]]:
    """A mock file, and the place of each of its stacks.

    Raises:
        CannotJudge: it is missing, is not YAML, or does not fit the format.

    """
    try:
        document = yaml_reader.read(path)
    except OSError as error:
        raise CannotJudge(f"the mock file `{path}` cannot be read: {reason(error)}") from None
    except yaml_reader.YamlError as error:
        raise CannotJudge(error.at(path)) from None
    try:
        file = msgspec.convert({} if document.value is None else document.value, File)
    except msgspec.ValidationError as error:
        keys, problem = _explained(error, document.value)
        raise CannotJudge(f"{path}:{document.line(keys)}: {problem}") from None
    for name in ("functions", "resources", "calls"):
        for index, entry in enumerate(getattr(file, name)):
            entry.where = f"{path}:{document.line([name, index])}"
    return file, {name: f"{path}:{line}" for name, line in document.lines("stacks").items()}


def _explained(error: msgspec.ValidationError, raw: Any) -> tuple[list[str | int], str]:
    """The keys at which a file does not fit the format, and why."""
    message, _, place = str(error).partition(" - at ")
    named = place.strip("`").removeprefix("$").removeprefix(".")
    keys: list[str | int] = [int(part) if part.isdigit() else part for part in re.findall(r"[A-Za-z]+|\d+", named)]
    if "[...]" in named and keys[:1] == ["stacks"]:  # msgspec omits the key
        name = next((name for name, outputs in raw["stacks"].items() if not isinstance(outputs, dict)), "")
        keys, named = ["stacks", name], f"stacks.{name}"
    where = f"`{named}`" if named else "the file"
    if match := re.search(r"unknown field `(.+)`", message, re.DOTALL):
        entries = {"functions": Function, "calls": Function, "resources": Computed}
        known = entries.get(str(keys[0]) if keys else "", File)
        listed = ", ".join(f"`{name}`" for name in known.__struct_encode_fields__ if not name.startswith(" "))
        return [*keys, match[1]], f"{where} has no `{match[1]}`; it has {listed}"
    if match := re.search(r"missing required field `(.+)`", message):
        return keys, f"{where} needs `{match[1]}`"
    expected = re.search(r"Expected `(\w+)", message)
    return keys, f"{where} must be {EXPECTED.get(expected[1], 'of another kind') if expected else 'of another kind'}"


def flow(value: Any) -> str:
    """YAML in one line."""
    return _dumped(value, flow=True)


def block(value: Any) -> str:
    """YAML in lines; a collection without another one in it takes one line."""
    return _dumped(value, flow=None)


def _dumped(value: Any, *, flow: bool | None) -> str:
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=flow, sort_keys=False, allow_unicode=True, width=4096)
    return printable_json(str(text).removesuffix("...\n").rstrip("\n"))


class _Dumper(yaml.SafeDumper):
    """Indents the items of lists, and never writes an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, False)  # noqa: FBT003

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """A text; one with a line break or a control character in double quotes, which escape it."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, None if printable(text) == text else '"')


_Dumper.add_representer(str, _text)
_Dumper.yaml_implicit_resolvers = {  # a text that YAML would read as another type is quoted
    first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()), *yaml_reader.IMPLICIT_RESOLVERS.get(first, ())]
    for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *yaml_reader.IMPLICIT_RESOLVERS}
}
