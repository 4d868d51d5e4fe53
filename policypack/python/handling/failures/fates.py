"""Where a value that shows a failure goes: into a log, into the handler's result, or to something that acts on it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from policypack.python.domain import FunctionNode
from policypack.python.handling.failures.retries import Retries
from policypack.python.handling.scan import HARMLESS, METRICS, PRINTING, Scan
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.model import Fate
from policypack.python.records import called_name, own_nodes

CHANGING = {"append", "add", "extend", "insert", "update", "setdefault", "remove", "discard", "pop", "appendleft"}
"""Methods that change a collection."""
_CARRYING = HARMLESS - PRINTING | {
    *("Counter", "OrderedDict", "frozenset", "reversed", "copy", "most_common", "total", "index", "abs"),
    *(
        "wait",
        "as_completed",
        "exception",
        "done",
        "cancelled",
        "running",
        "isdisjoint",
        "round",
        "encode",
        "hexdigest",
    ),
}
"""Calls whose result depends on an argument, or on what their method is of, and that do nothing else."""
_DRIVING = {"run", "run_until_complete", "gather", "wait_for", "shield", "create_task", "ensure_future", "TaskGroup"}
"""Calls that run a coroutine."""

_ASKING = {"result", "exception", "done", "cancelled"}
"""Methods by which a callback asks its future."""
_MOST_STEPS, _DEEPEST = 2_000, 100
"""How many expressions are followed for one function, and through how many others."""


class Fates:
    """Follows values through the functions of a reading."""

    def __init__(self, consumers: Consumers) -> None:
        self.consumers = consumers
        self._followed: set[tuple[FunctionNode, str]] = set()
        self._steps = self._depth = 0
        self._names: dict[FunctionNode, tuple[dict[str, list[tuple[ast.Name, bool]]], set[str]]] = {}
        self._results: dict[FunctionNode, Fate] = {}

    def of_names(self, scan: Scan, names: Collection[str], *, outside: ast.AST | None = None, after: int = 0) -> Fate:
        """The fate of what some names of a function have, by their uses after a line and outside of a node."""
        inside = set(ast.walk(outside)) if outside else set()
        for loop in scan.nodes if outside else ():
            if isinstance(loop, ast.While) and any(child is outside for child in ast.walk(loop)):
                inside |= {*ast.walk(loop.test)}  # which only decides about another attempt
        keys = {(scan.function, name) for name in names} - self._followed
        self._followed |= keys
        loads, local = self._names_of(scan)
        if not local.issuperset(names):  # of a module, a caller, or a function around this one
            self._followed -= keys
            return Fate.KEPT
        fates = [
            self.of(scan, node) if is_own else Fate.KEPT
            for name in sorted(name for _, name in keys)
            for node, is_own in loads.get(name, ())
            if node not in inside and node.lineno > after
        ]
        self._followed -= keys
        return max(fates, default=Fate.LOST)

    def _names_of(self, scan: Scan) -> tuple[dict[str, list[tuple[ast.Name, bool]]], set[str]]:
        """The uses of each name, and whether they are in no function inside; and the names that are local."""
        if scan.function not in self._names:
            own = set(scan.nodes)
            loads: dict[str, list[tuple[ast.Name, bool]]] = {}
            for node in ast.walk(scan.function):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    loads.setdefault(node.id, []).append((node, node in own))
            assigned = {node.id for node in own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            shared = (name for node in own if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names)
            self._names[scan.function] = loads, assigned.difference(shared)
        return self._names[scan.function]

    def of(self, scan: Scan, node: ast.AST) -> Fate:
        """The fate of an expression's value; kept if it cannot be followed to its end."""
        self._steps += 1
        if self._steps > _MOST_STEPS or self._depth > _DEEPEST:
            return Fate.KEPT
        self._depth += 1
        try:
            return self._of(scan, node)
        finally:
            self._depth -= 1

    def _of(self, scan: Scan, node: ast.AST) -> Fate:  # noqa: C901 (one case for each kind of parent)
        parent = scan.parents.get(node)
        match parent:
            case ast.Expr():
                return Fate.LOST
            case ast.Return():
                return self._returned(scan, parent.value)
            case ast.Lambda() if parent is scan.function:
                return self._returned(scan, parent.body)
            case ast.Assign(targets=targets):
                return max(self._stored(scan, target) for target in targets)
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                return self._stored(scan, target)
            case ast.NamedExpr(target=target):
                return max(self._stored(scan, target), self.of(scan, parent))
            case ast.If(test=test, body=body, orelse=otherwise) | ast.While(test=test, body=body, orelse=otherwise):
                return self._governed(scan, parent, [*body, *otherwise]) if test is node else Fate.KEPT
            case ast.For(target=target, body=body) | ast.AsyncFor(target=target, body=body):
                names = {name.id for name in ast.walk(target) if isinstance(name, ast.Name)}
                used = any(
                    isinstance(child, ast.Name) and child.id in names for part in body for child in ast.walk(part)
                )
                return self._stored(scan, target) if used else self._governed(scan, parent, body)
            case ast.comprehension(target=target):
                whole = scan.parents[parent]
                calls = (child for child in ast.walk(whole) if isinstance(child, ast.Call))
                works = any(called_name(call) not in _CARRYING and scan.does_itself(call) for call in calls)
                return Fate.KEPT if works else self.of(scan, whole)
            case ast.Call():
                return self._called(scan, parent, node)
            case ast.Await(value=ast.Name()):  # of a task raises its exception
                return Fate.KEPT
            case ast.keyword() | ast.expr():
                return self.of(scan, parent)
        return Fate.KEPT

    def _stored(self, scan: Scan, target: ast.expr) -> Fate:
        """The fate of a value that is assigned."""
        match target:
            case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)) | ast.Starred(value=ast.Name(id=name)):
                return self.of_names(scan, {name})
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return max((self._stored(scan, element) for element in elements), default=Fate.LOST)
        return Fate.KEPT

    def _called(self, scan: Scan, call: ast.Call, node: ast.AST) -> Fate:
        """The fate of an argument, or of what a method is called on."""
        name, of_method = called_name(call), call.func is node
        match call.func:
            case ast.Attribute(value=receiver) if name in CHANGING:
                return (
                    Fate.LOST
                    if of_method and isinstance(scan.parents.get(call), ast.Expr)
                    else (self.of(scan, call) if of_method else self._stored(scan, receiver))
                )
            case ast.Attribute() if name == "result" and of_method:
                return self._raised(scan, call)
            case ast.Attribute() if name == "add_done_callback" and of_method:
                return Fate.KEPT if any(_heeds(scan, argument) for argument in call.args) else self.of(scan, call)
        if bodies := scan.bodies(call.func):
            acts = any(scan.fails(child) for body in bodies for child in ast.walk(body))
            return Fate.KEPT if acts or name in METRICS or scan.does(*bodies) else self.of(scan, call)
        coroutine = isinstance(node, ast.Call) and name in _DRIVING
        if name in METRICS or scan.is_aws(call) or not (coroutine or name in PRINTING | _CARRYING):
            return Fate.KEPT
        return Fate.LOST if name in PRINTING and not of_method else self.of(scan, call)

    def _raised(self, scan: Scan, call: ast.Call) -> Fate:
        """The fate of what `future.result()` raises."""
        inner: ast.AST | None = call
        outer = scan.parents.get(call)
        while outer is not None:
            if isinstance(outer, ast.Try | ast.TryStar) and inner in outer.body:
                handler = scan.catching(outer)
                return self.of_caught(scan, handler) if handler else Fate.KEPT
            inner, outer = outer, scan.parents.get(outer)
        return Fate.KEPT

    def _stored_under(self, scan: Scan, target: ast.expr, around: ast.AST) -> Fate:
        """The same under a condition; the names that an `except` gives a value are followed outside of it."""
        named = isinstance(target.value if isinstance(target, ast.Subscript) else target, ast.Name)
        return Fate.LOST if named and isinstance(around, ast.ExceptHandler) else self._stored(scan, target)

    def of_caught(self, scan: Scan, handler: ast.ExceptHandler, result: Fate | None = None) -> Fate:
        """The fate of a failure that an `except` catches; `result` is that of what the function returns, if it is known."""
        if result is not None:
            self._results[scan.function] = result
        names = {name for node in own_nodes(handler) for name in changed(node)}
        fate = max(self._governed(scan, handler, handler.body), self.of_names(scan, names, outside=handler))
        self._results.pop(scan.function, None)
        return fate

    def _governed(self, scan: Scan, around: ast.AST, statements: Iterable[ast.stmt]) -> Fate:
        """The fate of a value by which it is decided whether statements run."""
        fate = Fate.LOST
        for node in own_nodes(ast.Module([*statements], [])):
            match node:
                case (
                    ast.Raise()
                    | ast.Assert()
                    | ast.Yield()
                    | ast.YieldFrom()
                    | ast.Delete()
                    | ast.FunctionDef()
                    | ast.Lambda()
                ):
                    return Fate.KEPT
                case ast.Return(value=value):
                    end = getattr(around, "end_lineno", 0)
                    rest = [other for other in scan.nodes if isinstance(other, ast.stmt) and other.lineno > end]
                    if scan.does(*rest) or scan.fails_after(end):
                        return Fate.KEPT
                    fate = max(fate, self._returned(scan, value))
                case ast.Call(func=ast.Attribute(value=receiver)) if called_name(node) in CHANGING:
                    fate = max(fate, self._stored_under(scan, receiver, around))
                case ast.Call(func=ast.Attribute(attr="sleep") | ast.Name(id="sleep")):
                    continue
                case ast.Call() if called_name(node) in METRICS or scan.fails(node) or scan.does_itself(node):
                    return Fate.KEPT
                case ast.Assign(targets=targets):
                    fate = max(fate, *(self._stored_under(scan, target, around) for target in targets))
                case ast.AugAssign(target=target) | ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                    fate = max(fate, self._stored_under(scan, target, around))
        return fate

    def _returned(self, scan: Scan, value: ast.expr | None) -> Fate:
        if scan.is_handler:
            retries = Retries(scan)
            if retries.returned(value, within=False):
                return Fate.KEPT
            return Fate.ANSWER if value is None or retries.is_mapping(value) else Fate.RESULT
        if scan.function in self._results:
            return self._results[scan.function]
        if scan.is_generator:
            return Fate.KEPT
        calls = self.consumers.calls.get(scan.function, [])
        key = scan.function, ""
        if key in self._followed:
            return Fate.LOST
        self._followed.add(key)
        fate = max((self.of(caller, call) for caller, call in calls), default=Fate.KEPT)
        self._followed.discard(key)
        return fate


def _heeds(scan: Scan, callback: ast.expr) -> bool:
    """Whether a callback does something about a failure. An exception in it is only logged.

    Source: https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.add_done_callback.
    """
    nodes = [node for body in scan.bodies(callback) for node in ast.walk(body)]
    return not nodes or any(
        (isinstance(node, ast.Call) and called_name(node) not in _ASKING and scan.does_itself(node))
        or (isinstance(node, ast.Call) and called_name(node) in METRICS)
        or isinstance(node, ast.Global | ast.Nonlocal)
        or (isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store))
        for node in nodes
    )


def changed(node: ast.AST) -> Iterator[str]:
    """The names that a node gives a value, or adds something to."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
            yield name
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)), attr=method)
        ) if method in CHANGING:
            yield name
