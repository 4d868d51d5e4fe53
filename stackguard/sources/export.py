"""State files: a `pulumi stack export`, a bare deployment, or a checkpoint in `.pulumi/stacks`.

Versions 1 to 4 differ in fields that are not read here, except that the first two have no dependencies by property. A
version 4 lists the features that it uses; none of them changes what is read here, and a value of an unsupported kind
becomes unknown.
Source: sdk/go/common/apitype/core.go and pkg/resource/stack of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import msgspec

from policypack.core.policy import Resource
from stackguard.errors import CannotJudge, NotAStackError, shortened
from stackguard.sources import LoadedStack, digest
from stackguard.sources.duplicates import duplicate_key
from stackguard.sources.input_stream import WRITE_IT
from stackguard.sources.shape import looks_like, not_an_object
from stackguard.sources.state import ANYTHING, STATE, Sharing, State, decoded, refuse_duplicates, to_resource

VERSIONS = range(1, 5)
LAST_WITHOUT_PROPERTY_DEPENDENCIES = 2
DEFERRED = frozenset({"resources", "version", *digest.OTHERS})
CONTENTS = frozenset({"deployment", "latest", "checkpoint", "steps"})
"""The fields with the resources, of which a file has one."""
KNOWN = {
    "deployment": (
        "resources",
        "manifest",
        frozenset({"manifest", "metadata", "pending_operations", "secrets_providers"}),
    ),
    "checkpoint": ("latest", "stack", frozenset({"stack", "config"})),
}
"""By the field that holds the resources, the field that leads to them, the one that Pulumi always writes, and all others."""
JSON_STARTS = '[{"tfn-0123456789'
LONGEST = 1 << 26
"""Bytes of the longest value that is read; every resource is much smaller."""
NEAR_END = 16
"""Bytes before the end of the block in which an error can be caused by a number or an escape that continues."""
NO_SPACE = re.compile(rb"[^ \t\r\n]")
BYTE = re.compile(r"byte (\d+)")
SKIPPER = msgspec.json.Decoder(msgspec.Raw)
NAMER = msgspec.json.Decoder(str)
LISTED = msgspec.json.Decoder(list[msgspec.Raw])


def parse(blocks: Iterator[bytes], source: str) -> LoadedStack:
    """The resources of a state file, or of a `pulumi preview --json`.

    Args:
        blocks: the file's text, as of `input_stream`.
        source: its name for errors: the path in backticks, or `standard input`.

    Raises:
        CannotJudge: it is neither, or it is malformed.
    """
    try:
        return _parse(Cursor(blocks, source))
    except RecursionError:
        raise CannotJudge(f"{source} is nested too deeply to be a stack export; {WRITE_IT}") from None
    except MemoryError:
        raise CannotJudge(f"{source} does not fit into memory; judge it on a machine with more memory") from None


def _parse(cursor: Cursor) -> LoadedStack:
    first, source = cursor.kind(), cursor.source
    if not first:
        raise CannotJudge(f"{source} is empty; {WRITE_IT}")
    if first not in JSON_STARTS:
        raise cursor.broken()
    if first != "{":
        raise RecursionError if cursor.opens_lists() else NotAStackError(f"{source} {not_an_object(first)}")
    document = _document(cursor)
    resources = document.resources
    if resources is None and "manifest" in document.names:  # a bare deployment with sorted fields
        resources = _resources(Cursor(iter([document.deferred.get("resources", b"null")]), source))
    if resources is not None:
        version = decoded(ANYTHING, document.deferred.get("version", b"null"), "version", source)
        versioned = tuple(_versioned(resources, version, source))
        loaded = LoadedStack(versioned, source, _default_region(versioned))
    elif document.steps is not None or document.names & digest.NAMES:
        loaded = digest.loaded(document.steps or {}, document.deferred, source)
    else:
        raise NotAStackError(f"{source} {looks_like(document.names)}")
    cursor.end()
    if document.empty:
        _refuse_unversioned(document, source)
    return loaded


@dataclass(slots=True)
class StateFile:
    """The outermost object of a file; its fields determine the kind of the file."""

    names: set[str] = field(default_factory=set)
    deferred: dict[str, bytes] = field(default_factory=dict)
    """The JSON text of fields whose meaning depends on other fields."""
    resources: list[Resource] | None = None
    steps: digest.Steps | None = None

    @property
    def empty(self) -> bool:
        """Whether it has a deployment without any resource."""
        return "deployment" in self.names and not self.resources


def _document(cursor: Cursor) -> StateFile:
    document = StateFile()
    for name in cursor.fields():
        document.names.add(name)
        if len(both := sorted(document.names & CONTENTS)) > 1:
            raise CannotJudge(
                f"{cursor.source} has both `{both[0]}` and `{both[1]}`, so it is of no one stack; {WRITE_IT}"
            )
        if name in {"deployment", "latest"}:
            document.resources = _deployment(cursor, "deployment")
        elif name == "checkpoint":
            document.resources = _deployment(cursor, name)
        elif name == "resources" and "manifest" in document.names:  # a bare deployment
            document.resources = _resources(cursor)
        elif name == "steps":
            document.steps = digest.steps(cursor)
        elif name in DEFERRED:
            document.deferred[name] = cursor.value() if name == "resources" else cursor.once()
        else:
            cursor.skip()
    return document


def _deployment(cursor: Cursor, name: str) -> list[Resource]:
    """The resources of a deployment, or of the checkpoint that contains it as `latest`. Pending operations are ignored."""
    resources: list[Resource] = []
    if cursor.null(name, "{"):
        return resources
    names = set()
    for field_name in cursor.fields():
        names.add(field_name)
        if field_name == "latest" and name == "checkpoint":
            resources = _deployment(cursor, "deployment")
        elif field_name == "resources" and name == "deployment":
            resources = _resources(cursor)
        else:
            cursor.skip()
    _require_stack(names, name, cursor.source)
    return resources


def _require_stack(names: set[str], name: str, source: str) -> None:
    """Check that a deployment or a checkpoint without its resources is that of an empty stack.

    Raises:
        CannotJudge: it may be of a stack that is not read, such as an encrypted one.
    """
    listed, always, known = KNOWN[name]
    if listed in names:
        return
    if unknown := sorted(names - known):
        raise CannotJudge(f"{source} is not a stack export: `{name}` has `{unknown[0]}` and no `{listed}`; {WRITE_IT}")
    if always not in names:
        raise CannotJudge(f"{source} is not a stack export: `{name}` has neither `{listed}` nor `{always}`; {WRITE_IT}")


def _refuse_unversioned(document: StateFile, source: str) -> None:
    """Refuse an export without a resource that Pulumi refuses, too: nothing in it shows that it is of a stack.

    Raises:
        CannotJudge: it has no version.
    """
    if document.deferred.get("version", b"null") == b"null":
        raise CannotJudge(f"{source} is not a stack export: it has neither a resource nor a `version`; {WRITE_IT}")


def _resources(cursor: Cursor) -> list[Resource]:
    resources: list[Resource] = []
    if cursor.null("resources", "["):
        return resources
    sharing: Sharing = {}
    for number, text in enumerate(cursor.values()):
        state: State = decoded(STATE, text, f"resources[{number}]", cursor.source)
        place = f"{cursor.source}, resource {number + 1}"
        if state.delete:
            refuse_duplicates(text, place)
        else:
            resources.append(to_resource(state, text, place, sharing))
    return resources


def _versioned(resources: list[Resource], version: Any, source: str) -> Iterator[Resource]:
    if version is not None and (version not in VERSIONS or isinstance(version, bool)):
        if not isinstance(version, int) or isinstance(version, bool):
            raise CannotJudge(f"{source} is malformed: its `version` must be a number like {VERSIONS[-1]}; {WRITE_IT}")
        known = f"{VERSIONS.start} to {VERSIONS[-1]}; use a newer stackguard, or an older pulumi"
        raise CannotJudge(f"{source} has version {shortened(str(version))}, and this release reads {known}")
    if version is None or version > LAST_WITHOUT_PROPERTY_DEPENDENCIES:
        yield from resources
        return
    for resource in resources:
        yield replace(resource, property_dependencies=dict.fromkeys(resource.inputs, resource.dependencies))


def _default_region(resources: tuple[Resource, ...]) -> str | None:
    """The stack's `aws:region`: the region of its default AWS providers; None if they have several or none."""
    regions = {
        region
        for provider in resources
        if provider.type == "pulumi:providers:aws" and provider.name.startswith("default")
        if isinstance(region := provider.inputs.get("region"), str)
    }
    return regions.pop() if len(regions) == 1 else None


