"""Conditions that never hold, because nothing changes the empty value that they ask about: `if failed:` after `failed = 0`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policypack.python.records import called_name

if TYPE_CHECKING:
    from policypack.python.handling.scan import Scan

_EMPTY_MAKERS = {"list", "dict", "set", "tuple", "int", "bool", "str"}


def never_runs(scan: Scan, node: ast.AST) -> bool:
    """Whether a node is under a condition that never holds."""
    return any(
        isinstance(outer, ast.If) and inner in outer.body and _stays_empty(scan, _asked(outer.test))
        for outer, inner in _around(scan, node)
    )


def _asked(test: ast.expr) -> str:
    """The name of which a condition asks whether it is more than nothing: `failed`, `len(failed) > 0`."""
    match test:
        case ast.Name(id=name) | ast.Call(func=ast.Name(id="len" | "bool" | "any"), args=[ast.Name(id=name)]):
            return name
        case ast.Compare(left=left, ops=[ast.Gt() | ast.NotEq()], comparators=[ast.Constant(value=0)]):
            return _asked(left)
        case ast.Compare(left=left, ops=[ast.GtE()], comparators=[ast.Constant(value=1)]):
            return _asked(left)
    return ""


def _stays_empty(scan: Scan, name: str) -> bool:
    """Whether a name of the function has one value, an empty one, and nothing gets it that may change it."""
    uses = [node for node in ast.walk(scan.function) if isinstance(node, ast.Name) and node.id == name]
    stores = [node for node in uses if not isinstance(node.ctx, ast.Load)]
    if (
        any(_binds(node, name) for node in ast.walk(scan.function))
        or len(stores) != 1
        or not any(map(_is_empty, scan.given(name)))
    ):
        return False
    return all(_only_asks(scan, node) for node in uses if node is not stores[0])


def _binds(node: ast.AST, name: str) -> bool:
    """Whether a name is another function's, or an `except`, a pattern or a definition gives it a value."""
    others = node.names if isinstance(node, ast.Global | ast.Nonlocal) else ()
    return name in others or name in (getattr(node, "name", None), getattr(node, "rest", None))


def _is_empty(value: ast.expr) -> bool:
    match value:
        case ast.Constant():
            return not value.value
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return not elements
        case ast.Dict(keys=keys):
            return not keys
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
            return name in _EMPTY_MAKERS
    return False


def _only_asks(scan: Scan, node: ast.AST) -> bool:
    """Whether a name is read where nothing can change its value: in a condition, a text, a `raise` or a `print`."""
    for outer, inner in _around(scan, node):
        match outer:
            case ast.If(test=test) | ast.IfExp(test=test) if inner is test:
                return True
            case ast.Raise() | ast.Return() | ast.JoinedStr():
                return True
            case ast.Call() if called_name(outer) in {"len", "bool", "any", "print"}:
                return True
            case ast.Compare() | ast.UnaryOp() | ast.BoolOp() | ast.FormattedValue() | ast.BinOp():
                continue
            case ast.Call() if isinstance(scan.parents.get(outer), ast.Raise):
                return True
        return False
    return False


def _around(scan: Scan, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What is around a node, each with what it contains."""
    while (outer := scan.parents.get(node)) is not None:
        yield outer, node
        node = outer
