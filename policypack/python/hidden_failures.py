"""Blocks that hide whatever fails in the work on what a function gets: an import inside of that work still fails each time.

Only what is written for an import makes it optional: an `except ImportError`, a `try` directly around it, or another way to do the work.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from policypack.python import classes, domain, expressions, guards
from policypack.python.domain import Scope
from policypack.python.reader import Reader
from policypack.python.records import called_name, own_nodes

_IMPORTING = {"import_module", "__import__"}
_TELLING = {
    *("print", "debug", "info", "warning", "error", "exception", "critical", "log", "print_exc", "format_exc"),
    *("append", "add", "get", "str", "repr", "type", "len", "dumps", "format"),
}
"""Calls by which an `except` logs or collects a failure."""


def by_try(reader: Reader, statement: ast.Try | ast.TryStar, scope: Scope) -> bool:
    """Whether a `try` in a function is such a block: its handlers only log, count, collect or return the failure."""
    if guards.is_fallback(statement) or not _works_on_input(reader, statement.body, scope):
        return False
    caught = [handler for handler in statement.handlers if guards.catches(handler)]
    if any(map(_ends, statement.body)) and not all(isinstance(handler.body[-1], ast.Return) for handler in caught):
        return False  # what follows is another way to do the same
    return all(map(_only_tells, caught))


def by_suppression(reader: Reader, item: ast.expr, body: list[ast.stmt], scope: Scope) -> bool:
    """The same of a `with suppress(Exception)`."""
    names = {name for one in getattr(item, "args", ()) for name in classes.last_names(one)}
    plain = called_name(item) == "suppress" and not names & guards.IMPORT_ERRORS
    return plain and _works_on_input(reader, body, scope)


def _works_on_input(reader: Reader, body: list[ast.stmt], scope: Scope) -> bool:
    """Whether statements of a function import nothing themselves, and pass something of the event to a call."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    imports = any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)
    if not reader.in_function or imports or any(called_name(call) in _IMPORTING for call in calls):
        return False
    arguments = (part for call in calls for part in (*call.args, *(keyword.value for keyword in call.keywords)))
    return any(domain.of_event(expressions.named(reader, name, scope)) for name in _names(arguments))


def _names(parts: Iterable[ast.expr]) -> set[str]:
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


def _only_tells(handler: ast.ExceptHandler) -> bool:
    """Whether an `except` goes on after a failure without another way to do the work, or a value in the place of its result."""
    nodes = [*own_nodes(handler)]
    counted = [node.target for node in nodes if isinstance(node, ast.AugAssign)]
    for node in nodes:
        match node:
            case ast.Call() if called_name(node) not in _TELLING:
                return False
            case ast.Name(ctx=ast.Store()) if node not in counted:
                return False
            case ast.Return(value=value) if not (value is None or isinstance(value, ast.Dict) or _is_nothing(value)):
                return False
            case ast.Import() | ast.ImportFrom() | ast.Yield() | ast.YieldFrom():
                return False
    return True


def _ends(statement: ast.stmt) -> bool:
    """Whether a statement ends the function with the result of the work, or a loop."""
    return any(
        isinstance(node, ast.Break)
        or (isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant))
        for node in ast.walk(statement)
    )


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and (value.value is None or value.value is False)
