"""Unpackings of two things at once, rewritten one by one: `head, tail = x[0], x[1:]`, `for a, b in pairwise(x)`."""

from __future__ import annotations

import ast
import re

_SPELLINGS = re.compile(r"pairwise|\bzip\s*\(|^\s*\w+\s*,\s*\w+[^=\n]*=.*\[.*:.*\]", re.MULTILINE)
"""What is in the text of a module that has another spelling."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with an assignment for each name, and a plain loop where it uses one of each two neighbors."""
    if not _SPELLINGS.search(text):
        return tree
    rewritten: ast.Module = _Rewriter().visit(tree)
    return rewritten


def _read(node: ast.AST) -> set[str]:
    """The names that code reads."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load)}


def _neighbors(source: ast.expr) -> ast.expr | None:
    """What an expression has the pairs of neighbors of: `pairwise(x)`, `zip(x, x[1:])`."""
    match source:
        case ast.Call(func=ast.Name("pairwise") | ast.Attribute(attr="pairwise"), args=[pairs]):
            return pairs
        case ast.Call(
            func=ast.Name("zip"),
            args=[
                first,
                ast.Subscript(value=second, slice=ast.Slice(lower=ast.Constant(value=1), upper=None, step=None)),
            ],
        ) if ast.dump(first) == ast.dump(second):
            return first
    return None


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module; `read` are the names that the innermost function reads."""

    def __init__(self) -> None:
        self.read: set[str] | None = None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Rewrite a function."""
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Rewrite a coroutine."""
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        outer, self.read = self.read, _read(node)
        self.generic_visit(node)
        self.read = outer
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """Rewrite a loop over pairs."""
        self.generic_visit(node)
        node.target, node.iter = self._single(node.target, node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """Rewrite a loop over pairs in a comprehension."""
        self.generic_visit(node)
        node.target, node.iter = self._single(node.target, node.iter)
        return node

    def _single(self, target: ast.expr, source: ast.expr) -> tuple[ast.expr, ast.expr]:
        """The target and the elements of a loop that uses one of two neighbors: all but the last, or all but the first."""
        match target, source:
            case (
                ast.Tuple(elts=[number, ast.Tuple() as inner]),
                ast.Call(func=ast.Name("enumerate"), args=[counted, *start]),
            ):
                one_target, one_source = self._single(inner, counted)
                both = ast.Tuple([number, one_target], ast.Store())
                call = ast.Call(source.func, [one_source, *start], source.keywords)
                return ast.copy_location(both, target), ast.copy_location(call, source)
        pairs = _neighbors(source)
        match target:
            case ast.Tuple(elts=[ast.Name() as first, ast.Name() as second]) if pairs and self.read is not None:
                used = [name for name in (first, second) if name.id in self.read]
                if len(used) == 1:
                    one = ast.Constant(1)
                    rest = ast.Slice(None, ast.UnaryOp(ast.USub(), one)) if used[0] is first else ast.Slice(one)
                    part = ast.Subscript(pairs, rest, ast.Load())
                    return used[0], ast.fix_missing_locations(ast.copy_location(part, source))
        return target, source

    def visit_Assign(self, node: ast.Assign) -> ast.Assign | list[ast.Assign]:
        """Rewrite an assignment of several names of which one gets a slice, and none of the others is read in it."""
        self.generic_visit(node)
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if (
                len(targets) == len(values)
                and all(isinstance(target, ast.Name) for target in targets)
                and any(isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Slice) for value in values)
                and not {target.id for target in targets if isinstance(target, ast.Name)} & _read(node.value)
            ):
                return [
                    ast.copy_location(ast.Assign([target], value), node)
                    for target, value in zip(targets, values, strict=True)
                ]
        return node
