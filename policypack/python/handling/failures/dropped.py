"""Records whose failure is caught and only logged: whatever invoked the function takes them as handled.

A failure that is sent, stored, raised later, or emitted as a metric is not lost, and a narrow exception may be one that is
expected, or dropped on purpose (`narrow.py`): these are no drops. One that the handler only returns is lost where nothing reads the result.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.callbacks import ONCE
from policypack.python.classes import last_names
from policypack.python.domain import Boto
from policypack.python.handling.as_loops import as_loop
from policypack.python.handling.context_managers import hides
from policypack.python.handling.failures.fates import CHANGING, Fates, changed
from policypack.python.handling.failures.finally_exits import acts, discarding
from policypack.python.handling.failures.lookups import collected, may_miss
from policypack.python.handling.failures.narrow import losing, suppressed
from policypack.python.handling.failures.raising import refuses
from policypack.python.handling.failures.record_logs import LogsOfBlocks
from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.scan import CATCH_ALL, Scan
from policypack.python.handling.unrun.consumption import LAZY, Consumers, Consumption
from policypack.python.model import Fate, How, LoopExit, RecordLoop
from policypack.python.records import MANY, TAKING, called_name, own_nodes


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
        self.fates = Fates(consumers)
        self.logs = LogsOfBlocks()

    def inside(self, loop: AnyLoop, result: Fate = Fate.LOST) -> Iterator[LoopExit]:
        """Where all work of a loop on a record is in a block that only logs its failure, and no other loop does work.

        Args:
            loop: the loop, or what stands for one.
            result: the fate of what a comprehension makes.
        """
        name = self._collected(loop)
        others = (
            other
            for other in self.loops
            if other.lineno != getattr(loop, "lineno", None)
            and not (name and isinstance(other, ast.For) and isinstance(other.iter, ast.Name) and other.iter.id == name)
        )
        if not any(self._handles(other) and not self._contains(other, loop) for other in others):
            yield from self._of_body(loop, result, is_collected=bool(name))

    def _handles(self, loop: AnyLoop) -> bool:
        """Whether a loop does work on the records that may fail, or work that is to log them."""
        return self.scan.may_fail(*loop.body) or (self.scan.only_logs and self.scan.works(*loop.body))

    def _of_body(self, loop: AnyLoop, result: Fate, *, is_collected: bool) -> Iterator[LoopExit]:
        block = self._only_work(self.scan, loop.body)
        if block and not any(child in self.loops for child in ast.walk(block)):
            fate = result if is_collected else max(result, self._seen_later(loop))
            if fate is not Fate.KEPT:
                yield from self._drops(self.scan, block, (), fate)

    def _collected(self, loop: AnyLoop) -> str:
        """The list of what a loop looks up in each record, if the work comes after it and nothing shows which look-up failed."""
        block = self._only_work(self.scan, loop.body)
        end = getattr(loop, "end_lineno", None)
        if not isinstance(block, ast.Try | ast.TryStar) or end is None or self.scan.fails_after(end):
            return ""
        handler = self.scan.catching(block)
        if handler is None or self.logs.of(self.scan, block).names_failure(block, handler, self._around(())):
            return ""
        return collected(self.scan, block, end)

    def _contains(self, other: AnyLoop, loop: AnyLoop) -> bool:
        """Whether a loop is inside another one, or the other way round."""
        return any(child is loop for child in ast.walk(other)) or any(child is other for child in ast.walk(loop))

    def comprehensions(self) -> Iterator[RecordLoop]:
        """The same of comprehensions and calls of `map`."""
        for node in self.scan.nodes:
            loop = as_loop(self.scan, node)
            if loop and self.scan.holds(loop.iter, *MANY):
                is_lazy = isinstance(node, ast.GeneratorExp) or called_name(node) in LAZY
                unused = self.consumers.of(self.scan, node, lazy=False) is Consumption.NOTHING
                fate = Fate.LOST if unused else self.fates.of(self.scan, node)
                runs = fate is not Fate.KEPT and self.consumers.uses_all(self.scan, node, lazy=is_lazy, works=True)
                if runs and (exits := tuple(self.inside(loop, fate))):
                    yield RecordLoop(self.scan.place(node), exits, whole=False)

    def handlers(self) -> Iterator[RecordLoop]:
        """The same of functions that Powertools calls for each record, and that it takes to fail by an exception."""
        for node in self.scan.nodes:
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                if keyword.arg == "record_handler":
                    call = ast.Expr(ast.Call(keyword.value, [], []))
                    if exits := tuple(self._drops(self.scan, call, (), Fate.LOST)):
                        yield RecordLoop(self.scan.place(node), exits, whole=False)

    def _drops(  # noqa: C901 (one case for each kind of statement)
        self, scan: Scan, block: ast.stmt, followed: tuple[Scan, ...], fate: Fate
    ) -> Iterator[LoopExit]:
        """Where a statement that has all the work on a record drops it; `fate` is that of its function's result."""
        match block:
            case ast.Try() | ast.TryStar():
                handler = scan.catching(block) or losing(scan, block, self.logs, self._around(followed))
                tried = self._tries(scan, block.body, handler) or self._misses(scan, block, handler, followed)
                tried = tried and not _changes_attributes(block.body)
                leaves = not followed and handler and any(isinstance(node, ast.Return) for node in own_nodes(handler))
                if handler and tried and not leaves and not scan.does(*block.finalbody):
                    reached = max(fate, self.fates.of_caught(scan, handler, fate if followed else None))
                    if reached is not Fate.KEPT:
                        how = How.DROP if reached is Fate.LOST else How.ANSWER
                        yield LoopExit(scan.place(handler), how, fate=reached)
                        return
                yield from self._discards(scan, block, fate, is_called=bool(followed))
            case ast.With(body=body) | ast.AsyncWith(body=body):
                broad = any(kind is None or last_names(kind) & CATCH_ALL for kind in scan.caught_types(block))
                if (broad or suppressed(scan, block)) and not _changes_attributes(body):
                    yield LoopExit(scan.place(block), How.DROP, fate=fate)
            case ast.For(body=body, orelse=otherwise) | ast.While(body=body, orelse=otherwise):
                attempt = self._only_work(scan, body)
                if isinstance(attempt, ast.Try) and not self._gives_up(scan, block, otherwise):
                    names = {name for node in own_nodes(block) for name in changed(node)}
                    later = self.fates.of_names(scan, names, after=block.end_lineno or 0) if not followed else fate
                    if max(fate, later) is not Fate.KEPT:
                        yield from self._drops(scan, attempt, followed, max(fate, later))
            case ast.Expr(value=(ast.Call() as call) | ast.Await(value=ast.Call() as call)) if not _collects(call):
                yield from self._of_called(scan, call, followed, fate)
            case ast.Assign() | ast.If() | ast.AugAssign() | ast.AnnAssign() | ast.Expr():
                calls = [node for node in own_nodes(ast.Module([block], [])) if _acts(scan, node)]
                match calls:
                    case [ast.Call() as call] if scan.functions(call.func):
                        if (result := self.fates.of(scan, call)) is not Fate.KEPT:
                            yield from self._of_called(scan, call, followed, max(fate, result))

    def _discards(self, scan: Scan, block: ast.Try | ast.TryStar, fate: Fate, *, is_called: bool) -> Iterator[LoopExit]:
        """Where a `finally` discards the exception of the work, which goes on with the next record."""
        exit_ = discarding(block)
        if not exit_ or not self._tries(scan, block.body) or _changes_attributes(block.body) or acts(scan, block):
            return
        if isinstance(exit_, ast.Return) and not is_called:
            return  # it leaves the loop, as does the `break` of that
        if isinstance(exit_, ast.Break) and scan.loop_around(block) in self.loops:
            return
        names = {name for node in own_nodes(ast.Module(block.body, [])) for name in changed(node)}
        reached = max(fate, self.fates.of_names(scan, names, after=block.end_lineno or 0))
        if reached is not Fate.KEPT:
            yield LoopExit(scan.place(exit_), How.DROP if reached is Fate.LOST else How.ANSWER, fate=reached)

    def _around(self, followed: tuple[Scan, ...]) -> list[Scan]:
        """The functions that may log a record before another one handles it: its callers, and the handler."""
        return [*followed, self.scan, *(scan for scan in self.consumers.scans if scan.is_handler)]

    @staticmethod
    def _tries(scan: Scan, body: list[ast.stmt], handler: ast.ExceptHandler | None = None) -> bool:
        """Whether statements do work that may fail; logs alone do so by what they make a value of.

        An `except` that collects or counts the failures expects them, also of a look-up in what is only logged.
        """
        if not scan.works(*body):
            return False
        expected = handler is not None and any(True for node in own_nodes(handler) for _ in changed(node))
        looks_up = expected and any(isinstance(node, ast.Subscript) for node in scan.run(body))
        return not scan.only_logs or looks_up or scan.may_fail(*body)

    def _misses(
        self, scan: Scan, block: ast.Try | ast.TryStar, handler: ast.ExceptHandler | None, followed: tuple[Scan, ...]
    ) -> bool:
        """Whether logs under an `except Exception` fail for some records, and nothing names such a record.

        A look-up of what a record need not have does so, and a function of the package that raises an exception itself.
        """
        if not handler or handler is not scan.catching(block) or not scan.works(*block.body):
            return False
        named = self.logs.of(scan, block).names_failure(block, handler, self._around(followed))
        return not named and (may_miss(scan, block.body) or refuses(scan, [*own_nodes(ast.Module(block.body, []))]))

    def _of_called(self, scan: Scan, call: ast.Call, followed: tuple[Scan, ...], fate: Fate) -> Iterator[LoopExit]:
        at = ONCE.get(called_name(call), len(call.args))
        function = call.args[at] if at < len(call.args) else call.func
        called = [other for other in self.consumers.scans if other.function in scan.functions(function)]
        for other in called if len(called) == 1 and scan not in followed else ():
            body = [] if isinstance(other.function, ast.Lambda) else other.function.body
            inner = self._only_work(other, body)
            for decorator in getattr(other.function, "decorator_list", ()) if other.works(*body) else ():
                if isinstance(decorator, ast.Call) and hides(other, decorator):
                    yield LoopExit(other.place(decorator), How.DROP, fate=fate)
            if inner and not other.is_generator:
                yield from self._drops(other, inner, (*followed, scan), fate)

    def _gives_up(self, scan: Scan, attempts: ast.For | ast.While, otherwise: list[ast.stmt]) -> bool:
        """Whether something acts on it that all attempts failed: the `else` of their loop, or an exception after it."""
        end = attempts.end_lineno or 0
        return (
            scan.does(*otherwise)
            or any(scan.fails(node) for statement in otherwise for node in ast.walk(statement))
            or scan.fails_after(end)
        )

    def _only_work(self, scan: Scan, body: list[ast.stmt]) -> ast.stmt | None:
        """The one statement that has an effect, under conditions too; what only counts or collects is none, beside it."""
        work = [statement for statement in body if scan.works(statement) and not _goes_on(statement)]
        acting = [
            statement for statement in work if any(_acts(scan, node) for node in own_nodes(ast.Module([statement], [])))
        ]
        match acting or work:
            case [ast.If(test=test, body=then, orelse=[])] if not scan.works(test):
                return self._only_work(scan, then)
            case [statement]:
                return statement
        return None

    def _seen_later(self, loop: AnyLoop) -> Fate:
        """What becomes, after a loop, of the names from which one may see which records it handled."""
        names = {name for child in own_nodes(ast.Module(loop.body, [])) for name in changed(child)}
        end: int | None = getattr(loop, "end_lineno", None)  # of a comprehension it has none
        if end is None:
            return Fate.LOST
        if self.scan.fails_after(end):
            return Fate.KEPT
        fate = self.fates.of_names(self.scan, names, after=end)
        return Fate.LOST if self.scan.is_handler and fate is not Fate.KEPT else fate


def _collects(call: ast.Call) -> bool:
    """Whether a call adds something to a collection with a name."""
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.attr in CHANGING


def _acts(scan: Scan, node: ast.AST) -> bool:
    """Whether a node has an effect itself, but for what it adds to a collection with a name."""
    match node:
        case ast.Call():
            makes_client = any(isinstance(value, Boto) for value in scan.values(node))
            return scan.is_aws(node) if _collects(node) else scan.works_itself(node) and not makes_client
        case ast.Attribute(ctx=ast.Store()) | ast.Delete():
            return True
        case ast.Subscript(value=base, ctx=ast.Store()):
            return not isinstance(base, ast.Name)
    return False


def _goes_on(statement: ast.stmt) -> bool:
    """Whether a statement takes the next record, or its index."""
    match statement:
        case ast.AugAssign(value=ast.Constant()):
            return True
        case ast.Assign(value=ast.Call() as call):
            return called_name(call) in TAKING
    return False


def _changes_attributes(body: list[ast.stmt]) -> bool:
    """Whether statements change what an object keeps: another function may see from it which records they handled."""
    return any(
        (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CHANGING
            and isinstance(node.func.value, ast.Attribute)
        )
        for node in own_nodes(ast.Module(body, []))
    )
