"""Work on the records that runs elsewhere: a failure stays in its future until `result()`, and a thread's is only printed.

Sources: https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.result (and `Executor.map`),
https://docs.python.org/3/library/asyncio-task.html#asyncio.gather and
https://docs.python.org/3/library/threading.html#threading.excepthook.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.domain import External
from policypack.python.handling.consumption import Consumers, Consumption
from policypack.python.handling.failures.fates import Fates
from policypack.python.handling.scan import Scan
from policypack.python.model import Fate, How, LoopExit, RecordLoop, Shape
from policypack.python.records import MANY, called_name

_EXECUTORS = {"ThreadPoolExecutor()", "ProcessPoolExecutor()", "InterpreterPoolExecutor()"}
_POOLS = {"Pool()", "ThreadPool()"}
_OF_POOLS = {"map_async", "starmap_async", "imap", "imap_unordered"}
"""Methods of a pool that return before the work is done."""


class Futures:
    """The work that one function starts elsewhere."""

    def __init__(self, scan: Scan, consumers: Consumers) -> None:
        self.scan = scan
        self.consumers = consumers
        self.fates = Fates(consumers)

    def loops(self) -> Iterator[RecordLoop]:
        """Work on each record whose failure does not reach the caller, nor anything that acts on it."""
        for node in self.scan.nodes:
            fate = self._fate(node) if isinstance(node, ast.Call) else Fate.KEPT
            if fate is not Fate.KEPT:
                place = self.scan.place(node)
                yield RecordLoop(place, (LoopExit(place, How.FUTURE, fate=fate),), whole=False)

    def _fate(self, call: ast.Call) -> Fate:  # noqa: C901 (one case for each way to start work)
        """What becomes of the failures of the work that a call starts; kept if it starts none."""
        scan = self.scan
        match call:
            case ast.Call(func=ast.Attribute(), args=[function, *arguments]) if called_name(call) == "submit":
                passed = (*arguments, *(ast.walk(function) if isinstance(function, ast.Lambda) else ()))
                if self._fails(function) and any(scan.holds(argument, Shape.RECORD) for argument in passed):
                    return self.fates.of(scan, call)
            case ast.Call(func=ast.Attribute(value=pool, attr=name), args=[function, source]) if name in {
                "map",
                *_OF_POOLS,
            }:
                if (
                    self._is_of(pool, _POOLS if name in _OF_POOLS else _EXECUTORS)
                    and scan.holds(source, *MANY)
                    and self._fails(function)
                ):
                    unused = self.consumers.of(scan, call) is Consumption.NOTHING
                    return Fate.LOST if unused else Fate.KEPT
            case ast.Call() if called_name(call) == "gather" and _returns_exceptions(call):
                if any(map(self._is_work, call.args)):
                    return self.fates.of(scan, call)
            case ast.Call(args=[tasks]) if called_name(call) == "wait" and isinstance(
                scan.parents.get(call), ast.Await
            ):
                if self._is_work(tasks):
                    names = {tasks.id} if isinstance(tasks, ast.Name) else set()
                    return max(self.fates.of(scan, call), self.fates.of_names(scan, names))
            case ast.Call(keywords=keywords) if called_name(call) == "Thread":
                given = {keyword.arg: keyword.value for keyword in keywords}
                target, bound = given.get("target"), given.get("args")
                elements = bound.elts if isinstance(bound, ast.Tuple | ast.List) else ()
                if target and self._fails(target) and any(scan.holds(element, Shape.RECORD) for element in elements):
                    return Fate.LOST
        return Fate.KEPT

    def _fails(self, function: ast.expr) -> bool:
        """Whether an expression is a function of the package that works, and does not catch its own failures."""
        bodies = self.scan.bodies(function)
        return bool(bodies) and self.scan.works(*bodies) and self.scan.may_fail(*bodies)

    def _is_of(self, pool: ast.expr, kinds: set[str]) -> bool:
        return any(
            isinstance(value, External) and value.name.rpartition(".")[2] in kinds for value in self.scan.values(pool)
        )

    def _is_work(self, argument: ast.expr) -> bool:
        """Whether an argument is the coroutines of work on each record: `*(copy(record) for record in records)`."""
        tasks = argument.value if isinstance(argument, ast.Starred) else argument
        made = [*self.scan.given(tasks.id), *self._added(tasks.id)] if isinstance(tasks, ast.Name) else [tasks]
        for work in made:
            match work:
                case ast.Call() if self._fails(work.func):
                    return any(self.scan.holds(argument, Shape.RECORD) for argument in work.args)
                case (
                    ast.ListComp(generators=[loop], elt=element)
                    | ast.SetComp(generators=[loop], elt=element)
                    | ast.GeneratorExp(generators=[loop], elt=element)
                ) if self.scan.holds(loop.iter, *MANY):
                    called = (child.func for child in ast.walk(element) if isinstance(child, ast.Call))
                    if any(map(self._fails, called)):
                        return True
                case ast.Call(args=[function, source]) if called_name(work) == "map":
                    if self.scan.holds(source, *MANY) and self._fails(function):
                        return True
        return False

    def _added(self, name: str) -> Iterator[ast.expr]:
        """What is added to a list: `tasks.append(copy(record))`."""
        for node in self.scan.nodes:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=added), attr="append"), args=[item]) if (
                    added == name
                ):
                    starts = isinstance(item, ast.Call) and called_name(item) in {"create_task", "ensure_future"}
                    yield item.args[0] if isinstance(item, ast.Call) and starts and item.args else item


def _returns_exceptions(call: ast.Call) -> bool:
    return any(
        keyword.arg == "return_exceptions" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )
