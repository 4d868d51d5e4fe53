"""Records whose failure is caught and only logged: whatever invoked the function takes them as handled.

A failure that is sent, stored, counted for what follows, or emitted as a metric is not lost, and a narrow exception may be
one that is expected: these are no drops.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from policypack.python.callbacks import ONCE
from policypack.python.classes import last_names
from policypack.python.handling.as_loops import as_loop
from policypack.python.handling.consumption import LAZY, Consumers, Consumption
from policypack.python.handling.failures.retries import Retries
from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.scan import CATCH_ALL, METRICS, PRINTING, Scan
from policypack.python.model import How, LoopExit, RecordLoop
from policypack.python.records import MANY, TAKING, called_name, own_nodes

_CHANGING = {"append", "add", "extend", "insert", "update", "setdefault", "remove", "discard", "pop"}


class Dropped:
    """Finds where one function's loops drop the records that fail.

    Args:
        scan: the function.
        consumers: know the other functions.
        loops: its loops over records.
    """

    def __init__(self, scan: Scan, consumers: Consumers, loops: list[AnyLoop]) -> None:
        self.scan = scan
        self.consumers = consumers
        self.loops = loops

    def inside(self, loop: AnyLoop) -> Iterator[LoopExit]:
        """Where all work of a loop on a record is in a block that only logs its failure, and no other loop does work."""
        others = (other for other in self.loops if other.lineno != getattr(loop, "lineno", None))
        if not any(self.scan.may_fail(*other.body) and not self._contains(other, loop) for other in others):
            yield from self._of_body(loop)

    def _of_body(self, loop: AnyLoop) -> Iterator[LoopExit]:
        block = self._only_work(self.scan, loop.body)
        if block and not any(child in self.loops for child in ast.walk(block)) and not self._used_later(loop):
            yield from self._drops(self.scan, block, ())

    def _contains(self, other: AnyLoop, loop: AnyLoop) -> bool:
        """Whether a loop is inside another one, or the other way round."""
        return any(child is loop for child in ast.walk(other)) or any(child is other for child in ast.walk(loop))

    def comprehensions(self) -> Iterator[RecordLoop]:
        """The same of comprehensions and calls of `map` whose results nothing uses."""
        for node in self.scan.nodes:
            loop = as_loop(self.scan, node)
            if loop and self.scan.holds(loop.iter, *MANY):
                is_lazy = isinstance(node, ast.GeneratorExp) or called_name(node) in LAZY
                unused = self.consumers.of(self.scan, node, lazy=False) is Consumption.NOTHING
                runs = unused and self.consumers.uses_all(self.scan, node, lazy=is_lazy, works=True)
                if runs and (exits := tuple(self.inside(loop))):
                    yield RecordLoop(self.scan.place(node), exits, whole=False)

    def handlers(self) -> Iterator[RecordLoop]:
        """The same of functions that Powertools calls for each record, and that it takes to fail by an exception."""
        for node in self.scan.nodes:
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                if keyword.arg == "record_handler":
                    call = ast.Expr(ast.Call(keyword.value, [], []))
                    if exits := tuple(self._drops(self.scan, call, ())):
                        yield RecordLoop(self.scan.place(node), exits, whole=False)

    def _drops(self, scan: Scan, block: ast.stmt, followed: tuple[Scan, ...]) -> Iterator[LoopExit]:
        match block:
            case ast.Try() | ast.TryStar():
                handler = scan.catching(block)
                tried = scan.works(*block.body) and not _changes_attributes(block.body)
                if handler and tried and not scan.works(*block.finalbody) and _only_logs(scan, handler):
                    yield LoopExit(scan.place(handler), How.DROP)
            case ast.With(body=body):
                broad = any(kind is None or last_names(kind) & CATCH_ALL for kind in scan.caught_types(block))
                if broad and not _changes_attributes(body):
                    yield LoopExit(scan.place(block), How.DROP)
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
                at = ONCE.get(called_name(call), len(call.args))
                function = call.args[at] if at < len(call.args) else call.func
                called = [other for other in self.consumers.scans if other.function in scan.functions(function)]
                for other in called if len(called) == 1 and scan not in followed else ():
                    body = [] if isinstance(other.function, ast.Lambda) else other.function.body
                    inner = self._only_work(other, body)
                    if inner and not other.is_generator:
                        yield from self._drops(other, inner, (*followed, scan))

    def _only_work(self, scan: Scan, body: list[ast.stmt]) -> ast.stmt | None:
        """The one statement that has an effect, under conditions too."""
        work = [statement for statement in body if scan.works(statement) and not _goes_on(statement)]
        match work:
            case [ast.If(test=test, body=then, orelse=[])] if not scan.works(test):
                return self._only_work(scan, then)
            case [statement]:
                return statement
        return None

    def _used_later(self, loop: AnyLoop) -> bool:
        """Whether what follows a loop may see from a name which records it handled, or fails."""
        changed = {name for child in own_nodes(ast.Module(loop.body, [])) for name in _changed(child)}
        end: int | None = getattr(loop, "end_lineno", None)  # of a comprehension it has none
        if end is None:
            return False
        raises = any(isinstance(node, ast.Raise) and node.lineno > end for node in self.scan.nodes)
        return raises or _is_used(self.scan, changed, end, returns=self.scan.is_handler)


def _goes_on(statement: ast.stmt) -> bool:
    """Whether a statement takes the next record, or its index."""
    match statement:
        case ast.AugAssign(value=ast.Constant()):
            return True
        case ast.Assign(value=ast.Call() as call):
            return called_name(call) in TAKING
    return False


def _is_used(scan: Scan, names: Collection[str], after: int, *, returns: bool) -> bool:
    """Whether code after a line uses names, and not only to log them, or with `returns` to return them."""
    return any(
        isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.id in names
        and node.lineno > after
        and not _is_only_shown(scan, node, returns=returns)
        for node in scan.nodes
    )


def _is_only_shown(scan: Scan, node: ast.AST, *, returns: bool) -> bool:
    """Whether a value is only logged, or with `returns` returned."""
    outer: ast.AST | None = node
    while outer is not None and not isinstance(outer, ast.stmt):
        if isinstance(outer, ast.Call) and called_name(outer) in PRINTING - METRICS:
            return True
        if isinstance(outer, ast.comprehension | ast.Compare):
            return False
        outer = scan.parents.get(outer)
    return returns and isinstance(outer, ast.Return) and not Retries(scan).returned(outer.value)


def _changed(node: ast.AST) -> Iterator[str]:
    """The names that a node gives a value, or adds something to."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
            yield name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _CHANGING:
            yield name


