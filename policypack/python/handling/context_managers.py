"""Context managers of a package that hide the exception of their `with`.

Sources: https://docs.python.org/3/reference/datamodel.html#object.__exit__ (a true result suppresses the exception) and
https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager (so does a generator that catches it).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from policypack.python.domain import ClassValue, Instance
from policypack.python.records import own_nodes

if TYPE_CHECKING:
    from policypack.python.handling.scan import Scan

_EXITS = {"__exit__", "__aexit__"}
_DEEPEST = 6
_Method = ast.FunctionDef | ast.AsyncFunctionDef


def hides(scan: Scan, call: ast.Call) -> bool:
    """Whether the context manager that a call makes hides every exception, and at most logs it."""
    for value in scan.values(call):
        if isinstance(value, Instance) and (method := _exit(value.cls)):
            return _suppresses(method) and not scan.does(*method.body)
    blocks = [node for body in scan.bodies(call.func) for node in ast.walk(body) if isinstance(node, ast.Try)]
    return any(
        (handler := scan.catching(block)) is not None
        and any(isinstance(node, ast.Yield) for statement in block.body for node in ast.walk(statement))
        and not scan.does(*handler.body)
        for block in blocks
    )


def _exit(cls: ClassValue, depth: int = _DEEPEST) -> _Method | None:
    """The method that a `with` calls at its end, of a class or of the bases that it inherits from."""
    for statement in cls.node.body:
        if isinstance(statement, _Method) and statement.name in _EXITS:
            return statement
    bases = [base for base in cls.bases if isinstance(base, ClassValue)] if depth else []
    return next((method for base in bases if (method := _exit(base, depth - 1))), None)


def _suppresses(method: _Method) -> bool:
    """Whether a method is true of every exception; where it asks for the type of one, it is not."""
    arguments = [*method.args.posonlyargs, *method.args.args, *filter(None, [method.args.vararg])]
    given = {argument.arg for argument in arguments[1:]}
    nodes = [*own_nodes(method)]
    tests = [node for node in nodes if isinstance(node, ast.If)]
    without = {child for node in tests if _is_absent(node.test) for part in node.body for child in ast.walk(part)}
    results = [node.value for node in nodes if isinstance(node, ast.Return) and node not in without]
    truths = [result for result in results if result is not None and _is_true(result, given)]
    others = (result for result in results if result not in truths)
    return (
        bool(truths)
        and all(result is None or isinstance(result, ast.Constant) for result in others)
        and all(_is_absent(node.test) or _is_present(node.test, given) for node in tests)
    )


def _is_true(result: ast.expr, given: set[str]) -> bool:
    return (isinstance(result, ast.Constant) and result.value is True) or _is_present(result, given)


def _is_present(test: ast.expr, given: set[str]) -> bool:
    """Whether a condition asks if there is an exception, whatever it is: `error is not None`."""
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return name in given
        case ast.Call(func=ast.Name(id="bool"), args=[inner]):
            return _is_present(inner, given)
        case ast.Name(id=name):
            return name in given
    return False


def _is_absent(test: ast.expr) -> bool:
    """Whether a condition asks if there is none: `not error`."""
    match test:
        case ast.Compare(left=ast.Name(), ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name()):
            return True
    return False
