"""Callables that are passed as arguments: to executors, threads, event loops, and libraries.

Sources: https://docs.python.org/3/library/concurrent.futures.html, …/threading.html, …/multiprocessing.html,
…/asyncio-task.html, …/asyncio-eventloop.html and …/functions.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.python import calling, classes, domain, expressions
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Value, Values, either, single
from policypack.python.libraries.names import OPAQUE, is_known
from policypack.python.reader import Arguments, Reader

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
_AT_EXIT = ("atexit.", "signal.", "weakref.")
"""Modules that call a function when a process ends, which Lambda seldom lets it do."""
KEYED = frozenset({"sorted", "sort", "min", "max", "groupby", "nlargest", "nsmallest"})
KEEPING = frozenset(
    {
        *("append", "add", "insert", "extend", "update", "put", "setdefault", "index", "count", "remove", "discard"),
        *("debug", "info", "warning", "error", "exception", "critical", "log", "format", "join", "get", "pop"),
    }
)
"""Methods that store or print their arguments."""
PASSIVE = ("builtins.", "enum.", "typing", "abc.", "collections.", "dataclasses.", "pydantic", "msgspec.", "attr")
"""Modules whose classes call no method of the classes that derive from them."""


def call_library(reader: Reader, name: str, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:
    """Call the functions that are passed to a library; the result if it is known, else the empty set.

    Args:
        reader: what is known so far.
        name: the dotted name of the function, or the name of a method alone.
        arguments: of the call.
        node: the call.
        scope: the scope that contains the call.
    """
    last = name.rpartition(".")[2]
    context = _Context(reader, name, arguments, node, scope)
    if last in ONCE and len(arguments.args) > ONCE[last] and _calls(arguments.args[ONCE[last]]):
        at = ONCE[last]
        return _pending(
            context.call(arguments.args[at], Arguments(arguments.args[at + 1 :], arguments.keywords, arguments.open))
        )
    if last == "run" and arguments.args and any(map(_is_function, arguments.args[0])):
        return awaited(context.call(arguments.args[0], Arguments(arguments.args[1:], arguments.keywords)))
    if last in APPLIED and _calls(arguments.get("func", 0)):
        args, keywords = arguments.get("args", 1), arguments.get("kwds", 2)
        return _pending(context.call(arguments.get("func", 0), spread(args, keywords)))
    if last in EACH and len(arguments.args) > 1:
        return context.mapped(arguments.args[0], arguments.args[1:], starred="star" in last)
    if last in STARTED:
        function = arguments.get("target" if last != "Timer" else "function", 1)
        context.call(function, spread(arguments.get("args", 3 if last != "Timer" else 2), arguments.get("kwargs")))
        return EMPTY
    if last == "reduce" and len(arguments.args) > 1:
        element = context.elements(arguments.args[1])
        first = either((element, arguments.get("initial", 2)))
        return either((first, context.call(arguments.args[0], Arguments((first, element)))))
    if last == "filter" and name.startswith("builtins.") and len(arguments.args) == 2:
        element = context.elements(arguments.args[1])
        context.call(arguments.args[0], Arguments((element,)))
        return domain.list_of(element)
    if last in KEYED:
        key = arguments.get("key", 1 if last == "groupby" else None)
        context.call(key, Arguments((either(context.elements(source) for source in arguments.args[:1]) or UNKNOWN,)))
        return EMPTY
    if result := context.awaited(last):
        return result
    context.pass_on(last)
    return EMPTY


def awaited(values: Values) -> Values:
    """The results of awaiting values."""
    return either(value.result if isinstance(value, domain.Pending) else single(value) for value in values)


def spread(args: Values, keywords: Values) -> Arguments:
    """The arguments that are in a list, and in a dictionary."""
    lists = [value for value in args if isinstance(value, domain.ListValue)]
    dictionaries = [value for value in keywords if isinstance(value, domain.DictValue)]
    fixed = lists[0].elements if len(lists) == len(args) == 1 and not lists[0].alike else ()
    items = [(key.constant, value) for dictionary in dictionaries for key, value in dictionary.items]
    unread = bool(args and not fixed and lists != [domain.ListValue(())]) or len(dictionaries) != len(keywords)
    unread = unread or any(dictionary.open for dictionary in dictionaries) or any(key is None for key, _ in items)
    return Arguments(tuple(fixed), tuple((key, value) for key, value in items if key is not None), unread)


def escape(reader: Reader, values: Values, *, wholly: bool) -> None:
    """Note classes and instances whose methods a library may call; unless `wholly`, only those derived from a library."""
    for value in values:
        match value:
            case domain.Instance(cls=cls) | (domain.ClassValue() as cls):
                if wholly or is_derived(reader, cls):
                    reader.escaped[value] = None
            case domain.ListValue(elements=elements):
                for inner in elements:
                    escape(reader, inner, wholly=wholly)
            case domain.DictValue(items=items):
                for _, inner in items:
                    escape(reader, inner, wholly=wholly)


def is_derived(reader: Reader, cls: domain.ClassValue) -> bool:
    """Whether a class derives from one of a library that may call its methods."""
    above = classes.mro(cls, reader)
    return any(isinstance(ancestor, domain.External) and not ancestor.name.startswith(PASSIVE) for ancestor in above)


def _calls(values: Values) -> Values:
    """The values that are called when they are passed on."""
    return frozenset(
        value
        for value in values
        if isinstance(value, domain.FunctionValue | domain.PartialValue | domain.ClassValue | domain.Instance)
        or (isinstance(value, domain.Method) and isinstance(value.owner, domain.Boto))
    )


def _is_function(value: Value) -> bool:
    return isinstance(value, domain.FunctionValue | domain.PartialValue)


def _pending(values: Values) -> Values:
    return single(domain.Pending(values))


class _Context:
    """One call of a library."""

    def __init__(self, reader: Reader, name: str, arguments: Arguments, node: ast.expr, scope: Scope) -> None:
        self.reader = reader
        self.name = name
        self.arguments = arguments
        self.node = node
        self.scope = scope

    def call(self, functions: Values, arguments: Arguments) -> Values:
        """What functions return."""
        with self.reader.perhaps(surely=self.reader.in_function and not self.name.startswith(_AT_EXIT)):
            return calling.call_all(self.reader, functions, arguments, self.node, self.scope) or UNKNOWN

    def elements(self, values: Values) -> Values:
        """The elements of values."""
        return expressions.iterated(self.reader, values, self.node, self.scope)

    def mapped(self, functions: Values, sources: tuple[Values, ...], *, starred: bool) -> Values:
        """A list of what functions return for each element."""
        elements = tuple(self.elements(source) for source in sources)
        arguments = spread(elements[0], EMPTY) if starred else Arguments(elements)
        return domain.list_of(self.call(functions, arguments))

    def awaited(self, last: str) -> Values:
        """What the functions of `asyncio` return that wait for others."""
        first = self.arguments.args[0] if self.arguments.args else EMPTY
        if last == "gather":
            return _pending(single(domain.ListValue(tuple(map(awaited, self._spelled())))))
        if last == "as_completed":
            return domain.list_of(self.elements(first))
        if last == "wait" and any(isinstance(value, domain.ListValue) for value in first):
            return _pending(single(domain.ListValue((first, first))))
        if last in WAITED and first and not _calls(first) and self._is_asyncio():
            return _pending(awaited(first)) if last not in ("run", "run_until_complete") else awaited(first)
        return EMPTY

    def _spelled(self) -> list[Values]:
        """The arguments, with those of `*several` as one."""
        starred = [argument.value for argument in getattr(self.node, "args", ()) if isinstance(argument, ast.Starred)]
        elements = (
            [self.elements(self.reader.seen.get(iterable, EMPTY)) for iterable in starred]
            if self.arguments.open
            else []
        )
        return [*self.arguments.args, *elements]

    def _is_asyncio(self) -> bool:
        return self.name.partition(".")[0] in ("asyncio", "anyio", "nest_asyncio", "uvloop") or "." not in self.name

    def pass_on(self, last: str) -> None:
        """Call the functions that are passed to a library, with the event or with unknown arguments."""
        if last in ("wraps", "update_wrapper"):
            return
        from_event = any(map(domain.of_event, self.arguments.all))
        handed = Arguments((domain.EVENT,)) if from_event else Arguments((UNKNOWN,), (), open=True)
        known = is_known(self.name) or (self.name == last and last in KEEPING)
        for values in self.arguments.all:
            self.call(frozenset(_functions(values)), handed)
            escape(self.reader, values, wholly=not known)
            if not known and "." in self.name and self.name.partition(".")[0] not in OPAQUE:
                self._clients(values)

    def _clients(self, values: Values) -> None:
        """A client that a library has may call anything."""
        for value in values:
            if isinstance(value, domain.Client | domain.BotoResource) and value.service:
                place = self.reader.place(self.node, self.scope)
                why = f"gives a client of `{value.service}` to `{self.name}`, which may call anything by it"
                self.reader.note_unresolved(place, why)


def _functions(values: Values, depth: int = 3) -> Iterator[Value]:
    """The functions in values, lists and dictionaries; of classes, only methods are called."""
    for value in values:
        match value:
            case domain.ListValue(elements=elements) if depth:
                for inner in elements:
                    yield from _functions(inner, depth - 1)
            case domain.DictValue(items=items) if depth:
                for _, inner in items:
                    yield from _functions(inner, depth - 1)
            case domain.FunctionValue() | domain.PartialValue():
                yield value
            case domain.Method() if _calls(single(value)):
                yield value
