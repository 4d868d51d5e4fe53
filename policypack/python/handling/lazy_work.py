"""Lazy work on the records: generator expressions, `map`, generator functions and coroutines, as far as they run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.domain import FunctionNode
from policypack.python.files import CodePlace
from policypack.python.handling.consumption import LAZY, Consumers, Consumption
from policypack.python.handling.scan import Scan
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
            if consumption is Consumption.PART and (works or self._logs_each(node)):
                place = self.scan.place(node)
                yield RecordLoop(place, (LoopExit(place, How.STOP),), searches=not works)
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
        """Whether lazy work is to log each record, and not to look for one: what it returns does not depend on it."""
        match node:
            case (
                ast.GeneratorExp(elt=ast.Call(func=function) | ast.UnaryOp(operand=ast.Call(func=function)))
                | ast.Call(args=[function, _])
            ):
                bodies = self.scan.bodies(function)
                return all(map(_constant, self.scan.functions(function))) and (
                    any(
                        isinstance(statement, ast.Expr | ast.Try | ast.With | ast.BoolOp)
                        and self.scan.works(statement, printing=True)
                        for statement in bodies
                    )
                    if bodies
                    else self.scan.passed_works(function, printing=True)
                )
        return False

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
