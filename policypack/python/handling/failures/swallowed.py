"""What is around a loop over the records, or around a call of its function, and hides that a record failed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from policypack.python.classes import builtin, last_names
from policypack.python.handling.as_loops import as_loop
from policypack.python.handling.failures.finally_exits import Discarding, acts, discarding
from policypack.python.handling.failures.retries import Retries
from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.scan import CATCH_ALL, HARMLESS, LOOKS_ONLY, Scan
from policypack.python.handling.unrun.consumption import LAZY, Consumers, Consumption
from policypack.python.model import How, LoopExit, RecordLoop
from policypack.python.records import EVENTS, MANY, called_name, is_lazy, own_nodes

EXHAUSTED = {"StopIteration", "StopAsyncIteration", "IndexError", "Empty", "QueueEmpty"}
_OF_PROCESS = {
    "KeyboardInterrupt",
    "SystemExit",
    "GeneratorExit",
    "CancelledError",
    "ImportError",
    "ModuleNotFoundError",
}
"""Exceptions that are about the process, not about a record."""
_RAISED_BY = {
    "JSONDecodeError": {"loads", "load", "json"},
    "UnicodeDecodeError": {"decode", "loads", "unquote", "unquote_plus"},
}
"""The calls that raise an exception which nothing else raises."""


class Swallowed:
    """Finds what hides the failures of one function's loops.

    Args:
        scan: the function.
        consumers: know the calls of each function.
        loops: its loops over records.
    """

    def __init__(self, scan: Scan, consumers: Consumers, loops: list[AnyLoop]) -> None:
        self.scan = scan
        self.consumers = consumers
        self.loops = loops

    def around(self, loop: AnyLoop, at: ast.AST | None = None) -> Iterator[LoopExit]:
        """What hides that a record failed in a loop, or in the comprehension `at`, without handling the event again."""
        if self.scan.may_fail(*loop.body) or self._unguarded(loop.body):
            yield from self._outside(self.scan, at or loop, loop)
            yield from self._callers(self.scan, loop, ())

    def comprehensions(self) -> Iterator[RecordLoop]:
        """The comprehensions and calls of `map` that work on each record, inside of what hides that one failed."""
        for node in self.scan.nodes:
            loop = as_loop(self.scan, node)
            runs = loop and self.scan.holds(loop.iter, *MANY) and self._runs(node, loop)
            if loop and runs and (exits := tuple(self.around(loop, node))):
                yield RecordLoop(self.scan.place(node), exits, whole=False)

    def _runs(self, node: ast.AST, loop: ast.For) -> bool:
        """Whether what stands for a loop runs a function for its effect, where it is."""
        calls = [child for statement in loop.body for child in ast.walk(statement) if isinstance(child, ast.Call)]
        own = [function for call in calls for function in self.scan.functions(call.func)]
        is_lazy_itself = isinstance(node, ast.GeneratorExp) or called_name(node) in LAZY
        waits = called_name(self._call_around(node)) == "gather"
        if (any(map(is_lazy, own)) and not waits) or not self.scan.works(*loop.body):
            return False
        if is_lazy_itself and (
            isinstance(self.scan.parents.get(node), ast.Assign)
            or self.consumers.of(self.scan, node) is not Consumption.ALL
        ):
            return False
        return bool(own) or self.consumers.of(self.scan, node, lazy=False) is Consumption.NOTHING

    def _call_around(self, node: ast.AST) -> ast.AST:
        """The call that gets the elements of a node: `gather(*node)`."""
        outer = self.scan.parents.get(node)
        return self.scan.parents[outer] if isinstance(outer, ast.Starred) else node

    def _callers(self, scan: Scan, loop: AnyLoop, followed: tuple[Scan, ...]) -> Iterator[LoopExit]:
        """The same around the calls of the loop's function."""
        for caller, call in self.consumers.calls.get(scan.function, []):
            if caller not in (*followed, scan) and not _repeats(caller, call):
                yield from self._outside(caller, call, loop)
                yield from self._callers(caller, loop, (*followed, scan))

    def _outside(self, scan: Scan, node: ast.AST, loop: AnyLoop) -> Iterator[LoopExit]:
        """The blocks around a node of a function that hide what fails in a loop."""
        inner, outer = node, scan.parents.get(node)
        while outer is not None:
            match outer:
                case ast.Try(body=body) | ast.TryStar(body=body) if inner in body:
                    assert isinstance(outer, ast.Try | ast.TryStar)
                    if hiding := self._hiding(scan, outer, loop):
                        yield LoopExit(scan.place(hiding), How.CATCH)
                case ast.With() | ast.AsyncWith() if self._suppresses(scan, outer, loop):
                    yield LoopExit(scan.place(outer), How.CATCH)
            inner, outer = outer, scan.parents.get(outer)

    def _hiding(self, scan: Scan, block: ast.Try | ast.TryStar, loop: AnyLoop) -> ast.AST | None:
        """The part of a `try` that catches what fails in a loop, and neither raises nor reports it."""
        own = scan is self.scan
        if (exit_ := discarding(block)) and self._leaves(scan, block, exit_):
            return exit_
        for handler in block.handlers:
            broad = handler is scan.catching(block)
            if not (broad and own) and (_raises(scan, handler, block) or _repeats(scan, block)):
                continue
            if not broad and not self._concerns(handler.type, loop):
                continue
            if _answers(handler) and not (own and broad) and (self._is_inner(loop) or not (own or broad)):
                continue  # the caller of an API gets the failure
            if not handles_rest(scan, handler) and not (own and self._reports_record(handler, block)):
                return handler
        return None

    def _leaves(self, scan: Scan, block: ast.Try | ast.TryStar, exit_: Discarding) -> bool:
        """Whether the end of a `finally` takes the place of an exception, and neither reports the records nor raises later."""
        if isinstance(exit_, ast.Return):
            return not Retries(scan).returned(exit_.value) and (scan is self.scan or not _answers(exit_))
        return not acts(scan, block) and not scan.fails_after(block.end_lineno or 0)

    def _suppresses(self, scan: Scan, block: ast.With | ast.AsyncWith, loop: AnyLoop) -> bool:
        """Whether a `with suppress(...)` hides what fails in a loop."""
        return any(
            kind is None or last_names(kind) & CATCH_ALL or (self._concerns(kind, loop) and not _repeats(scan, block))
            for kind in scan.caught_types(block)
        )

    def _concerns(self, kind: ast.expr | None, loop: AnyLoop) -> bool:
        """Whether what fails in a loop may be of a type that is caught."""
        names = last_names(kind)
        if kind is None or names & CATCH_ALL:
            return True
        names -= _OF_PROCESS | (EXHAUSTED if isinstance(loop, ast.While) else set())
        calls = [node for node in self.scan.run(loop.body) if isinstance(node, ast.Call)]
        called = {called_name(call) for call in calls}
        if all(map(self._is_known, calls)):
            names = {name for name in names if called & _RAISED_BY.get(name, called)}
        return bool(names) and not self._caught_inside(loop, names)

    def _is_known(self, call: ast.Call) -> bool:
        """Whether a call is of the package, of AWS, or of a function that is known."""
        return called_name(call) in HARMLESS or bool(self.scan.bodies(call.func)) or self.scan.is_aws(call)

    def _caught_inside(self, loop: AnyLoop, names: Collection[str]) -> bool:
        """Whether the whole body of a loop catches these exceptions itself."""
        work = [statement for statement in loop.body if self.scan.may_fail(statement)]
        return bool(work) and all(
            isinstance(statement, ast.Try)
            and {name for name in names if any(_covers(kind, name) for kind in self.scan.caught_types(statement))}
            == {*names}
            for statement in work
        )

    def _is_inner(self, loop: AnyLoop) -> bool:
        return isinstance(loop, ast.For | ast.AsyncFor) and self.scan.is_inner(loop.iter)

    def _unguarded(self, body: list[ast.stmt]) -> bool:
        """Whether a loop's body calls a function of the package for its effect, or only logs, and catches nothing itself."""
        inside = [child for statement in body for child in (statement, *own_nodes(statement))]
        calls = [child.value for child in inside if isinstance(child, ast.Expr) and isinstance(child.value, ast.Call)]
        called = [statement for call in calls for statement in self.scan.bodies(call.func)]
        blocks = (
            node for part in (*body, *called) for node in ast.walk(part) if isinstance(node, ast.Try | ast.TryStar)
        )
        if any(map(self.scan.catching, blocks)):
            return False
        return self.scan.does(*called) or (self.scan.works(*body, printing=True) and not self.scan.does(*body))

    def _reports_record(self, handler: ast.ExceptHandler, inner: ast.AST) -> bool:
        """Whether what catches a failure among the parts of a record passes on that record, as for a retry."""
        whole: set[str] = set()
        for loop in self.loops:
            if isinstance(loop, ast.For | ast.AsyncFor) and any(child is inner for child in own_nodes(loop)):
                whole |= {name.id for name in ast.walk(loop.target) if isinstance(name, ast.Name)}
        return any(
            isinstance(child, ast.Name) and child.id in whole
            for call in own_nodes(handler)
            if isinstance(call, ast.Call) and called_name(call) not in LOOKS_ONLY
            for argument in call.args
            for child in ast.walk(argument)
        )


