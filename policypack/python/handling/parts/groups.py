"""Groups of records of which code takes one each: lists in a dictionary, under a key that all records of an event may share."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.keyed import GROUP, Path, is_common, paths
from policypack.python.handling.scan import PRINTING, Scan
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.model import How, LoopExit, RecordLoop, Shape
from policypack.python.records import EVENTS, MANY, called_name, own_nodes

_PLAIN = {"get", "str"}
"""Calls in a key that make nothing else of what a record has."""

_ORDERING = {"sorted", "reversed"}
_LOOKING = {"len", "bool", "isinstance", "enumerate", "list", "tuple", "iter", "get"}
"""Calls that make nothing of all records by which something may handle them elsewhere."""


class Groups:
    """The groups that one function makes.

    Args:
        scan: the function.
        consumers: have the other functions, which may handle all records.
        loops: the loops of the function over records.
    """

    def __init__(self, scan: Scan, consumers: Consumers, loops: list[AnyLoop]) -> None:
        self.scan = scan
        self.consumers = consumers
        self.filling = [loop for loop in loops if not isinstance(loop, ast.While)]

    def loops(self) -> Iterator[RecordLoop]:
        """The groups of which nothing but one record each is handled, as loops that are left."""
        for loop in self.filling:
            for statement in loop.body:
                filled = _filled(statement)
                if filled is None:
                    continue
                name, key, value = filled
                if not self._is_shared(key) or not self._only_fills(loop, statement, value):
                    continue
                newest = GROUP in paths(self.scan, key)  # of a group of messages, which code may want on purpose
                taken = self._taken(name, statement, first_only=newest)
                if taken and not self._handled_elsewhere(loop):
                    line = self.scan.place(taken)
                    exits = (LoopExit(line, How.GROUP),)
                    yield RecordLoop(line, exits, whole=False, inner=self.scan.is_inner(loop.iter))

    def _is_shared(self, key: ast.expr) -> bool:
        """Whether a key is what records surely share, and has nothing else in it."""
        read = paths(self.scan, key)
        names = {child for child in ast.walk(key) if isinstance(child, ast.Name)}
        called = (called_name(child) for child in ast.walk(key) if isinstance(child, ast.Call))
        alone = all(self.scan.holds(name, Shape.RECORD) for name in names if name.id not in _PLAIN)
        return bool(read) and all(map(_shares, read)) and alone and {*called} <= _PLAIN

    def _only_fills(self, loop: ast.For | ast.AsyncFor, statement: ast.stmt, value: ast.expr) -> bool:
        """Whether a loop does nothing with a record but put it, or what it has, into its group."""
        inside = {*ast.walk(statement)}
        others = (node for node in own_nodes(ast.Module(loop.body, [])) if node not in inside)
        return (
            self.scan.holds(loop.iter, *MANY)
            and called_name(loop.iter) not in _ORDERING
            and not self.scan.works(value)
            and not any(isinstance(node, ast.Call) and self.scan.does_itself(node) for node in others)
            and any(not _shares(path) for path in paths(self.scan, value))
        )

    def _taken(self, name: str, filling: ast.stmt, *, first_only: bool) -> ast.expr | None:
        """What takes one record of each group, if all groups are read so, and no group is read in another way."""
        scan = self.scan
        given = [*scan.given(name)]
        if len(given) != 1 or not _is_empty(given[0]):
            return None
        inside = {*ast.walk(filling)}
        taken: list[ast.expr] = []
        for use in (node for node in ast.walk(scan.function) if isinstance(node, ast.Name) and node.id == name):
            if use in inside or isinstance(use.ctx, ast.Store) or self._is_logged(use):
                continue
            found = self._of_groups(use) if use in scan.parents else None
            if found is None:
                return None
            taken += found
        places = {ast.unparse(one.slice) for one in taken if isinstance(one, ast.Subscript)}
        alike = len(places) == 1 and not (first_only and places != {"0"})
        return next((one for one in taken if alike and not self._is_glance(one)), None)

    def _of_groups(self, use: ast.Name) -> list[ast.expr] | None:
        """The records that code takes of each group where it reads the dictionary; None if it may read all of them."""
        parent = self.scan.parents[use]
        if isinstance(parent, ast.Attribute) and parent.attr in {"values", "items", "keys"}:
            kind, source = parent.attr, self.scan.parents[parent]
        elif isinstance(parent, ast.Subscript) and parent.value is use:
            return self._of_group([parent]) if isinstance(parent.slice, ast.Name) else None
        else:
            kind, source = "keys", use
        loop = self.scan.parents.get(source)
        if not isinstance(loop, ast.For | ast.comprehension) or loop.iter is not source:
            return None
        match kind, loop.target:
            case ("values", ast.Name(id=group)) | ("items", ast.Tuple(elts=[ast.Name(), ast.Name(id=group)])):
                around = loop if isinstance(loop, ast.For) else self.scan.parents[loop]
                named = [one for one in ast.walk(self.scan.function) if isinstance(one, ast.Name) and one.id == group]
                within = {*ast.walk(around)}
                reads = [one for one in named if isinstance(one.ctx, ast.Load)]
                return self._of_group(reads) if all(one in within for one in named) else None
            case "keys", ast.Name():
                return []
        return None

    def _of_group(self, reads: list[ast.Name] | list[ast.Subscript]) -> list[ast.expr] | None:
        """The records that reads of a group take by their place; None if one may do something with all."""
        taken: list[ast.expr] = []
        for read in reads:
            match self.scan.parents.get(read):
                case ast.Subscript(value=base, slice=ast.Constant() | ast.UnaryOp(), ctx=ast.Load()) as one if (
                    base is read
                ):
                    taken.append(one)
                case _ if not self._is_logged(read):
                    return None
        return taken

    def _is_logged(self, node: ast.AST) -> bool:
        """Whether an expression is only logged, or counted for a log."""
        outer = self.scan.parents.get(node)
        while isinstance(outer, ast.JoinedStr | ast.FormattedValue | ast.Call):
            if called_name(outer) in PRINTING:
                return True
            if isinstance(outer, ast.Call) and called_name(outer) != "len":
                return False
            outer = self.scan.parents.get(outer)
        return False

    def _is_glance(self, taken: ast.expr) -> bool:
        """Whether only what all records of the group have is read of one, or it is only logged."""
        keys: Path = ()
        node: ast.AST = taken
        while True:
            match self.scan.parents.get(node):
                case ast.Subscript(value=base, slice=ast.Constant(value=str() as key)) as outer if base is node:
                    node, keys = outer, (*keys, key)
                case ast.Assign(targets=[ast.Name(id=name)]) if not keys:
                    reads = (one for one in self.scan.nodes if isinstance(one, ast.Name) and one.id == name)
                    return all(self._is_glance(one) for one in reads if isinstance(one.ctx, ast.Load))
                case _:
                    return _shares(keys) or self._is_logged(node)

    def _handled_elsewhere(self, filling: ast.For | ast.AsyncFor) -> bool:
        """Whether anything else gets the event or all records: a loop, a comprehension, a call of a library, another value."""
        inside = {*ast.walk(filling.iter)}
        return any(
            isinstance(node, ast.expr)
            and node not in inside
            and scan.holds(node, *MANY, *EVENTS)
            and not self._is_passed_on(scan, node)
            for scan in self.consumers.scans
            for node in scan.nodes
        )

    def _is_passed_on(self, scan: Scan, node: ast.expr) -> bool:
        """Whether an expression is only named, looked at, logged, or passed to a function of the package."""
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            return True
        match scan.parents.get(node):
            case ast.Subscript(value=base) | ast.Attribute(value=base):
                return base is node
            case (
                ast.Assign() | ast.AnnAssign() | ast.If() | ast.BoolOp() | ast.UnaryOp() | ast.Compare() | ast.Return()
            ):
                return True
            case ast.Call() as call:
                return scan.is_own(call.func) or called_name(call) in PRINTING | _LOOKING
            case ast.keyword() as keyword:
                outer = scan.parents.get(keyword)
                return isinstance(outer, ast.Call) and (scan.is_own(outer.func) or called_name(outer) in PRINTING)
        return False


def _shares(path: Path) -> bool:
    return path == GROUP or is_common(path)


def _is_empty(made: ast.expr) -> bool:
    """Whether an expression is a new dictionary: `{}`, `dict()`, `defaultdict(list)`."""
    match made:
        case ast.Dict(keys=[]):
            return True
        case ast.Call(args=[]):
            return called_name(made) in {"dict", "OrderedDict"}
        case ast.Call(args=[ast.Name(id="list") | ast.Lambda(body=ast.List(elts=[]))]):
            return called_name(made) == "defaultdict"
    return False


def _filled(statement: ast.stmt) -> tuple[str, ast.expr, ast.expr] | None:
    """The dictionary whose list at a key gets a value, the key and the value."""
    match statement:
        case (
            ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Subscript(value=ast.Name(id=name), slice=key), attr="append"),
                    args=[value],
                )
            )
            | ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(
                            func=ast.Attribute(value=ast.Name(id=name), attr="setdefault"),
                            args=[key, ast.List(elts=[])],
                        ),
                        attr="append",
                    ),
                    args=[value],
                )
            )
            | ast.AugAssign(
                target=ast.Subscript(value=ast.Name(id=name), slice=key), op=ast.Add(), value=ast.List(elts=[value])
            )
        ):
            return name, key, value
    return None
