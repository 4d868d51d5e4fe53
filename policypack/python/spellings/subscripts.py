"""Other spellings of a subscript, rewritten as one: `x.__getitem__(0)`, `operator.getitem(x, 0)`, `x[slice(1)]`, `x[len(x) - 1]`.

So are calls of what takes an element under another name: `first = itemgetter(0)`, `take = records.pop`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from policypack.python.spellings.assigned import assigned_calls

_METHODS = {"pop", "popleft", "__next__", "__getitem__"}
_GETTERS = {"itemgetter", "methodcaller"}
_SPELLINGS = re.compile(
    r"getitem|from_iterable|itemgetter|methodcaller|slice\s*\(|\[\s*len\s*\(|\.(pop|popleft|__next__)\s*([;#]|$)",
    re.MULTILINE,
)
"""What is in the text of a module that has another spelling."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with plain subscripts."""
    if not _SPELLINGS.search(text):
        return tree
    slices = {name: call for name, call in assigned_calls(tree) if _slice(call)}
    rewritten: ast.Module = _Rewriter(slices, _takers(tree)).visit(tree)
    return rewritten


def _takers(tree: ast.Module) -> dict[str, ast.expr]:
    """The names that a module gives once, to what takes an element: `itemgetter(0)`, `records.pop`."""
    stored: dict[str, list[ast.expr | None]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                stored.setdefault(name, []).append(value)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                stored.setdefault(name, []).append(None)
    return {
        name: value
        for name, (value, *others) in stored.items()
        if value is not None and others in ([], [None]) and _takes(value)
    }


def _takes(value: ast.expr) -> bool:
    match value:
        case ast.Attribute(attr=name):
            return name in _METHODS
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _GETTERS
    return False


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module; `slices` are its constants that are slices, by name, `takers` what takes an element."""

    def __init__(self, slices: Mapping[str, ast.Call], takers: Mapping[str, ast.expr]) -> None:
        self.slices = slices
        self.takers = takers

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite a call."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            node.func = self.takers.get(node.func.id, node.func)
        match node:
            case ast.Call(
                func=ast.Call(func=ast.Name("itemgetter") | ast.Attribute(attr="itemgetter"), args=[index]), args=[base]
            ):
                return self.visit_Subscript(ast.copy_location(ast.Subscript(base, index, ast.Load()), node))
            case ast.Call(
                func=ast.Call(
                    func=ast.Name("itemgetter") | ast.Attribute(attr="itemgetter"), args=[_, _, *_] as indexes
                ),
                args=[base],
            ):
                items: list[ast.expr] = [ast.Subscript(base, index, ast.Load()) for index in indexes]
                return ast.fix_missing_locations(ast.copy_location(ast.Tuple(items, ast.Load()), node))
            case ast.Call(
                func=ast.Attribute(attr="from_iterable", value=chain),
                args=[ast.List(elts=lists) | ast.Tuple(elts=lists)],
            ):
                return ast.copy_location(ast.Call(chain, lists, []), node)
            case ast.Call(
                func=ast.Call(
                    func=ast.Name("methodcaller") | ast.Attribute(attr="methodcaller"),
                    args=[ast.Constant(value=str() as name), *arguments],
                ),
                args=[base],
            ):
                method = ast.Attribute(base, name, ast.Load())
                return self.visit_Call(ast.copy_location(ast.Call(method, arguments, []), node))
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
