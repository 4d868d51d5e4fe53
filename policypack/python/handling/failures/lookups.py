"""Look-ups and divisions that fail for some records, though the service delivers all of them in one form.

A key that every record of a service has cannot fail (`body`, `messageId`); an attribute that a sender may leave out can, and so
can an element of a split text. Source of what a message has: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.handling.scan import CONVERTING, METRICS, PRINTING, Scan
from policypack.python.records import called_name, own_nodes

_ATTRIBUTES = {"messageAttributes", "MessageAttributes"}
"""Keys of a record under which the sender decides what there is."""
_SPLITTING = {"split", "rsplit", "splitlines", "findall"}
_MAY_BE_EMPTY = {"strip", "lstrip", "rstrip", "splitlines", "findall"}
_PASSING_ON = {"join", "list", "tuple", "sorted", "sum", "dumps", "len"}
"""Calls that make one value of all elements of a list."""
_FOLLOWED = 4
"""Through how many names a value is followed."""


def may_miss(scan: Scan, statements: list[ast.stmt]) -> bool:
    """Whether statements look up what a record need not have, or divide by what may be zero, and ask nothing about it before."""
    return any(
        (_misses(scan, node) or _divides_by_zero(scan, node)) and not _is_asked_about(scan, node)
        for node in own_nodes(ast.Module(statements, []))
    )


def _misses(scan: Scan, node: ast.AST) -> bool:
    match node:
        case ast.Subscript(value=base, slice=ast.Constant(value=str()), ctx=ast.Load()):
            return any(
                isinstance(value, ast.Subscript)
                and isinstance(value.slice, ast.Constant)
                and value.slice.value in _ATTRIBUTES
                for value in _values(scan, base)
            )
        case ast.Subscript(value=base, slice=index, ctx=ast.Load()) if _is_far(index):
            return any(called_name(value) in _SPLITTING for value in _values(scan, base))
    return False


def _is_far(index: ast.expr) -> bool:
    """Whether an index is a number beyond the first and the last element, of which a split text has at least one."""
    match index:
        case ast.Constant(value=int() as number):
            return number > 0
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
            return number > 1
    return False


def _divides_by_zero(scan: Scan, node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=right):
            return any(
                isinstance(length, ast.Call)
                and called_name(length) == "len"
                and any(called_name(value) in _MAY_BE_EMPTY for part in length.args for value in _values(scan, part))
                for length in _values(scan, right)
            )
    return False


def _values(scan: Scan, node: ast.expr, depth: int = _FOLLOWED) -> Iterator[ast.expr]:
    """An expression, or those that a name is given."""
    if isinstance(node, ast.Name) and depth:
        for value in scan.given(node.id):
            yield from _values(scan, value, depth - 1)
    else:
        yield node


def _is_asked_about(scan: Scan, lookup: ast.AST) -> bool:
    """Whether a condition of the function concerns a name that the look-up reads."""
    names = {node.id for node in ast.walk(lookup) if isinstance(node, ast.Name)}
    tests = [
        test
        for node in scan.nodes
        for test in (
            *([node.test] if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert) else ()),
            *([node] if isinstance(node, ast.BoolOp | ast.Compare) else ()),
            *([node.subject] if isinstance(node, ast.Match) else ()),
        )
    ]
    return any(isinstance(node, ast.Name) and node.id in names for test in tests for node in ast.walk(test))


def _converts(statements: list[ast.stmt]) -> bool:
    return any(called_name(node) in CONVERTING for node in own_nodes(ast.Module(statements, [])))


def collected(scan: Scan, block: ast.Try | ast.TryStar, after: int) -> str:
    """The list in which a `try` collects what it looks up or converts, if after a line that is used for work alone; empty for none.

    Args:
        scan: the function.
        block: the `try` around the work on a record.
        after: the last line of the loop.
    """
    match [statement for statement in block.body if scan.works(statement)]:
        case [ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add")))] if may_miss(
            scan, block.body
        ) or _converts(block.body):
            uses = [
                node for node in scan.nodes if isinstance(node, ast.Name) and node.id == name and node.lineno > after
            ]
            works = [_works_with(scan, use) for use in uses]
            return name if any(works) and None not in works else ""
    return ""


def _works_with(scan: Scan, use: ast.AST) -> bool | None:
    """Whether the use of a list is work with its elements, and no mere log; None if it may show which records are in it."""
    inner, outer = use, scan.parents.get(use)
    while outer is not None:
        match outer:
            case ast.For(iter=source, body=body) if inner is source:
                return True if scan.does(*body) else None
            case ast.If(test=test) if inner is test is use:
                return False
            case ast.Call() if inner is not outer.func and scan.does_itself(outer):
                return True
            case ast.Call() if called_name(outer) in PRINTING - METRICS:
                return False
            case ast.Call() if called_name(outer) in _PASSING_ON:
                pass
            case ast.keyword() | ast.Dict() | ast.List() | ast.JoinedStr() | ast.FormattedValue():
                pass
            case _:
                return None
        inner, outer = outer, scan.parents.get(outer)
    return None
