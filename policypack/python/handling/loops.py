"""Loops over the records, and the ways out of them that leave records behind."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from policypack.python.classes import last_names
from policypack.python.handling import firehose
from policypack.python.handling.failures.dropped import Dropped
from policypack.python.handling.failures.fates import changed
from policypack.python.handling.failures.futures import Futures
from policypack.python.handling.failures.raising import Failing, catches, ends
from policypack.python.handling.failures.retries import Retries
from policypack.python.handling.failures.swallowed import EXHAUSTED, Swallowed
from policypack.python.handling.first_runs import AnyLoop, first_only
from policypack.python.handling.folds import folds, keeps
from policypack.python.handling.gates import Gates
from policypack.python.handling.keyed import overwritten
from policypack.python.handling.parts.groups import Groups
from policypack.python.handling.parts.index_ranges import left_out
from policypack.python.handling.scan import Scan
from policypack.python.handling.slots import only_keeps
from policypack.python.handling.unrun.consumption import Consumers, Consumption
from policypack.python.model import How, LoopExit, RecordLoop, Shape
from policypack.python.modules import AnyFunction
from policypack.python.records import MANY, WHOLE, called_name, is_whole, own_nodes


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


class Loops:
    """The loops of one function over records."""

    def __init__(self, scan: Scan, consumers: Consumers) -> None:
        self.scan = scan
        self.consumers = consumers
        self.retries = Retries(scan)
        self.runs = not scan.is_generator or consumers.of_result(scan) is Consumption.ALL
        self.whiles = [node for node in scan.nodes if isinstance(node, ast.While) and self._takes(node)]
        self.taken = self._names_of_taken()
        self.deleted = [part for node in scan.nodes if (part := self._deleted(node))]
        self.over_records = [node for node in scan.nodes if isinstance(node, AnyLoop) and self._loops(node)]
        self.swallowed = Swallowed(scan, consumers, self.over_records)
        self.dropped = Dropped(scan, consumers, self.over_records)

    def loops(self) -> Iterator[RecordLoop]:
        """The loops over records, and those over the results of work on each."""
        for node in self.over_records:
            left = [*self._exits(node.body, _Around())]
            raised = any(
                exit_.how is How.RAISE and not exit_.fails for exit_ in left
            )  # what catches that is no other loss
            exits = (
                *left,
                *self._removals(node),
                *(() if raised else self.swallowed.around(node)),
                *self._ended(node),
                *self.dropped.inside(node),
            )
            source = node.iter if isinstance(node, ast.For | ast.AsyncFor) else None
            queue = node.test if isinstance(node, ast.While) and self.scan.holds(node.test, Shape.CUT) else None
            over_all = (
                self.runs
                and not self._only_passes(node)
                and not any(self._is_cut(taken) for taken in (source, queue) if taken)
                and not self.over_groups(node)
                and not self._cut_off(node)
                and not first_only(self.scan, node)
            )
            yield RecordLoop(
                self.scan.place(node),
                exits,
                searches=self._searches(node, exits),
                finds=any(isinstance(inner, ast.Return) or [*changed(inner)] for inner in self._inside(node)),
                whole=over_all and not only_keeps(self.scan, self.consumers, node),
                logs=over_all and self.scan.works(*node.body, printing=True),
                inner=source is not None and self.scan.is_inner(source),
            )
        yield from self.swallowed.comprehensions()
        yield from self.dropped.comprehensions()
        yield from self.dropped.handlers()
        yield from Futures(self.scan, self.consumers).loops()
        yield from self._over_results()
        yield from overwritten(self.scan, self.over_records)
        yield from Groups(self.scan, self.consumers, self.over_records).loops()
        yield from folds(self.scan, self.consumers)
        yield from firehose.left_out(self.scan, self.consumers, self.over_records)
        yield from Gates(self.scan, self.consumers, self.over_records).loops()

    def _only_passes(self, node: AnyLoop) -> bool:
        """Whether a loop of a generator does no more than to make what it yields, and nothing uses all of that."""
        return self.scan.is_generator and not self.scan.works(*node.body) and self.consumers.takes_part(self.scan)

    @staticmethod
    def _inside(node: AnyLoop) -> Iterator[ast.AST]:
        """Everything in the body of a loop but the functions and classes inside it."""
        return (child for statement in node.body for child in (statement, *own_nodes(statement)))

    def _over_results(self) -> Iterator[RecordLoop]:
        """Loops over work on each record that an executor does, which lose the results and errors of the others."""
        for node in self.scan.nodes if self._submits() else ():
            if isinstance(node, ast.For | ast.AsyncFor) and called_name(node.iter) == "as_completed":
                exits = (exit_ for exit_ in self._exits(node.body, _Around()) if exit_.how is not How.RAISE)
                yield RecordLoop(self.scan.place(node), tuple(exits), whole=False)

    def _deleted(self, node: ast.AST) -> ast.Subscript | None:
        """The records that a statement removes from their list, unless the same ones are taken before: `del records[10:]`."""
        match node:
            case (
                ast.Delete(targets=[ast.Subscript(slice=ast.Slice() as index) as part])
                | ast.Assign(
                    targets=[ast.Subscript(slice=ast.Slice() as index) as part],
                    value=ast.List(elts=[]) | ast.Tuple(elts=[]),
                )
            ) if self.scan.holds(part.value, *WHOLE) and not is_whole(index):
                text = ast.unparse(part)
                taken = (other for other in self.scan.nodes if isinstance(other, ast.Subscript) and other is not part)
                return None if any(ast.unparse(other) == text for other in taken) else part
        return None

    def _removals(self, loop: AnyLoop) -> Iterator[LoopExit]:
        """Where a loop removes records from the list that it goes through, so that it skips the next ones."""
        if not isinstance(loop, ast.For):
            return
        counted = isinstance(loop.iter, ast.Call) and called_name(loop.iter) == "enumerate" and loop.iter.args
        source = self._text(counted[0] if counted else loop.iter)
        for node in own_nodes(ast.Module(loop.body, [])):
            match node:
                case (
                    ast.Call(func=ast.Attribute(value=changed, attr="remove" | "pop" | "clear"))
                    | ast.Delete(targets=[ast.Subscript(value=changed)])
                ) if self._text(changed) == source and self.scan.holds(changed, *WHOLE):
                    yield LoopExit(self.scan.place(node), How.REMOVE)

    def _text(self, node: ast.expr) -> str:
        """An expression as text, with what its name is given if that is one expression."""
        if isinstance(node, ast.Name):
            given = [*self.scan.given(node.id)]
            return ast.unparse(given[0] if len(given) == 1 else node)
        return ast.unparse(node)

    def _is_cut(self, source: ast.expr) -> bool:
        return not self.scan.holds(source, *(MANY - {Shape.CUT}))

    def _submits(self) -> bool:
        """Whether the function starts work on each record."""
        return any(
            (isinstance(node, ast.comprehension) and self.scan.holds(node.iter, *MANY))
            or (
                isinstance(node, ast.Call)
                and called_name(node) in {"submit", "create_task", "ensure_future"}
                and any(self.scan.holds(argument, Shape.RECORD) for argument in node.args)
            )
            for node in self.scan.nodes
        )

    def _searches(self, node: AnyLoop, exits: tuple[LoopExit, ...]) -> bool:
        """Whether a loop does nothing but look for something among the records, or refuse all of them."""
        if self.scan.is_handler and any(exit_.how is How.RETURN for exit_ in exits):
            return False
        inside = [child for statement in node.body for child in ast.walk(statement)]
        empty = any(isinstance(child, ast.Return) and child.value is None for child in inside)
        yields = any(isinstance(child, ast.Yield | ast.YieldFrom | AnyFunction) for child in inside)
        direct = any(isinstance(statement, ast.Break) or self.scan.fails(statement) for statement in node.body)
        return not (empty or yields or direct or self.scan.does(*node.body))

    def _loops(self, node: ast.AST) -> bool:
        if isinstance(node, ast.For | ast.AsyncFor):
            return self.scan.holds(node.iter, *MANY, Shape.GROUPS) and left_out(self.scan, node) is None
        return isinstance(node, ast.While) and node in self.whiles and left_out(self.scan, node) is None

    def over_groups(self, node: AnyLoop) -> bool:
        """Whether a loop is over lists of records, or over their keys: `records[topic]`."""
        if not isinstance(node, ast.For | ast.AsyncFor):
            return False
        keys = _names(node.target)
        return self.scan.holds(node.iter, Shape.GROUPS) or any(
            isinstance(child, ast.Subscript)
            and isinstance(child.slice, ast.Name)
            and child.slice.id in keys
            and self.scan.holds(child.slice, Shape.RECORD)
            and self.scan.holds(child, Shape.RECORDS)
            for child in ast.walk(node)
        )

    def _cut_off(self, node: AnyLoop) -> bool:
        """Whether the records after the first ones are deleted before a loop."""
        source = ast.unparse(node.iter) if isinstance(node, ast.For | ast.AsyncFor) else ""
        return any(ast.unparse(cut.value) == source and cut.lineno < node.lineno for cut in self.deleted)

    def _takes(self, node: ast.While) -> bool:
        """Whether a `while` loop takes one record after the other."""
        inside = [node.test, *self._inside(node)]
        inside += [child for child in ast.walk(node.test) if child is not node.test]
        for child in inside:
            match child:
                case ast.Call(args=[source, *_]) if called_name(child) in {"next", "anext"}:
                    if self.scan.holds(source, *MANY):
                        return True
                case ast.Delete(targets=[ast.Subscript(value=source)]) if self.scan.holds(source, *MANY):
                    return True
                case ast.Call(func=ast.Attribute(value=source, attr="pop" | "popleft")) if self.scan.holds(
                    source, *MANY
                ):
                    return True
                case ast.Subscript(value=source, slice=index) if self.scan.holds(source, *WHOLE):
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

    def _exits(  # noqa: C901, PLR0912 (one case for each kind of statement)
        self, body: Iterable[ast.stmt], around: _Around
    ) -> Iterator[LoopExit]:
        """The statements by which the loop around a body is left while records remain."""
        for statement in body:
            if around.guarded and self._passes_rest(statement):
                return
            match statement:
                case ast.Return():
                    if not around.spent:
                        reports = around.guarded and self.retries.returned(statement.value)
                        yield LoopExit(self.scan.place(statement), How.RETURN, reports)
                case ast.Break():
                    if not around.spent and not around.inner:
                        reports = around.guarded and self.retries.after_break
                        yield LoopExit(self.scan.place(statement), How.BREAK, reports)
                case ast.Raise() | ast.Assert() | ast.Expr() if self._fails(statement):
                    if not around.spent and not self._caught(statement, around):
                        yield self._raise(statement)
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if keeps(self.scan, name, value):
                    yield LoopExit(self.scan.place(statement), How.STOP)
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

    def _passes_rest(self, statement: ast.stmt) -> bool:
        """Whether a statement passes the other records on, as to a queue: `requeue(records[index:])`."""
        return (
            isinstance(statement, ast.Expr)
            and self.scan.does(statement)
            and any(
                self.scan.holds(child, Shape.CUT, *(MANY if self.whiles else ()))
                and called_name(self.scan.parents.get(child, child)) != "len"
                for child in ast.walk(statement)
            )
        )

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
        for node in self._tested(test):
            if isinstance(node, ast.expr) and self.scan.holds(node, Shape.COUNT, *(MANY if self.whiles else ())):
                return True
            if isinstance(node, ast.Name) and node.id in self.taken and not _uses(test, node.id):
                return True
        return False

    def _tested(self, test: ast.AST) -> Iterator[ast.AST]:
        """The parts of a condition, without what it takes an item of, and what it passes to a call with an effect."""
        yield test
        for child in ast.iter_child_nodes(test):
            item = isinstance(test, ast.Subscript) and child is test.value and not isinstance(test.slice, ast.Slice)
            passed = isinstance(test, ast.Call) and child is not test.func and self.scan.works(test)
            if not item and not passed:
                yield from self._tested(child)

    def _ended(self, loop: AnyLoop) -> Iterator[LoopExit]:
        """The condition of a `while` loop if it ends by the result of work on a record, and nothing uses the rest."""
        if not isinstance(loop, ast.While):
            return
        lists = {node.id for node in ast.walk(loop.test) if isinstance(node, ast.Name) and self.scan.holds(node, *MANY)}
        after = (node for node in self.scan.nodes if getattr(node, "lineno", 0) > (loop.end_lineno or 0))
        if any(isinstance(node, ast.Name) and node.id in lists for node in after):
            return
        parts = (
            loop.test.values if isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And) else [loop.test]
        )
        flags = {name for part in parts for name in [_plain(part)] if name} if any(map(self._spent, parts)) else set()
        results = [
            node.value
            for statement in loop.body
            for node in ast.walk(statement)
            if isinstance(node, ast.Assign) and any(_plain(target) in flags for target in node.targets)
        ]
        if any(map(self.scan.works_on_record, (*parts, *results))):
            yield LoopExit(self.scan.place(loop), How.STOP)

    def _fails(self, statement: Failing) -> bool:
        return not _narrows(statement.test) if isinstance(statement, ast.Assert) else self.scan.fails(statement)

    def _raise(self, statement: Failing) -> LoopExit:
        return LoopExit(
            self.scan.place(statement),
            How.EXIT if ends(self.scan, statement) else How.RAISE,
            fails=not self.consumers.catches(
                self.scan, statement, lambda caught: catches(self.scan, caught, statement)
            ),
        )

    def _caught(self, statement: Failing, around: _Around) -> bool:
        """Whether a `try` inside the loop catches what is raised; the code of its handler is judged by itself."""
        caught: list[ast.expr | None] = []
        for block in around.catching:
            caught += self.scan.caught_types(block)
        return any(catches(self.scan, caught_type, statement) for caught_type in caught)


def _narrows(test: ast.expr) -> bool:
    """Whether an `assert` is there for a type checker: `isinstance(...)`, `... is not None`."""
    match test:
        case ast.BoolOp(values=values):
            return all(map(_narrows, values))
        case ast.Compare(ops=[ast.Is() | ast.IsNot()]) | ast.Name():
            return True
    return called_name(test) == "isinstance"


def _plain(part: ast.expr) -> str:
    """The name that a condition is, or its negation."""
    inner = part.operand if isinstance(part, ast.UnaryOp) else part
    return inner.id if isinstance(inner, ast.Name) else ""


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def _uses(test: ast.expr, name: str) -> bool:
    """Whether a condition reads an attribute or item of the name's value, not only whether there is one."""
    return any(
        isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name
        for node in ast.walk(test)
    )
