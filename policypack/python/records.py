"""Records of the event in values: what subscripts, comprehensions and calls of libraries make of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from policypack.python.domain import (
    UNKNOWN,
    External,
    ListValue,
    Values,
    shapes,
    single,
)
from policypack.python.model import EVENT_TEXT, Shape, Shapes, event_text, shape_of

KEYS = ("Records", "records")
MANY: Shapes = frozenset({Shape.RECORDS, Shape.SOME})
NONE_OF_THEM: Shapes = frozenset()
_SAME = {
    *("list", "tuple", "set", "sorted", "reversed", "iter", "enumerate", "zip", "deque", "chain", "batched", "chunked"),
    *("tqdm", "copy", "deepcopy", "cast", "values", "items", "from_iterable", "aiter"),
}
_PARTLY = {"filter", "map", "islice", "takewhile", "dropwhile", "starmap"}
_MODELS = {"dict", "parse", "model_validate", "parse_obj", "from_dict"}
_PLAIN = {"get", "unquote_plus", "unquote", "loads", "str", "int", "dict", "tuple", "list"}
"""Calls that only take something from a record."""


def called_name(node: ast.AST) -> str:
    """The last part of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def gives_work(node: ast.Call) -> bool:
    """Whether this is the `map` of a pool, which starts the work on everything at once."""
    return isinstance(node.func, ast.Attribute) and node.func.attr in {"map", "starmap", "imap", "map_async"}


def item(base: Shapes, keys: Iterable[str | None], *, sliced: bool = False) -> Shapes:
    """What is at an index, or at one of these keys."""
    if sliced:
        return frozenset({Shape.SOME}) if base & MANY else NONE_OF_THEM
    if Shape.EVENT in base and any(key in KEYS for key in keys):
        return frozenset({Shape.RECORDS})
    return frozenset({Shape.RECORD}) if base & {Shape.EVENT, Shape.RECORD, *MANY} else NONE_OF_THEM


def attribute(of: Shape, name: str) -> Values:
    """An attribute of a value of the event, such as of a data class."""
    if of is Shape.EVENT:
        return single(event_text(Shape.RECORDS if name in KEYS else Shape.RECORD))
    return single(event_text(of if of is Shape.RECORD else Shape.PART))


def element(of: Shape) -> Values:
    """The elements of a value of the event."""
    return single(event_text(Shape.RECORD if of in MANY else Shape.PART))


def called(node: ast.Call, base: Shapes, arguments: Shapes, keys: Iterable[str | None]) -> Shapes:
    """What a call of a library returns.

    Args:
        node: the call.
        base: of what a method is called on.
        arguments: of all arguments together.
        keys: the possible texts of the first argument.
    """
    name = called_name(node)
    if name == "get" and node.args:
        return item(base, keys)
    if name in _SAME:
        return (arguments | base) & (MANY | {Shape.EVENT})
    if name in _PARTLY and not gives_work(node):
        return frozenset({Shape.SOME}) if arguments & MANY else NONE_OF_THEM
    if name == "range" and Shape.COUNT in arguments:
        return frozenset({Shape.RECORDS})
    if name == "len" and arguments & MANY:
        return frozenset({Shape.COUNT})
    if name == "loads" and arguments & {Shape.RECORD, Shape.EVENT}:
        return frozenset({Shape.EVENT})
    if name in _MODELS or name.endswith(("Event", "Model")):
        return arguments & {Shape.EVENT}
    is_taken = name in {"next", "anext", "pop", "popleft"} and (arguments | base) & MANY
    return frozenset({Shape.RECORD}) if is_taken else NONE_OF_THEM


def comprehended(source: Shapes, elements: list[ast.expr], loops: list[ast.comprehension], *, lazy: bool) -> Shapes:
    """The records in a comprehension: those that it only reads, not the results of work on each."""
    source &= MANY
    plain = all(map(_plain, elements))
    if not source or not (plain or lazy):
        return NONE_OF_THEM
    return source if plain and not any(loop.ifs for loop in loops) else frozenset({Shape.SOME})


def with_shapes(values: Values, result: Shapes) -> Values:
    """The values, marked with their relation to the records, which replaces that of their sources.

    Args:
        values: the result as texts and lists.
        result: what the result is to the records.
    """
    if not result and not any(map(shape_of, values)):
        return values
    kept = frozenset(EVENT_TEXT if shape_of(value) else value for value in values)
    missing = result - shapes(kept)
    if missing & MANY and any(isinstance(value, ListValue) and value.alike for value in kept):
        kept, missing = with_records(kept, missing & MANY), missing - MANY
    if missing:
        kept = frozenset(value for value in kept if value != EVENT_TEXT and not _opaque(value))
    return kept | frozenset(map(event_text, missing))


def with_records(values: Values, of: Shapes) -> Values:
    """Lists with the records that they have an element for each of."""
    return frozenset(
        ListValue(value.elements, value.alike, value.of | of) if isinstance(value, ListValue) and value.alike else value
        for value in values
    )


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a function but the functions and classes inside it, in the order of the source."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from own_nodes(child)


def _plain(node: ast.expr) -> bool:
    return all(called_name(child) in _PLAIN for child in ast.walk(node) if isinstance(child, ast.Call))


def _opaque(value: object) -> bool:
    return value in UNKNOWN or (isinstance(value, External) and value.name.endswith("()"))
