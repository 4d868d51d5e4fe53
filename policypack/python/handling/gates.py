"""Conditions on every record under which the work on all of them is done, so that one bad record drops the good ones.

`for record in records: if not record["body"]: break` with the work in its `else`, a flag that such a loop sets, and
`if all(valid(record) for record in records):` are such gates. One that raises, reports, or does anything else where it
is shut refuses the records, and loses none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policypack.python.handling.as_loops import as_loop
from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.parts.glances import Glances
from policypack.python.handling.parts.unpacking import stored
from policypack.python.handling.scan import Scan
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.model import How, LoopExit, RecordLoop
from policypack.python.records import EVENTS, MANY, called_name, own_nodes

_BAD = ("bad", "invalid", "malformed", "broken", "corrupt", "missing", "incomplete", "unusable")
"""What functions are called that find a bad record."""
_KIND = "eventName"
"""Says what happened: a record of another kind is not a bad one."""


@dataclass(slots=True)
class _Shut:
    """What runs where a gate is shut."""

    known: dict[str, bool]
    """The conditions by their text, with what they are there."""
    skipped: list[ast.stmt] = field(default_factory=list)
    """What does not run."""
    quiet: bool = True
    """Whether what runs does nothing but log."""
    answer: ast.expr | None = None
    """What is returned."""
    apart: bool = False
    """Whether the answer is one for a shut gate only."""


class Gates:
    """The gates of one function.

    Args:
        scan: the function.
        consumers: find the callers of functions.
        loops: its loops over records.
    """

    def __init__(self, scan: Scan, consumers: Consumers, loops: list[AnyLoop]) -> None:
        self.scan = scan
        self.scans = {other.function: other for other in consumers.scans}
        self.glances = Glances(consumers, decide=False)
        self.loops_over = loops

    def loops(self) -> Iterator[RecordLoop]:
        """The gates that drop all records, as loops that are left."""
        if not self.scan.is_handler or self.scan.only_logs or isinstance(self.scan.function, ast.Lambda):
            return
        body = self.scan.function.body
        for position, statement in enumerate(body):
            if self._is_work(body[:position]):
                return
            for place, shut in self._gates(statement):
                # a condition of an `if` is judged with it, and everything else before what follows it
                self._follow(body[position if isinstance(statement, ast.If) else position + 1 :], shut)
                if shut.quiet and self._is_work(shut.skipped) and self._is_well(shut):
                    yield RecordLoop(self.scan.place(place), (LoopExit(self.scan.place(place), How.GATE),), whole=False)

    def _is_work(self, statements: list[ast.stmt]) -> bool:
        """Whether statements work on the records."""
        nodes = [child for statement in statements for child in ast.walk(statement)]
        mapped = (loop for node in nodes if isinstance(node, ast.Call) and (loop := as_loop(self.scan, node)))
        return self.scan.works(*statements, *mapped) and any(
            isinstance(node, ast.expr) and self.scan.holds(node, *MANY) for node in nodes
        )

    def _gates(self, statement: ast.stmt) -> Iterator[tuple[ast.AST, _Shut]]:
        match statement:
            case ast.For() if statement in self.loops_over:
                if leaving := self._leaving(statement):
                    known = _constants(leaving.body)
                    yield leaving.body[-1], _Shut(known, [*statement.orelse])
            case ast.If(test=test):
                for call, value in self._asked(test):
                    yield statement, _Shut({ast.unparse(call): value})
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                for _, value in self._asked(call):
                    yield statement, _Shut({name: value})

    def _leaving(self, loop: ast.For) -> ast.If | None:
        """The condition on a bad record by which a loop, which does nothing else, breaks off."""
        breaks = [node for node in own_nodes(loop) if isinstance(node, ast.Break)]
        conditions = [statement for statement in loop.body if isinstance(statement, ast.If)]
        match conditions:
            case [ast.If(test=test, body=[*_, ast.Break()], orelse=[]) as leaving] if len(breaks) == 1:
                plain = not self.scan.works(*loop.body) and not any(map(self.scan.fails, own_nodes(loop)))
                return leaving if plain and self._is_bad(self.scan, test, stored(loop.target)) else None
        return None

    def _asked(self, test: ast.expr) -> Iterator[tuple[ast.Call, bool]]:
        """A condition that asks every record if it is bad, with what it is if one is."""
        call = test.operand if isinstance(test, ast.UnaryOp) else test
        if isinstance(call, ast.Call):
            yield from ((call, answer) for answer in self._answers(self.scan, call))

    def _answers(self, scan: Scan, call: ast.Call) -> Iterator[bool]:
        """What a call returns if one record is bad; nothing of one that does not ask every record, or does more."""
        match scan.functions(call.func):
            case [ast.FunctionDef() as function] if any(scan.holds(one, *MANY, *EVENTS) for one in call.args):
                asked = self.scans.get(function)
                if asked and len(scan.values(call.func)) == 1 and not scan.does(*function.body):
                    yield from self._of_function(asked, function)
                return
        match call:
            case ast.Call(
                args=[ast.GeneratorExp(elt=one, generators=[source]) | ast.ListComp(elt=one, generators=[source])]
            ):
                name = called_name(call)
                plain = name in {"all", "any"} and not source.ifs and scan.holds(source.iter, *MANY)
                if (
                    plain
                    and not scan.works(one)
                    and self._is_bad(scan, one, stored(source.target), negated=name == "all")
                ):
                    yield name == "any"

    def _of_function(self, scan: Scan, function: ast.FunctionDef) -> Iterator[bool]:
        """What a function returns if one record is bad, and the opposite if none is."""
        match [part for part in function.body if not isinstance(part, ast.Expr)]:
            case [ast.Return(value=ast.Call() as call)]:
                yield from self._answers(scan, call)
            case [
                ast.For(target=target, iter=source, body=body),
                ast.Return(value=ast.Constant(value=bool() as otherwise)),
            ] if scan.holds(source, *MANY):
                conditions = [one for one in body if isinstance(one, ast.If)]
                match conditions:
                    case [
                        ast.If(test=test, body=[*_, ast.Return(value=ast.Constant(value=bool() as answer))], orelse=[])
                    ] if answer is not otherwise and self._is_bad(scan, test, stored(target)):
                        yield answer

    def _is_bad(self, scan: Scan, test: ast.expr, names: set[str], *, negated: bool = False) -> bool:
        """Whether a condition asks for what a record lacks, and not for a mark, a kind, or what all records share."""
        own = (
            node
            for node in ast.walk(test)
            if isinstance(node, ast.Name) and node.id in names and not self.glances.only(scan, node)
        )
        kinds = any(isinstance(node, ast.Constant) and node.value == _KIND for node in ast.walk(test))
        return any(True for _ in own) and not kinds and _lacks(test, negated=negated)

    def _follow(self, statements: list[ast.stmt], shut: _Shut, *, inside: bool = False) -> bool:
        """Goes through what runs where a gate is shut; whether that ends the function."""
        for position, statement in enumerate(statements):
            rest = statements[position + 1 :]
            match statement:
                case ast.If(test=test, body=body, orelse=otherwise) if (value := _value(test, shut.known)) is not None:
                    shut.skipped += otherwise if value else body
                    if self._follow(body if value else otherwise, shut, inside=True):
                        shut.skipped += rest
                        return True
                case ast.Return(value=answer):
                    shut.answer, shut.apart = answer, inside
                    return True
                case _:
                    changed = bool(stored(statement) & shut.known.keys())
                    leaves = any(isinstance(node, ast.Return) or self.scan.fails(node) for node in own_nodes(statement))
                    if changed or leaves or self.scan.fails(statement) or self.scan.works(statement):
                        shut.quiet = False
        return False

    def _is_well(self, shut: _Shut) -> bool:
        """Whether the answer where a gate is shut is nothing, or the one for records that are handled."""
        if shut.answer is None or ast.unparse(shut.answer) == "None":
            return True
        text = ast.unparse(shut.answer)
        others = {
            ast.unparse(node.value)
            for statement in shut.skipped
            for node in (statement, *own_nodes(statement))
            if isinstance(node, ast.Return) and node.value is not None
        }
        local = stored(self.scan.function) & {node.id for node in ast.walk(shut.answer) if isinstance(node, ast.Name)}
        return not local and (text in others if shut.apart else others <= {text})


def _value(test: ast.expr, known: Mapping[str, bool]) -> bool | None:
    """What a condition is, as far as that is known."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        value = _value(test.operand, known)
        return None if value is None else not value
    return known.get(ast.unparse(test))


def _constants(body: list[ast.stmt]) -> dict[str, bool]:
    """The truth values that statements give to names."""
    known: dict[str, bool] = {}
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=bool() as value)):
                known[name] = value
    return known


def _lacks(test: ast.expr, *, negated: bool) -> bool:
    """Whether a condition holds for a record that lacks something: `not record["body"]`, `"body" not in record`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _lacks(inner, negated=not negated)
        case ast.BoolOp(values=parts):
            return all(_lacks(part, negated=negated) for part in parts)
        case ast.Compare(ops=[operator]):
            positive = ast.In | ast.IsNot if negated else ast.NotIn | ast.Is
            return isinstance(operator, positive | ast.Lt | ast.LtE | ast.Gt | ast.GtE)
        case ast.Call():
            return (
                negated
                or called_name(test).startswith(_BAD)
                or called_name(test).startswith(tuple(f"is_{bad}" for bad in _BAD))
            )
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return negated
    return False
