"""Lists of failed records that lose entries before they are returned: cut down after the loop, or overwritten in it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from policypack.python.handling.scan import PRINTING, Scan
from policypack.python.records import MANY, called_name, is_whole

REPORT_KEY = "batchItemFailures"
ITEM_KEY = "itemIdentifier"
_ADDING = {"append", "extend"}
_SMALL = 10
"""The batch size of a queue by default: a list that is cut to as many may be whole."""


def loses_entries(scan: Scan, name: str) -> bool:
    """Whether a list of identifiers of failed records, which a function returns, has lost some of them by then.

    Args:
        scan: the function.
        name: the list.
    """
    return _is_cut_down(scan, name) or _is_overwritten(scan, name)


def _is_cut_down(scan: Scan, name: str) -> bool:
    """Whether entries are removed after the loop that adds them, and nothing else reads the list or raises afterwards."""
    added = [node for node in _uses(scan, name) if _adds(scan, node)]
    in_loop = [node for node in added if scan.loop_around(node) is not None]
    cuts = [node for node in scan.nodes if isinstance(node, ast.stmt) and _cuts(node, name)]
    if len(cuts) != 1 or not in_loop or in_loop != added or not _is_unconditional(scan, cuts[0], name):
        return False
    cut = cuts[0]
    others = [value for value in scan.given(name) if value is not getattr(cut, "value", None)]
    inside = {id(child) for child in ast.walk(cut)}
    return (
        bool(others)
        and all(isinstance(value, ast.List) and not value.elts for value in others)
        and max(node.lineno for node in added) < cut.lineno
        and all(id(use) in inside or _adds(scan, use) or _only_answers(scan, use) for use in _uses(scan, name))
        and not any(isinstance(node, ast.Raise) and node.lineno > cut.lineno for node in scan.nodes)
    )


def _is_overwritten(scan: Scan, name: str) -> bool:
    """Whether a loop over records gives the list one entry in each run, and nothing adds to it or reads it there."""
    stores = [
        node
        for node in scan.nodes
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]
    assigned = [node for node in stores if isinstance(scan.parents.get(node), ast.Assign | ast.AnnAssign)]
    if stores != assigned or not all(_only_answers(scan, use) for use in _uses(scan, name)):
        return False
    for store in stores:
        value, loop = getattr(scan.parents[store], "value", None), scan.loop_around(store)
        if isinstance(loop, ast.For | ast.AsyncFor) and scan.holds(loop.iter, *MANY):
            inside = set(ast.walk(loop))
            leaves = any(isinstance(node, ast.Break | ast.Return) for node in ast.walk(loop))
            read = any(use in inside for use in _uses(scan, name))
            if _is_one_entry(value):
                return not leaves and not read and scan.loop_around(loop) is None
    return False


def _is_one_entry(value: ast.expr | None) -> bool:
    match value:
        case ast.List(elts=[ast.Dict(keys=keys)]):
            return names_item(keys)
    return False


def names_item(keys: Iterable[ast.expr | None]) -> bool:
    """Whether the keys of a dictionary are those of an entry for a failed record."""
    return any(isinstance(key, ast.Constant) and key.value == ITEM_KEY for key in keys)


def _uses(scan: Scan, name: str) -> Iterator[ast.Name]:
    """Where a name is read, in functions inside too."""
    for node in ast.walk(scan.function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


def _adds(scan: Scan, use: ast.Name) -> bool:
    parent = scan.parents.get(use)
    return isinstance(parent, ast.Attribute) and parent.attr in _ADDING


def _cuts(statement: ast.stmt, name: str) -> bool:
    """Whether a statement removes entries of a list: `del failed[1:]`, `failed = failed[:1]`, `failed.clear()`."""
    match statement:
        case ast.Delete(targets=[ast.Subscript(value=ast.Name(id=target), slice=index)]):
            return target == name and (
                not isinstance(index, ast.Slice) or is_whole(index) or _is_short(index, deleted=True)
            )
        case ast.Assign(
            targets=[ast.Name(id=target)], value=ast.Subscript(value=ast.Name(id=source), slice=ast.Slice() as index)
        ):
            return target == source == name and not is_whole(index) and _is_short(index, deleted=False)
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr="clear" | "pop")),
        ):
            return target == name
    return False


def _is_short(index: ast.Slice, *, deleted: bool) -> bool:
    """Whether a slice without a step keeps less than a batch of the usual size, or `deleted` leaves so little."""
    kept = index.lower if deleted else index.upper
    other = index.upper if deleted else index.lower
    fixed = isinstance(kept, ast.Constant) and isinstance(kept.value, int) and kept.value < _SMALL
    return index.step is None and fixed and (other is None or ast.unparse(other) == "0")


def _is_unconditional(scan: Scan, cut: ast.stmt, name: str) -> bool:
    """Whether a statement of the function itself, or under a condition on the list alone, and no way out follows it there."""
    parent = scan.parents.get(cut)
    if isinstance(parent, ast.If) and cut in parent.body and scan.parents.get(parent) is scan.function:
        names = {node.id for node in ast.walk(parent.test) if isinstance(node, ast.Name)}
        return names <= {name, "len"} and len(parent.body) == 1
    return parent is scan.function


def _only_answers(scan: Scan, use: ast.Name) -> bool:
    """Whether a list is only returned in a report, counted, tested or logged."""
    parent = scan.parents.get(use)
    while isinstance(parent, ast.FormattedValue | ast.JoinedStr | ast.UnaryOp | ast.Compare):
        parent = scan.parents.get(parent)
    match parent:
        case ast.Call():
            return called_name(parent) in PRINTING | {"len", "bool"}
        case ast.Dict(keys=keys, values=values):
            key = keys[values.index(use)] if use in values else None
            returned = isinstance(scan.parents.get(parent), ast.Return | ast.Assign | ast.IfExp)
            return returned and isinstance(key, ast.Constant) and key.value == REPORT_KEY
        case ast.If() | ast.IfExp() | ast.keyword(arg="batchItemFailures"):
            return True
    return False
