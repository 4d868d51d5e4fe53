"""YAML as Pulumi's Go library reads it, in bounded work: text in, plain values with their lines out.

Settings, mock files and Pulumi's own files are read here. Source of the dialect: gopkg.in/yaml.v3, YAML 1.2's core schema.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from policypack.core.reading import files

MAX_NODES = 250_000
"""Keys and values, those that an alias stands for counted each time."""
MAX_DEPTH = 100
MAX_DIRECTIVES = 100
"""Each takes libyaml as long as all before it."""
UNMERGED = (
    "conflicts of a merge, between lines such as `<<<<<<<` and `>>>>>>>`; edit the file so that it has both sides"
)
SHOWN = 60
"""Characters of a key or tag that an error quotes."""
_CORE = "tag:yaml.org,2002:"
_MERGE = f"{_CORE}merge"
_DIRECTIVE = re.compile(r"(?m)^%")
_CONFLICT = re.compile(r"(?m)^(?:<{7}|>{7})(?: |$)")
"""A line that git writes where it could not merge."""
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_KINDS: Mapping[type[yaml.Node], frozenset[str]] = {
    yaml.MappingNode: frozenset({f"{_CORE}map"}),
    yaml.SequenceNode: frozenset({f"{_CORE}seq"}),
    yaml.ScalarNode: frozenset(f"{_CORE}{name}" for name in ("bool", "float", "int", "null", "str", "timestamp")),
}
"""By kind of node, the tags that it may have."""
_TAGS = frozenset.union(*_KINDS.values())


class YamlError(Exception):
    """A text that is not read: `line` is counted from 1, and None if the problem is about the whole."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line

    def at(self, path: Path) -> str:
        """The error as one line about a file."""
        what = "this file is read as YAML" if path.suffix == ".toml" else "malformed YAML"
        return f"{path}{f':{self.line}' if self.line else ''}: {what}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Document:
    """A value, and the lines of its parts."""

    value: Any
    root: yaml.Node | None = None

    def line(self, keys: Sequence[str | int]) -> int:
        """The line of the part at these keys and indexes, or of the innermost part around it that exists."""
        node, line = self.root, self.root.start_mark.line + 1 if self.root else 1
        for key in keys:
            if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line + 1
                continue
            pairs = node.value if isinstance(node, yaml.MappingNode) else ()
            pair = next((pair for pair in pairs if pair[0].value == str(key)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        return line

    def lines(self, key: str) -> dict[str, int]:
        """The line of each entry of the mapping at a top-level key; none if there is no such mapping."""
        pairs = self.root.value if isinstance(self.root, yaml.MappingNode) else ()
        inner = next((value for name, value in pairs if name.value == key), None)
        entries = inner.value if isinstance(inner, yaml.MappingNode) else ()
        return {name.value: name.start_mark.line + 1 for name, _ in entries}


def read(path: Path, date: Callable[[str], str] = str) -> Document:
    """The one document of a UTF-8 file; an empty file is None.

    Args:
        path: the file.
        date: returns the text of a plain date such as `2026-11-28`.

    Raises:
        OSError: the file cannot be read.
        YamlError: it is not UTF-8, not YAML, or too large.
    """
    try:
        content = files.content(path)
    except files.TooLargeError:
        raise YamlError(
            f"larger than {files.MAX_BYTES >> 20} MiB; divide it, or leave out what is not needed"
        ) from None
    try:
        return parse(content.decode("utf-8-sig"), date)
    except UnicodeDecodeError as error:
        raise YamlError("not UTF-8 text; save it as UTF-8", content.count(b"\n", 0, error.start) + 1) from None


def parse(text: str, date: Callable[[str], str] = str) -> Document:
    """The one document of a YAML text; an empty text is None. Keys are always texts.

    Args:
        text: the YAML.
        date: as in `read`.

    Raises:
        YamlError: the text is malformed, has a duplicate key, or exceeds a limit.
    """
    try:
        if len(_DIRECTIVE.findall(text)) > MAX_DIRECTIVES:
            raise YamlError(f"more than {MAX_DIRECTIVES} directives; remove them")
        _Bounds().check(text)
        loader = _Loader(text)
        loader.date = date
        try:
            root = loader.get_single_node()
            if root:
                _check(root)
            return Document(loader.construct_document(root) if root else None, root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        if conflict := _CONFLICT.search(text):
            raise YamlError(UNMERGED, text.count("\n", 0, conflict.start()) + 1) from None
        mark = error.problem_mark or error.context_mark
        # An unclosed bracket is found past the end.
        line = min(mark.line + 1, len(text.splitlines()) or 1) if mark else None
        several = str(error.context).startswith("expected a single document")
        raise YamlError("more than one document; keep one" if several else str(error.problem), line) from None
    except yaml.reader.ReaderError as error:
        raise YamlError(
            "a control character, which YAML does not allow", text.encode().count(b"\n", 0, error.position) + 1
        ) from None
    except yaml.YAMLError:
        raise YamlError("not YAML") from None


@dataclass(slots=True)
class _Bounds:
    """Limits on a text's events, which the parser makes one by one: nothing is built before they are met."""

    nodes: int = 0
    anchors: dict[str, int | None] = field(default_factory=dict)
    """The size of each anchored value; None for a collection that is open."""
    open: list[tuple[str | None, int]] = field(default_factory=list)
    """The anchor of each collection that is open, and the number of nodes before it."""

    def check(self, text: str) -> None:
        """Raise unless the text is within the limits."""
        for event in yaml.parse(text, _Loader):
            match event:
                case yaml.AliasEvent(anchor=anchor):
                    if anchor not in self.anchors:
                        _refuse("an alias without an anchor; write the value instead", event)
                    size = self.anchors[anchor]
                    if size is None:
                        _refuse("an alias of the value that it is in; write it without", event)
                    self._count(size, event)
                case yaml.NodeEvent(anchor=str(anchor)) if anchor in self.anchors:
                    _refuse(
                        f"the anchor {quoted(anchor)} is defined twice, which is not supported here; rename one", event
                    )
                case yaml.ScalarEvent():
                    self._count(1, event)
                    self._size(event.anchor, 1)
                case yaml.CollectionStartEvent():
                    self._size(event.anchor, None)
                    self.open.append((event.anchor, self.nodes))
                    self._count(1, event)
                    if len(self.open) > MAX_DEPTH:
                        _refuse(f"nested more than {MAX_DEPTH} deep; nest it less", event)
                case yaml.CollectionEndEvent():
                    anchor, before = self.open.pop()
                    self._size(anchor, self.nodes - before)

    def _count(self, nodes: int, event: yaml.Event) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            _refuse(f"more than {MAX_NODES:,} keys and values; divide it, or leave out what is not needed", event)

    def _size(self, anchor: str | None, size: int | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = size


def _refuse(problem: str, place: yaml.Event | yaml.Node) -> NoReturn:
    mark = place.start_mark
    raise YamlError(problem, mark.line + 1 if mark else None)


def quoted(text: str) -> str:
    """A key or tag for an error: in backticks, escaped, and cut off after `SHOWN` characters."""
    shown = text.encode("unicode_escape").decode()
    return f"`{shown if len(shown) <= SHOWN else f'{shown[:SHOWN]}…'}`"


def _tag_of(node: yaml.Node) -> str:
    return quoted(node.tag.replace(_CORE, "!!"))


def _check(root: yaml.Node) -> None:
    """Check each node once, before merges change mappings: its tag, its kind, and that its keys are unique texts."""
    waiting, visited = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if node.tag == _MERGE:  # a value `<<`
            node.tag = f"{_CORE}str"
        if node.tag not in _TAGS:
            _refuse(f"the tag {_tag_of(node)}, which is not supported here; remove it", node)
        if node.tag not in _KINDS[type(node)]:
            _refuse(f"a value that does not fit its tag {_tag_of(node)}; remove the tag, or correct the value", node)
        if isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            _check_keys(node)
            waiting += reversed([value for _, value in node.value])


def _check_keys(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            _refuse("a key that is a list or a mapping; write a text", key)
        if key.value in seen:
            _refuse(f"the key {quoted(key.value)} is duplicated", key)
        seen.add(key.value)
        if key.tag != _MERGE:
            key.tag = f"{_CORE}str"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """`yes`, `12:30` and dates are text, `007` is octal, keys are unique and scalars, and only JSON's values exist."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own protocol)

    date: Callable[[str], str]

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        """The value of a node that fits its tag."""
        try:
            return super().construct_object(node, deep)
        except (LookupError, ValueError):
            _refuse(f"a value that does not fit its tag {_tag_of(node)}; remove the tag, or correct the value", node)

    def construct_yaml_null(self, node: yaml.ScalarNode) -> None:
        """No value, in one of its spellings: with another text, a setting would be lost."""
        if not _NULL.match(node.value):
            raise ValueError

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> str:
        """A date as its reader wants it."""
        if not self.timestamp_regexp.match(node.value):
            raise ValueError
        return self.date(node.value)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A whole number of at most 64 bits, octal with leading zeros."""
        text = node.value.replace("_", "")
        octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
        try:
            number = int(f"{octal[1]}0o{octal[2]}" if octal else text, 0)
        except ValueError:  # a decimal number with leading zeros, or of thousands of digits
            number = int(text) if len(text) < SHOWN else 2**64
        if not -(2**63) <= number < 2**64:
            _refuse("a number of more than 64 bits; quote it to make it a text", node)
        return number

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        """A number that JSON has."""
        number: float = super().construct_yaml_float(node)
        if not math.isfinite(number):
            _refuse("a number that is out of range; quote it to make it a text", node)
        return number


for _kind in ("int", "float", "null", "timestamp"):
    _Loader.add_constructor(f"{_CORE}{_kind}", getattr(_Loader, f"construct_yaml_{_kind}"))
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:[0-9][0-9_]*|0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+)$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("timestamp", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "0123456789"),
    ("null", _NULL.pattern, "~nN\0"),
    ("merge", r"^(?:<<)$", "<"),
):
    _Loader.add_implicit_resolver(
        f"{_CORE}{_tag}", re.compile(_pattern), ["" if character == "\0" else character for character in _first]
    )
IMPLICIT_RESOLVERS = _Loader.yaml_implicit_resolvers
"""By first character, the tags and patterns of plain scalars that are no text."""
