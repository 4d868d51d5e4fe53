"""Comprehensions and calls of `map` as the `for` loops that they stand for."""

from __future__ import annotations

import ast

from policypack.python.handling.scan import Scan
from policypack.python.records import called_name, gives_work

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
        case ast.Call(args=[function, source]) if called_name(node) == "map" and (
            scan.is_builtin(node) or gives_work(node)
        ):
            record = ast.Name("record", ast.Load())
            return ast.For(ast.Name("record", ast.Store()), source, [ast.Expr(ast.Call(function, [record], []))], [])
    return None
