"""Finds where a program's source states what a path of a resource leads to."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from policypack.core.policy import Position, Resource
from policypack.evaluation.placing.statement_place import statement_at, statements_of
from stackguard.positions.expressions import Environment, Reader
from stackguard.positions.module import Module, Scope, module
from stackguard.positions.written import Written

STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
CONSTRUCTOR = "__init__"


def stated(resource: Resource, path: str, calls: Sequence[Position], base: Path) -> Position | None:
    """The line of the statement, or of the property, that a path leads to; None if it is not certain.

    Args:
        resource: that a program constructs.
        path: in the resource.
        calls: the constructor's call, then its callers; files are absolute.
        base: the folder of the program.
    """
    if not path:
        return None
    sources = tuple(module(Path(call.file)) for call in calls)  # other objects after an edit
    # Only where one line constructs several is the name needed: a loop constructs hundreds of resources at one line.
    arguments = _arguments(resource.type, "", tuple(calls), base, sources) or _arguments(
        resource.type, resource.name, tuple(calls), base, sources
    )
    if arguments is None:
        return None
    place = statement_at(resource, path)
    found, value = _walked(arguments, resource.inputs, place.document if place else path)
    if place and value:
        passed = Written(value.position, [*value.dictionaries()], complete=False)
        statement = (value.member("Statement") or passed).item(place.index, statements_of(resource, place.document))
        return statement.position if statement else found
    return found


@lru_cache(maxsize=4096)
def _arguments(
    type_token: str, name: str, calls: tuple[Position, ...], base: Path, _sources: tuple[Module | None, ...]
) -> Written | None:
    """The arguments of the call that constructs a resource, as a dictionary; None if it is not certain which it is."""
    reader = Reader(base)
    environment = _environment(reader, calls[1:], calls[0])
    found = call_of(reader, calls[0], type_token.rpartition(":")[2], name)
    if found is None:
        return None
    call, scope = found
    return reader.arguments(call, environment or Environment(scope))


def call_of(reader: Reader, position: Position, name: str, first: str = "") -> tuple[ast.Call, Scope] | None:
    """The call of a name at a position, if there is exactly one.

    Args:
        reader: of the program.
        position: of the call.
        name: of the function or class.
        first: its first argument, where that decides between several.
    """
    parsed = module(Path(position.file))
    found = parsed.calls.get(position.line, []) if parsed else []
    named = [(call, scope) for call, scope in found if reader.name_of(call.func, scope) == name]
    if len(named) > 1:
        named = [
            (call, scope)
            for call, scope in named
            if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == first
        ]
    return named[0] if len(named) == 1 else None


def _environment(reader: Reader, callers: Sequence[Position], position: Position) -> Environment | None:
    """The scope of a position, with what its callers pass for its parameters, as far as that is certain."""
    parsed = module(Path(position.file))
    found = parsed.calls.get(position.line, []) if parsed else []
    scopes = {id(scope): scope for _, scope in found}
    if len(scopes) != 1:
        return None
    (scope,) = scopes.values()
    node = scope.node
    if not callers or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return Environment(scope)
    is_constructor = node.name == CONSTRUCTOR and scope.owner is not None
    called = scope.owner.name if is_constructor and scope.owner else node.name
    outer = call_of(reader, callers[0], called)
    if outer is None:
        return Environment(scope)
    call, around = outer
    environment = _environment(reader, callers[1:], callers[0]) or Environment(around)
    return reader.bound(scope, call, environment, skip=int(scope.is_method))


def _walked(arguments: Written, inputs: Mapping[str, Any], path: str) -> tuple[Position | None, Written | None]:
    """The line of the deepest part of a path that the source states, and the value there, if that is all of it."""
    value: Written | None = arguments
    actual: Any = inputs
    position: Position | None = None
    for name, index in STEP.findall(path):
        if index and value and isinstance(actual, list) and int(index) < len(actual):
            value = value.item(int(index), actual)
            actual = actual[int(index)]
        elif name and value:
            value = value.member(name)
            actual = actual.get(name) if isinstance(actual, Mapping) else None
        else:
            value = None
        if value is None:
            break
        position = value.position
    return position, value
