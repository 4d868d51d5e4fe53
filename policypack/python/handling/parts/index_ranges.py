"""Loops over the indexes of the records that leave out the first or the last ones: `range(len(records) - 1)`."""

from __future__ import annotations

import ast

from policypack.python.handling.as_loops import as_loop
from policypack.python.handling.scan import Scan
from policypack.python.model import Shape
from policypack.python.records import WHOLE, called_name


def left_out(scan: Scan, loop: ast.AST) -> ast.Subscript | None:
    """What a loop takes of the records by its index, if other records have no index in its range and nothing takes them.

    Two indexes, `records[i]` and `records[i + 1]`, go through pairs, and leave out none.
    """
    loop = as_loop(scan, loop) or loop
    match loop:
        case ast.For(target=ast.Name(id=name), iter=ast.Call(args=args) as source) if called_name(source) == "range":
            bounds = [_assigned(scan, bound) for bound in args]
        case ast.While(test=ast.Compare(left=ast.Name(id=name), ops=[ast.Lt() | ast.NotEq()], comparators=[high])):
            bounds = [_assigned(scan, high)]
        case _:
            return None
    counts = any(scan.holds(part, Shape.COUNT) for bound in bounds for part in ast.walk(bound))
    if not counts or not _is_short(bounds):
        return None
    inside = {id(node) for statement in loop.body for node in ast.walk(statement)}
    taken = [node for node in scan.nodes if isinstance(node, ast.Subscript) and scan.holds(node.value, *WHOLE)]
    plain = all(isinstance(node.slice, ast.Name) and node.slice.id == name and id(node) in inside for node in taken)
    return taken[0] if taken and plain else None


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
    """Whether a range begins after the first index, or ends before the last one."""
    match bounds:
        case [high]:
            return _less(high) > 0
        case [low, high] | [low, high, ast.Constant(value=1)]:
            return _less(high) > 0 or (_number(low) or 0) > 0
        case [high, low, ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))]:
            return _less(high) > 1 or _number(low) is not None
    return False


def _less(high: ast.expr) -> int:
    """How much a bound is below the number of records, or 0 if it is not known to be."""
    match high:
        case ast.BinOp(op=ast.Sub(), right=right):
            return _number(right) or 0
        case ast.Call(args=args) if called_name(high) == "min":
            return int(any(isinstance(most, ast.Constant) for most in args))
    return 0


def _number(bound: ast.expr) -> int | None:
    return bound.value if isinstance(bound, ast.Constant) and isinstance(bound.value, int) else None
