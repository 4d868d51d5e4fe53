"""Loops over the indexes of the records that leave some out: `range(len(records) - 1)`, `range(0, len(records), 2)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.handling.as_loops import as_loop
from policypack.python.handling.scan import Scan
from policypack.python.model import Shape
from policypack.python.records import WHOLE, called_name

_ROUNDING = {"int", "floor", "ceil", "round"}


def left_out(scan: Scan, loop: ast.AST) -> ast.Subscript | None:
    """What a loop takes of the records by its index, if other records have no index in its range and nothing takes them.

    Two indexes, `records[i]` and `records[i + 1]`, go through pairs, and leave out none.
    """
    loop = as_loop(scan, loop) or loop
    match loop:
        case ast.For(target=ast.Name(id=name), iter=ast.Call(args=args) as source) if called_name(source) == "range":
            bounds = [] if any(_stores(loop.body, name)) else [_assigned(scan, bound) for bound in args]
        case ast.While(test=ast.Compare(left=ast.Name(id=name), ops=[ast.Lt() | ast.NotEq()], comparators=[high])):
            bounds = _counted(scan, loop, name, _assigned(scan, high))
        case _:
            return None
    counts = any(scan.holds(part, Shape.COUNT) for bound in bounds for part in ast.walk(bound))
    if not counts or not _is_short(bounds):
        return None
    inside = {id(node) for statement in loop.body for node in ast.walk(statement)}
    taken = [node for node in scan.nodes if isinstance(node, ast.Subscript) and scan.holds(node.value, *WHOLE)]
    plain = all(isinstance(node.slice, ast.Name) and node.slice.id == name and id(node) in inside for node in taken)
    return taken[0] if taken and plain else None


def _stores(body: list[ast.stmt], name: str) -> Iterator[ast.AST]:
    """Where statements give a name a value."""
    for node in ast.walk(ast.Module(body, [])):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            yield node


def _counted(scan: Scan, loop: ast.While, name: str, high: ast.expr) -> list[ast.expr]:
    """The bounds of the range that a `while` counts through, as those of `range`; empty if its count is not simple."""
    inside = [*_stores(loop.body, name)]
    match loop.body[-1]:
        case ast.AugAssign(target=ast.Name(id=counted), op=ast.Add(), value=step) if counted == name:
            pass
        case ast.Assign(
            targets=[ast.Name(id=counted)],
            value=ast.BinOp(left=ast.Name(id=before), op=ast.Add(), right=step),
        ) if counted == before == name:
            pass
        case _:
            return []
    stores = (node for node in scan.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    outside = [scan.parents[node] for node in stores if node.id == name and node not in inside]
    match outside:
        case [ast.Assign(targets=[ast.Name()], value=low)] if len(inside) == 1:
            return [low, high, step]
    return []


def _assigned(scan: Scan, bound: ast.expr, depth: int = 4) -> ast.expr:
    """What a bound is assigned, if it is a name that has one value."""
    if not isinstance(bound, ast.Name) or not depth:
        return bound
    stores = [node for node in scan.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    match [scan.parents[node] for node in stores if node.id == bound.id]:
        case [ast.Assign(targets=[ast.Name()], value=value)]:
            return _assigned(scan, value, depth - 1)
    return bound


def _is_short(bounds: list[ast.expr]) -> bool:
    """Whether a range begins after the first index, ends before the last one, or goes on by more than one."""
    match bounds:
        case [high]:
            return _less(high) > 0
        case [low, high]:
            return _less(high) > 0 or (_number(low) or 0) > 0
        case [high, low, ast.UnaryOp(op=ast.USub(), operand=step)] if _number(step):
            return _less(high) > 1 or _number(low) is not None or (_number(step) or 0) > 1
        case [low, high, step] if _number(step) and _number(low) is not None:
            return _less(high) > 0 or (_number(low) or 0) > 0 or (_number(step) or 0) > 1
    return False


def _less(high: ast.expr) -> int:
    """How much a bound is below the number of records at least, or 0 if it is not known to be."""
    match high:
        case ast.BinOp(op=ast.Sub(), right=right):
            return _number(right) or 0
        case ast.BinOp(op=ast.FloorDiv() | ast.Div(), right=right):
            return int((_number(right) or 0) > 1)
        case ast.BinOp(op=ast.RShift(), right=right):
            return int((_number(right) or 0) > 0)
        case ast.Call(args=[part]) if called_name(high) in _ROUNDING and isinstance(part, ast.BinOp):
            return _less(part) if isinstance(part.op, ast.Div) else 0
        case ast.Call(args=args) if called_name(high) == "min":
            return int(any(isinstance(most, ast.Constant) for most in args))
    return 0


def _number(bound: ast.expr) -> int | None:
    return bound.value if isinstance(bound, ast.Constant) and isinstance(bound.value, int) else None
