"""Names that a module gives to calls, and those that it calls."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence


def assigned_calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The calls that a module assigns outside of functions, each with its name, in their order."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=targets, value=ast.Call() as call):
                yield from ((target.id, call) for target in targets if isinstance(target, ast.Name))


def calls_by_name(tree: ast.Module) -> Mapping[str, Sequence[ast.Call] | None]:
    """The calls of each name that a module uses; None if it uses the name for something else, too."""
    used: Counter[str] = Counter()
    calls: dict[str, list[ast.Call]] = defaultdict(list)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name):
                used[name] += 1
            case ast.Call(func=ast.Name(id=name)):
                calls[name].append(node)
    return {name: calls[name] if len(calls[name]) == count else None for name, count in used.items()}
