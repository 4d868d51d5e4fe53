"""What makes the whole call fail, a `raise`, an `assert` or the end of the process, and what catches that.

Lambda takes a process that ends for a failed invocation (`Runtime.ExitError`), whatever the code. Sources:
https://repost.aws/knowledge-center/lambda-runtime-error and
https://docs.python.org/3/library/exceptions.html#SystemExit, which `except Exception` does not catch.
"""

from __future__ import annotations

import ast
import builtins

from policypack.python.classes import ancestors, builtin, last_names, raised_name
from policypack.python.handling.scan import CATCH_ALL, Scan

_UNCAUGHT = {"os._exit", "os.abort"}
"""What ends the process without an exception."""

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


def _names_it(names: set[str], raised: str) -> bool:
    """Whether an `except` is bare, or names an exception that is no `Exception`."""
    return not names or bool(names & {"BaseException", raised})
