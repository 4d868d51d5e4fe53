"""Parts of the records that code takes: one by its place, the first of them, a chunk; and what handles all elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.callbacks import APPLIED, ONCE, STARTED
from policypack.python.domain import FunctionNode, shapes
from policypack.python.handling.as_loops import Comprehension, as_loop
from policypack.python.handling.first_runs import first_only
from policypack.python.handling.loops import Loops
from policypack.python.handling.parts.glances import Glances
from policypack.python.handling.parts.index_ranges import left_out
from policypack.python.handling.parts.last_values import LastValues
from policypack.python.handling.parts.made_lists import of_each
from policypack.python.handling.parts.unpacking import Unpackings, fixed
from policypack.python.handling.scan import LOOKS_ONLY, Scan
from policypack.python.handling.slots import kept_elements, only_keeps
from policypack.python.handling.unrun.consumption import LAZY, Consumers, Consumption
from policypack.python.model import Pick, Shape, Taking
from policypack.python.records import CUTTING, EVENTS, MANY, TAKING, WHOLE, called_name, is_whole

FOLLOWED = {*ONCE, *APPLIED, *STARTED}
"""Calls that do nothing but call a function, which is looked into itself."""
ONE_ATTRIBUTES = {"record", "object_key", "bucket_name"}
"""Attributes of Powertools' events that are about the first record."""
_SELECTED = WHOLE | {Shape.SOME}
_TAKEN_FROM = _SELECTED | {Shape.GROUPS}


