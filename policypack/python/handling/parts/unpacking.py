"""Unpackings of the records, into a fixed number of names, or the first ones and the rest; and parts that are only logged."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from policypack.python.classes import last_names
from policypack.python.domain import FunctionValue
from policypack.python.handling.first_runs import only_looks
from policypack.python.handling.parts.glances import Glances
from policypack.python.handling.scan import CATCH_ALL, Scan
from policypack.python.handling.unrun.consumption import Consumers, Consumption
from policypack.python.model import Shape
from policypack.python.records import WHOLE

_Pair = tuple[list[ast.expr], ast.expr]
_FAILURES = CATCH_ALL | {"ValueError", "TypeError"}
"""What an unpacking raises where the number of elements is another one, or a class above it."""


def unpacked(node: ast.AST) -> Iterator[_Pair]:
    """The targets of each unpacking in a statement, in order, with what is unpacked."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.For(target=target, iter=ast.List(elts=[value]) | ast.Tuple(elts=[value])):
            yield from _pairs(target, value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[_Pair]:
    match target, value:
        case (
            (ast.Tuple(elts=targets) | ast.List(elts=targets)),
            (ast.Tuple(elts=values) | ast.List(elts=values)),
        ) if len(targets) == len(values):
            for inner, part in zip(targets, values, strict=True):
                yield from _pairs(inner, part)
        case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), _):
            yield targets, value


def fixed(scan: Scan, node: ast.AST) -> ast.expr | None:
    """The records that code unpacks into a fixed number of names or arguments, without a way for other numbers."""
    for targets, source in unpacked(node):
        if scan.holds(source, *WHOLE) and not any(isinstance(target, ast.Starred) for target in targets):
            return None if _is_expected(scan, node) else source
    if isinstance(node, ast.Call):
        starred = [part.value for part in node.args if isinstance(part, ast.Starred) and scan.holds(part.value, *WHOLE)]
        callees = scan.values(node.func)
        takes_one = all(isinstance(value, FunctionValue) and value.node.args.vararg is None for value in callees)
        if starred and callees and takes_one and not _is_expected(scan, node):
            return starred[0]
    return None


def _is_expected(scan: Scan, node: ast.AST) -> bool:
    """Whether a `try` around an unpacking does something about another number of records."""
    inner, outer = node, scan.parents.get(node)
    while outer is not None:
        if isinstance(outer, ast.Try | ast.TryStar) and inner in outer.body:
            for handler, kind in zip(outer.handlers, scan.caught_types(outer), strict=True):
                if (kind is None or last_names(kind) & _FAILURES) and scan.does(*handler.body):
                    return True
        inner, outer = outer, scan.parents.get(outer)
    return False


class Unpackings:
    """The unpackings of one function, with what it does with each part."""

    def __init__(self, scan: Scan, consumers: Consumers) -> None:
        self.scan = scan
        self.consumers = consumers
        self.glances = Glances(consumers, decide=False)

    def without_rest(self, node: ast.AST, shapes: Collection[Shape]) -> ast.expr | None:
        """The records of which a statement unpacks the first or last ones, and nothing uses the rest."""
        for targets, source in unpacked(node):
            if self.scan.holds(source, *shapes) and self._rest(targets) is False:
                return source
        return None

    def with_rest(self, node: ast.AST, shapes: Collection[Shape], *, whole: bool) -> Iterator[ast.expr]:
        """The records of which a statement unpacks the first or last ones, and the code uses the rest.

        Args:
            node: the statement.
            shapes: those of the records.
            whole: whether something is done with the first ones, or they are only logged, or not used.
        """
        for targets, source in unpacked(node):
            if self.scan.holds(source, *shapes) and self._rest(targets) and self._only_logs(targets) is not whole:
                yield source

    def is_logged(self, part: ast.AST) -> bool:
        """Whether the code does no more with a part of the records than to log it."""
        parent = self.scan.parents.get(part)
        if isinstance(parent, ast.For) and parent.iter is part:
            logs = only_looks(self.scan, parent.body) and not any(map(stored, parent.body))
        else:
            logs = self.glances.only(self.scan, part)
        return logs and not self._may_be_shared()

    def uses(self, name: str) -> bool:
        """Whether the code goes through all elements of what has a name."""
        return any(
            isinstance(node, ast.Name)
            and node.id == name
            and isinstance(node.ctx, ast.Load)
            and self.consumers.of(self.scan, node, lazy=False) is Consumption.ALL
            for node in ast.walk(self.scan.function)
        )

    def _rest(self, targets: list[ast.expr]) -> bool | None:
        """Whether the rest of an unpacked sequence is used; None if there is none."""
        for target in targets:
            if isinstance(target, ast.Starred):
                return not isinstance(target.value, ast.Name) or self.uses(target.value.id)
        return None

    def _only_logs(self, targets: list[ast.expr]) -> bool:
        """Whether a name beside the rest of an unpacked sequence is only logged, or not used."""
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        return not self._may_be_shared() and any(self.glances.name_only(self.scan, name) for name in names)

    def _may_be_shared(self) -> bool:
        """Whether logging is the work here, or other functions may use names of this one."""
        return self.scan.only_logs or any(isinstance(node, ast.Global | ast.Nonlocal) for node in self.scan.nodes)


def stored(node: ast.AST) -> set[str]:
    """The names that code gives a value."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)}
