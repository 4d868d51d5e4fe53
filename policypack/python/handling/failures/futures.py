"""Work on the records that runs elsewhere: a failure stays in its future until `result()`, and a thread's is only printed.

Sources: https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.result (and `Executor.map`),
https://docs.python.org/3/library/asyncio-task.html#asyncio.gather,
https://docs.python.org/3/library/threading.html#threading.excepthook and
https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.exitcode.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.domain import External
from policypack.python.handling.failures.fates import Fates
from policypack.python.handling.failures.raising import outside_try, raises
from policypack.python.handling.scan import Scan
from policypack.python.handling.unrun.consumption import Consumers, Consumption
from policypack.python.model import Fate, How, LoopExit, RecordLoop, Shape
from policypack.python.records import MANY, called_name

_EXECUTORS = {"ThreadPoolExecutor()", "ProcessPoolExecutor()", "InterpreterPoolExecutor()"}
_POOLS = {"Pool()", "ThreadPool()"}
_OF_POOLS = {"map_async", "starmap_async", "imap", "imap_unordered"}
"""Methods of a pool that return before the work is done."""

_STARTING = {"create_task", "ensure_future"}
_ANSWERING = {
    *("wait", "waitpid", "exitcode", "sentinel", "Pool", "Manager", "SyncManager", "Listener", "SharedMemory"),
    *("Queue", "SimpleQueue", "JoinableQueue", "Pipe", "Event", "Barrier", "Semaphore", "BoundedSemaphore", "Lock"),
    *("Condition", "Value", "Array", "RawValue", "RawArray", "ShareableList", "RLock"),
}
"""Names in code that asks how a process ended, or shares something with it by which it answers."""
_HEARING = {*_ANSWERING, "join", "is_alive", "active_children"}
"""Names in code that waits for a process, whether or not it learns how the process ended."""
_WAITING = {"gather", "wait", "as_completed", "wait_for", "shield", "run_until_complete"}
"""Calls that wait for tasks which are already started."""


class Futures:
    """The work that one function starts elsewhere."""

    def __init__(self, scan: Scan, consumers: Consumers) -> None:
        self.scan = scan
        self.consumers = consumers
        self.fates = Fates(consumers)

    def loops(self) -> Iterator[RecordLoop]:
        """Work on each record whose failure does not reach the caller, nor anything that acts on it."""
        for node in self.scan.nodes:
            if isinstance(node, ast.Call) and self._is_left(node):
                place = self.scan.place(node)
                yield RecordLoop(place, (LoopExit(place, How.PROCESS),), whole=False)
            fate = self._fate(node) if isinstance(node, ast.Call) else Fate.KEPT
            if fate is not Fate.KEPT:
                place = self.scan.place(node)
                yield RecordLoop(place, (LoopExit(place, How.FUTURE, fate=fate),), whole=False)

    def _fate(self, call: ast.Call) -> Fate:
        """What becomes of the failures of the work that a call starts or waits for; kept if it does neither."""
        if self._starts(call):
            return self.fates.of(self.scan, call)
        return self._of_all(call)

    def _starts(self, call: ast.Call) -> bool:
        """Whether a call starts work on one record, and its result is all that shows a failure."""
        name = called_name(call)
        match call:
            case ast.Call(func=ast.Attribute(), args=[function, *arguments]) if name == "submit":
                return self._is_given(function, arguments)
            case ast.Call(func=ast.Attribute(), args=[_, function, *arguments]) if name == "run_in_executor":
                return self._is_given(function, arguments) and not self._is_waited_for(call)
            case ast.Call(func=ast.Attribute(value=pool), args=[function, ast.Tuple(elts=arguments)], keywords=[]) if (
                name == "apply_async"
            ):
                asked = any(called_name(node) == "get" and not getattr(node, "args", ()) for node in self.scan.nodes)
                return self._is_of(pool, _POOLS) and self._is_given(function, arguments) and not asked
            case ast.Call(args=[ast.Call(func=function, args=arguments)]) if name in _STARTING:
                alone = self._is_asyncio(call) and not self._is_waited_for(call)
                return alone and self._is_given(function, arguments)
        return False

    def _of_all(self, call: ast.Call) -> Fate:
        """What becomes of the failures of work on all records, or of a thread's, which nothing can ask for."""
        scan, name = self.scan, called_name(call)
        match call:
            case ast.Call(func=ast.Attribute(value=pool), args=[function, source]) if name in {"map", *_OF_POOLS}:
                is_pool = self._is_of(pool, _POOLS if name in _OF_POOLS else _EXECUTORS)
                if is_pool and scan.holds(source, *MANY) and self._fails(function):
                    unused = self.consumers.of(scan, call) is Consumption.NOTHING
                    return Fate.LOST if unused else Fate.KEPT
            case ast.Call() if name == "gather" and self._returns_exceptions(call):
                if any(map(self._is_work, call.args)):
                    listed = (argument.value for argument in call.args if isinstance(argument, ast.Starred))
                    names = {tasks.id for tasks in listed if isinstance(tasks, ast.Name)}
                    return max(self.fates.of(scan, call), self.fates.of_names(scan, names, outside=call))
            case ast.Call(args=[tasks]) if name == "wait" and isinstance(scan.parents.get(call), ast.Await):
                if self._is_work(tasks):
                    names = {tasks.id} if isinstance(tasks, ast.Name) else set()
                    return max(self.fates.of(scan, call), self.fates.of_names(scan, names))
            case ast.Call() if name == "Thread" and (target := self._target(call)):
                return Fate.LOST if self._fails(target) else Fate.KEPT
            case ast.Call() if name == "Process" and self._is_only_joined(call):
                return Fate.LOST
        return Fate.KEPT

    def _is_left(self, call: ast.Call) -> bool:
        """Whether a process works on one record, and nothing in the program waits for a process, or hears of one."""
        target = self._process(call)
        return target is not None and self.scan.passed_works(target) and not self._names(_HEARING)

    def _is_only_joined(self, call: ast.Call) -> bool:
        """Whether a process that may fail works on one record, and the program waits for its end, however it ends."""
        target = self._process(call)
        return target is not None and self._fails(target) and self._names(_HEARING) and not self._names(_ANSWERING)

    def _process(self, call: ast.Call) -> ast.expr | None:
        """The function that a process of `multiprocessing`, in a program that starts it, runs for one record."""
        names = [value.name for value in self.scan.values(call.func) if isinstance(value, External)]
        if called_name(call) != "Process" or not any(name.startswith("multiprocessing.") for name in names):
            return None
        nodes = (node for scan in self.consumers.scans for node in scan.nodes)
        return self._target(call) if any(called_name(node) == "start" for node in nodes) else None

    def _names(self, names: set[str]) -> bool:
        """Whether the program has one of these names of processes."""
        return any(_is_of_process(node, names) for scan in self.consumers.scans for node in scan.nodes)

    def _target(self, call: ast.Call) -> ast.expr | None:
        """The function that a thread or process runs for one record."""
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        target, bound = given.get("target"), given.get("args")
        elements = bound.elts if isinstance(bound, ast.Tuple | ast.List) else []
        holds = any(self.scan.holds(element, Shape.RECORD) for element in elements)
        return target if holds else None

    def _returns_exceptions(self, call: ast.Call) -> bool:
        """Whether `gather` returns exceptions instead of raising the first one."""
        for keyword in call.keywords:
            named = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
            for value in (keyword.value, *self.scan.given(named), *self.scan.constants(named)):
                match keyword.arg, value:
                    case "return_exceptions", ast.Constant(value=True):
                        return True
                    case None, ast.Dict(keys=keys, values=values):
                        pairs = zip(map(_constant, keys), map(_constant, values), strict=True)
                        if ("return_exceptions", True) in pairs:
                            return True
        return False

    def _is_given(self, function: ast.expr, arguments: list[ast.expr]) -> bool:
        """Whether a function that works gets a record."""
        passed = (*arguments, *(ast.walk(function) if isinstance(function, ast.Lambda) else ()))
        return self._fails(function) and any(self.scan.holds(argument, Shape.RECORD) for argument in passed)

    def _is_asyncio(self, call: ast.Call) -> bool:
        """Whether a call starts a task that no group waits for."""
        names = [value.name for value in self.scan.values(call.func) if isinstance(value, External)]
        return any(name.startswith("asyncio.") and "TaskGroup" not in name for name in names)

    def _is_waited_for(self, call: ast.Call) -> bool:
        """Whether a task is awaited, which raises its exception, or with the others: then it is that which is judged."""
        awaited = isinstance(self.scan.parents.get(call), ast.Await)
        return awaited or any(called_name(node) in _WAITING for node in self.scan.nodes)

    def _fails(self, function: ast.expr, *, expected: bool = False) -> bool:
        """Whether an expression is a function of the package that works, and does not catch its own failures.

        Args:
            function: the expression.
            expected: whether the caller expects failures, so that a look-up in what is only logged is one.
        """
        bodies = self.scan.bodies(function)
        looks_up = (
            expected and self.scan.only_logs and any(isinstance(part, ast.Subscript) for part in outside_try(bodies))
        )
        raising = any(isinstance(body, ast.Raise) for body in bodies) and raises(self.scan, bodies)
        return raising or (
            bool(bodies)
            and self.scan.works(*bodies)
            and (looks_up or self.scan.may_fail(*bodies) or (self.scan.only_logs and raises(self.scan, bodies)))
        )

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
                case ast.Call(func=function, args=arguments) if self._fails(function, expected=True):
                    return any(self.scan.holds(argument, Shape.RECORD) for argument in arguments)
                case ast.Call(args=arguments) if called_name(work) != "map" and any(
                    self._fails(function, expected=True) for function in arguments
                ):
                    return any(self.scan.holds(argument, Shape.RECORD) for argument in arguments)
                case (
                    ast.ListComp(generators=[loop], elt=element)
                    | ast.SetComp(generators=[loop], elt=element)
                    | ast.GeneratorExp(generators=[loop], elt=element)
                ) if self.scan.holds(loop.iter, *MANY):
                    calls = (child for child in ast.walk(element) if isinstance(child, ast.Call))
                    if any(
                        self._fails(function, expected=True) for call in calls for function in (call.func, *call.args)
                    ):
                        return True
                case ast.Call(args=[function, source]) if called_name(work) == "map":
                    if self.scan.holds(source, *MANY) and self._fails(function, expected=True):
                        return True
        return False

    def _added(self, name: str) -> Iterator[ast.expr]:
        """What is added to a list: `tasks.append(copy(record))`."""
        for node in self.scan.nodes:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=added), attr="append"), args=[item]) if (
                    added == name
                ):
                    starts = isinstance(item, ast.Call) and called_name(item) in _STARTING
                    yield item.args[0] if isinstance(item, ast.Call) and starts and item.args else item


def _is_of_process(node: ast.AST, names: set[str]) -> bool:
    """Whether a node may use one of these names of a process, and does not join texts."""
    match node:
        case ast.Attribute(value=ast.Constant(), attr="join"):
            return False
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in names
    return False


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None
