"""Names that a module gives to calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def assigned_calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The calls that a module assigns outside of functions, each with its name, in their order."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=targets, value=ast.Call() as call):
                yield from ((target.id, call) for target in targets if isinstance(target, ast.Name))
