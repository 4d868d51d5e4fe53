"""Loops that work in their first runs only, and loops that do nothing but log."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from policypack.python.handling.scan import Scan
from policypack.python.records import called_name

AnyLoop = ast.For | ast.AsyncFor | ast.While


def only_looks(scan: Scan, body: list[ast.stmt]) -> bool:
    """Whether a loop's body does nothing but log, and give names to what only its last run leaves."""
    return not scan.works(*body) and all(map(_looks, body))


def first_only(scan: Scan, loop: AnyLoop) -> bool:
    """Whether all work of a loop is for its first runs: by their number, or by a flag that the first one sets."""
    counted = called_name(loop.iter) in {"enumerate", "range"} if isinstance(loop, ast.For | ast.AsyncFor) else False
    target = loop.target if isinstance(loop, ast.For | ast.AsyncFor) and counted else None
    index = target.elts[0] if isinstance(target, ast.Tuple) else target
    flags = _flags(scan, loop)
    number = index.id if isinstance(index, ast.Name) else ""
    for position, statement in enumerate(loop.body):
        others = [*loop.body[:position], *loop.body[position + 1 :]]
        match statement:
            case ast.If(test=test, body=[*before, ast.Continue()], orelse=[]):
                if _of_later(test, number, flags) and not scan.works(*before, *loop.body[:position]):
                    return scan.works(*loop.body[position + 1 :])
            case ast.If(test=test, body=then, orelse=otherwise):
                first = _of_later(ast.UnaryOp(ast.Not(), test), number, flags)
                if first and scan.works(*then) and only_looks(scan, [*others, *otherwise]):
                    return True
    return False


def _flags(scan: Scan, loop: AnyLoop) -> dict[str, bool]:
    """The names that a loop only ever gives one truth value, and that have the other one before it."""
    inside = {id(node) for node in ast.walk(loop)}
    values: dict[str, list[tuple[bool, object]]] = {}
    for node in scan.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            parent = scan.parents.get(node)
            value = parent.value if isinstance(parent, ast.Assign) else None
            constant = value.value if isinstance(value, ast.Constant) else None
            values.setdefault(node.id, []).append((id(node) in inside, constant))
    return {
        name: set_to
        for name, given in values.items()
        for set_to in (True, False)
        if {*given} == {(True, set_to), (False, not set_to)}
    }


def _looks(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=value):
            return not any(isinstance(child, ast.Yield | ast.YieldFrom) for child in ast.walk(value))
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name not in {child.id for child in ast.walk(value) if isinstance(child, ast.Name)}
        case ast.If(body=then, orelse=otherwise):
            return all(map(_looks, (*then, *otherwise)))
    return False


def _of_later(test: ast.expr, number: str, flags: Mapping[str, bool]) -> bool:
    """Whether a condition holds in every run of a loop but its first ones."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
            return _of_later(inner, number, flags)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return flags.get(name) is False
        case ast.UnaryOp(
            op=ast.Not(), operand=ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[ast.Constant()])
        ):
            return bool(number) and name == number and isinstance(operator, ast.Eq | ast.Lt | ast.LtE)
        case ast.Name(id=name):
            return flags.get(name) is True or (bool(number) and name == number)
        case ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[ast.Constant()]):
            return bool(number) and name == number and isinstance(operator, ast.NotEq | ast.Gt | ast.GtE)
    return False
