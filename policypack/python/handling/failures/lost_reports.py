"""Lists of failed records that lose entries before they are returned: cut down after the loop, or overwritten in it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import TypeGuard

from policypack.python.handling.scan import PRINTING, Scan
from policypack.python.records import MANY, called_name, is_whole

REPORT_KEY = "batchItemFailures"
ITEM_KEY = "itemIdentifier"
_ADDING = {"append", "extend"}
_TEXTS = {"dumps", "str", "repr"}
_SMALL = 10
"""The batch size of a queue by default: a list that is cut to as many may be whole."""


def loses_entries(scan: Scan, failures: ast.expr) -> bool:
    """Whether a list of identifiers of failed records, which a function returns, has lost some of them by then.

    Args:
        scan: the function.
        failures: the list: a name, or an item of the response, `response["batchItemFailures"]`.
    """
    reported = _Reported(scan, failures)
    return reported.is_cut_down() or reported.is_overwritten()


class _Reported:
    """A list of identifiers by everything that code calls it: its name, and the item of the response that it is."""

    def __init__(self, scan: Scan, failures: ast.expr) -> None:
        self.scan = scan
        self.texts = {ast.unparse(failures)}
        self.responses: set[str] = set()
        """The names of dictionaries that have it."""
        self.made: list[ast.expr] = []
        """What it is in the response at first."""
        match failures:
            case ast.Subscript(value=ast.Name(id=response)):
                self.responses = {response}
                self.made = [made for given in scan.given(response) for made in _reported_in(given)]
                self.texts |= {made.id for made in self.made if isinstance(made, ast.Name)}
        self.uses = [node for node in ast.walk(scan.function) if self._is_it(node) and isinstance(node.ctx, ast.Load)]

    def _is_it(self, node: ast.AST) -> TypeGuard[ast.Name | ast.Subscript]:
        return isinstance(node, ast.Name | ast.Subscript) and ast.unparse(node) in self.texts

    def _given(self) -> Iterator[ast.expr]:
        """What it is assigned, but for its own names."""
        given = [*self.made, *(value for text in self.texts for value in self.scan.given(text))]
        yield from (value for value in given if ast.unparse(value) not in self.texts)

    def is_cut_down(self) -> bool:
        """Whether entries are removed after the loop that adds them, and nothing else reads the list or raises afterwards."""
        scan = self.scan
        added = [node for node in self.uses if _adds(scan, node)]
        in_loop = [node for node in added if scan.loop_around(node) is not None]
        cuts = [node for node in scan.nodes if isinstance(node, ast.stmt) and _cuts(node, self.texts)]
        if len(cuts) != 1 or not in_loop or in_loop != added or not self._is_unconditional(cuts[0]):
            return False
        cut = cuts[0]
        others = [value for value in self._given() if value is not getattr(cut, "value", None)]
        inside = {id(child) for child in ast.walk(cut)}
        rest = [use for use in self.uses if id(use) not in inside and not _adds(scan, use)]
        return (
            bool(others)
            and all(isinstance(value, ast.List) and not value.elts for value in others)
            and max(node.lineno for node in added) < cut.lineno
            and all(_only_answers(scan, use) and not self._is_before(use, cut) for use in rest)
            and self._only_returned()
            and not any(isinstance(node, ast.Raise) and node.lineno > cut.lineno for node in scan.nodes)
        )

    def is_overwritten(self) -> bool:
        """Whether a loop over records gives the list one entry in each run, and nothing adds to it or reads it there."""
        scan = self.scan
        stores = [node for node in scan.nodes if self._is_it(node) and not isinstance(node.ctx, ast.Load)]
        assigned = [node for node in stores if isinstance(scan.parents.get(node), ast.Assign | ast.AnnAssign)]
        if stores != assigned or not self._only_returned() or not all(_only_answers(scan, use) for use in self.uses):
            return False
        for store in stores:
            value, loop = getattr(scan.parents[store], "value", None), scan.loop_around(store)
            if isinstance(loop, ast.For | ast.AsyncFor) and scan.holds(loop.iter, *MANY):
                inside = set(ast.walk(loop))
                leaves = any(isinstance(node, ast.Break | ast.Return) for node in ast.walk(loop))
                read = any(use in inside for use in self.uses)
                if _is_one_entry(value):
                    return not leaves and not read and scan.loop_around(loop) is None
        return False

    def _is_unconditional(self, cut: ast.stmt) -> bool:
        """Whether a statement of the function itself, or under a condition on the list alone, and no way out follows it there."""
        parent = self.scan.parents.get(cut)
        if isinstance(parent, ast.If) and cut in parent.body and self.scan.parents.get(parent) is self.scan.function:
            names = {node.id for node in ast.walk(parent.test) if isinstance(node, ast.Name)}
            return names <= {*self.texts, *self.responses, "len"} and len(parent.body) == 1
        return parent is self.scan.function

    def _is_before(self, use: ast.expr, cut: ast.stmt) -> bool:
        """Whether a response has the list before a name is given another one: `failed = failed[:1]`."""
        named = isinstance(cut, ast.Assign) and isinstance(cut.targets[0], ast.Name)
        return named and isinstance(self.scan.parents.get(use), ast.Dict) and use.lineno < cut.lineno

    def _only_returned(self) -> bool:
        """Whether the dictionaries that have the list are made here, and only returned, logged, or asked for an item."""
        made = [given for response in self.responses for given in self.scan.given(response)]
        if not all(isinstance(given, ast.Dict) or called_name(given) == "dict" for given in made):
            return False
        for node in ast.walk(self.scan.function):
            if isinstance(node, ast.Name) and node.id in self.responses and isinstance(node.ctx, ast.Load):
                match _logged(self.scan, node):
                    case ast.Return() | ast.Subscript(slice=ast.Constant()):
                        continue
                    case ast.Call() as call if called_name(call) in PRINTING:
                        continue
                return False
        return True


def _reported_in(response: ast.expr) -> Iterator[ast.expr]:
    """What a dictionary that is made has under `batchItemFailures`."""
    match response:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == REPORT_KEY:
                    yield value
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            yield from (keyword.value for keyword in keywords if keyword.arg == REPORT_KEY)


def _is_one_entry(value: ast.expr | None) -> bool:
    match value:
        case ast.List(elts=[ast.Dict(keys=keys)]):
            return names_item(keys)
    return False


def names_item(keys: Iterable[ast.expr | None]) -> bool:
    """Whether the keys of a dictionary are those of an entry for a failed record."""
    return any(isinstance(key, ast.Constant) and key.value == ITEM_KEY for key in keys)


def _adds(scan: Scan, use: ast.expr) -> bool:
    parent = scan.parents.get(use)
    return isinstance(parent, ast.Attribute) and parent.attr in _ADDING


def _cuts(statement: ast.stmt, texts: Collection[str]) -> bool:
    """Whether a statement removes entries of a list: `del failed[1:]`, `failed = failed[:1]`, `failed.clear()`.

    Args:
        statement: the statement.
        texts: what the code calls the list.
    """
    match statement:
        case ast.Delete(targets=[ast.Subscript(value=target, slice=index)]):
            return ast.unparse(target) in texts and (
                not isinstance(index, ast.Slice) or is_whole(index) or _is_short(index, deleted=True)
            )
        case ast.Assign(targets=[target], value=ast.Subscript(value=source, slice=ast.Slice() as index)):
            same = ast.unparse(target) in texts and ast.unparse(source) in texts
            return same and not is_whole(index) and _is_short(index, deleted=False)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr="clear" | "pop"))):
            return ast.unparse(target) in texts
    return False


def _is_short(index: ast.Slice, *, deleted: bool) -> bool:
    """Whether a slice without a step keeps less than a batch of the usual size, or `deleted` leaves so little."""
    kept = index.lower if deleted else index.upper
    other = index.upper if deleted else index.lower
    fixed = isinstance(kept, ast.Constant) and isinstance(kept.value, int) and kept.value < _SMALL
    return index.step is None and fixed and (other is None or ast.unparse(other) == "0")


def _logged(scan: Scan, use: ast.expr) -> ast.AST | None:
    """What gets an expression, or a text or a comparison of it."""
    parent = scan.parents.get(use)
    while isinstance(parent, ast.FormattedValue | ast.JoinedStr | ast.UnaryOp | ast.Compare) or (
        parent is not None and called_name(parent) in _TEXTS
    ):
        parent = scan.parents.get(parent)
    return parent


def _only_answers(scan: Scan, use: ast.expr) -> bool:
    """Whether a list is only returned in a report, counted, tested or logged."""
    match parent := _logged(scan, use):
        case ast.Call():
            return called_name(parent) in PRINTING | {"len", "bool"}
        case ast.Dict(keys=keys, values=values):
            key = keys[values.index(use)] if use in values else None
            returned = isinstance(scan.parents.get(parent), ast.Return | ast.Assign | ast.IfExp)
            return returned and isinstance(key, ast.Constant) and key.value == REPORT_KEY
        case ast.If() | ast.IfExp() | ast.keyword(arg="batchItemFailures"):
            return True
    return False