def _changes_attributes(body: list[ast.stmt]) -> bool:
    """Whether statements change what an object keeps: another function may see from it which records they handled."""
    return any(
        (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _CHANGING
            and isinstance(node.func.value, ast.Attribute)
        )
        for node in own_nodes(ast.Module(body, []))
    )


def _only_logs(scan: Scan, handler: ast.ExceptHandler) -> bool:
    """Whether what catches a failure does nothing but log it, and give names a value."""
    shared = {name for node in scan.nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    statements = [node for node in own_nodes(handler) if isinstance(node, ast.stmt)]
    kinds = ast.Expr | ast.Pass | ast.Continue | ast.If | ast.Assign | ast.AugAssign
    plain = all(isinstance(node, kinds) or _ends(node) for node in statements)
    effects = [
        node.test if isinstance(node, ast.If) else node.value if isinstance(node, ast.AugAssign) else node
        for node in statements
    ]
    stored = (node for node in own_nodes(handler) if isinstance(getattr(node, "ctx", None), ast.Store))
    local = all(isinstance(node, ast.Name) and node.id not in shared for node in stored)
    speaks = any(called_name(node) in METRICS or isinstance(node, ast.Yield) for node in own_nodes(handler))
    changed = {name for node in own_nodes(handler) for name in _changed(node)}
    used = _is_used(scan, changed, handler.end_lineno or handler.lineno, returns=False)
    return plain and local and not speaks and not used and not scan.works(*effects)


def _ends(node: ast.stmt) -> bool:
    """Whether a statement returns a constant, which a caller that drops it does not see."""
    return isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant))
