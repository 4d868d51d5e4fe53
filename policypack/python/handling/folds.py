"""Records that one call hands to the next: `reduce`, and functions that call themselves with the rest of the records."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.domain import FunctionNode
from policypack.python.handling.failures.retries import Retries
from policypack.python.handling.scan import Scan
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.model import How, LoopExit, RecordLoop, Shape
from policypack.python.records import MANY, called_name


def folds(scan: Scan, consumers: Consumers) -> Iterator[RecordLoop]:
    """The folds of one function that work on no record once they have a result."""
    for node in scan.nodes:
        match node:
            case ast.Call(args=[function, source, *_]) if called_name(node) == "reduce":
                if scan.holds(source, *MANY) and any(_skips(scan, step) for step in scan.functions(function)):
                    yield RecordLoop(scan.place(node), (LoopExit(scan.place(node), How.STOP),))
    if exits := tuple(_returns(scan, consumers)):
        yield RecordLoop(exits[0].place, exits, whole=False)


def keeps(scan: Scan, name: str, value: ast.expr) -> bool:
    """Whether an expression is what a name has already, if it has something, and else works on a record."""
    match value:
        case ast.BoolOp(values=[ast.Name(id=first), *others]):
            pass
        case ast.IfExp(test=test, body=body, orelse=orelse) if _names(test) == {name}:
            first, others = name, [orelse if isinstance(body, ast.Name) else body]
        case _:
            return False
    inside = (child for other in others for child in ast.walk(other))
    return first == name and scan.works(*others) and any(scan.holds(child, Shape.RECORD) for child in inside)


def _skips(scan: Scan, function: FunctionNode) -> bool:
    """Whether a function of a result and a record leaves the record out because of the result."""
    if not function.args.args:
        return False
    name = function.args.args[0].arg
    if isinstance(function, ast.Lambda):
        return keeps(scan, name, function.body)
    for index, statement in enumerate(function.body):
        match statement:
            case ast.Return(value=ast.expr() as value) if keeps(scan, name, value):
                return True
            case ast.If(test=test, body=[ast.Return()], orelse=[]) if _names(test) == {name}:
                return scan.works(*function.body[index + 1 :])
    return False


def _returns(scan: Scan, consumers: Consumers) -> Iterator[LoopExit]:
    """Where a function returns because of work on a record, before it calls itself with the others."""
    calls = [call for caller, call in consumers.calls.get(scan.function, []) if caller is scan]
    nexts = [call.lineno for call in calls if any(scan.holds(argument, *MANY) for argument in call.args)]
    results = {
        target.id
        for node in scan.nodes
        if isinstance(node, ast.Assign) and scan.works_on_record(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in scan.nodes:
        match node:
            case ast.If(test=test, body=[*before, ast.Return() as statement], orelse=[]):
                reads = _reads_record(scan, test) and not scan.works(*before)
                leaves = scan.works_on_record(test) or bool(_names(test) & results) or reads
            case ast.ExceptHandler(body=[*_, ast.Return() as statement]):
                leaves = True
            case _:
                continue
        if leaves and nexts and statement.lineno < min(nexts):
            reports = Retries(scan).returned(statement.value)
            yield LoopExit(scan.place(statement), How.RETURN, reports)


def _reads_record(scan: Scan, test: ast.expr) -> bool:
    """Whether a condition is on an item of one record: `not first["body"]`."""
    return any(isinstance(node, ast.Subscript) and scan.holds(node.value, Shape.RECORD) for node in ast.walk(test))


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
