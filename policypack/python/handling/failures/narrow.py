"""A narrow `except` that loses the record which fails: malformed data or a failed call, and nothing shows of which record.

One whose record is logged may be dropped on purpose (`record_logs.py`), and so may one that is expected: a key that some
events do not have, an object that does not exist, a write that a condition refuses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from policypack.python.classes import last_names
from policypack.python.handling.failures.record_logs import LogsOfBlocks
from policypack.python.handling.scan import Scan
from policypack.python.records import TAKING, called_name

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


def losing(
    scan: Scan, block: ast.Try | ast.TryStar, logs: LogsOfBlocks, around: Iterable[Scan]
) -> ast.ExceptHandler | None:
    """The first narrow `except` of a `try` whose failures are not expected, and of which it neither raises nor logs the record.

    Args:
        scan: the function that contains the block.
        block: a `try` with all the work on a record.
        logs: what functions log of their records.
        around: the functions that contain the loop, or call the block's.
    """
    for handler, kind in zip(block.handlers, scan.caught_types(block), strict=True):
        if kind is None or not _unexpected(scan, kind, block.body) or _filters(scan, handler, kind, block.body):
            continue
        if any(map(scan.fails, scan.run(handler.body))):
            continue
        if not logs.of(scan, block).names_failure(block, handler, around):
            return handler
    return None


def _filters(scan: Scan, handler: ast.ExceptHandler, kind: ast.expr, body: list[ast.stmt]) -> bool:
    """Whether an `except` skips the records that lack a key which the code looks up."""
    skips = all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
    return (
        skips
        and last_names(kind) <= LOOKUPS
        and any(isinstance(node, ast.Subscript) or called_name(node) in TAKING for node in scan.run(body))
    )


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
    run = [*scan.run(body)]
    keys = {node.value for node in run if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    given = {node.arg for node in run if isinstance(node, ast.keyword)}
    called = {called_name(node) for node in run if isinstance(node, ast.Call)}
    if names <= LOOKUPS | {"TypeError"} and keys & OPTIONAL:
        return False
    return names <= MALFORMED or CONDITIONS.isdisjoint(keys | given | called)
