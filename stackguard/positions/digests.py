"""Digests of what a source states for a property: two that differ are of different expressions.

Nothing else is known of an unknown value, so the expression identifies it, with what its names are bound to. Lines,
files, comments and layout do not count; of a resource that it uses, only the constructor and the name do.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from policypack.core.policy import Position, Resource
from stackguard.positions import Positions
from stackguard.positions.expressions import Reader
from stackguard.positions.module import Imported, Module, Scope, module
from stackguard.positions.source import call_of
from stackguard.positions.written import plain

MOST = 500
"""Expressions that one digest follows."""
DIGITS = 16
CONSTRUCTOR = re.compile(r"[A-Z](?!.*Args$)")
"""The beginning of the name of a class, but not of one of arguments."""
Stated = tuple[ast.AST, Scope]


class Digests:
    """The digests of one program."""

    def __init__(self, folder: Path | None, shared: tuple[Path, ...] = ()) -> None:
        """Begin.

        Args:
            folder: that the files of positions are relative to; None is the working folder.
            shared: further folders whose repositories have code of the program, as a copy of it has elsewhere.
        """
        self._positions = Positions(folder, shared)
        self._shared = shared

    def __call__(self, resource: Resource, path: str) -> str:
        """The digest of what a property is set to; empty if it is not certain where."""
        name = re.split(r"[.\[]", path)[0]
        calls = tuple(self._positions.calls(resource)) if name else ()
        if not calls:
            return ""
        sources = tuple(module(Path(call.file)) for call in calls)  # other objects after an edit
        kind, base = resource.type.rpartition(":")[2], self._positions.base
        digest = _digest(kind, "", name, calls, base, self._shared, sources)
        return digest or _digest(kind, resource.name, name, calls, base, self._shared, sources)


@lru_cache(maxsize=4096)
def _digest(
    kind: str,
    first: str,
    name: str,
    calls: tuple[Position, ...],
    base: Path,
    shared: tuple[Path, ...],
    _sources: tuple[Module | None, ...],
) -> str:
    reader = Reader(base, shared=shared)
    found = call_of(reader, calls[0], kind, first)
    if found is None:
        return ""
    call, scope = found
    own = [keyword.value for keyword in call.keywords if keyword.arg and plain(keyword.arg) == plain(name)]
    all_of_it = [*call.args[1:], *(keyword.value for keyword in call.keywords)]  # an object of arguments
    left: deque[Stated] = deque((part, scope) for part in own or all_of_it)
    callers = deque(calls[1:])
    seen: set[int] = set()
    hasher = hashlib.sha256()
    while left and len(seen) < MOST:
        node, scope = left.popleft()
        if id(node) in seen:
            continue
        seen.add(id(node))
        parts: list[ast.AST] = [node]
        if isinstance(node, ast.Call) and node not in own and CONSTRUCTOR.match(reader.name_of(node.func, scope)):
            hasher.update(ast.dump(node.func).encode())
            parts = [*node.args[:1]]
        for part in parts:
            hasher.update(ast.dump(part).encode(errors="replace"))
            for bound in _used(reader, part, scope):
                left += [bound] if bound else _calls(callers)
    return hasher.hexdigest()[:DIGITS]


def _used(reader: Reader, node: ast.AST, scope: Scope) -> Iterator[Stated | None]:
    """What the names in an expression are bound to; None for a parameter of the function around it."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            for bound, around in _bound(inner.value.id, scope):
                if isinstance(bound, Imported):
                    path = ".".join(filter(None, (bound.module, bound.member)))
                    yield from _members(reader, path, bound.level, inner.attr, around)
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield from _of_name(reader, inner.id, scope)


def _of_name(reader: Reader, name: str, scope: Scope) -> Iterator[Stated | None]:
    for bound, around in _bound(name, scope):
        if isinstance(bound, Imported):
            yield from _members(reader, bound.module, bound.level, bound.member, around)
        elif bound is not None:
            yield bound, around
        elif name in around.parameters:
            yield None
        yield from ((change, around) for change in around.changed.get(name, ()) if change is not None)


def _bound(name: str, scope: Scope) -> Iterator[tuple[ast.AST | Imported | None, Scope]]:
    current: Scope | None = scope
    while current and name not in current.names:
        current = current.outer
    if current:
        for bound in current.names[name]:
            yield bound, current


def _members(reader: Reader, path: str, level: int, member: str, importer: Scope) -> Iterator[Stated]:
    """What a member of another module of the program is bound to."""
    other = reader.module_of(path, level, importer.module)
    if other and other.top:
        for bound in other.top.names.get(member, ()):
            if isinstance(bound, ast.AST):
                yield bound, other.top


def _calls(callers: deque[Position]) -> list[Stated]:
    """The calls at the line of the next caller."""
    parsed = module(Path(callers[0].file)) if callers else None
    return [*parsed.calls.get(callers.popleft().line, ())] if parsed else []
