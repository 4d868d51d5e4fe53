"""Whether anything goes through a lazy iterator: a generator expression, a `map`, the call of a generator function."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterable

from policypack.python import calling
from policypack.python.callbacks import KEYED
from policypack.python.domain import External, FunctionNode
from policypack.python.handling.scan import LOOKS_ONLY, Scan
from policypack.python.records import TAKING, called_name, is_unlimited

LAZY = {"map", "filter", "starmap", "filterfalse"}
_WRAPPERS = {
    *LAZY,
    *("islice", "takewhile", "dropwhile", "chain", "enumerate", "zip", "iter", "from_iterable", "tee", "aiter"),
}
"""Functions whose result is lazy too."""
_COPIES = {"list", "tuple", "sorted", "set"}
_STOPPING = {"any", "all", "next", "anext", "__next__"}
"""Calls that may leave elements behind."""


class Consumption(enum.IntEnum):
    """How much of an iterator runs."""

    NOTHING = 0
    PART = 1
    ALL = 2


class Consumers:
    """Finds how iterators are consumed in all functions of a reading."""

    def __init__(self, scans: Iterable[Scan]) -> None:
        self.scans = list(scans)
        self.calls: dict[FunctionNode, list[tuple[Scan, ast.Call]]] = {}
        for scan in self.scans:
            for node in scan.nodes:
                if isinstance(node, ast.Call):
                    for function in calling.functions(scan.reader, scan.values(node.func)):
                        self.calls.setdefault(function, []).append((scan, node))
        self._of_functions: dict[FunctionNode, Consumption] = {}
        self._followed: set[tuple[FunctionNode, str]] = set()

    def of_result(self, scan: Scan) -> Consumption:
        """How much of what a function returns or yields is consumed by its callers."""
        if scan.function not in self._of_functions:
            self._of_functions[scan.function] = Consumption.ALL  # of a function that calls itself
            calls = self.calls.get(scan.function, [])
            used = [self.of(caller, call) for caller, call in calls]
            nobody = Consumption.NOTHING if scan.is_handler else Consumption.ALL
            self._of_functions[scan.function] = max(used, default=nobody)
        return self._of_functions[scan.function]

    def takes_part(self, scan: Scan) -> bool:
        """Whether the callers of a function use a part of what it yields, and none of them all, or sorts or compares it."""
        calls = self.calls.get(scan.function, [])
        if any(called_name(node) in KEYED for caller, _ in calls for node in caller.nodes):
            return False
        return max((self.of(*call, lazy=False) for call in calls), default=Consumption.ALL) is Consumption.PART

    def of(self, scan: Scan, node: ast.AST, *, lazy: bool = True) -> Consumption:  # noqa: C901, PLR0912 (one case for each kind of parent)
        """How much of an expression's value is consumed.

        Args:
            scan: the function that contains it.
            node: the expression.
            lazy: whether its elements are made only when they are consumed; else it is a list.
        """
        parent = scan.parents.get(node)
        match parent:
            case ast.Expr() | ast.Assert() | ast.UnaryOp(op=ast.Not()) | None:
                return self._returned(scan, lazy=lazy) if node is scan.function else Consumption.NOTHING
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return self._of_name(scan, name, lazy=lazy)
            case ast.Assign(targets=[ast.Tuple(elts=elements) | ast.List(elts=elements)]) if not lazy:
                rest = [element.value for element in elements if isinstance(element, ast.Starred)]
                unused = [self._of_name(scan, one.id, lazy=False) for one in rest if isinstance(one, ast.Name)]
                return Consumption.PART if unused == [Consumption.NOTHING] else Consumption.ALL
            case ast.NamedExpr(target=ast.Name(id=name)):
                return max(self._of_name(scan, name, lazy=lazy), self.of(scan, parent, lazy=lazy))
            case ast.Return() | ast.YieldFrom():
                return self._returned(scan, lazy=lazy)
            case ast.Lambda():
                return self._returned(scan, lazy=lazy) if parent is scan.function else Consumption.ALL
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if test is node:
                return Consumption.NOTHING
            case ast.Starred() if not lazy or called_name(scan.parents[parent]) == "gather":
                return self.of(scan, parent, lazy=lazy)
            case ast.IfExp() | ast.BoolOp() | ast.keyword() | ast.FormattedValue() | ast.JoinedStr():
                return self.of(scan, parent, lazy=lazy)
            case ast.GeneratorExp():
                return self.of(scan, parent)
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) if lazy and element is node:
                return self.of(scan, parent)
            case ast.comprehension():
                outer = scan.parents[parent]
                return self.of(scan, outer) if isinstance(outer, ast.GeneratorExp) else Consumption.ALL
            case ast.Subscript(value=value, slice=index) if value is node:
                return Consumption.ALL if isinstance(index, ast.Name) else Consumption.PART
            case ast.Attribute(attr="values" | "items" | "keys"):
                return self.of(scan, scan.parents[parent], lazy=False)
            case ast.Attribute(attr=name):
                takes = name in _STOPPING or (name in TAKING and not scan.inside(node, ast.While))
                return Consumption.PART if takes else Consumption.ALL
            case ast.Await() if not lazy:
                return self.of(scan, parent, lazy=False)
            case ast.Call():
                return self._passed(scan, parent, lazy=lazy)
        return Consumption.ALL

    def catches(
        self, scan: Scan, node: ast.AST, caught: Callable[[ast.expr | None], bool], followed: tuple[Scan, ...] = ()
    ) -> bool:
        """Whether a `try` around a statement, or around a call of its function, catches its exception, by `caught`."""
        inner, outer = node, scan.parents.get(node)
        while outer is not None:
            around = isinstance(outer, ast.Try | ast.TryStar | ast.With | ast.AsyncWith) and inner in outer.body
            if around and any(map(caught, scan.caught_types(outer))):
                return True
            inner, outer = outer, scan.parents.get(outer)
        calls = self.calls.get(scan.function, []) if scan not in followed else []
        return any(self.catches(caller, call, caught, (*followed, scan)) for caller, call in calls)

    def uses_all(self, scan: Scan, node: ast.AST, *, lazy: bool, works: bool) -> bool:
        """Whether all elements of an expression are made; or used, if making them has no effect."""
        made = not lazy or self.of(scan, node) is Consumption.ALL
        return made and (works or self.of(scan, node, lazy=False) is Consumption.ALL)

    def _passed(self, scan: Scan, call: ast.Call, *, lazy: bool) -> Consumption:
        name = called_name(call)
        if name in _STOPPING and scan.inside(call, ast.While):
            return Consumption.ALL
        if name in _STOPPING:
            return Consumption.PART if lazy or name not in ("any", "all") else Consumption.ALL
        if name in _COPIES and not lazy:
            return self.of(scan, call, lazy=False)
        if name in ("create_task", "ensure_future", "gather") and lazy:
            if self._ends_with(scan, call):
                return Consumption.NOTHING
            return Consumption.PART if self.of(scan, call) is Consumption.PART else Consumption.ALL
        if name == "gather" and not lazy:
            return self.of(scan, call, lazy=False)
        if name in LOOKS_ONLY:
            works = scan.only_logs and not lazy and scan.works_itself(call)
            return Consumption.ALL if works else Consumption.NOTHING
        if name in _WRAPPERS and scan.is_builtin(call):
            return min(self.of(scan, call), Consumption.PART if self._is_first(scan, call) else Consumption.ALL)
        return Consumption.ALL

    @staticmethod
    def _is_first(scan: Scan, call: ast.Call) -> bool:
        """Whether a call takes the first elements only, and no loop takes the next ones."""
        again = scan.inside(call, ast.While, ast.For, ast.AsyncFor, ast.Lambda) or scan.is_generator
        limited = called_name(call) == "islice" and not is_unlimited(call)
        return not again and (limited or (called_name(call) == "takewhile" and not _ends_at_mark(call)))

    def _ends_with(self, scan: Scan, call: ast.Call) -> bool:
        """Whether a coroutine starts tasks that nothing refers to, and waits for nothing afterwards: its end cancels them."""
        waiting = ast.Await | ast.AsyncWith | ast.AsyncFor
        later = (node for node in scan.nodes if isinstance(node, waiting))
        return (
            isinstance(scan.parents.get(call), ast.Expr)
            and isinstance(scan.function, ast.AsyncFunctionDef)
            and any(isinstance(one, External) and one.name.startswith("asyncio.") for one in scan.values(call.func))
            and not any((node.end_lineno or node.lineno) >= call.lineno for node in later)
        )

    def _returned(self, scan: Scan, *, lazy: bool) -> Consumption:
        return self.of_result(scan) if lazy or not scan.is_handler else Consumption.ALL

    def _of_name(self, scan: Scan, name: str, *, lazy: bool) -> Consumption:
        key = (scan.function, name)
        if key in self._followed:  # of a name that is assigned from itself
            return Consumption.NOTHING
        self._followed.add(key)
        used = [
            self.of(scan, node, lazy=lazy)
            for node in ast.walk(scan.function)
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        ]
        self._followed.discard(key)
        return max(used, default=Consumption.NOTHING)


def _ends_at_mark(call: ast.Call) -> bool:
    """Whether `takewhile` goes on until a mark that the generator puts at its end: `lambda one: one is not None`."""
    match call.args:
        case [ast.Lambda(body=ast.Compare(ops=[ast.Is() | ast.IsNot()])), *_]:
            return True
    return False
