"""Comprehensions and calls of `map` as the `for` loops that they stand for."""

from __future__ import annotations

import ast

from policypack.python.handling.scan import Scan

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def as_loop(scan: Scan, node: ast.AST) -> ast.For | None:
    """The loop that does the same; None of everything else, and of several loops in one another."""
    match node:
        case (
            ast.ListComp(elt=result, generators=[source])
            | ast.SetComp(elt=result, generators=[source])
            | ast.GeneratorExp(elt=result, generators=[source])
            | ast.DictComp(value=result, generators=[source])
        ):
            body: ast.stmt = ast.Expr(result)
            for test in reversed(source.ifs):
                body = ast.If(test, [body], [])
            return ast.For(source.target, source.iter, [body], [])
        case ast.Call(func=ast.Name(id="map"), args=[function, source]) if scan.is_builtin(node):
            record = ast.Name("record", ast.Load())
            return ast.For(ast.Name("record", ast.Store()), source, [ast.Expr(ast.Call(function, [record], []))], [])
    return None
