"""Numbers that a module has a name for, written out where they limit something: `LIMIT = 10` and `records[:LIMIT]`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

_LIMITED = {"islice", "deque", "range", "min", "nlargest", "nsmallest", "sample", "batched", "chunked"}
"""Calls whose arguments say how many elements there are."""
_NUMBER = re.compile(r"^[A-Z_][A-Z0-9_]*(\s*:[^=\n]+)?\s*=\s*\d", re.MULTILINE)
"""What is in the text of a module that has a name for a number."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with plain numbers for limits and indexes."""
    if not _NUMBER.search(text):
        return tree
    rewritten: ast.Module = _Rewriter(_numbers(tree)).visit(tree)
    return rewritten


def _numbers(tree: ast.Module) -> dict[str, ast.Constant]:
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


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module; `numbers` are its constants, by name."""

    def __init__(self, numbers: Mapping[str, ast.Constant]) -> None:
        self.numbers = numbers

    def _number(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name) and node.id in self.numbers:
            return ast.copy_location(ast.Constant(self.numbers[node.id].value), node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Rewrite an index, and the bounds of a slice."""
        self.generic_visit(node)
        node.slice = self._number(node.slice)
        if isinstance(node.slice, ast.Slice):
            for bound in ("lower", "upper", "step"):
                if given := getattr(node.slice, bound):
                    setattr(node.slice, bound, self._number(given))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite the arguments of a call that limits something."""
        self.generic_visit(node)
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in _LIMITED:
            node.args = [*map(self._number, node.args)]
            for keyword in node.keywords:
                keyword.value = self._number(keyword.value)
        return node
