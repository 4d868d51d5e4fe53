"""What makes the whole call fail, a `raise`, an `assert` or the end of the process, and what catches that.

Lambda takes a process that ends for a failed invocation (`Runtime.ExitError`), whatever the code. Sources:
https://repost.aws/knowledge-center/lambda-runtime-error and
https://docs.python.org/3/library/exceptions.html#SystemExit, which `except Exception` does not catch.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Iterator

from policypack.python.classes import ancestors, builtin, last_names, raised_name
from policypack.python.domain import shapes
from policypack.python.handling.scan import CATCH_ALL, PRINTING, Scan
from policypack.python.records import called_name

_UNCAUGHT = {"os._exit", "os.abort"}
"""What ends the process without an exception."""
_OF_CLASSES = {"NotImplementedError", "StopIteration", "StopAsyncIteration", "GeneratorExit"}
"""Exceptions that say nothing of a record."""
_EXPECTED = re.compile(r"(?i)skip|ignore|duplicate|already|nothing|noop")
"""Words in the names of exceptions for a record that needs no work."""
_DEEPEST = 6
"""Through how many calls a `raise` is looked for."""

Failing = ast.Raise | ast.Assert | ast.Expr
"""A statement that makes the call fail; an expression is a call that ends the process."""


def ends(scan: Scan, statement: Failing) -> bool:
    """Whether a statement ends the process."""
    if isinstance(statement, ast.Raise):
        return raised_name(statement) == "SystemExit"
    return isinstance(statement, ast.Expr) and scan.ends_process(statement.value)


def catches(scan: Scan, caught: ast.expr | None, statement: Failing) -> bool:
    """Whether an `except` catches what a statement raises. Of classes that are not known here it is taken to do so.

    Args:
        scan: the function that contains the statement.
        caught: the type that is caught; None of all.
        statement: what fails.
    """
    names = last_names(caught)
    if isinstance(statement, ast.Assert):
        return not names or any(issubclass(AssertionError, getattr(builtins, name, Exception)) for name in names)
    if isinstance(statement, ast.Expr):
        return not scan.ends_process(statement.value, _UNCAUGHT) and _names_it(names, "SystemExit")
    raised = raised_name(statement)
    of_python = builtin(raised)
    if of_python and not issubclass(of_python, Exception):
        return _names_it(names, raised)
    if caught is None or names & CATCH_ALL or not raised or raised in names:
        return True
    cls = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    above = ancestors(scan.values(cls)) if cls else None
    return above is None or bool(names & above)


def raises(scan: Scan, code: Iterable[ast.AST], depth: int = _DEEPEST) -> bool:
    """Whether code has a `raise` of its own that no `try` is around, or calls functions of the package that have one.

    By that a function counts its record as failed. It does not where it logs something of the record before it, nor by
    an exception that is about the class, or that names what is skipped.
    """
    nodes = [*outside_try(code)]
    failing = (node for node in nodes if isinstance(node, ast.Raise) and not _skips(raised_name(node)))
    return any(not _is_logged(scan, nodes, node) for node in failing) or (depth > 0 and refuses(scan, nodes, depth - 1))


def refuses(scan: Scan, nodes: Collection[ast.AST], depth: int = _DEEPEST) -> bool:
    """Whether one of these nodes calls a function of the package that raises an exception itself."""
    return any(
        isinstance(node, ast.Call) and raises(scan, scan.bodies(node.func), depth) and not _is_logged(scan, nodes, node)
        for node in nodes
    )


def _skips(name: str) -> bool:
    return name in _OF_CLASSES or bool(_EXPECTED.search(name))


def _is_logged(scan: Scan, nodes: Collection[ast.AST], failing: ast.Raise | ast.Call) -> bool:
    """Whether something of a record is logged before a node, and not in another branch of a condition."""
    return any(
        isinstance(log, ast.Call)
        and called_name(log) in PRINTING
        and log.lineno < failing.lineno
        and any(shapes(scan.values(part)) for argument in log.args for part in ast.walk(argument))
        and not any(isinstance(node, ast.If) and _is_either(node, log, failing) for node in nodes)
        for log in nodes
    )


def _is_either(condition: ast.If, one: ast.AST, other: ast.AST) -> bool:
    """Whether a condition decides which of two nodes runs."""
    then, otherwise = (
        [node for statement in branch for node in ast.walk(statement)] for branch in (condition.body, condition.orelse)
    )
    return (one in then and other in otherwise) or (other in then and one in otherwise)


def outside_try(code: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Everything in code that is in no `try`."""
    waiting = [*code]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.Try | ast.TryStar):
            yield node
            waiting += ast.iter_child_nodes(node)


def _names_it(names: set[str], raised: str) -> bool:
    """Whether an `except` is bare, or names an exception that is no `Exception`."""
    return not names or bool(names & {"BaseException", raised})
