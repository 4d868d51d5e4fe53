"""Other spellings of a subscript, rewritten as one: `x.__getitem__(0)`, `operator.getitem(x, 0)`, `x[slice(1)]`, `x[len(x) - 1]`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

_SPELLINGS = re.compile(r"getitem|slice\s*\(|\[\s*len\s*\(")
"""What is in the text of a module that has another spelling."""


def plain(tree: ast.Module, content: str | bytes) -> ast.Module:
    """The module of this text with plain subscripts."""
    if not _SPELLINGS.search(content if isinstance(content, str) else content.decode("latin-1")):
        return tree
    slices = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        for target in statement.targets
        if isinstance(target, ast.Name) and _slice(statement.value)
    }
    rewritten: ast.Module = _Rewriter(slices).visit(tree)
    return rewritten


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module; `slices` are its constants that are slices, by name."""

    def __init__(self, slices: Mapping[str, ast.Call]) -> None:
        self.slices = slices

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite a call."""
        self.generic_visit(node)
        match node:
            case (
                ast.Call(func=ast.Attribute(value=base, attr="__getitem__"), args=[index], keywords=[])
                | ast.Call(func=ast.Attribute(value=ast.Name("operator"), attr="getitem"), args=[base, index])
                | ast.Call(func=ast.Name("getitem"), args=[base, index])
            ):
                return self.visit_Subscript(ast.copy_location(ast.Subscript(base, index, ast.Load()), node))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Rewrite an index."""
        self.generic_visit(node)
        index = self.slices.get(node.slice.id, node.slice) if isinstance(node.slice, ast.Name) else node.slice
        match index:
            case ast.Call():
                index = _slice(index) or index
            case ast.BinOp(
                left=ast.Call(func=ast.Name("len"), args=[counted]), op=ast.Sub(), right=ast.Constant() as number
            ):
                if ast.dump(counted) == ast.dump(node.value):
                    index = ast.UnaryOp(ast.USub(), number)
        if index is not node.slice:
            node.slice = ast.fix_missing_locations(ast.copy_location(index, node.slice))
        return node


def _slice(call: ast.Call) -> ast.Slice | None:
    """The slice that a call makes; None if it is of something else."""
    match call:
        case ast.Call(func=ast.Name("slice"), args=[upper], keywords=[]):
            return ast.Slice(None, _bound(upper), None)
        case ast.Call(func=ast.Name("slice"), args=[lower, upper, *step], keywords=[]):
            return ast.Slice(_bound(lower), _bound(upper), _bound(step[0]) if step else None)
    return None


def _bound(node: ast.expr) -> ast.expr | None:
    return None if isinstance(node, ast.Constant) and node.value is None else node
