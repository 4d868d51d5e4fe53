"""Takes a parsed module; returns it with one spelling for what Python and its libraries have several for."""

from __future__ import annotations

import ast

from policypack.python.spellings import arguments, chunks, fixed_names, iterators, numbers, pairs, queries, subscripts


def plain(tree: ast.Module, content: str | bytes) -> ast.Module:
    """The module of this text with plain arguments, numbers, chunks, pairs, slices and subscripts, also for queries."""
    text = content if isinstance(content, str) else content.decode("latin-1")
    rewrites = (arguments, numbers, fixed_names, iterators, chunks, pairs, queries, subscripts)
    for rewrite in (module.plain for module in rewrites):
        tree = rewrite(tree, text)
    return tree