def handles_rest(scan: Scan, handler: ast.ExceptHandler) -> bool:
    """Whether what catches a failure reports the records, passes them on, or ends the process."""
    retries = Retries(scan)
    for node in own_nodes(handler):
        if isinstance(node, ast.Return) and retries.returned(node.value):
            return True
        if isinstance(node, ast.Call) and called_name(node) not in LOOKS_ONLY:
            passed = (child for argument in ast.iter_child_nodes(node) for child in ast.walk(argument))
            if scan.ends_process(node) or any(scan.holds(child, *EVENTS, *MANY) for child in passed):
                return True
    return False


def _raises(scan: Scan, handler: ast.ExceptHandler, block: ast.AST) -> bool:
    """Whether what catches a failure raises one, itself, in a function that it calls, or after the `try`."""
    end = getattr(block, "end_lineno", 0)
    return scan.fails_after(end) or any(
        scan.fails(node)
        or (
            isinstance(node, ast.Call)
            and any(scan.fails(child) for body in scan.bodies(node.func) for child in ast.walk(body))
        )
        for node in own_nodes(handler)
    )


def _repeats(scan: Scan, node: ast.AST) -> bool:
    """Whether a loop is around a node, so that it runs once more or for the next record."""
    return scan.inside(node, ast.For, ast.AsyncFor, ast.While)


def _answers(handler: ast.ExceptHandler | ast.Return) -> bool:
    """Whether what catches a failure returns an HTTP status."""
    return any(isinstance(node, ast.Constant) and node.value == "statusCode" for node in own_nodes(handler))


def _covers(kind: ast.expr | None, name: str) -> bool:
    """Whether an `except` catches an exception, which may be one of Python itself."""
    names = last_names(kind)
    own = builtin(name)
    return (
        kind is None
        or bool(names & {*CATCH_ALL, name})
        or (own is not None and any(above and issubclass(own, above) for above in map(builtin, names)))
    )
