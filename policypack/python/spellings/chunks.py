"""Other spellings of `itertools.batched(records, 10)`, rewritten as one: slices at every tenth index, and helpers of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from policypack.python.spellings.numbers import constants

_SLICED = re.compile(r"range\s*\(\s*0\s*,\s*len\s*\(")
"""What is in the text of a module that takes slices so."""
_Numbers = Mapping[str, ast.Constant]
"""The constants of a module that are whole numbers, by name."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with `batched` for chunks of a size that it fixes."""
    if not _SLICED.search(text):
        return tree
    numbers = constants(tree)
    helpers = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and _source(node, numbers)}
    stored = [
        node.name if isinstance(node, ast.FunctionDef) else node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    ]
    once = {name: node for name, node in helpers.items() if stored.count(name) == 1}
    rewritten: ast.Module = _Rewriter(numbers, once).visit(tree)
    return rewritten


def _source(function: ast.FunctionDef, numbers: _Numbers) -> tuple[ast.expr, ast.expr] | None:
    """What a function does nothing but return in chunks, and their size."""
    match function.body:
        case [ast.Expr(value=ast.Constant()), *body] | body:
            pass
    match body:
        case [
            ast.For(
                target=ast.Name(id=index),
                iter=source,
                body=[ast.Expr(value=ast.Yield(value=ast.expr() as chunk))],
                orelse=[],
            )
        ]:
            return _sliced(chunk, index, source, numbers)
        case [ast.Return(value=ast.ListComp() | ast.GeneratorExp() as made)]:
            return _comprehended(made, numbers)
    return None


def _comprehended(made: ast.ListComp | ast.GeneratorExp, numbers: _Numbers) -> tuple[ast.expr, ast.expr] | None:
    match made.generators:
        case [ast.comprehension(target=ast.Name(id=index), iter=source, ifs=[])]:
            return _sliced(made.elt, index, source, numbers)
    return None


def _sliced(chunk: ast.expr, index: str, source: ast.expr, numbers: _Numbers) -> tuple[ast.expr, ast.expr] | None:
    """What `chunk` is a slice of, and its size: `x[i:i + n]`, for each `i` in `range(0, len(x), n)`."""
    match source, chunk:
        case (
            ast.Call(
                func=ast.Name("range"),
                args=[ast.Constant(value=0), ast.Call(func=ast.Name("len"), args=[counted]), size],
            ),
            ast.Subscript(
                value=base,
                slice=ast.Slice(
                    lower=ast.Name(id=lower),
                    upper=ast.BinOp(left=ast.Name(id=upper), op=ast.Add(), right=width),
                    step=None,
                ),
            ),
        ) if lower == upper == index and ast.dump(counted) == ast.dump(base):
            size, width = (numbers.get(part.id, part) if isinstance(part, ast.Name) else part for part in (size, width))
            return (base, size) if ast.dump(size) == ast.dump(width) else None
    return None


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module; `numbers` are its constants, `helpers` its functions that return chunks, by name."""

    def __init__(self, numbers: _Numbers, helpers: Mapping[str, ast.FunctionDef]) -> None:
        self.numbers = numbers
        self.helpers = helpers

    def _batched(self, node: ast.expr, found: tuple[ast.expr, ast.expr] | None) -> ast.Call | None:
        """A call of `batched` in the place of a node; None if the size is not known."""
        if found is None:
            return None
        base, size = found
        number = self.numbers.get(size.id) if isinstance(size, ast.Name) else size
        if not isinstance(number, ast.Constant):
            return None
        name = ast.Attribute(ast.Name("itertools", ast.Load()), "batched", ast.Load())
        return ast.fix_missing_locations(
            ast.copy_location(ast.Call(name, [base, ast.Constant(number.value)], []), node)
        )

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """Rewrite a list of chunks."""
        self.generic_visit(node)
        return self._batched(node, _comprehended(node, self.numbers)) or node

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        """Rewrite an iterator of chunks."""
        self.generic_visit(node)
        return self._batched(node, _comprehended(node, self.numbers)) or node

    def visit_For(self, node: ast.For) -> ast.AST:
        """Rewrite a loop over indexes that takes a chunk by each, and uses the index for nothing else."""
        self.generic_visit(node)
        match node:
            case ast.For(
                target=ast.Name(id=index),
                iter=source,
                body=[ast.Assign(targets=[ast.Name() as chunk], value=value), *body],
            ) if body and not any(
                isinstance(inner, ast.Name) and inner.id == index for statement in body for inner in ast.walk(statement)
            ):
                made = self._batched(source, _sliced(value, index, source, self.numbers))
                if made is not None:
                    return ast.copy_location(ast.For(chunk, made, body, node.orelse), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite a call of a helper."""
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in self.helpers or (found := _source(self.helpers[name], self.numbers)) is None:
            return node
        given = _bound(self.helpers[name].args, node)
        base, size = (given.get(part.id, part) if isinstance(part, ast.Name) else part for part in found)
        is_passed = isinstance(found[0], ast.Name) and found[0].id in given
        return (self._batched(node, (base, size)) if is_passed else None) or node


def _bound(parameters: ast.arguments, call: ast.Call) -> dict[str, ast.expr]:
    """The parameters of a function with what a call passes, or their defaults; empty if it unpacks something."""
    if any(isinstance(argument, ast.Starred) for argument in call.args) or any(not one.arg for one in call.keywords):
        return {}
    names = [parameter.arg for parameter in parameters.args]
    defaults = dict(zip(names[::-1], parameters.defaults[::-1], strict=False))
    passed = dict(zip(names, call.args, strict=False))
    return defaults | passed | {one.arg: one.value for one in call.keywords if one.arg}
