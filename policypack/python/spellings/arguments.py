"""Arguments that a call spreads out or adds, rewritten: `split(*x)` of `def split(first, *rest)`, `partial(f, a)(b)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from policypack.python.spellings.assigned import calls_by_name

_SPELLINGS = re.compile(r"\(\s*\w+[^)]*,\s*\*\w|\bpartial\s*\([^\n]*\)\s*\(")
"""What is in the text of a module that has such arguments."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with unpackings for star arguments, and direct calls for partial ones."""
    if not _SPELLINGS.search(text):
        return tree
    calls = calls_by_name(tree)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            _unpack(function, calls.get(function.name) or ())
    rewritten: ast.Module = _Direct().visit(tree)
    return rewritten


def _unpack(function: ast.FunctionDef, calls: Sequence[ast.Call]) -> None:
    """Let a function take one argument, which it unpacks, if every use of it is a call with one list spread out."""
    match function:
        case ast.FunctionDef(
            args=ast.arguments(
                posonlyargs=[], args=[_, *_] as first, vararg=ast.arg() as rest, kwonlyargs=[], kwarg=None, defaults=[]
            ),
            decorator_list=[],
        ):
            pass
        case _:
            return
    spread = [call.args[0] for call in calls if len(call.args) == 1 and not call.keywords]
    lists = [argument.value for argument in spread if isinstance(argument, ast.Starred)]
    if not calls or len(calls) != len(lists):
        return
    for call, given in zip(calls, lists, strict=True):
        call.args = [given]
    name = f"{rest.arg}_and_first"
    names: list[ast.expr] = [ast.Name(parameter.arg, ast.Store()) for parameter in first]
    target = ast.Tuple([*names, ast.Starred(ast.Name(rest.arg, ast.Store()), ast.Store())], ast.Store())
    unpacking = ast.copy_location(ast.Assign([target], ast.Name(name, ast.Load())), function)
    function.args.args, function.args.vararg = [ast.copy_location(ast.arg(name), first[0])], None
    function.body.insert(0, ast.fix_missing_locations(unpacking))


class _Direct(ast.NodeTransformer):
    """Rewrites calls of what `functools.partial` returns."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Write out the arguments that the function already has."""
        self.generic_visit(node)
        match node.func:
            case ast.Call(
                func=ast.Name("partial") | ast.Attribute(value=ast.Name("functools"), attr="partial"),
                args=[function, *bound],
                keywords=[],
            ):
                return ast.copy_location(ast.Call(function, [*bound, *node.args], node.keywords), node)
        return node
