"""Literals among secrets: the secret values of a resource in, those that the program's own source states out.

The SDK makes a secret of an argument such as a password, whatever the program passes. A value from the configuration or
the environment is no literal, even if the source has the same text.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from policypack.core.policy import Position
from policypack.core.values import texts
from policypack.resources.properties.literals import at_secret
from stackguard.positions.module import Imported, Module, module
from stackguard.positions.repository import absolute

SHORTEST = 4
"""Characters of the shortest literal that is looked for."""
MOST_MODULES = 200
JSON = ("{", "[", '"')


def literals(
    inputs: Mapping[str, Any], paths: Iterable[str], calls: Iterable[Position], base: Path, given: Iterable[str]
) -> frozenset[str]:
    """The texts in secret values, and in JSON that they are, that the source states.

    Args:
        inputs: of a resource.
        paths: of its secrets.
        calls: the constructor's call, then its callers.
        base: the folder of the program.
        given: the texts of the configuration and of the environment.
    """
    values = (value for secret in paths for _, value in at_secret(inputs, secret))
    secrets = {text for value in values for text in _parts(value) if len(text) >= SHORTEST}
    if not secrets:
        return frozenset()
    files = tuple(dict.fromkeys(absolute(base / call.file) for call in calls if not call.installed))
    written = secrets & _constants(tuple(_modules(files, absolute(base))))
    return frozenset(written.difference(*map(_parts, given))) if written else frozenset()


def _parts(value: Any) -> Iterator[str]:
    """The texts in a value, and in the JSON that one is."""
    for text in texts(value):
        yield text
        if text.lstrip().startswith(JSON):
            try:
                yield from texts(json.loads(text))
            except (ValueError, RecursionError):
                continue


def _modules(files: Iterable[Path], base: Path) -> list[Module]:
    """The modules in files, and the modules of the program that these import."""
    left = [parsed for file in files if (parsed := module(file))]
    modules: dict[Path, Module] = {}
    while left and len(modules) < MOST_MODULES:
        parsed = left.pop()
        if parsed.file in modules:
            continue
        modules[parsed.file] = parsed
        bound = [item for scope in parsed.scopes.values() for items in scope.names.values() for item in items]
        for item in bound:
            if isinstance(item, Imported):
                own = parsed.file.parent
                folders = [own.parents[item.level - 2]] if item.level > 1 else [own] if item.level else [base, own]
                left += filter(None, (module(file) for folder in folders for file in _files(folder, item)))
    return list(modules.values())


def _files(folder: Path, imported: Imported) -> Iterator[Path]:
    """The files that may have an imported module, or an imported member that is one, unless a library has them."""
    path = folder / imported.module.replace(".", "/")
    for place in (path, path / imported.member) if imported.member else (path,):
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if not Position(str(file), 1).installed:
                yield file


@lru_cache(maxsize=64)
def _constants(modules: tuple[Module, ...]) -> frozenset[str]:
    """The texts that modules state, and those that they join of them."""
    nodes = [node for parsed in modules if parsed.top for node in ast.walk(parsed.top.node)]
    named: dict[str, str] = {}
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text)))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text)))
            ):
                named[name] = text
    joined = [_joined(node, named) for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp)]
    return frozenset(stated for stated in joined if stated is not None)


def _joined(node: ast.expr, named: Mapping[str, str]) -> str | None:
    """The text of a constant, of a name for one, or of an f-string or a sum of these; None for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bytes(content)):
            return content.decode(errors="replace")
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return named.get(name)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return _joined(value, named)
        case ast.JoinedStr(values=parts):
            return _sum([_joined(part, named) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum([_joined(left, named), _joined(right, named)])
    return None


def _sum(parts: Collection[str | None]) -> str | None:
    return None if None in parts else "".join(part or "" for part in parts)
