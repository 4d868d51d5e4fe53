"""Numbers that a module has a name for, written out where they limit something: `LIMIT = 10` and `records[:LIMIT]`.

So is the length of what a function has a name for, `count = len(records)`.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping

_LIMITED = {"islice", "deque", "range", "min", "nlargest", "nsmallest", "sample", "batched", "chunked"}
"""Calls whose arguments say how many elements there are."""
_NUMBER = re.compile(r"^[A-Z_][A-Z0-9_]*(\s*:[^=\n]+)?\s*=\s*\d|=\s*len\s*\(", re.MULTILINE)
"""What is in the text of a module that has a name for a number."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with plain numbers for limits and indexes."""
    if not _NUMBER.search(text):
        return tree
    rewritten: ast.Module = _Rewriter(constants(tree)).visit(tree)
    return rewritten


def constants(tree: ast.Module) -> dict[str, ast.Constant]:
    """The names in capitals that nothing but one line of the module gives a value, and that is a whole number."""
    given: dict[str, ast.Constant] = {}
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() as number) as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=int() as number) as value)
            ) if name.isupper() and not isinstance(number, bool):
                given[name] = value
    stored = [name for node in ast.walk(tree) if (name := _stored(node)) in given]
    return {name: value for name, value in given.items() if stored.count(name) == 1}


def _stored(node: ast.AST) -> str:
    """The name that a node gives a value, or may."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return name
        case ast.alias(name=name, asname=other):
            return other or name
    return ""


def _lengths(function: ast.AST) -> dict[str, ast.Call]:
    """The names that a function gives a value once, the length of something: `count = len(records)`."""
    nodes = [*ast.walk(function)]
    stored = [_stored(node) for node in nodes]
    return {
        name: call
        for node in nodes
        if isinstance(node, ast.Assign)
        for name, call in [_length(node)]
        if call is not None and stored.count(name) == 1
    }


def _length(node: ast.Assign) -> tuple[str, ast.Call | None]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name("len"), args=[ast.expr()]) as call):
            return name, call
    return "", None


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module; `numbers` are its constants and `lengths` those of the innermost function, by name."""

    def __init__(self, numbers: Mapping[str, ast.Constant]) -> None:
        self.numbers = numbers
        self.lengths: Mapping[str, ast.Call] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Rewrite a function."""
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Rewrite a coroutine."""
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        outer, self.lengths = self.lengths, _lengths(node)
        self.generic_visit(node)
        self.lengths = outer
        return node

    def _number(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name) and node.id in self.numbers:
            return ast.copy_location(ast.Constant(self.numbers[node.id].value), node)
        return node

    def _bound(self, node: ast.expr) -> ast.expr:
        """A number, or the length that a name has."""
        if isinstance(node, ast.Name) and node.id in self.lengths:
            return ast.fix_missing_locations(ast.copy_location(copy.deepcopy(self.lengths[node.id]), node))
        return self._number(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Rewrite an index, and the bounds of a slice."""
        self.generic_visit(node)
        node.slice = self._number(node.slice)
        if isinstance(node.slice, ast.Slice):
            for bound in ("lower", "upper", "step"):
                if given := getattr(node.slice, bound):
                    setattr(node.slice, bound, self._bound(given))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite the arguments of a call that limits something."""
        self.generic_visit(node)
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in _LIMITED:
            number = self._number if called == "range" else self._bound
            node.args = [*map(number, node.args)]
            for keyword in node.keywords:
                keyword.value = number(keyword.value)
        return node
