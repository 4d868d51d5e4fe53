"""How a handler goes through the records of its event: its loops, and the ways out of them that leave records behind."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from policypack.python.callbacks import APPLIED, ONCE, STARTED
from policypack.python.classes import ancestors, last_names, raised_name
from policypack.python.domain import (
    EMPTY,
    ClassValue,
    FunctionNode,
    FunctionValue,
    Instance,
    PartialValue,
    Values,
    shapes,
)
from policypack.python.files import CodePlace
from policypack.python.interpret import ProgramReading
from policypack.python.model import Handling, How, LoopExit, RecordLoop, Shape
from policypack.python.modules import AnyFunction, Module
from policypack.python.reader import Reader
from policypack.python.records import MANY, called_name, own_nodes

EXITS = {"exit", "quit", "_exit", "abort"}
EXHAUSTED = {"StopIteration", "StopAsyncIteration", "IndexError", "Empty", "QueueEmpty"}
LOOKS_ONLY = {
    *("print", "pprint", "repr", "str", "len", "bool", "isinstance", "type", "dumps", "validate", "any", "all"),
    *("debug", "info", "warning", "error", "exception", "critical", "log", "set_correlation_id", "append_keys"),
    *("add_metric", "add_metadata", "put_annotation", "put_metadata", "hasattr", "getattr", "deepcopy", "copy"),
}
"""Calls that look at the event or its records and do nothing about them."""
PURE = {
    "get",
    "isinstance",
    "startswith",
    "endswith",
    "lower",
    "upper",
    "strip",
    "split",
    "str",
    "int",
    "bool",
    "loads",
}
FOLLOWED = {*ONCE, *APPLIED, *STARTED}
"""Calls that do nothing but call a function, which is looked into itself."""
CATCH_ALL = {"Exception", "BaseException"}


def handling(reading: ProgramReading) -> Handling:
    """What a handler does with its records, in all functions of its code that it passes them to."""
    handlers = {handler.node for handler in reading.handlers if isinstance(handler, FunctionValue)}
    scans = [_Scan(reading.reader, node, module, node in handlers) for node, module in reading.reader.called.items()]
    loops = tuple(loop for scan in scans for loop in scan.loops())
    picks = dict.fromkeys(place for scan in scans for place in scan.picks())
    return Handling(loops, tuple(picks), any(scan.goes_elsewhere() for scan in scans))


@dataclass(frozen=True, slots=True)
class _Around:
    """What is between a statement and the loop."""

    inner: bool = False
    """Whether an inner loop is between them."""
    guarded: bool = False
    """Whether a condition or an error does."""
    spent: bool = False
    """Whether no record remains there."""
    catching: tuple[ast.Try | ast.TryStar | ast.With | ast.AsyncWith, ...] = ()


class _Scan:
    """One function, with the values of its names."""

    def __init__(self, reader: Reader, function: FunctionNode, module: Module, is_handler: bool) -> None:  # noqa: FBT001 (one caller)
        self.reader = reader
        self.function = function
        self.module = module
        self.is_handler = is_handler
        self.nodes = list(own_nodes(function))
        self.whiles = [node for node in self.nodes if isinstance(node, ast.While) and self._takes(node)]
        self.taken = self._names_of_taken()

    def loops(self) -> Iterator[RecordLoop]:
        """The loops over records."""
        for node in self.nodes:
            over = isinstance(node, ast.For | ast.AsyncFor) and self._holds(node.iter, *MANY)
            if over or node in self.whiles:
                assert isinstance(node, ast.For | ast.AsyncFor | ast.While)
                exits = tuple(self._exits(node.body, _Around()))
                searches = not self.is_handler and _only_looks(node.body)
                yield RecordLoop(self._place(node), exits, searches)

    def picks(self) -> Iterator[CodePlace]:
        """Where one record is taken by its place, outside of any loop over records."""
        looped = {id(node) for loop in self.nodes if self._loops(loop) for node in ast.walk(loop)}
        for node in self.nodes:
            if id(node) not in looped and self._picks(node):
                yield self._place(node)

    def goes_elsewhere(self) -> bool:
        """Whether all records are iterated without a loop, counted, or passed to a library."""
        for node in self.nodes:
            match node:
                case ast.comprehension(iter=source) if self._holds(source, *MANY):
                    return True
                case ast.Compare() if any(
                    self._holds(operand, Shape.COUNT) for operand in (node.left, *node.comparators)
                ):
                    return True
                case ast.Call() if self._gives_away(node):
                    return True
        return False

    def _place(self, node: ast.AST) -> CodePlace:
        return CodePlace(self.module.file, getattr(node, "lineno", self.function.lineno))

    def _values(self, node: ast.AST) -> Values:
        return self.reader.seen.get(node, EMPTY)

    def _holds(self, node: ast.AST, *wanted: Shape) -> bool:
        return not shapes(self._values(node)).isdisjoint(wanted)

    def _loops(self, node: ast.AST) -> bool:
        if isinstance(node, ast.For | ast.AsyncFor):
            return self._holds(node.iter, *MANY)
        return isinstance(node, ast.While) and node in self.whiles

    def _takes(self, node: ast.While) -> bool:
        """Whether a `while` loop takes one record after the other."""
        inside = [node.test, *(node_inside for statement in node.body for node_inside in own_nodes(statement))]
        inside += [child for child in ast.walk(node.test) if child is not node.test]
        for child in inside:
            match child:
                case ast.Call(args=[source, *_]) if called_name(child) in {"next", "anext"}:
                    if self._holds(source, *MANY):
                        return True
                case ast.Call(func=ast.Attribute(value=source, attr="pop" | "popleft")) if self._holds(source, *MANY):
                    return True
                case ast.Subscript(value=source, slice=index) if self._holds(source, Shape.RECORDS):
                    if not isinstance(index, ast.Constant | ast.Slice | ast.UnaryOp):
                        return True
        return False

    def _names_of_taken(self) -> set[str]:
        """The names of the record that a `while` loop has taken; their value is empty if none remains."""
        names = set()
        for loop in self.whiles:
            for node in ast.walk(loop):
                match node:
                    case (
                        ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                        | ast.NamedExpr(target=ast.Name(id=name), value=ast.Call() as call)
                    ) if called_name(call) in {"next", "anext", "pop", "popleft"}:
                        names.add(name)
        return names

    def _picks(self, node: ast.AST) -> bool:
        match node:
            case ast.Subscript(value=source, slice=index) if self._holds(source, Shape.RECORDS):
                return _first_or_last(index)
            case ast.Call(func=ast.Name(id="next"), args=[source, *_]):
                return self._holds(source, Shape.RECORDS)
            case ast.Call(func=ast.Attribute(value=source, attr="pop" | "popleft")):
                return self._holds(source, Shape.RECORDS)
            case ast.Attribute(value=source, attr="record"):
                return self._holds(source, Shape.EVENT)
            case ast.Assign(targets=[ast.Tuple(elts=elements) | ast.List(elts=elements)], value=source):
                return self._holds(source, Shape.RECORDS) and any(
                    isinstance(element, ast.Starred) for element in elements
                )
            case ast.MatchSequence(patterns=[_, *_, ast.MatchStar()]):
                return self._holds(node, Shape.RECORDS)
        return False

    def _gives_away(self, node: ast.Call) -> bool:
        """Whether a call of a library gets the records, or the event to go through them."""
        name = called_name(node)
        own = FunctionValue | ClassValue | PartialValue | Instance
        if name in LOOKS_ONLY or any(isinstance(value, own) for value in self._values(node.func)):
            return False
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if name in FOLLOWED and any(
            isinstance(value, own) for argument in arguments for value in self._values(argument)
        ):
            return False
        result = shapes(self._values(node)) - {Shape.PART}
        if any(self._holds(argument, Shape.RECORDS) for argument in arguments):
            return name in {"map", "starmap"} or not result
        return not result and any(self._holds(argument, Shape.EVENT) for argument in arguments)

    def _exits(  # noqa: C901, PLR0912 (one case for each kind of statement)
        self, body: Iterable[ast.stmt], around: _Around
    ) -> Iterator[LoopExit]:
        """The statements by which the loop around a body is left while records remain."""
        for statement in body:
            match statement:
                case ast.Return():
                    if not around.spent and not (around.guarded and _reports_failures(statement)):
                        yield LoopExit(self._place(statement), How.RETURN)
                case ast.Break():
                    if not around.spent and not around.inner:
                        yield LoopExit(self._place(statement), How.BREAK)
                case ast.Raise():
                    if not around.spent and not self._caught(statement, around):
                        yield LoopExit(self._place(statement), How.RAISE)
                case ast.Expr(value=ast.Call() as call) if called_name(call) in EXITS:
                    if not around.spent:
                        yield LoopExit(self._place(statement), How.EXIT)
                case ast.If(test=test, body=then, orelse=otherwise):
                    inside = replace(around, guarded=True, spent=around.spent or self._spent(test))
                    yield from self._exits([*then, *otherwise], inside)
                case ast.For() | ast.AsyncFor() | ast.While():
                    yield from self._exits(statement.body, replace(around, inner=True))
                    yield from self._exits(statement.orelse, around)
                case ast.Try() | ast.TryStar():
                    yield from self._in_try(statement, around)
                case ast.With(body=inner) | ast.AsyncWith(body=inner):
                    assert isinstance(statement, ast.With | ast.AsyncWith)
                    yield from self._exits(inner, replace(around, catching=(*around.catching, statement)))
                case ast.Match(cases=cases):
                    for case in cases:
                        yield from self._exits(case.body, replace(around, guarded=True))

    def _in_try(self, statement: ast.Try | ast.TryStar, around: _Around) -> Iterator[LoopExit]:
        if any(isinstance(last, ast.Continue) for last in statement.finalbody) and not around.inner:
            return  # the `continue` takes the place of every way out
        yield from self._exits(statement.body, replace(around, catching=(*around.catching, statement)))
        for handler in statement.handlers:
            spent = around.spent or bool(last_names(handler.type) & EXHAUSTED)
            yield from self._exits(handler.body, replace(around, guarded=True, spent=spent))
        yield from self._exits([*statement.orelse, *statement.finalbody], around)

    def _spent(self, test: ast.expr) -> bool:
        """Whether a condition asks if records remain."""
        for node in ast.walk(test):
            if isinstance(node, ast.expr) and self._holds(node, Shape.COUNT, *(MANY if self.whiles else ())):
                return True
            if isinstance(node, ast.Name) and node.id in self.taken and not _uses(test, node.id):
                return True
        return False

    def _caught(self, statement: ast.Raise, around: _Around) -> bool:
        """Whether a `try` inside the loop catches what is raised; the code of its handler is judged by itself."""
        caught: list[ast.expr | None] = []
        for block in around.catching:
            if isinstance(block, ast.Try | ast.TryStar):
                caught += [handler.type for handler in block.handlers]
            else:
                contexts = (item.context_expr for item in block.items)
                suppress = [call for call in contexts if isinstance(call, ast.Call) and called_name(call) == "suppress"]
                caught += [caught_type for call in suppress for caught_type in call.args]
        return any(self._catches(caught_type, statement) for caught_type in caught)

    def _catches(self, caught: ast.expr | None, statement: ast.Raise) -> bool:
        """Whether an `except` catches an exception. Of classes that are not known here it is taken to do so."""
        names, raised = last_names(caught), raised_name(statement)
        if caught is None or names & CATCH_ALL or not raised or raised in names:
            return True
        cls = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        above = ancestors(self._values(cls)) if cls else None
        return above is None or bool(names & above)


def _first_or_last(index: ast.expr) -> bool:
    match index:
        case ast.Constant(value=0) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return True
        case ast.Slice(lower=None | ast.Constant(value=0), upper=ast.Constant(value=1)):
            return True
    return False


def _reports_failures(statement: ast.Return) -> bool:
    """Whether the returned value reports to Lambda which records failed."""
    if not isinstance(statement.value, ast.Dict):
        return False
    for key, value in zip(statement.value.keys, statement.value.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "batchItemFailures":
            return not (isinstance(value, ast.List) and not value.elts)
    return False


def _uses(test: ast.expr, name: str) -> bool:
    """Whether a condition reads an attribute or item of the name's value, not only whether there is one."""
    return any(
        isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name
        for node in ast.walk(test)
    )


def _only_looks(body: list[ast.stmt]) -> bool:
    """Whether a loop's body calls nothing that could have an effect, and returns what it finds."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    returns = [node for node in nodes if isinstance(node, ast.Return)]
    return (
        bool(returns)
        and all(node.value is not None for node in returns)
        and all(called_name(node) in PURE for node in calls)
        and not any(
            isinstance(node, AnyFunction | ast.Raise | ast.Break | ast.Delete | ast.AugAssign) for node in nodes
        )
    )
