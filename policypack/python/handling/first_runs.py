"""Loops that work in their first runs only, and loops that do nothing but log."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from policypack.python.handling.scan import Scan
from policypack.python.records import WHOLE, called_name

AnyLoop = ast.For | ast.AsyncFor | ast.While


def only_looks(scan: Scan, body: list[ast.stmt]) -> bool:
    """Whether a loop's body does nothing but log, and give names to what only its last run leaves."""
    return not scan.works(*body) and all(map(_looks, body))


def first_only(scan: Scan, loop: AnyLoop) -> bool:
    """Whether all work of a loop is for its first runs: by their number, by a flag that the first one sets, or by its condition."""
    counted = called_name(loop.iter) in {"enumerate", "range"} if isinstance(loop, ast.For | ast.AsyncFor) else False
    target = loop.target if isinstance(loop, ast.For | ast.AsyncFor) and counted else None
    index = target.elts[0] if isinstance(target, ast.Tuple) else target
    flags = _flags(scan, loop)
    counters = _counters(scan, loop)
    if isinstance(loop, ast.While):
        once = {name: _is_fixed for name, step in counters.items() if step in loop.body}
        within = any(isinstance(node, AnyLoop) for statement in loop.body for node in ast.walk(statement))
        return not within and any(_of_later(ast.UnaryOp(ast.Not(), part), once, {}) for part in _conjuncts(loop.test))
    numbers: dict[str, Callable[[ast.expr], bool]] = dict.fromkeys(
        [*counters, *([index.id] if isinstance(index, ast.Name) else [])], _is_fixed
    )
    if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and not counted:
        numbers[loop.target.id] = lambda one: _is_item(scan, one)
    body = [statement for statement in loop.body if statement not in counters.values()]
    for position, statement in enumerate(body):
        others = [*body[:position], *body[position + 1 :]]
        match statement:
            case ast.If(test=test, body=[*before, ast.Continue()], orelse=[]):
                if _of_later(test, numbers, flags) and not scan.works(*before, *body[:position]):
                    return scan.works(*body[position + 1 :], printing=True)
            case ast.If(test=test, body=then, orelse=otherwise):
                first = _of_later(ast.UnaryOp(ast.Not(), test), numbers, flags)
                rest = [*others, *otherwise]
                if first and only_looks(scan, rest):
                    return scan.works(*then) or (scan.works(*then, printing=True) > scan.works(*rest, printing=True))
    return False


def _conjuncts(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def _counters(scan: Scan, loop: AnyLoop) -> dict[str, ast.stmt]:
    """The names that count the runs of a loop: constant before it, and one more in each run."""
    given = _assigned(scan, loop)
    counters: dict[str, ast.stmt] = {}
    for statement in loop.body:
        inside = statement.body if isinstance(statement, ast.If | ast.With) else [statement]
        for step in inside:
            match step:
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=ast.Constant()):
                    if all(in_loop or isinstance(constant, int) for in_loop, constant in given.get(name, [])):
                        counters[name] = step
    return counters


def _flags(scan: Scan, loop: AnyLoop) -> dict[str, bool]:
    """The names that a loop only ever gives one truth value, and that have the other one before it."""
    return {
        name: set_to
        for name, given in _assigned(scan, loop).items()
        for set_to in (True, False)
        if {*given} == {(True, set_to), (False, not set_to)}
    }


def _assigned(scan: Scan, loop: AnyLoop) -> dict[str, list[tuple[bool, object]]]:
    """The constants that each name is given, None for another value, and whether that is inside a loop."""
    inside = {id(node) for node in ast.walk(loop)}
    values: dict[str, list[tuple[bool, object]]] = {}
    for node in scan.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            parent = scan.parents.get(node)
            value = parent.value if isinstance(parent, ast.Assign) else None
            constant = value.value if isinstance(value, ast.Constant) else None
            values.setdefault(node.id, []).append((id(node) in inside, constant))
    return values


def _looks(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Continue() | ast.Break() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Expr(value=value):
            return not any(isinstance(child, ast.Yield | ast.YieldFrom) for child in ast.walk(value))
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name not in {child.id for child in ast.walk(value) if isinstance(child, ast.Name)}
        case ast.If(body=then, orelse=otherwise):
            return all(map(_looks, (*then, *otherwise)))
    return False


def _of_later(test: ast.expr, numbers: Mapping[str, Callable[[ast.expr], bool]], flags: Mapping[str, bool]) -> bool:
    """Whether a condition holds in every run of a loop but its first ones.

    Args:
        test: the condition.
        numbers: names that differ in each run, and whether an expression is what one of them is in one certain run.
        flags: names that the first run changes.
    """
    match test:
        case (
            ast.BinOp(left=ast.Name(id=name), op=ast.Mod())
            | ast.Compare(left=ast.BinOp(left=ast.Name(id=name), op=ast.Mod()))
            | ast.UnaryOp(op=ast.Not(), operand=ast.BinOp(left=ast.Name(id=name), op=ast.Mod()))
            | ast.UnaryOp(op=ast.Not(), operand=ast.Compare(left=ast.BinOp(left=ast.Name(id=name), op=ast.Mod())))
        ):
            return numbers.get(name) is _is_fixed  # every second one, or the others
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
            return _of_later(inner, numbers, flags)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return flags.get(name) is False
        case ast.UnaryOp(
            op=ast.Not(), operand=ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[limit])
        ) if name in numbers and numbers[name](limit):
            return isinstance(operator, ast.Eq | ast.Is | ast.Lt | ast.LtE)
        case ast.Name(id=name):
            return flags.get(name) is True or numbers.get(name) is _is_fixed
        case ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[limit]):
            return (
                name in numbers
                and numbers[name](limit)
                and isinstance(operator, ast.NotEq | ast.IsNot | ast.Gt | ast.GtE)
            )
    return False


def _is_item(scan: Scan, one: ast.expr) -> bool:
    """Whether an expression is one of the records, by its place."""
    match one:
        case ast.Subscript(value=source, slice=ast.Constant() | ast.UnaryOp()):
            return scan.holds(source, *WHOLE)
    return False


def _is_fixed(limit: ast.expr) -> bool:
    """Whether a number is in the code, itself or as a constant that has a name."""
    return isinstance(limit, ast.Constant) or (isinstance(limit, ast.Name) and limit.id.isupper())
