"""Transformations of Firehose that return fewer records than they get.

Firehose takes a record that is not among those returned for failed, and delivers it to the bucket's error prefix only; one
that is left out on purpose is returned with `result: Dropped`. Source:
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from policypack.python.domain import FunctionNode
from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.scan import LOOKS_ONLY, Scan
from policypack.python.handling.unrun.consumption import LAZY, Consumers
from policypack.python.model import How, LoopExit, RecordLoop
from policypack.python.records import MANY, called_name, own_nodes

_ADDING = {"append", "extend", "insert", "appendleft"}


def left_out(scan: Scan, consumers: Consumers, loops: list[AnyLoop]) -> Iterator[RecordLoop]:
    """The loops and comprehensions of one function that leave a record out of what they return to Firehose.

    Args:
        scan: the function.
        consumers: know the other functions, such as a generator that makes the result.
        loops: its loops over records.
    """
    for result in _results(scan) if _transforms(scan) else ():
        given = [*scan.given(result.id)] if isinstance(result, ast.Name) else [result]
        others = isinstance(result, ast.Name) and _is_changed(scan, result)
        match [*map(_elements, given)]:
            case [ast.List(elts=[])] if isinstance(result, ast.Name):
                exits = _omits(scan, _of_loops(scan, result.id, loops))
            case [made] if not others and (selection := _selection(scan, made)):
                exits = _omits(scan, [selection])
            case [ast.Call() as call] if not others:
                exits = _of_generator(scan, consumers, call)
            case _:
                continue
        if exits:
            yield RecordLoop(exits[0].place, exits, whole=False)


def _omits(scan: Scan, places: list[ast.AST]) -> tuple[LoopExit, ...]:
    return tuple(LoopExit(scan.place(place), How.OMIT) for place in places)


def _elements(given: ast.expr) -> ast.expr:
    """What a list has all elements of: `list(made)`, `[*made]`."""
    match given:
        case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted" | "reversed"), args=[made]):
            return _elements(made)
        case ast.List(elts=[ast.Starred(value=made)]):
            return _elements(made)
    return given


def _selection(scan: Scan, given: ast.expr) -> ast.expr | None:
    """The comprehension or `filter` that leaves records out of what is made of them; None if there is none."""
    match made := _elements(given):
        case ast.ListComp(generators=[loop]) | ast.GeneratorExp(generators=[loop]):
            source, selects = loop.iter, bool(loop.ifs)
            if all(_asks_for_any(loop.target, test) for test in loop.ifs):
                selects = selects and _may_be_empty(scan, source)
        case ast.Call(args=[function, source]) if called_name(made) in LAZY and scan.is_builtin(made):
            selects = called_name(made) in {"filter", "filterfalse"}
            if ast.unparse(function) in {"None", "bool"}:
                selects = selects and _may_be_empty(scan, source)
        case ast.Name(id=name):
            match [*scan.given(name)]:
                case [value] if not _is_changed(scan, made):
                    return _selection(scan, value)
            return None
        case _:
            return None
    return made if selects and scan.holds(source, *MANY) else _selection(scan, source)


def _asks_for_any(target: ast.expr, test: ast.expr) -> bool:
    """Whether a condition of a comprehension asks only if its element is something: `if row`, `if row is not None`."""
    match test:
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return ast.unparse(left) == ast.unparse(target)
    return ast.unparse(test) == ast.unparse(target)


def _may_be_empty(scan: Scan, source: ast.expr) -> bool:
    """Whether a function that makes the elements of a list returns nothing for some records; a record is never empty."""
    match _elements(source):
        case ast.Call(args=[made, _]) as call if called_name(call) == "map":
            functions = scan.functions(made)
        case ast.ListComp(elt=ast.Call(func=made)) | ast.GeneratorExp(elt=ast.Call(func=made)):
            functions = scan.functions(made)
        case ast.Name(id=name):
            return any(_may_be_empty(scan, value) for value in scan.given(name) if not isinstance(value, ast.Name))
        case _:
            return False
    return any(map(_returns_nothing, functions))


def _returns_nothing(function: FunctionNode) -> bool:
    if isinstance(function, ast.Lambda):
        results: list[ast.expr | None] = [function.body]
    else:
        results = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
        if isinstance(function.body[-1], ast.If) and not function.body[-1].orelse:
            return True
    alternatives = (part for value in results for part in _alternatives(value))
    return any(part is None or (isinstance(part, ast.Constant) and not part.value) for part in alternatives)


def _alternatives(value: ast.expr | None) -> list[ast.expr | None]:
    return [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]


def _is_changed(scan: Scan, result: ast.Name) -> bool:
    """Whether code does more with a list that it returns than to log or count it."""
    uses = [node for node in scan.nodes if isinstance(node, ast.Name) and node.id == result.id and node is not result]
    loads = [node for node in uses if isinstance(node.ctx, ast.Load)]
    return len(uses) - len(loads) != 1 or any(called_name(scan.parents[node]) not in LOOKS_ONLY for node in loads)


def _of_generator(scan: Scan, consumers: Consumers, call: ast.Call) -> tuple[LoopExit, ...]:
    """Where a generator, which one call has the result of, leaves a record out."""
    functions = scan.functions(call.func)
    for other in consumers.scans:
        if [other.function] == functions and other.is_generator and len(consumers.calls[other.function]) == 1:
            outer = {loop for node in other.nodes if _yields(node) and (loop := other.loop_around(node))}
            alone = all(other.loop_around(node) for node in other.nodes if isinstance(node, ast.Yield | ast.YieldFrom))
            match [*outer]:
                case [ast.For() as loop] if alone and other.holds(loop.iter, *MANY):
                    return _omits(other, _Paths(_yields).without_adding(loop))
    return ()


def _yields(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Yield | ast.YieldFrom) for child in ast.walk(node))


def _transforms(scan: Scan) -> bool:
    """Whether the function, or one that it calls, makes a record for Firehose."""
    body = [scan.function.body] if isinstance(scan.function, ast.Lambda) else scan.function.body
    nodes = [*scan.run([part for part in body if isinstance(part, ast.stmt)])]
    passed = [function for node in nodes if called_name(node) == "map" for function in _passed(scan, node)]
    nodes += [node for function in passed for node in ast.walk(function)]
    return any(isinstance(node, ast.Dict) and {"recordId", "result"} <= _keys(node) for node in nodes)


def _passed(scan: Scan, call: ast.AST) -> list[FunctionNode]:
    return scan.functions(call.args[0]) if isinstance(call, ast.Call) and call.args else []


def _keys(literal: ast.Dict) -> set[object]:
    return {key.value for key in literal.keys if isinstance(key, ast.Constant)}


def _results(scan: Scan) -> Iterator[ast.expr]:
    """What the function has under the key `records` of a dictionary that is its result."""
    for node in scan.nodes:
        if isinstance(node, ast.Dict) and isinstance(scan.parents.get(node), ast.Return):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "records":
                    yield value


def _of_loops(scan: Scan, name: str, loops: list[AnyLoop]) -> list[ast.AST]:
    """Where the one loop that adds to a list goes on to the next record without doing so."""
    adding = [node for node in scan.nodes if _mentions(node, name) and not isinstance(node, ast.Assign)]
    around = {id(loop): loop for loop in loops if any(child in adding for child in ast.walk(loop))}
    named = (node for node in scan.nodes if isinstance(node, ast.Name) and node.id == name)
    used = [node for node in named if called_name(scan.parents[node]) not in LOOKS_ONLY]
    inside = {id(child) for loop in around.values() for child in ast.walk(loop)}
    if len(around) != 1 or sum(id(node) not in inside for node in used) > 2:  # its empty list, and the result
        return []
    (loop,) = around.values()
    without = _Paths(lambda node: _mentions(node, name)).without_adding(loop)
    selection = None if without or isinstance(loop, ast.While) else _selection(scan, loop.iter)
    return [selection] if selection else without


def _mentions(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.stmt) and any(
        isinstance(child, ast.Name) and child.id == name for child in ast.walk(node)
    )


class _Paths:
    """The ways through a loop's body.

    Args:
        adds: whether a statement adds to the list, or yields.
    """

    def __init__(self, adds: Callable[[ast.stmt], bool]) -> None:
        self.adds = adds
        self.without: list[ast.AST] = []
        """Where a way goes on to the next record, and has added nothing to the list."""

    def without_adding(self, loop: AnyLoop) -> list[ast.AST]:
        """Where a loop goes on to the next record, and has added nothing; the loop if that is at its end."""
        if self.follow(loop.body, added=False) is False and not self.without:
            return [loop]
        return self.without

    def follow(self, body: list[ast.stmt], *, added: bool) -> bool | None:
        """Whether every way to the end of statements adds to the list; None if no way leads there."""
        for position, statement in enumerate(body):
            branches = self._branches(statement)
            if isinstance(statement, ast.Continue):
                if not added:
                    self.without.append(statement)
                return None
            if isinstance(statement, ast.Break | ast.Return | ast.Raise):
                return None
            if branches is None:
                added = added or self.adds(statement)
                continue
            ends = {node: self.follow(branch, added=added) for node, branch in branches}
            left = [node for node, end in ends.items() if end is False]
            if all(end is None for end in ends.values()):
                return None
            if left and len(left) < len(ends) and not any(map(self.adds, body[position + 1 :])):
                self.without += left
            added = not left
        return added

    @staticmethod
    def _branches(statement: ast.stmt) -> list[tuple[ast.AST, list[ast.stmt]]] | None:
        """The alternatives of a statement, each with the node that begins it; None if it has none."""
        match statement:
            case ast.If(body=body, orelse=otherwise):
                return [(body[0], body), (otherwise[0] if otherwise else statement, otherwise)]
            case ast.Try(body=body, handlers=handlers, orelse=otherwise, finalbody=final):
                tried: list[tuple[ast.AST, list[ast.stmt]]] = [(statement, [*body, *otherwise, *final])]
                return [*tried, *((handler, [*handler.body, *final]) for handler in handlers)]
            case ast.With(body=body) | ast.AsyncWith(body=body):
                return [(statement, body)]
            case ast.Match(cases=cases):
                taken: list[tuple[ast.AST, list[ast.stmt]]] = [(case.body[0], case.body) for case in cases]
                return taken if any(map(_takes_all, cases)) else [*taken, (statement, [])]
        return None


def _takes_all(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None
