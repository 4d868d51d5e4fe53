"""Where the records of an event go in a handler's code: which names and expressions hold them.

The code is read and never run. Values are followed through assignments, helper functions of the same archive, methods
and attributes, until nothing new turns up; what is done by libraries is not followed.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from policypack.aws.python_package import AnyFunction, Class, Function, Package

MAX_FUNCTIONS = 400
MAX_ROUNDS = 12


class Token(enum.Enum):
    """What a value may be."""

    EVENT = "event"
    """The event, or a message that has records in it."""
    RECORDS = "records"
    """All its records, or something taken from each of them."""
    SOME = "some"
    """Some of its records."""
    RECORD = "record"
    """One record, or a part of it."""
    COUNT = "count"
    """How many records there are."""


Value = frozenset[Token | Class]
NOTHING: Value = frozenset()
MANY = frozenset({Token.RECORDS, Token.SOME})
_KEYS = ("Records", "records")
_SAME = {
    "list",
    "tuple",
    "set",
    "sorted",
    "reversed",
    "iter",
    "enumerate",
    "zip",
    "deque",
    "chain",
    "batched",
    "chunked",
}
_SAME |= {"tqdm", "copy", "deepcopy", "cast", "values", "items", "from_iterable", "aiter"}
_PARTLY = {"filter", "map", "islice", "takewhile", "dropwhile", "starmap"}
_MODELS = {"dict", "parse", "model_validate", "parse_obj", "from_dict"}
_PLAIN = {"get", "unquote_plus", "unquote", "loads", "str", "int", "dict", "tuple", "list"}
"""Calls that only take something from a record."""


@dataclass(eq=False, slots=True)
class Reached:
    """A function that gets something of the event: what its names hold, and what it gives back."""

    function: Function
    env: dict[str, Value] = field(default_factory=dict)
    returned: Value = NOTHING

    def add(self, name: str, value: Value) -> bool:
        """Note that a name may hold a value; whether that is new."""
        known = self.env.get(name, NOTHING)
        self.env[name] = known | value
        return not value <= known


class Flow:
    """What a handler's code does with its event.

    Args:
        package: the handler's modules.
        handler: the function that Lambda calls, whose first parameter is the event.
    """

    def __init__(self, package: Package, handler: Function) -> None:
        self.package = package
        self.handler = handler
        self.reached: dict[Function, Reached] = {}
        self.attributes: dict[tuple[Class, str], Value] = {}
        self.changed = True
        parameters = _parameters(handler)
        self._reach(handler, {parameters[0]: frozenset({Token.EVENT})} if parameters else {})
        for _ in range(MAX_ROUNDS):
            if not self.changed:
                break
            self.changed = False
            for each in list(self.reached.values()):
                self._pass(each)

    def value(self, reached: Reached, node: ast.expr | None) -> Value:  # noqa: C901 (one case for each kind of expression)
        """What an expression may be."""
        match node:
            case None:
                return NOTHING
            case ast.Name(id=name):
                return self._name(reached, name)
            case ast.Subscript(value=base, slice=index):
                return self._item(self.value(reached, base), index)
            case ast.Attribute(value=base, attr=name):
                return self._attribute(self.value(reached, base), name)
            case ast.Call():
                return self._call(reached, node)
            case ast.Await(value=inner) | ast.Starred(value=inner) | ast.NamedExpr(value=inner):
                return self.value(reached, inner)
            case ast.BoolOp(values=values) | ast.Tuple(elts=values) | ast.List(elts=values) | ast.Set(elts=values):
                kept = NOTHING.union(*(self.value(reached, each) for each in values))
                return kept if isinstance(node, ast.BoolOp) else kept & _of_display(values)
            case ast.IfExp(body=one, orelse=other):
                return self.value(reached, one) | self.value(reached, other)
            case ast.BinOp(left=left, right=right):
                return (self.value(reached, left) | self.value(reached, right)) & (MANY | {Token.COUNT})
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
                return self._comprehension(reached, node, [element])
            case ast.DictComp(key=key, value=element):
                return self._comprehension(reached, node, [key, element])
            case _:
                return NOTHING

    def callee(self, reached: Reached, node: ast.expr) -> Function | Class | None:
        """The function or class of the archive that a call calls."""
        if isinstance(node, ast.Name):
            outer: Function | None = reached.function
            while outer:
                if node.id in outer.inner:
                    return outer.inner[node.id]
                outer = outer.outer
        if isinstance(node, ast.Attribute):
            for owner in self.value(reached, node.value):
                if isinstance(owner, Class) and (method := self.package.method(owner, node.attr)):
                    return method
        found = self.package.resolve(reached.function.module, node)
        return found if isinstance(found, Function | Class) else None

    def _name(self, reached: Reached, name: str) -> Value:
        found = reached.env.get(name, NOTHING)
        outer = reached.function.outer
        if not found and outer in self.reached:
            return self._name(self.reached[outer], name)
        return found

    def _item(self, base: Value, index: ast.expr) -> Value:
        if isinstance(index, ast.Slice):
            return frozenset({Token.SOME}) if base & MANY else NOTHING
        if Token.EVENT in base and isinstance(index, ast.Constant) and index.value in _KEYS:
            return frozenset({Token.RECORDS})
        return frozenset({Token.RECORD}) if base & {Token.EVENT, Token.RECORD, *MANY} else NOTHING

    def _attribute(self, base: Value, name: str) -> Value:
        if Token.EVENT in base:
            return frozenset({Token.RECORDS if name in _KEYS else Token.RECORD})
        found = NOTHING.union(*(self.attributes.get((each, name), NOTHING) for each in base if isinstance(each, Class)))
        return found | (base & {Token.RECORD})

    def _call(self, reached: Reached, node: ast.Call) -> Value:
        called = self.callee(reached, node.func)
        if isinstance(called, Class):
            return frozenset({called})
        if called is not None:
            return self.reached[called].returned if called in self.reached else NOTHING
        name = called_name(node)
        arguments = NOTHING.union(*(self.value(reached, each) for each in _arguments(node)))
        base = self.value(reached, node.func.value) if isinstance(node.func, ast.Attribute) else NOTHING
        if name == "get" and node.args:
            return self._item(base, node.args[0])
        if name in _SAME:
            return (arguments | base) & (MANY | {Token.EVENT})
        if name in _PARTLY and not gives_work(node):
            return frozenset({Token.SOME}) if arguments & MANY else NOTHING
        if name == "range" and Token.COUNT in arguments:
            return frozenset({Token.RECORDS})
        if name == "len" and arguments & MANY:
            return frozenset({Token.COUNT})
        if name == "loads" and arguments & {Token.RECORD, Token.EVENT}:
            return frozenset({Token.EVENT})
        if name in _MODELS or name.endswith(("Event", "Model")):
            return arguments & {Token.EVENT}
        return (
            frozenset({Token.RECORD}) if name in {"next", "pop", "popleft"} and (arguments | base) & MANY else NOTHING
        )

    def _comprehension(
        self,
        reached: Reached,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
        elements: list[ast.expr],
    ) -> Value:
        """What is only taken from each record stands for it; what work was done for each does not."""
        source = NOTHING.union(*(self.value(reached, each.iter) for each in node.generators)) & MANY
        lazy = isinstance(node, ast.GeneratorExp)
        plain = all(_plain(each) for each in elements)
        if not source or not (plain or lazy):
            return NOTHING
        whole = plain and not any(each.ifs for each in node.generators)
        return source if whole else frozenset({Token.SOME})

    def _reach(self, function: Function, given: dict[str, Value]) -> None:
        if function not in self.reached:
            if len(self.reached) >= MAX_FUNCTIONS:
                return
            self.reached[function] = Reached(function)
            self.changed = True
        for name, value in given.items():
            self.changed |= self.reached[function].add(name, value)

    def _pass(self, reached: Reached) -> None:
        """Follow every statement of a function once."""
        if reached.function.owner and (parameters := _parameters(reached.function, bound=False)):
            self.changed |= reached.add(parameters[0], frozenset({reached.function.owner}))
        for node in own_nodes(reached.function.node):
            self._follow(reached, node)

    def _follow(self, reached: Reached, node: ast.AST) -> None:  # noqa: C901 (one case for each kind of node)
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(reached, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._assign(reached, target, value)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                if self.value(reached, node.iter) & MANY:
                    self._bind(reached, node.target, frozenset({Token.RECORD}))
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._assign(reached, target, value)
            case ast.Match(subject=subject, cases=cases):
                for case in cases:
                    self._match(reached, case.pattern, self.value(reached, subject))
            case ast.Call():
                self._enter(reached, node)
            case ast.Return(value=ast.expr() as value) | ast.YieldFrom(value=value):
                self._return(reached, self.value(reached, value))
            case ast.Yield(value=ast.expr() as value) if Token.RECORD in self.value(reached, value):
                self._return(reached, frozenset({Token.RECORDS}))

    def _return(self, reached: Reached, value: Value) -> None:
        self.changed |= not value <= reached.returned
        reached.returned |= value

    def _assign(self, reached: Reached, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            if len(target.elts) == len(value.elts):
                for one, each in zip(target.elts, value.elts, strict=True):
                    self._assign(reached, one, each)
            return
        found = self.value(reached, value)
        if isinstance(target, ast.Tuple | ast.List) and found & MANY:
            for one in target.elts:
                token = Token.SOME if isinstance(one, ast.Starred) else Token.RECORD
                self._bind(reached, one, frozenset({token}))
            return
        self._bind(reached, target, found)

    def _bind(self, reached: Reached, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self.changed |= reached.add(name, value)
            case ast.Starred(value=inner):
                self._bind(reached, inner, value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for each in elements:
                    self._bind(reached, each, value)
            case ast.Attribute(value=base, attr=name):
                for owner in self.value(reached, base):
                    if isinstance(owner, Class):
                        known = self.attributes.get((owner, name), NOTHING)
                        self.attributes[owner, name] = known | value
                        self.changed |= not value <= known

    def _match(  # noqa: C901 (one case for each kind of pattern)
        self, reached: Reached, pattern: ast.pattern, subject: Value
    ) -> None:
        match pattern:
            case ast.MatchAs(pattern=inner, name=name):
                if name:
                    self.changed |= reached.add(name, subject)
                if inner:
                    self._match(reached, inner, subject)
            case ast.MatchMapping(keys=keys, patterns=patterns):
                for key, inner in zip(keys, patterns, strict=True):
                    self._match(reached, inner, self._item(subject, key))
            case ast.MatchSequence(patterns=patterns) if subject & MANY:
                for inner in patterns:
                    if isinstance(inner, ast.MatchStar):
                        self.changed |= reached.add(inner.name or "_", frozenset({Token.SOME}))
                    else:
                        self._match(reached, inner, frozenset({Token.RECORD}))
            case ast.MatchOr(patterns=patterns):
                for inner in patterns:
                    self._match(reached, inner, subject)

    def _enter(self, reached: Reached, node: ast.Call) -> None:
        """Follow a call into a function of the archive that gets something of the event, or whose object has it."""
        called = self.callee(reached, node.func)
        owners = NOTHING
        if isinstance(called, Class):
            owners, called = frozenset({called}), self.package.method(called, "__init__")
        elif isinstance(node.func, ast.Attribute):
            owners = frozenset(each for each in self.value(reached, node.func.value) if isinstance(each, Class))
        if called is None:
            return
        names = _parameters(called, bound=called.owner is not None and not _static(called))
        given = {
            name: value
            for name, each in zip(names, node.args, strict=False)
            if not isinstance(each, ast.Starred) and (value := self.value(reached, each))
        }
        given |= {each.arg: value for each in node.keywords if each.arg and (value := self.value(reached, each.value))}
        inside = called.outer is not None and called.outer in self.reached
        holds = any(owner in owners and value for (owner, _), value in self.attributes.items())
        if given or inside or holds:
            everything = _parameters(called, bound=False)
            self._reach(
                called, {**given, everything[0]: owners} if owners and everything and not _static(called) else given
            )


def called_name(node: ast.Call) -> str:
    """The last part of what a call calls."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def gives_work(node: ast.Call) -> bool:
    """Whether this is the `map` of a pool, which starts the work on everything at once."""
    return isinstance(node.func, ast.Attribute) and node.func.attr in {"map", "starmap", "imap", "map_async"}


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a function but the functions and classes inside it, in the order of the source."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, AnyFunction | ast.ClassDef | ast.Lambda):
            yield child
            yield from own_nodes(child)


def _of_display(values: list[ast.expr]) -> Value:
    """What a tuple or list keeps of its elements: `[*records]` is all of them."""
    return MANY if any(isinstance(each, ast.Starred) for each in values) else NOTHING


def _plain(node: ast.expr) -> bool:
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return all(called_name(each) in _PLAIN for each in calls)


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    yield from node.args
    yield from (each.value for each in node.keywords)


def _static(function: Function) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in function.node.decorator_list)


def _parameters(function: Function, *, bound: bool | None = None) -> list[str]:
    """The names of the positional parameters; without `self` where the call is bound to an object."""
    given = function.node.args
    names = [each.arg for each in (*given.posonlyargs, *given.args)]
    if bound is None:
        bound = function.owner is not None
    return names[1:] if bound else names
