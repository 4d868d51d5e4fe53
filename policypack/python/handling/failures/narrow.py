"""A narrow `except` that loses the record which fails: malformed data or a failed call that is only counted, or not even that.

One that is logged may be dropped on purpose, and so may one that is expected: a key that some events do not have, an
object that does not exist, a write that a condition refuses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.classes import last_names
from policypack.python.handling.failures.fates import CHANGING
from policypack.python.handling.scan import METRICS, PRINTING, Scan
from policypack.python.records import called_name, own_nodes

MALFORMED = {
    *("ValueError", "KeyError", "TypeError", "IndexError", "LookupError", "AttributeError", "AssertionError"),
    *("ArithmeticError", "ZeroDivisionError", "OverflowError", "InvalidOperation", "ValidationError"),
    *("JSONDecodeError", "UnicodeError", "UnicodeDecodeError"),
}
"""Exceptions of data that is not as expected."""
FAILED = MALFORMED | {
    *("RuntimeError", "OSError", "IOError", "ConnectionError", "TimeoutError", "ReadTimeout", "ConnectTimeout"),
    *("ClientError", "BotoCoreError", "EndpointConnectionError", "HTTPError", "URLError", "RequestException"),
}
"""The same and those of calls that fail for any reason."""
LOOKUPS = {"KeyError", "LookupError", "IndexError"}
"""Exceptions by which code asks whether a record has a key; one that does nothing about them skips what has none."""
OPTIONAL = {"NewImage", "OldImage", "Records"}
"""Keys that are missing in some events on purpose, as in S3's test event or in the removal of an item."""
CONDITIONS = {"ConditionExpression", "IfNoneMatch", "IfMatch", "transact_write_items"}
"""What makes a call fail where its work is done already."""


def losing(scan: Scan, block: ast.Try | ast.TryStar) -> ast.ExceptHandler | None:
    """The first narrow `except` of a `try` that neither raises nor logs a failure which is not expected."""
    for handler, kind in zip(block.handlers, scan.caught_types(block), strict=True):
        skips = all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
        skipped = skips and kind is not None and last_names(kind) <= LOOKUPS
        if kind is not None and _unexpected(scan, kind, block.body) and not skipped and not _noted(scan, handler):
            return handler
    return None


def suppressed(scan: Scan, block: ast.With | ast.AsyncWith) -> bool:
    """Whether a `with suppress(...)` hides failures that are not expected, of work that it does."""
    if all(isinstance(statement, ast.Raise) for statement in block.body):
        return False
    kinds = [kind for kind in scan.caught_types(block) if kind is not None]
    return any(_unexpected(scan, kind, block.body) and not last_names(kind) <= LOOKUPS for kind in kinds)


def _unexpected(scan: Scan, kind: ast.expr, body: list[ast.stmt]) -> bool:
    names = last_names(kind)
    if not names or not names <= FAILED:
        return False
    run = [*_run(scan, body)]
    keys = {node.value for node in run if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    given = {node.arg for node in run if isinstance(node, ast.keyword)}
    called = {called_name(node) for node in run if isinstance(node, ast.Call)}
    if names <= LOOKUPS | {"TypeError"} and keys & OPTIONAL:
        return False
    return names <= MALFORMED or CONDITIONS.isdisjoint(keys | given | called)


def _noted(scan: Scan, handler: ast.ExceptHandler) -> bool:
    """Whether a failure is raised, or logged: in the `except`, or later with what that collects."""
    nodes = [*_run(scan, handler.body)]
    if any(map(scan.fails, nodes)) or any(map(_prints, nodes)):
        return True
    collected = {
        name.id
        for node in own_nodes(handler)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING
        for name in ast.walk(node.func.value)
        if isinstance(name, ast.Name)
    }
    return any(
        isinstance(part, ast.Name) and part.id in collected
        for node in scan.nodes
        if _prints(node)
        for part in _but_counted(node)
    )


def _prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called_name(node) in PRINTING - METRICS


def _but_counted(node: ast.AST) -> Iterator[ast.AST]:
    """What is in a node, but not what `len` only counts."""
    yield node
    if not (isinstance(node, ast.Call) and called_name(node) == "len"):
        for child in ast.iter_child_nodes(node):
            yield from _but_counted(child)


def _run(scan: Scan, statements: list[ast.stmt], depth: int = 4) -> Iterator[ast.AST]:
    """Everything that runs in statements, in functions of the package too."""
    for node in own_nodes(ast.Module(statements, [])):
        yield node
        if isinstance(node, ast.Call) and depth:
            bodies = [body for body in scan.bodies(node.func) if isinstance(body, ast.stmt)]
            yield from _run(scan, bodies, depth - 1)
