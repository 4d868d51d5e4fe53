"""Places that each record overwrites: an item with a constant key, an attribute, a name of a module or an outer function.

Only containers of the program are such places: a literal dictionary or list, an object without properties of that name.
What a library keeps, as `os.environ` or a shelf, may be read elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policypack.python.domain import ClassValue, DictValue, External, Instance, ListValue, Value
from policypack.python.handling.first_runs import AnyLoop, only_looks
from policypack.python.handling.keyed import is_common, made_of_record, paths
from policypack.python.handling.scan import Scan
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.model import Shape
from policypack.python.records import called_name, kept_by, own_nodes

_NAMESPACES = {"types.SimpleNamespace()", "argparse.Namespace()", "threading.local()"}
_LAST = object()
"""The key of the only element of a `deque` that keeps one."""
_PLAIN_BASES = {"builtins.object", "abc.ABC", "typing.NamedTuple", "typing.Protocol", "typing.Generic"}


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that code gives something of a record."""

    scan: Scan
    """The function that does so."""
    base: ast.expr | None
    """The container or object; None of a name."""
    key: object
    """The constant key, or the name."""
    value: ast.expr
    is_item: bool = False

    def is_read(self, scan: Scan, node: ast.AST) -> bool:
        """Whether a node reads the place, or passes on the whole of its container."""
        if not isinstance(getattr(node, "ctx", None), ast.Load):
            return False
        if self.base is None:
            return isinstance(node, ast.Name) and node.id == self.key
        parent = scan.parents.get(node)
        if not self._is_base(scan, node):
            return False
        match parent:
            case ast.Attribute(attr=name) if self.is_item:
                call = scan.parents.get(parent)
                keys = [argument for argument in getattr(call, "args", ())[:1] if isinstance(argument, ast.Constant)]
                return name not in ("get", "pop") or not keys or self.key in (_LAST, keys[0].value)
            case ast.Attribute(attr=name):
                return name == self.key and isinstance(parent.ctx, ast.Load)
            case ast.Subscript(slice=index) if parent.value is node:
                fixed = _fixed(scan, index)
                return isinstance(parent.ctx, ast.Load) and (fixed is None or self.key in (_LAST, fixed.value))
        return scan is self.scan

    def is_stored(self, node: ast.AST) -> bool:
        """Whether a node gives the place or its container another value."""
        if not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return False
        if self.base is None:
            return isinstance(node, ast.Name) and node.id == self.key
        container = ast.unparse(self.base)
        place = f"{container}[{self.key!r}]" if self.is_item else f"{container}.{self.key}"
        return ast.unparse(node) in (container, place)

    def _is_base(self, scan: Scan, node: ast.AST) -> bool:
        """Whether a node is the container; in another function an object of the same class, or a name of the module."""
        assert self.base is not None
        same = isinstance(node, ast.expr) and ast.unparse(node) == ast.unparse(self.base)
        if scan is self.scan:
            return same
        if not self.is_item:
            return not scan.values(node).isdisjoint(self.scan.values(self.base))
        return same and (isinstance(self.base, ast.Attribute) or self._is_shared(scan, ast.unparse(self.base)))

    def _is_shared(self, scan: Scan, name: str) -> bool:
        """Whether a name is the same one in another function: of the module, of a function around both, or of this one."""
        inside = scan.function in ast.walk(self.scan.function)
        return scan.module is self.scan.module and _is_free(scan, name) and (inside or _is_free(self.scan, name))


def only_keeps(scan: Scan, consumers: Consumers, loop: AnyLoop) -> bool:
    """Whether a loop's body does nothing but log, and keep something of its record where the next one overwrites it."""
    rest = [statement for statement in loop.body if not any(True for _ in _of(scan, consumers, statement, loop))]
    return only_looks(scan, rest) and (rest == loop.body or bool(kept(scan, consumers, loop)))


