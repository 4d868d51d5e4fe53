"""Elements that `next` takes beside a loop over the same iterator, rewritten as slices: `x[1:]` and `x[::2]`."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Sequence

_SPELLINGS = re.compile(r"=\s*iter\s*\((?s:.*)\bnext\s*\(")
"""What is in the text of a module that takes elements so."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with slices for iterators of which each function takes elements at one place beside a loop."""
    if _SPELLINGS.search(text):
        for function in [node for node in ast.walk(tree) if isinstance(node, _Function)]:
            for body in [*_blocks(function)]:
                for assigned in [*body]:
                    _rewrite(function, body, assigned)
    return tree


def _blocks(function: _Function) -> Iterator[list[ast.stmt]]:
    """The lists of statements of a function."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield block


def _rewrite(function: _Function, body: list[ast.stmt], assigned: ast.stmt) -> None:
    """Write out `it = iter(x)` if the function takes an element of `it` once, and loops over it once after that."""
    match assigned:
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name("iter"), args=[source], keywords=[])
        ) if _is_steady(function, source):
            pass
        case _:
            return
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
    loops = [node for node in body if isinstance(node, ast.For) and node.iter in uses]
    if len(uses) != 3 or len(loops) != 1:  # the assignment, the loop and `next`
        return
    loop = loops[0]
    if before := _taking(body[body.index(assigned) + 1 : body.index(loop)], name):
        call = before.value
        assert call is not None
        before.value = _part(source, ast.Constant(0), call)
        loop.iter = _part(source, ast.Slice(ast.Constant(1)), loop.iter)
    elif (inside := _taking(loop.body, name)) and len(loop.body) > 1 and not _is_read(function, inside):
        loop.body.remove(inside)
        loop.iter = _part(source, ast.Slice(step=ast.Constant(2)), loop.iter)


def _is_steady(function: _Function, source: ast.expr) -> bool:
    """Whether an expression is a list: `event["Records"]`, a name that has it as its one value; no iterator, as a parameter may be."""
    match source:
        case ast.Name(id=name):
            stored = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
            given = [
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and any(target in stored for target in node.targets)
            ]
            once = sum(isinstance(node.ctx, ast.Store) for node in stored) == len(given) == 1
            return once and not isinstance(given[0], ast.Name) and _is_steady(function, given[0])
        case ast.Subscript(value=ast.Name(), slice=ast.Constant()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="get"), args=[ast.Constant(), *_]):
            return True
    return False


def _taking(body: Sequence[ast.stmt], name: str) -> ast.Assign | ast.Expr | None:
    """The statement that does nothing but take an element, at every run: `next(it)`, `first = next(it, None)`."""
    for statement in body:
        match statement:
            case (
                ast.Expr(value=ast.Call(func=ast.Name("next"), args=[ast.Name(id=taken), *_]))
                | ast.Assign(targets=[ast.Name()], value=ast.Call(func=ast.Name("next"), args=[ast.Name(id=taken), *_]))
            ) if taken == name:
                return statement
    return None


def _is_read(function: _Function, statement: ast.Assign | ast.Expr) -> bool:
    """Whether a function reads the name that a statement gives a value."""
    stored = [target.id for target in getattr(statement, "targets", ()) if isinstance(target, ast.Name)]
    return any(
        isinstance(node, ast.Name) and node.id in stored and isinstance(node.ctx, ast.Load)
        for node in ast.walk(function)
    )


def _part(source: ast.expr, index: ast.expr, place: ast.expr) -> ast.Subscript:
    part = ast.Subscript(copy.deepcopy(source), index, ast.Load())
    return ast.fix_missing_locations(ast.copy_location(part, place))
