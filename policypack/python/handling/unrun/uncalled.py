"""Work on the records that a function defines or names, and that nothing calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from policypack.python.domain import EMPTY, shapes
from policypack.python.handling.scan import Scan
from policypack.python.handling.unrun.consumption import Consumers, Consumption
from policypack.python.model import Pick, Shape, Taking
from policypack.python.records import EVENTS, MANY, called_name

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_BY_NAME = {"locals", "globals", "vars", "eval", "exec"}
"""Calls that reach a local function without its name in the code."""
_OF_EVENT = (Shape.RECORD, *MANY, *EVENTS)


def uncalled(scan: Scan, consumers: Consumers) -> Iterator[Pick]:
    """Where one function defines or names work on the records that it does not call, pass on, store or return."""
    nodes = [node for node in scan.nodes if _is_named(scan, node) or _is_bound(scan, consumers, node)]
    for node in (*nodes, *_definitions_without_use(scan, consumers)):
        yield Pick(scan.place(node), Taking.UNCALLED)


def _is_named(scan: Scan, node: ast.AST) -> bool:
    """Whether a statement in a loop over the records is nothing but the name of a function that works: `work`."""
    match node:
        case ast.Expr(value=ast.Name() | ast.Attribute() as name):
            return _in_loop(scan, node) and scan.works(*scan.bodies(name))
    return False


def _in_loop(scan: Scan, node: ast.AST) -> bool:
    outer = scan.parents.get(node)
    while outer is not None:
        if isinstance(outer, ast.For | ast.AsyncFor) and scan.holds(outer.iter, *MANY):
            return True
        outer = scan.parents.get(outer)
    return False


def _is_bound(scan: Scan, consumers: Consumers, node: ast.AST) -> bool:
    """Whether an expression binds the records to a function that works, `partial(work, records)`, and nothing uses it."""
    match node:
        case ast.Call(args=[function, *bound]) if called_name(node) == "partial":
            arguments = (*bound, *(keyword.value for keyword in node.keywords))
            return (
                any(scan.holds(argument, *MANY, *EVENTS) for argument in arguments)
                and consumers.of(scan, node) is Consumption.NOTHING
                and scan.passed_works(function)
            )
    return False


def _definitions_without_use(scan: Scan, consumers: Consumers) -> Iterator[Definition]:
    """The functions inside one that work on its event, and that no code which runs refers to."""
    names = {node.id for node in ast.walk(scan.function) if isinstance(node, ast.Name)}
    if names & _BY_NAME:
        return
    definitions = dict(_definitions(scan))
    of_event = _names_of_event(scan, consumers)
    for definition in _unused(scan, definitions):
        body = [definition.body] if isinstance(definition, ast.Lambda) else definition.body
        if _free(definition) & of_event and scan.works(*body):
            yield definition


def _definitions(scan: Scan) -> Iterator[tuple[Definition, str]]:
    """The functions that a function defines, with their names: empty for a `lambda` that is a statement.

    A decorator may register a function, and one of an outer scope has other users.
    """
    outside = {name for node in scan.nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    for parent in (scan.function, *scan.nodes):
        for node in ast.iter_child_nodes(parent):
            match node:
                case ast.FunctionDef(decorator_list=[]) | ast.AsyncFunctionDef(decorator_list=[]):
                    name, definition = node.name, node
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as definition):
                    pass
                case ast.Expr(value=ast.Lambda() as definition):
                    name = ""
                case _:
                    continue
            if name not in outside:
                yield definition, name


def _unused(scan: Scan, definitions: Mapping[Definition, str]) -> list[Definition]:
    """The definitions whose name only stands alone, or in each other."""
    inside = {id(node): definition for definition in definitions for node in ast.walk(definition)}
    uses = [
        (node.id, inside.get(id(node)))
        for node in ast.walk(scan.function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if not isinstance(scan.parents.get(node), ast.Expr)
    ]
    live: set[Definition] = set()
    while True:
        used = {name for name, user in uses if user is None or user in live}
        more = {definition for definition, name in definitions.items() if name in used} - live
        if not more:
            return [definition for definition in definitions if definition not in live]
        live |= more


def _names_of_event(scan: Scan, consumers: Consumers) -> set[str]:
    """The names in a function that have something of the event: what it assigns and reads, and its parameters."""
    names = {node.id for node in scan.nodes if isinstance(node, ast.Name) and scan.holds(node, *_OF_EVENT)}
    for node in scan.nodes:
        if isinstance(node, ast.Assign) and scan.holds(node.value, *_OF_EVENT):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    arguments = scan.function.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    positional = [name for name in positional if name not in ("self", "cls")]
    for caller, call in consumers.calls.get(scan.function, []):
        listed = call.args if scan.function in caller.functions(call.func) else ()  # a `partial` has some already
        passed = (*zip(positional, listed, strict=False), *((word.arg, word.value) for word in call.keywords))
        names |= {name for name, value in passed if name and caller.holds(value, *_OF_EVENT)}
    own = scan.reader.scopes_of(scan.function) if scan.is_handler else ()
    return names | {name for scope in own for name in positional if shapes(scope.names.get(name, EMPTY)) & {*_OF_EVENT}}


def _free(definition: Definition) -> set[str]:
    """The names in a function that it does not define itself."""
    arguments = definition.args
    nodes = [node for node in ast.walk(definition) if isinstance(node, ast.Name)]
    own = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    own |= {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    return {node.id for node in nodes} - own
