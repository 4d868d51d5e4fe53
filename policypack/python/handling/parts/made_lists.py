"""Lists of what a function of the package makes of each record: `orders = [parse(record) for record in records]`."""

from __future__ import annotations

import ast

from policypack.python.domain import ClassValue
from policypack.python.handling.keyed import made_of_record
from policypack.python.handling.parts.glances import SHARED
from policypack.python.handling.scan import PRINTING, Scan
from policypack.python.model import Shape
from policypack.python.records import WHOLE, called_name


def of_each(scan: Scan, made: ast.expr, depth: int = 3) -> ast.expr | None:
    """The records that a list has something of, one for each; None of a list that is work, and of everything else.

    Args:
        scan: the function.
        made: a comprehension, or a name that has nothing but one.
        depth: how many names are followed.
    """
    match made:
        case ast.Name(id=name) if depth:
            given, stores = [*scan.given(name)], [node for node in scan.nodes if _stores(node, name)]
            uses = (
                node for node in scan.nodes if isinstance(node, ast.Name) and node.id == name and node not in stores
            )
            plain = len(given) == len(stores) == 1 and all(_takes(scan, use) for use in uses)
            return of_each(scan, given[0], depth - 1) if plain else None
        case ast.ListComp(elt=ast.Call(args=args, keywords=keywords) as element, generators=[loop]):
            passed = (*args[:1], *(keyword.value for keyword in keywords))
            of_record = any(scan.holds(argument, Shape.RECORD) for argument in passed)
            unfiltered = not loop.ifs and scan.holds(loop.iter, *WHOLE) and of_record
            alone = unfiltered and scan.is_own(element.func) and not scan.works(element)
            return loop.iter if alone and made_of_record(scan, {"": element}, "") and is_own(scan, element) else None
    return None


def _stores(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _takes(scan: Scan, use: ast.Name) -> bool:
    """Whether code takes elements of a list by their places, or looks at it, and passes it to nothing."""
    match scan.parents.get(use):
        case ast.Subscript(value=value):
            return value is use
        case ast.Call() as call:
            return called_name(call) in PRINTING | {"len"}
        case ast.If() | ast.UnaryOp() | ast.Assert() | ast.BoolOp():
            return True
    return False


def is_own(scan: Scan, element: ast.Call) -> bool:
    """Whether what a call makes is of one record: neither it nor an instance that it makes has what all records share."""
    classes = [value.node for value in scan.values(element.func) if isinstance(value, ClassValue)]
    read = {
        node.value if isinstance(node, ast.Constant) else getattr(node, "attr", None)
        for body in (*scan.bodies(element.func), *classes, *([element] if classes else []))
        for node in ast.walk(body)
    }
    return SHARED.isdisjoint(read)