def kept(scan: Scan, consumers: Consumers, loop: AnyLoop) -> list[Slot]:
    """The places that a loop overwrites in each run with something of the record."""
    return [
        slot
        for statement in loop.body
        for slot in _of(scan, consumers, statement, loop)
        if (slot.scan.holds(slot.value, Shape.RECORD) and not all(map(is_common, paths(slot.scan, slot.value))))
        or (slot.scan is scan and _is_made(scan, loop, slot.value))
    ]


def _is_made(scan: Scan, loop: AnyLoop, value: ast.expr) -> bool:
    """Whether a loop makes a value of its record alone: `json.loads(...)`, an f-string, a name with one of them."""
    if not isinstance(loop, ast.For | ast.AsyncFor):
        return False
    stores = [
        node.id
        for part in loop.body
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    given = {
        target.id: statement.value
        for statement in loop.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    if any(stores.count(name) > 1 for name in stores) or set(stores) - given.keys():
        return False
    return made_of_record(scan, given | {"": value}, "")


def _of(scan: Scan, consumers: Consumers, statement: ast.stmt, loop: AnyLoop) -> Iterator[Slot]:
    """The places to which a statement gives something, if it does nothing else and the loop reads none of them."""
    inside = [*own_nodes(ast.Module(loop.body, []))]
    found = [*_given(scan, statement)]
    if not found and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        found = [*_by_call(scan, consumers, statement.value)]
    if found and all(_is_unread(slot, inside if slot.scan is scan else slot.scan.nodes) for slot in found):
        yield from found


def _given(scan: Scan, statement: ast.stmt) -> Iterator[Slot]:
    match statement:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
            slot = _slot(scan, target, value)
            pairs = [slot] if slot else []
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=base, attr="update" | "setdefault"), args=arguments) as call
        ):
            pairs = [
                Slot(scan, base, key, value, is_item=True)
                for key, value in _items(scan, called_name(call), call, arguments)
            ]
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=base, attr="append" | "appendleft"), args=[value])) if (
            kept_elements(scan, base) == 1
        ):
            pairs = [Slot(scan, base, _LAST, value, is_item=True)]
        case ast.Expr(value=ast.Call(args=[base, ast.Constant(value=str() as name), value]) as call) if (
            called_name(call) == "setattr"
        ):
            pairs = [Slot(scan, base, name, value)]
        case _:
            return
    if all(_is_plain(slot) and not scan.works(slot.value) for slot in pairs):
        yield from pairs


def kept_elements(scan: Scan, base: ast.expr) -> int | None:
    """How many elements a name keeps that is given nothing but an empty `deque` with a limit; None for everything else."""
    match [*scan.given(base.id)] if isinstance(base, ast.Name) else []:
        case [ast.Call(args=[] | [ast.List(elts=[]), *_] | [ast.Tuple(elts=[]), *_]) as made] if (
            called_name(made) == "deque"
        ):
            return kept_by(made)
    return None


def _slot(scan: Scan, target: ast.expr, value: ast.expr) -> Slot | None:
    match target:
        case ast.Subscript(value=(ast.Name() | ast.Attribute()) as base, slice=index):
            fixed = _fixed(scan, index)
            return Slot(scan, base, fixed.value, value, is_item=True) if fixed else None
        case ast.Attribute(value=(ast.Name() | ast.Attribute()) as base, attr=name):
            return Slot(scan, base, name, value)
        case ast.Name(id=name):
            shared = (node for node in scan.nodes if isinstance(node, ast.Global | ast.Nonlocal))
            return Slot(scan, None, name, value) if any(name in node.names for node in shared) else None
    return None