class Parts:
    """The parts that one function takes.

    Args:
        scan: the function.
        consumers: find what consumes iterators.
        loops: its loops.
    """

    def __init__(self, scan: Scan, consumers: Consumers, loops: Loops) -> None:
        self.scan = scan
        self.consumers = consumers
        self.glances = Glances(consumers)
        self.unpackings = Unpackings(scan, consumers)
        self.deleted = loops.deleted
        groups = [loop for loop in loops.over_records if loops.over_groups(loop)]
        self.in_groups = {id(node) for loop in groups for statement in loop.body for node in ast.walk(statement)}
        self.looped = {
            id(node)
            for loop in loops.over_records
            if loop not in groups
            for statement in (*loop.body, *([loop.test] if isinstance(loop, ast.While) else [loop.target]))
            for node in ast.walk(statement)
        }
        self.first_runs: list[ast.AST] = [loop for loop in loops.over_records if first_only(scan, loop)]
        for node in scan.nodes:
            loop = as_loop(scan, node)
            if loop and scan.holds(loop.iter, *MANY) and first_only(scan, loop):
                self.first_runs.append(node)
        self.last_values = LastValues(scan, consumers, self.looped)
        self.last_runs = [loop for loop in loops.over_records if only_keeps(scan, consumers, loop)]
        self.ranges = {
            node.target.id
            for node in scan.nodes
            if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and self._is_short_range(node.iter)
        }
        self.cuts = [node for node in scan.nodes if self._cuts(node)]
        self.chunks = [node for node in self.cuts if self._is_chunk(node)]

    def picks(self) -> Iterator[Pick]:
        """Where a part is taken, outside of any loop over records."""
        for node in self.scan.nodes:
            if id(node) in self.looped:
                continue
            source = self._taken_from(node)
            if source is not None and not self._is_complement(node):
                yield self._pick(node, source, Taking.ONE)
            for source in self.unpackings.with_rest(node, _SELECTED, whole=False):
                yield self._pick(node, source, Taking.PART)
            source = fixed(self.scan, node)
            if source is not None and not self.scan.is_inner(source):
                yield self._pick(node, source, Taking.EXACT)
        for node in self.cuts:
            if node not in self.chunks:
                source = node.value if isinstance(node, ast.Subscript) else node
                yield self._pick(node, source, Taking.PART)
        for part in self.deleted:
            if id(part) not in self.looped:
                yield self._pick(part, part.value, Taking.PART)
        yield from self._of_loops()

    def _of_loops(self) -> Iterator[Pick]:
        """What loops take that work for some records only."""
        for node in self.scan.nodes:
            if taken := left_out(self.scan, node):
                yield self._pick(node, taken.value, Taking.PART)
        for loop in self.first_runs:
            inner, glances = self.scan.is_inner(getattr(loop, "iter", loop)), not self.scan.works(loop)
            yield Pick(self.scan.place(loop), Taking.PART, inner, glances)
        for loop in self.last_runs:
            if place := self.last_values.after(loop):
                yield Pick(place, Taking.ONE)
        for place in self.last_values.of_comprehensions():
            yield Pick(place, Taking.ONE)

    def handles_all(self, *, inner: bool, printing: bool = False) -> bool:
        """Whether all records are iterated without a loop, counted, or passed to a library; with `printing`, or logged."""
        if self.scan.is_generator and self.consumers.of_result(self.scan) is not Consumption.ALL:
            return False
        return any(self.scan.is_inner(node) is inner for node in self.chunks) or any(
            self.scan.is_inner(source) is inner
            for node in self.scan.nodes
            for source in self._handled(node, printing=printing)
        )

    def _pick(self, node: ast.AST, source: ast.AST, taking: Taking) -> Pick:
        inner, glances = self.scan.is_inner(source), self.glances.only(self.scan, node)
        return Pick(self.scan.place(node), taking, inner, glances, _first(node))

    def _taken_from(self, node: ast.AST) -> ast.AST | None:
        """The records that one is taken of by its place; None if this is nothing of the kind."""
        scan = self.scan
        match node:
            case ast.Subscript(value=source, slice=ast.Constant() | ast.UnaryOp(), ctx=ast.Load()) if made := of_each(
                scan, source
            ):
                return made
            case ast.Subscript(value=source, slice=index) if scan.holds(source, *_TAKEN_FROM):
                is_number = isinstance(index, ast.Constant | ast.UnaryOp) and isinstance(node.ctx, ast.Load)
                short = isinstance(index, ast.Name) and index.id in self.ranges
                return source if is_number or short or self._is_near_end(index) else None
            case ast.Call(args=[function, source, *_]) if called_name(node) == "reduce" and scan.holds(
                source, *_SELECTED
            ):
                return source if any(map(self._ignores_one, scan.functions(function))) else None
            case ast.Call(func=ast.Attribute(value=source, attr=name)) if name in TAKING and scan.holds(
                source, *_TAKEN_FROM
            ):
                return source
            case ast.Call(args=[source, *_]) if called_name(node) in TAKING and scan.holds(source, *_TAKEN_FROM):
                plain = called_name(node) not in ("min", "max") or not isinstance(source, Comprehension)
                return source if plain and not scan.is_own(node.func) else None
            case ast.Attribute(value=source, attr=name) if name in ONE_ATTRIBUTES and scan.holds(source, *EVENTS):
                return source
            case ast.Assign() | ast.For():
                return self.unpackings.without_rest(node, _TAKEN_FROM)
            case ast.MatchSequence(patterns=[_, *_, ast.MatchStar(name=name)]) if scan.holds(node, *_TAKEN_FROM):
                return None if name and self.unpackings.uses(name) else node
            case ast.MatchSequence(patterns=patterns) if scan.holds(node, *_TAKEN_FROM):
                fixed = not any(isinstance(pattern, ast.MatchStar) for pattern in patterns)
                return node if patterns and fixed and not self._matches_others(node) else None
        return None

    def _is_near_end(self, index: ast.expr) -> bool:
        """`len(records) - 1`."""
        match index:
            case ast.BinOp(left=count, op=ast.Sub(), right=ast.Constant()):
                return self.scan.holds(count, Shape.COUNT)
        return False

    def _matches_others(self, pattern: ast.MatchSequence) -> bool:
        """Whether a case of the same `match` takes every other event, and works or refuses it."""
        outer: ast.AST | None = pattern
        while outer is not None and not isinstance(outer, ast.Match):
            outer = self.scan.parents.get(outer)
        return isinstance(outer, ast.Match) and any(
            isinstance(case.pattern, ast.MatchAs)
            and case.pattern.pattern is None
            and (self.scan.does(*case.body) or any(self.scan.fails(node) or _answers(node) for node in case.body))
            for case in outer.cases
        )

    def _ignores_one(self, function: FunctionNode) -> bool:
        """Whether a function of two records does nothing but return one of them."""
        body = [function.body] if isinstance(function, ast.Lambda) else function.body
        used = {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}
        return bool({parameter.arg for parameter in function.args.args} - used) and not self.scan.works(*body)

    def _is_complement(self, node: ast.AST) -> bool:
        """Whether one record is only logged, and a slice has the others."""
        if not isinstance(node, ast.Subscript) or not self.unpackings.is_logged(node):
            return False
        base = ast.dump(node.value)
        return any(
            isinstance(cut, ast.Subscript)
            and isinstance(cut.slice, ast.Slice)
            and ast.dump(cut.value) == base
            and _follows(node.slice, cut.slice.lower, cut.slice.upper)
            for cut in self.cuts
        )

    def _is_short_range(self, source: ast.expr) -> bool:
        """`range(1)`, `range(min(len(records), 10))`."""
        return (
            isinstance(source, ast.Call)
            and called_name(source) == "range"
            and all(isinstance(bound, ast.Constant) or called_name(bound) == "min" for bound in source.args)
        )

    def _cuts(self, node: ast.AST) -> bool:
        match node:
            case ast.Subscript(value=source, slice=ast.Slice() as index):
                return not is_whole(index) and (
                    self.scan.holds(source, *_SELECTED) or of_each(self.scan, source) is not None
                )
            case ast.Call() if called_name(node) in CUTTING:
                records = any(
                    isinstance(child, ast.expr) and self.scan.holds(child, *_SELECTED)
                    for argument in node.args
                    for child in (ast.walk(argument) if isinstance(argument, ast.Starred) else (argument,))
                )
                return records and self.scan.holds(node, Shape.CUT)
            case ast.Call():
                return self._fills_limited(node)
        return False

    def _fills_limited(self, node: ast.Call) -> bool:
        """Whether a call adds all records to a `deque` that keeps some: `last.extend(records)`."""
        match node:
            case ast.Call(func=ast.Attribute(value=base, attr="extend" | "extendleft"), args=[source]):
                return self.scan.holds(source, *_SELECTED) and kept_elements(self.scan, base) is not None
        return False

    def _is_chunk(self, node: ast.AST) -> bool:
        """Whether the other records are in other chunks, or in a slice of their own."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
            return called_name(node) == "islice" and (
                isinstance(self.scan.function, ast.Lambda)
                or self.scan.inside(node, ast.While, ast.Lambda)
                or (self.scan.inside(node, ast.For, ast.AsyncFor) and id(node) not in self.in_groups)
            )
        lower, upper = node.slice.lower, node.slice.upper
        if lower is not None and not isinstance(lower, ast.Constant | ast.UnaryOp):
            return True
        base = ast.dump(node.value)
        others = [
            other
            for other in self.scan.nodes
            if isinstance(other, ast.Subscript)
            and ast.dump(other.value) == base
            and _follows(other.slice, lower, upper)
        ]
        return bool(others) and not self.unpackings.is_logged(node) and not all(map(self.unpackings.is_logged, others))

    def _handled(self, node: ast.AST, *, printing: bool) -> Iterator[ast.AST]:
        """The records that an expression handles all of."""
        scan = self.scan
        match node:
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                is_lazy = isinstance(node, ast.GeneratorExp)
                sources = [loop.iter for loop in node.generators if scan.holds(loop.iter, *_SELECTED)]
                works = bool(sources) and scan.works(*ast.iter_child_nodes(node), printing=printing)
                parent = scan.parents.get(node)
                fills = isinstance(parent, ast.Call) and self._fills_limited(parent) and not works
                short = node in self.first_runs or left_out(scan, node) is not None or fills
                if sources and not short and self.consumers.uses_all(scan, node, lazy=is_lazy, works=works):
                    yield from sources
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                counted = any(scan.holds(operand, Shape.COUNT) for operand in (left, right))
                if counted and _counts_one(operator, left, right) and self._refuses_several(node, operator):
                    yield node
            case ast.Assign() | ast.For():
                yield from self.unpackings.with_rest(node, _SELECTED, whole=True)
            case ast.MatchSequence(patterns=[*_, ast.MatchStar(name=str() as name)]) if scan.holds(node, *_SELECTED):
                if self.unpackings.uses(name):
                    yield node
            case ast.Call():
                yield from self._given_away(node, printing=printing)

    def _refuses_several(self, test: ast.Compare, operator: ast.cmpop) -> bool:
        """Whether an `if` does more about several records than to log."""
        outer = self.scan.parents.get(test)
        while isinstance(outer, ast.BoolOp):
            outer = self.scan.parents.get(outer)
        if not isinstance(outer, ast.If):
            return not isinstance(outer, ast.While)
        several, one = (outer.orelse, outer.body) if isinstance(operator, ast.Eq) else (outer.body, outer.orelse)
        leaves = [
            node
            for node in (several or one)
            if isinstance(node, ast.Continue) or self.scan.fails(node) or _answers(node)
        ]
        return bool(leaves) or self.scan.does(*several)

    def _given_away(self, node: ast.Call, *, printing: bool) -> Iterator[ast.AST]:
        """The records that a call of a library gets, or the event to go through them."""
        scan, name = self.scan, called_name(node)
        if name in LOOKS_ONLY | {"tee"} or scan.is_own(node.func) or self._taken_from(node) is not None:
            return
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if name in FOLLOWED and any(map(scan.is_own, arguments)):
            return
        if self._fills_limited(node):
            return
        if name == "partial" and self.consumers.of(scan, node) is Consumption.NOTHING:
            return
        result = shapes(scan.values(node)) - {Shape.PART}
        lazy = name in LAZY and scan.is_builtin(node)
        if given := [argument for argument in arguments if scan.holds(argument, *WHOLE)]:
            works = lazy and scan.passed_works(node.args[0], printing=printing)
            if self.consumers.uses_all(scan, node, lazy=True, works=works) if lazy else not result:
                yield from given
        elif not result:
            yield from (argument for argument in arguments if scan.holds(argument, *EVENTS))


def _follows(index: ast.expr, lower: ast.expr | None, upper: ast.expr | None) -> bool:
    """Whether an index or slice takes what a slice with these bounds leaves out."""
    if isinstance(index, ast.Slice):
        return any(
            bound is not None and other is not None and ast.dump(bound) == ast.dump(other)
            for bound, other in ((upper, index.lower), (lower, index.upper))
        )
    if lower is None and isinstance(upper, ast.UnaryOp):  # `records[:-1]` and `records[-1]`
        return ast.dump(index) == ast.dump(upper) == ast.dump(ast.parse("-1", mode="eval").body)
    return isinstance(index, ast.Constant) and isinstance(lower, ast.Constant) and upper is None and lower.value == 1


def _first(node: ast.AST) -> int | None:
    """How many elements a slice or `islice` takes from the first one on; None of everything else."""
    match node:
        case ast.Subscript(
            slice=ast.Slice(lower=None | ast.Constant(value=0), upper=ast.Constant(value=int() as most), step=None),
            ctx=ast.Load(),
        ):
            return most
        case ast.Call(args=[_, ast.Constant(value=int() as most)]) if called_name(node) == "islice":
            return most
    return None


def _answers(node: ast.AST) -> bool:
    """Whether a statement returns something, such as an error, and not only nothing."""
    return isinstance(node, ast.Return) and not (node.value is None or ast.unparse(node.value) == "None")


def _counts_one(operator: ast.cmpop, left: ast.expr, right: ast.expr) -> bool:
    """Whether a comparison with a number distinguishes one record from several; any other comparison may."""
    number = right if isinstance(right, ast.Constant) else left
    if not isinstance(number, ast.Constant) or not isinstance(number.value, int):
        return True
    match operator:
        case ast.Eq() | ast.NotEq():
            return number.value == 1
        case ast.Gt() | ast.LtE():
            return number.value >= 1 if number is right else number.value > 1
        case ast.Lt() | ast.GtE():
            return number.value > 1 if number is right else number.value >= 1
    return True
