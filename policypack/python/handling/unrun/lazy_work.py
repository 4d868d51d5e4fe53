"""Lazy work on the records: generator expressions, `map`, generator functions and coroutines, as far as they run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.domain import FunctionNode
from policypack.python.files import CodePlace
from policypack.python.handling.scan import Scan
from policypack.python.handling.unrun.consumption import LAZY, Consumers, Consumption
from policypack.python.model import How, LoopExit, RecordLoop, Shape
from policypack.python.records import EVENTS, MANY, called_name, is_lazy, own_nodes


class LazyWork:
    """The lazy work that one function makes."""

    def __init__(self, scan: Scan, consumers: Consumers) -> None:
        self.scan = scan
        self.consumers = consumers
        self._work = [
            (node, works, consumers.of(scan, node)) for node in scan.nodes if (works := self._effect(node)) is not None
        ]
        coroutine = isinstance(scan.function, ast.AsyncFunctionDef) and not scan.function.decorator_list
        runs_nothing = scan.is_generator or (coroutine and any(scan.holds(node, *MANY) for node in scan.nodes))
        if scan.is_handler and runs_nothing and not consumers.calls.get(scan.function):
            self._work.append((scan.function, True, Consumption.NOTHING))

    def idle(self) -> Iterator[CodePlace]:
        """Where work is made that nothing consumes."""
        for node, works, consumption in self._work:
            if consumption is Consumption.NOTHING and (works or self._effect(node, printing=True)):
                yield self.scan.place(node)

    def loops(self) -> Iterator[RecordLoop]:
        """Work that is left when one element gives the answer: `any(copy(record) for record in records)`."""
        for node, works, consumption in self._work:
            does = works and not self.scan.only_logs
            if consumption is Consumption.PART and (does or self._logs_each(node)):
                place = self.scan.place(node)
                yield RecordLoop(place, (LoopExit(place, How.STOP),), searches=not does)
        for node in self.scan.nodes:
            if self._waits_for_first(node):
                yield RecordLoop(self.scan.place(node), (LoopExit(self.scan.place(node), How.STOP),), whole=False)

    def _waits_for_first(self, node: ast.AST) -> bool:
        """Whether a coroutine waits until the first task is done, and nothing uses those that are pending."""
        match node:
            case ast.Await(value=ast.Call(args=[tasks, *_]) as call) if called_name(call) == "wait":
                options = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "return_when"]
                first = any(option.endswith("FIRST_COMPLETED") for option in options)
            case _:
                return False
        if not first or self.scan.inside(node, ast.While):
            return False
        match self.scan.parents.get(node):
            case ast.Assign(targets=[ast.Tuple(elts=[_, ast.Name(id=pending)])]):
                if not self._only_cancels(pending):
                    return False
        made = self.scan.given(tasks.id) if isinstance(tasks, ast.Name) else [tasks]
        return any(
            isinstance(child, ast.comprehension) and self.scan.holds(child.iter, *MANY)
            for expression in made
            for child in ast.walk(expression)
        )

    def _only_cancels(self, name: str) -> bool:
        """Whether nothing is done with tasks but to cancel them."""
        for node in self.scan.nodes:
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                match self.scan.parents[node]:
                    case ast.For(body=[ast.Expr(value=ast.Call(func=ast.Attribute(attr="cancel")))]):
                        continue
                return False
        return True

    def _logs_each(self, node: ast.AST) -> bool:
        """Whether lazy work is to log each record, and not to look for one.

        What it returns does not depend on the record then; or the program does nothing but log, and nothing by the answer.
        """
        scan = self.scan
        match node:
            case ast.GeneratorExp(elt=result):
                calls = _always_called(result)
                functions = [function for call in calls for function in scan.functions(call.func)]
                logs = any(map(self._logs, calls))
            case ast.Call(args=[function, _]):
                functions = scan.functions(function)
                logs = self._logs_in(function) if functions else scan.passed_works(function, printing=True)
            case _:
                return False
        return logs and (all(map(_constant, functions)) or (scan.only_logs and not self._decides(node)))

    def _decides(self, node: ast.AST, followed: frozenset[str] = frozenset()) -> bool:
        """Whether a condition contains an expression, or a name that has its value."""
        parent = self.scan.parents.get(node)
        match parent:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test) if (
                test is node
            ):
                return True
            case ast.Assign(targets=[ast.Name(id=name)]) if name not in followed:
                return any(
                    isinstance(use, ast.Name)
                    and use.id == name
                    and isinstance(use.ctx, ast.Load)
                    and self._decides(use, followed | {name})
                    for use in self.scan.nodes
                )
        return isinstance(parent, ast.expr | ast.keyword) and self._decides(parent, followed)

    def _logs(self, call: ast.Call, depth: int = 4) -> bool:
        """Whether a call logs something whatever its arguments are."""
        if self.scan.functions(call.func):
            return self._logs_in(call.func, depth)
        return self.scan.works(call, printing=not self.scan.only_logs)

    def _logs_in(self, function: ast.expr, depth: int = 4) -> bool:
        calls = (call for statement in self.scan.bodies(function) for call in _always_called(statement))
        return depth > 0 and any(self._logs(call, depth - 1) for call in calls)

    def _effect(self, node: ast.AST, *, printing: bool = False) -> bool | None:
        """Whether lazy work on records has an effect, with `printing` also by logging; None for everything else."""
        scan = self.scan
        match node:
            case (
                ast.ListComp(elt=ast.Lambda(body=body), generators=[loop])
                | ast.SetComp(elt=ast.Lambda(body=body), generators=[loop])
                | ast.GeneratorExp(elt=ast.Lambda(body=body), generators=[loop])
            ):
                return scan.works(body, printing=printing) if scan.holds(loop.iter, *MANY) else None
            case ast.Call(args=[function, *bound]) if called_name(node) == "partial":
                if any(scan.holds(argument, Shape.RECORD) for argument in bound):
                    return scan.passed_works(function, printing=printing)
            case ast.GeneratorExp(elt=element, generators=loops):
                if any(scan.holds(loop.iter, *MANY) for loop in loops):
                    return scan.works(element, *(test for loop in loops for test in loop.ifs), printing=printing)
            case ast.Call(args=[function, *sources]) if called_name(node) in LAZY and scan.is_builtin(node):
                if any(scan.holds(source, *MANY) for source in sources):
                    return scan.passed_works(function, printing=printing)
            case ast.Call() if any(map(_is_lazy, scan.functions(node.func))):
                arguments = (*node.args, *(keyword.value for keyword in node.keywords))
                inside = [child for function in scan.functions(node.func) for child in own_nodes(function)]
                if any(scan.holds(argument, Shape.RECORD, *MANY, *EVENTS) for argument in arguments) or any(
                    isinstance(child, ast.For | ast.AsyncFor) and scan.holds(child.iter, *MANY) for child in inside
                ):
                    return scan.passed_works(node.func, printing=printing)
        return None


def _always_called(node: ast.AST) -> list[ast.Call]:
    """The calls in code that run under no condition, in no loop and in no function inside."""
    match node:
        case ast.If(test=first) | ast.IfExp(test=first) | ast.While(test=first) | ast.BoolOp(values=[first, *_]):
            parts: list[ast.AST] = [first]
        case ast.For(iter=first) | ast.AsyncFor(iter=first) | ast.Match(subject=first):
            parts = [first]
        case ast.Try(body=body, finalbody=final) | ast.TryStar(body=body, finalbody=final):
            parts = [*body, *final]
        case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.comprehension():
            parts = []
        case _:
            parts = [*ast.iter_child_nodes(node)]
    itself = [node] if isinstance(node, ast.Call) else []
    return [*itself, *(call for part in parts for call in _always_called(part))]


def _constant(function: FunctionNode) -> bool:
    """Whether what a function returns does not depend on its arguments."""
    if isinstance(function, ast.Lambda):
        return isinstance(function.body, ast.BoolOp) and isinstance(function.body.values[-1], ast.Constant)
    values = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
    return all(value is None or isinstance(value, ast.Constant) for value in values)


def _is_lazy(function: FunctionNode) -> bool:
    """Whether a call of a function does not run its body, and no decorator changes that."""
    if isinstance(function, ast.Lambda) or function.decorator_list:
        return False
    return is_lazy(function)
