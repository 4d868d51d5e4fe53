"""Callables that are given to others to be called: to executors, threads, event loops, and libraries.

Sources: https://docs.python.org/3/library/concurrent.futures.html, …/threading.html, …/multiprocessing.html,
…/asyncio-task.html, …/asyncio-eventloop.html and …/functions.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python import calling, classes, expressions
from policypack.python.libraries.names import OPAQUE, is_known
from policypack.python.reader import Arguments, Reader
from policypack.python.values import (
    EMPTY,
    EVENT,
    UNKNOWN,
    Boto,
    BotoResource,
    ClassValue,
    Client,
    DictValue,
    External,
    FunctionValue,
    Instance,
    ListValue,
    Method,
    PartialValue,
    Pending,
    Scope,
    Value,
    Values,
    either,
    list_of,
    of_event,
    one,
)

ONCE = {
    **dict.fromkeys(("submit", "to_thread", "run_sync", "run_in_threadpool", "call_soon", "call_soon_threadsafe"), 0),
    **dict.fromkeys(("run_in_executor", "call_later", "call_at"), 1),
}
"""What calls a function with the arguments that follow, and the position of that function."""
APPLIED = frozenset({"apply", "apply_async"})
"""What calls a function with the arguments in a list, and in a dictionary."""
EACH = frozenset({"map", "imap", "imap_unordered", "map_async", "starmap", "starmap_async"})
"""What calls a function with each element of the arguments that follow."""
STARTED = frozenset({"Thread", "Process", "Timer"})
WAITED = frozenset({"wait_for", "shield", "create_task", "ensure_future", "run", "run_until_complete"})
KEYED = frozenset({"sorted", "sort", "min", "max", "groupby", "nlargest", "nsmallest"})
LOOKED_AT = frozenset(
    {
        *("append", "add", "insert", "extend", "update", "put", "setdefault", "index", "count", "remove", "discard"),
        *("debug", "info", "warning", "error", "exception", "critical", "log", "format", "join", "get", "pop"),
    }
)
"""Methods that keep or print what they are given."""
BENIGN = ("builtins.", "enum.", "typing", "abc.", "collections.", "dataclasses.", "pydantic", "msgspec.", "attr")
"""Where classes come from that call nothing of what is derived from them."""


def call_library(reader: Reader, name: str, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """Call the functions that are given to a library; what comes back where that is known, else nothing.

    Args:
        reader: what is known so far.
        name: of what is called, with the module that it is of, or a method's alone.
        given: the arguments.
        node: the call.
        scope: where it stands.
    """
    last = name.rpartition(".")[2]
    context = _Context(reader, name, given, node, scope)
    if last in ONCE and len(given.args) > ONCE[last] and _calls(given.args[ONCE[last]]):
        at = ONCE[last]
        return _pending(context.call(given.args[at], Arguments(given.args[at + 1 :], given.keywords, given.open)))
    if last == "run" and given.args and any(map(_is_function, given.args[0])):
        return awaited(context.call(given.args[0], Arguments(given.args[1:], given.keywords)))
    if last in APPLIED and _calls(given.get("func", 0)):
        args, keywords = given.get("args", 1), given.get("kwds", 2)
        return _pending(context.call(given.get("func", 0), spread(args, keywords)))
    if last in EACH and len(given.args) > 1:
        return context.mapped(given.args[0], given.args[1:], starred="star" in last)
    if last in STARTED:
        function = given.get("target" if last != "Timer" else "function", 1)
        context.call(function, spread(given.get("args", 3 if last != "Timer" else 2), given.get("kwargs")))
        return EMPTY
    if last == "reduce" and len(given.args) > 1:
        element = context.elements(given.args[1])
        first = either((element, given.get("initial", 2)))
        return either((first, context.call(given.args[0], Arguments((first, element)))))
    if last == "filter" and name.startswith("builtins.") and len(given.args) == 2:
        element = context.elements(given.args[1])
        context.call(given.args[0], Arguments((element,)))
        return list_of(element)
    if last in KEYED:
        key = given.get("key", 1 if last == "groupby" else None)
        context.call(key, Arguments((either(context.elements(each) for each in given.args[:1]) or UNKNOWN,)))
        return EMPTY
    if found := context.awaited(last):
        return found
    context.hand_on(last)
    return EMPTY


def awaited(values: Values) -> Values:
    """What waiting for values gives."""
    return either(each.result if isinstance(each, Pending) else one(each) for each in values)


def spread(args: Values, keywords: Values) -> Arguments:
    """The arguments that are in a list, and in a dictionary."""
    listed = [each for each in args if isinstance(each, ListValue)]
    named = [each for each in keywords if isinstance(each, DictValue)]
    fixed = listed[0].elements if len(listed) == len(args) == 1 and not listed[0].alike else ()
    items = [(key.constant, value) for each in named for key, value in each.items]
    unread = bool(args and not fixed and listed != [ListValue(())]) or len(named) != len(keywords)
    unread = unread or any(each.open for each in named) or any(key is None for key, _ in items)
    return Arguments(tuple(fixed), tuple((key, value) for key, value in items if key is not None), unread)


def escape(reader: Reader, values: Values, *, wholly: bool) -> None:
    """Note classes and instances whose methods a library may call; not `wholly` where it surely calls its own only."""
    for each in values:
        match each:
            case Instance(cls=cls) | (ClassValue() as cls):
                if wholly or is_derived(reader, cls):
                    reader.escaped[each] = None
            case ListValue(elements=elements):
                for inner in elements:
                    escape(reader, inner, wholly=wholly)
            case DictValue(items=items):
                for _, inner in items:
                    escape(reader, inner, wholly=wholly)


def is_derived(reader: Reader, cls: ClassValue) -> bool:
    """Whether a class derives from one of a library that may call its methods."""
    above = classes.lines_of(cls, reader)
    return any(isinstance(each, External) and not each.name.startswith(BENIGN) for each in above)


def _calls(values: Values) -> Values:
    """The values that are called when they are passed on."""
    return frozenset(
        each
        for each in values
        if isinstance(each, FunctionValue | PartialValue | ClassValue | Instance)
        or (isinstance(each, Method) and isinstance(each.owner, Boto))
    )


def _is_function(value: Value) -> bool:
    return isinstance(value, FunctionValue | PartialValue)


def _pending(values: Values) -> Values:
    return one(Pending(values))


class _Context:
    """One call of a library."""

    def __init__(self, reader: Reader, name: str, given: Arguments, node: ast.expr, scope: Scope) -> None:
        self.reader = reader
        self.name = name
        self.given = given
        self.node = node
        self.scope = scope

    def call(self, functions: Values, given: Arguments) -> Values:
        """What functions return."""
        with self.reader.perhaps():
            return calling.call_all(self.reader, functions, given, self.node, self.scope) or UNKNOWN

    def elements(self, values: Values) -> Values:
        """What going through values gives."""
        return expressions.iterated(self.reader, values, self.node, self.scope)

    def mapped(self, functions: Values, sources: tuple[Values, ...], *, starred: bool) -> Values:
        """A list of what functions return for each element."""
        elements = tuple(self.elements(each) for each in sources)
        given = spread(elements[0], EMPTY) if starred else Arguments(elements)
        return list_of(self.call(functions, given))

    def awaited(self, last: str) -> Values:
        """What the functions of `asyncio` return that wait for others."""
        first = self.given.args[0] if self.given.args else EMPTY
        if last == "gather":
            return _pending(one(ListValue(tuple(map(awaited, self._spelled())))))
        if last == "as_completed":
            return list_of(self.elements(first))
        if last == "wait" and any(isinstance(each, ListValue) for each in first):
            return _pending(one(ListValue((first, first))))
        if last in WAITED and first and not _calls(first) and self._is_asyncio():
            return _pending(awaited(first)) if last not in ("run", "run_until_complete") else awaited(first)
        return EMPTY

    def _spelled(self) -> list[Values]:
        """The arguments, with those of `*several` as one."""
        starred = [each.value for each in getattr(self.node, "args", ()) if isinstance(each, ast.Starred)]
        held = [self.elements(self.reader.seen.get(each, EMPTY)) for each in starred] if self.given.open else []
        return [*self.given.args, *held]

    def _is_asyncio(self) -> bool:
        return self.name.partition(".")[0] in ("asyncio", "anyio", "nest_asyncio", "uvloop") or "." not in self.name

    def hand_on(self, last: str) -> None:
        """Call what a library is given with what is likely: with the event, or with anything."""
        if last in ("wraps", "update_wrapper"):
            return
        from_event = any(map(of_event, self.given.all))
        handed = Arguments((EVENT,)) if from_event else Arguments((UNKNOWN,), (), open=True)
        known = is_known(self.name) or (self.name == last and last in LOOKED_AT)
        for values in self.given.all:
            self.call(frozenset(_functions(values)), handed)
            escape(self.reader, values, wholly=not known)
            if not known and "." in self.name and self.name.partition(".")[0] not in OPAQUE:
                self._clients(values)

    def _clients(self, values: Values) -> None:
        """A client that a library has may call anything."""
        for each in values:
            if isinstance(each, Client | BotoResource) and each.service:
                place = self.reader.place(self.node, self.scope)
                why = f"gives a client of `{each.service}` to `{self.name}`, which may call anything by it"
                self.reader.note_unresolved(place, why)


def _functions(values: Values, depth: int = 3) -> Iterator[Value]:
    """The functions in values, lists and dictionaries; of classes, only methods are called."""
    for each in values:
        match each:
            case ListValue(elements=elements) if depth:
                for inner in elements:
                    yield from _functions(inner, depth - 1)
            case DictValue(items=items) if depth:
                for _, inner in items:
                    yield from _functions(inner, depth - 1)
            case FunctionValue() | PartialValue():
                yield each
            case Method() if _calls(one(each)):
                yield each