class Cursor:
    """A position in a JSON text that is read block by block, so that only one value at a time is in memory.

    `msgspec` finds the end of a value: its error contains the byte at which text follows the JSON (decision 31).
    `kind` looks ahead; `fields` and `items` walk into an object or a list. The caller must take each value before the
    next one, by `value`, `skip` or another walk.

    Raises:
        CannotJudge: by every method, if the text is not well-formed JSON or a value is longer than `LONGEST`.
    """

    def __init__(self, blocks: Iterator[bytes], source: str) -> None:
        self._blocks = blocks
        self.source = source
        self._text = b""
        self._at = 0
        self._bytes = 0
        """The bytes and lines that are read and dropped, and the bytes since the start of the current line."""
        self._lines = 0
        self._column = 0

    def kind(self) -> str:
        """The first character of the next value or delimiter; empty at the end of the text."""
        while True:
            start = NO_SPACE.search(self._text, self._at)
            if start:
                self._at = start.start()
                return chr(self._text[self._at])
            self._at = len(self._text)
            if not self._more():
                return ""

    def fields(self) -> Iterator[str]:
        """The names in the object that starts here; at each, its value comes next."""
        seen: set[str] = set()
        for _ in self._members("{", "}"):
            start = self.kind()
            if not start:
                raise self.cut_off()
            if start != '"':
                raise self.broken()
            text = self.value()
            name = NAMER.decode(text)
            if name in seen:
                raise self.twice(name, f"one object, the second at {self._where(self._at - len(text))}")
            seen.add(name)
            self._take(":")
            yield name

    def items(self) -> Iterator[int]:
        """The indexes in the list that starts here; at each, its value comes next."""
        return self._members("[", "]")

    def values(self) -> Iterator[bytes]:
        """The JSON texts of the values in the list that starts here: found at once if all of it is in memory."""
        if self.kind() == "[" and (length := self._length()):
            start, self._at = self._at, self._at + length
            yield from map(bytes, LISTED.decode(memoryview(self._text)[start : self._at]))
        else:
            for _ in self.items():
                yield self.value()

    def _members(self, opening: str, closing: str) -> Iterator[int]:
        self._take(opening)
        if self.kind() == closing:
            self._at += 1
            return
        for index in count():
            yield index
            if self._take(f",{closing}") == closing:
                return

    def value(self) -> bytes:
        """The JSON text of the next value."""
        if not self.kind():
            raise self.cut_off()
        while True:
            length = self._length()
            if length is not None:
                start, self._at = self._at, self._at + length
                return self._text[start : self._at]
            if len(self._text) - self._at > LONGEST:
                raise CannotJudge(
                    f"{self.source} has a value of more than {LONGEST >> 20} MiB at {self._where(self._at)}, "
                    f"which no stack contains; {WRITE_IT}"
                )
            if not self._more():
                raise self.cut_off()

    def once(self) -> bytes:
        """The JSON text of the next value, in which no object has a key twice."""
        text = self.value()
        if key := duplicate_key(text):
            raise self.twice(key, f"the value at {self._where(self._at - len(text))}")
        return text

    def skip(self) -> None:
        """Skip the next value."""
        self.once()

    def null(self, name: str, start: str) -> bool:
        """Whether `null` comes next, which is skipped, instead of the object or list that begins with `start`.

        Raises:
            CannotJudge: the value of the field `name` is of another kind.
        """
        if self.kind() not in {start, "n", ""}:
            kind = "an object" if start == "{" else "a list"
            raise CannotJudge(f"{self.source} is not a stack export: `{name}` must be {kind}; {WRITE_IT}")
        if self.kind() != "n":
            return False
        self.skip()
        return True

    def broken(self, byte: int = 0) -> CannotJudge:
        """The error for a text that is not JSON `byte` bytes from here."""
        return CannotJudge(f"{self.source} is not JSON: it breaks at {self._where(self._at + byte)}; {WRITE_IT}")

    def twice(self, key: str, place: str) -> CannotJudge:
        """The error for an object that has a key twice."""
        return CannotJudge(f"{self.source} has the key `{key}` twice in {place}; {WRITE_IT}")

    def cut_off(self) -> CannotJudge:
        """The error for a text that ends too early."""
        place = self._where(len(self._text))
        return CannotJudge(f"{self.source} ends in the middle of its JSON at {place}; it was cut off: write it again")

    def opens_lists(self) -> bool:
        """Whether lists begin here, one in another, deeper than JSON is read."""
        return self._text.startswith(b"[" * 1000, self._at)

    def end(self) -> None:
        """Check that the text ends here."""
        if self.kind():
            raise CannotJudge(f"{self.source} continues after its JSON at {self._where(self._at)}; {WRITE_IT}")

    def _length(self) -> int | None:
        """The length of the next value in bytes; None if it can continue after the current block."""
        view = memoryview(self._text)[self._at :]
        try:
            SKIPPER.decode(view)
        except msgspec.DecodeError as error:
            message = str(error)
            if "truncated" in message:
                return None
            match = BYTE.search(message)
            byte = int(match[1]) if match else 0
            if "trailing" in message and "comma" not in message:
                return byte - 1
            if byte + NEAR_END > len(view) and self._more():
                return self._length()
            if byte >= len(view):  # a number ends after its point
                raise self.cut_off() from None
            raise self.broken(byte) from None
        return len(view) if chr(view[0]) in '{["' or not self._more() else self._length()

    def _take(self, allowed: str) -> str:
        delimiter = self.kind()
        if not delimiter:
            raise self.cut_off()
        if delimiter not in allowed:
            raise self.broken()
        self._at += 1
        return delimiter

    def _more(self) -> bool:
        """Read as much again as is left, so that a long value is not copied for each of its blocks."""
        left = self._text[self._at :]
        blocks = [left]
        missing = max(1, len(left))
        for block in self._blocks:
            blocks.append(block)
            missing -= len(block)
            if missing <= 0:
                break
        if len(blocks) == 1:
            return False
        self._drop(self._at)
        self._text, self._at = b"".join(blocks), 0
        return True

    def _drop(self, length: int) -> None:
        lines = self._text.count(b"\n", 0, length)
        self._bytes += length
        self._lines += lines
        self._column = length - self._text.rfind(b"\n", 0, length) - 1 if lines else self._column + length

    def _where(self, at: int) -> str:
        lines = self._text.count(b"\n", 0, at)
        column = at - self._text.rfind(b"\n", 0, at) - 1 if lines else self._column + at
        return f"line {self._lines + lines + 1} column {column + 1} (byte {self._bytes + at})"
