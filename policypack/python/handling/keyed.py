"""Dictionaries of records whose key several records have, so that one of them takes the place of the others.

Source of what a record has: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.scan import Scan
from policypack.python.model import How, LoopExit, RecordLoop, Shape
from policypack.python.records import MANY, called_name, own_nodes

_COMMON = ("eventSource", "eventName", "eventVersion", "awsRegion", "eventSourceARN")
"""What the records of an event may have in common, besides the bucket."""
GROUP = ("attributes", "MessageGroupId")
"""What the messages of a group have in common; a loop may keep the newest of each group on purpose."""
_READ_BY = {"values", "items", "pop", "popitem"}
_ANSWERS = {"len", "bool", "isinstance", "any", "all", "type"}
"""Calls that say something about a record, and return nothing of it."""
Path = tuple[str, ...]


def overwritten(scan: Scan, loops: list[AnyLoop]) -> Iterator[RecordLoop]:
    """The dictionaries that a function fills so, and whose records it works on.

    Args:
        scan: the function.
        loops: its loops over records.
    """
    for name, place, key, value in _filled(scan, loops):
        keys = paths(scan, key)
        at_once = isinstance(place, ast.Assign) and value is not place.value
        constant = at_once and isinstance(key, ast.Constant)  # what loops keep under one is in `slots.py`
        shared = at_once and bool(keys) and all(path == GROUP or is_common(path) for path in keys)
        common = constant or shared or (bool(keys) and all(map(is_common, keys)))
        kept = any(not is_common(path) for path in paths(scan, value))
        if common and kept and _is_read(scan, name) and not _handled_besides(scan, name, place, loops):
            line = scan.place(place)
            yield RecordLoop(line, (LoopExit(line, How.OVERWRITE),), whole=False)


def _filled(scan: Scan, loops: list[AnyLoop]) -> Iterator[tuple[str, ast.AST, ast.expr, ast.expr]]:
    """A dictionary's name, where it gets records, and the key and the value of each."""
    for node in scan.nodes:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.DictComp(key=key, value=value, generators=[source])
                | ast.Call(
                    func=ast.Name(id="dict"),
                    args=[ast.GeneratorExp(elt=ast.Tuple(elts=[key, value]), generators=[source])],
                ),
            ) if scan.holds(source.iter, *MANY):
                yield name, node, key, value
    for loop in loops:
        for node in own_nodes(ast.Module(loop.body, [])):
            match node:
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value):
                    if not any(isinstance(child, ast.Name) and child.id == name for child in ast.walk(value)):
                        yield name, node, key, value


def paths(scan: Scan, node: ast.AST, depth: int = 3) -> list[Path]:
    """What an expression reads of a record: the keys of each part; a call of the package may read all of it."""
    match node:
        case ast.Call(func=ast.Attribute(value=base, attr="get"), args=[ast.Constant(value=str() as key), *_]) | (
            ast.Subscript(value=base, slice=ast.Constant(value=str() as key))
        ) if scan.holds(base, Shape.RECORD):
            return [(*path, key) for path in paths(scan, base, depth)]
        case ast.Name(id=name) if scan.holds(node, Shape.RECORD):
            given = [*scan.given(name)]
            return paths(scan, given[0], depth - 1) if len(given) == 1 and depth else [()]
    return [path for child in ast.iter_child_nodes(node) for path in paths(scan, child, depth)]


def is_common(path: Path) -> bool:
    """Whether all records of an event may have the same at this path."""
    return path[:2] == ("s3", "bucket") or path[:1] in {(name,) for name in _COMMON}


def made_of_record(scan: Scan, given: Mapping[str, ast.expr], name: str) -> bool:
    """Whether what a name is given comes from a record, and from nothing that has a value of another record.

    Args:
        scan: the function.
        given: what names are given for each record.
        name: one of them.
    """
    read: list[Path] = []

    def is_alone(current: str, around: frozenset[str]) -> bool:
        """Whether no name is given something of itself, by others too."""
        read.extend(paths(scan, given[current]))
        used = {child.id for child in ast.walk(given[current]) if isinstance(child, ast.Name)} & given.keys()
        inside = around | {current}
        return not used & inside and all(is_alone(other, inside) for other in used)

    answers = isinstance(given[name], ast.Compare | ast.UnaryOp) or called_name(given[name]) in _ANSWERS
    return is_alone(name, frozenset()) and not answers and not all(map(is_common, read))


def _is_read(scan: Scan, name: str) -> bool:
    """Whether the values of a dictionary are read."""
    return any(
        (isinstance(parent, ast.Attribute) and parent.attr in _READ_BY)
        or (isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.ctx, ast.Load))
        for node in scan.nodes
        if isinstance(node, ast.Name) and node.id == name
        for parent in [scan.parents[node]]
    )


def _handled_besides(scan: Scan, name: str, place: ast.AST, loops: list[AnyLoop]) -> bool:
    """Whether the function works on each record without the dictionary too."""
    sources = {id(child) for child in ast.walk(place)}
    for loop in loops:
        named = any(isinstance(child, ast.Name) and child.id == name for child in ast.walk(getattr(loop, "iter", loop)))
        calls = (node for node in own_nodes(ast.Module(loop.body, [])) if isinstance(node, ast.Call))
        if not named and any(map(scan.works_itself, calls)):
            return True
    return any(
        isinstance(node, ast.comprehension)
        and id(node) not in sources
        and scan.holds(node.iter, *MANY)
        and not any(isinstance(child, ast.Name) and child.id == name for child in ast.walk(node.iter))
        and scan.works(scan.parents[node])
        for node in scan.nodes
    )
