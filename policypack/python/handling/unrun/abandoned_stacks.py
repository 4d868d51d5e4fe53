"""Work on the records that an `ExitStack` has, and that `pop_all()` takes from it, so that nothing runs it.

A stack whose callbacks undo something is left by `pop_all()` too, where all went well: beside other work it is silent. Source:
https://docs.python.org/3/library/contextlib.html#contextlib.ExitStack.pop_all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python.files import CodePlace
from policypack.python.handling.scan import STACKS, Scan
from policypack.python.records import MANY, called_name, own_nodes

_PUSHING = {"callback", "push", "enter_context", "push_async_callback", "push_async_exit", "enter_async_context"}
"""Methods that give a stack work."""


def abandoned(scan: Scan) -> Iterator[CodePlace]:
    """Where one function takes the work on a record from a stack, and does nothing with it."""
    for loop in scan.nodes:
        if isinstance(loop, ast.For | ast.AsyncFor) and scan.holds(loop.iter, *MANY):
            for block in own_nodes(ast.Module(loop.body, [])):
                if isinstance(block, ast.With | ast.AsyncWith):
                    yield from _of_block(scan, loop, block)


def _of_block(scan: Scan, loop: ast.For | ast.AsyncFor, block: ast.With | ast.AsyncWith) -> Iterator[CodePlace]:
    names = [
        item.optional_vars.id
        for item in block.items
        if called_name(item.context_expr) in STACKS and isinstance(item.optional_vars, ast.Name)
    ]
    if len(names) != 1:
        return
    uses = {node: _method(scan, node) for node in own_nodes(ast.Module(loop.body, [])) if _is(node, names[0])}
    pushed = [call for call in uses.values() if call and called_name(call) in _PUSHING]
    popped = [
        call
        for call in uses.values()
        if call and called_name(call) == "pop_all" and isinstance(scan.parents.get(call), ast.Expr)
    ]
    works = [call for call in pushed if call.args and scan.passed_works(call.args[0])]
    if not works or not popped or len(pushed) + len(popped) != len(uses):
        return
    inside = {id(node) for call in (*pushed, *popped) for node in ast.walk(call)}
    others = (node for node in own_nodes(ast.Module(loop.body, [])) if isinstance(node, ast.Call))
    makes = {id(item.context_expr) for item in block.items}
    if not any(id(call) not in inside | makes and scan.works_itself(call) for call in others):
        yield scan.place(popped[0])


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _method(scan: Scan, stack: ast.AST) -> ast.Call | None:
    """The call of a method of a stack."""
    method = scan.parents.get(stack)
    call = scan.parents.get(method) if isinstance(method, ast.Attribute) else None
    return call if isinstance(call, ast.Call) and call.func is method else None