def _items(scan: Scan, name: str, call: ast.Call, arguments: list[ast.expr]) -> Iterator[tuple[object, ast.expr]]:
    """The constant keys and the values that `update` or `setdefault` gets; nothing if it may get others."""
    match arguments:
        case [ast.Constant(value=key), value] if name == "setdefault":
            yield key, value
        case [] | [ast.Dict()] if name == "update":
            literal = [(key, value) for part in arguments if isinstance(part, ast.Dict) for key, value in _pairs(part)]
            fixed = [(_fixed(scan, key) if key else None, value) for key, value in literal]
            if all(key for key, _ in fixed) and all(keyword.arg for keyword in call.keywords):
                yield from ((key.value, value) for key, value in fixed if key)
                yield from ((keyword.arg, keyword.value) for keyword in call.keywords)


def _pairs(literal: ast.Dict) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    return zip(literal.keys, literal.values, strict=True)


def _by_call(scan: Scan, consumers: Consumers, call: ast.Call) -> Iterator[Slot]:
    """The places that a function of the package overwrites, if it does nothing else; an object is that of the call."""
    functions = scan.functions(call.func)
    for other in consumers.scans if len(functions) == 1 else ():
        if other.function is functions[0] and not isinstance(other.function, ast.Lambda) and not other.is_generator:
            given = {statement: [*_given(other, statement)] for statement in other.function.body}
            if only_looks(other, [statement for statement, slots in given.items() if not slots]):
                yield from (slot for slots in given.values() for slot in slots)


def _is_unread(slot: Slot, nodes: Iterable[ast.AST]) -> bool:
    """Whether these nodes neither read the place nor make its container."""
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    made = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    part = slot.base
    while part is not None:
        if ast.unparse(part) in names | made:
            return False
        part = part.value if isinstance(part, ast.Attribute) else None
    written = {id(slot.base)}
    return not any(
        slot.is_read(slot.scan, node) for node in nodes if id(node) not in written and not _writes(slot, node)
    )


def _is_free(scan: Scan, name: str) -> bool:
    """Whether a name is no local one of a function."""
    own = {node.arg for node in ast.walk(scan.function.args) if isinstance(node, ast.arg)}
    return name not in own | {
        node.id for node in scan.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _writes(slot: Slot, node: ast.AST) -> bool:
    """Whether a node is the container where something is given to it."""
    parent = slot.scan.parents.get(node)
    match parent:
        case ast.Attribute(attr="update" | "setdefault", value=value) if slot.is_item and value is node:
            return isinstance(slot.scan.parents.get(slot.scan.parents.get(parent, parent)), ast.Expr)
        case ast.Call(args=[first, *_]) if first is node:
            return called_name(parent) == "setattr"
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return True
        case ast.Attribute() if not slot.is_item:
            return parent.attr != slot.key
    return False


def _is_plain(slot: Slot) -> bool:
    """Whether a place only keeps what it is given."""
    if slot.base is None or slot.key is _LAST:
        return True
    values = slot.scan.values(slot.base)
    kinds = DictValue | ListValue
    if slot.is_item:
        return bool(values) and all(isinstance(value, kinds) for value in values)
    return bool(values) and all(_has_plain(value, str(slot.key)) for value in values)


def _has_plain(value: Value, name: str) -> bool:
    """Whether an object has no code that runs when an attribute is set."""
    if isinstance(value, External):
        return value.name in _NAMESPACES
    return isinstance(value, Instance) and _is_plain_class(value.cls, name)


def _is_plain_class(cls: ClassValue, name: str) -> bool:
    defined = {node.name for node in cls.node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    if defined & {name, "__setattr__", "__set__"} or cls.node.keywords:
        return False
    return all(
        _is_plain_class(base, name)
        if isinstance(base, ClassValue)
        else isinstance(base, External) and base.name in _PLAIN_BASES
        for base in cls.bases
    )


def _fixed(scan: Scan, index: ast.expr) -> ast.Constant | None:
    """The constant that an index is, itself or by a name of the module."""
    if isinstance(index, ast.Constant):
        return index
    given = [*scan.constants(index.id)] if isinstance(index, ast.Name) and index.id.isupper() else []
    return given[0] if len(given) == 1 and isinstance(given[0], ast.Constant) else None
