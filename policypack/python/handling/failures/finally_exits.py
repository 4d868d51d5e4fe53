"""A `finally` that ends in `continue`, `break` or `return`, by which Python discards the exception.

Source: https://docs.python.org/3/reference/compound_stmts.html#the-finally-clause.
"""

from __future__ import annotations

import ast

from policypack.python.handling.scan import Scan
from policypack.python.records import called_name

Discarding = ast.Return | ast.Continue | ast.Break
_CLEANING = {
    *("close", "aclose", "release", "unlink", "remove", "rmtree", "cleanup", "flush", "shutdown", "sleep", "clear"),
    *("time", "perf_counter", "monotonic", "end_segment", "end_subsegment", "collect", "rollback", "disconnect"),
}
"""Calls by which a `finally` puts away what the work has used."""


def discarding(block: ast.Try | ast.TryStar) -> Discarding | None:
    """The statement by which a `finally` discards whatever exception there is; under a condition it may not do so."""
    statements = [*block.finalbody]
    while statements:
        statement = statements.pop(0)
        if isinstance(statement, Discarding):
            return statement
        if isinstance(statement, ast.With | ast.AsyncWith):
            statements = [*statement.body, *statements]
    return None


def acts(scan: Scan, block: ast.Try | ast.TryStar) -> bool:
    """Whether a `finally`, or what catches an exception before it, does something about the failure besides raising it."""
    caught = [statement for handler in block.handlers for statement in handler.body]
    calls = [node for node in ast.walk(ast.Module([*block.finalbody, *caught], [])) if isinstance(node, ast.Call)]
    stored = [
        node
        for node in ast.walk(ast.Module(caught, []))
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
    ]
    raised = {child for statement in caught if isinstance(statement, ast.Raise) for child in ast.walk(statement)}
    return bool(stored) or any(
        scan.does_itself(call) and called_name(call) not in _CLEANING for call in calls if call not in raised
    )
