"""Records of the event in values: what subscripts, comprehensions and calls of libraries make of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from policypack.python.domain import (
    UNKNOWN,
    External,
    ListValue,
    Values,
    list_of,
    shapes,
    single,
)
from policypack.python.model import EVENT_TEXT, Shape, Shapes, event_text, shape_of

KEYS = ("Records", "records")
EVENTS: Shapes = frozenset({Shape.EVENT, Shape.MESSAGE})
WHOLE: Shapes = frozenset({Shape.RECORDS, Shape.INNER})
MANY: Shapes = WHOLE | {Shape.SOME, Shape.CUT}
NONE_OF_THEM: Shapes = frozenset()
_SAME = {
    *("list", "tuple", "set", "sorted", "reversed", "iter", "enumerate", "zip", "deque", "chain", "batched", "chunked"),
    *("tqdm", "copy", "deepcopy", "cast", "values", "items", "from_iterable", "aiter", "__iter__"),
}
TUPLE = 4
"""How many elements of a chunk code may take by their places: those of pairs and the like."""
FLATTENING = {"from_iterable", "sum"}
"""Calls that make one list of several."""
_SELECTING = {"filter", "filterfalse", "map", "starmap", "compress"}
_LIMITING = {"zip", "deque", "compress"}
"""Calls that leave elements out if one of their arguments is limited."""
LARGEST_BATCH = 10_000
"""The most records of a batch: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html."""
CUTTING = {"islice", "takewhile", "dropwhile", "nsmallest", "nlargest", "sample", *_LIMITING}
_NUMBERS = {"islice": slice(1, None), "sample": slice(1, None), "nsmallest": slice(1), "nlargest": slice(1)}
"""Where the arguments are that limit the number of elements."""
TAKING = {"next", "anext", "pop", "popleft", "popitem", "__next__", "min", "max", "choice"}
"""Calls that return one element."""
_MODELS = {"dict", "parse", "model_validate", "parse_obj", "from_dict"}
_PLAIN = {"get", "unquote_plus", "unquote", "loads", "str", "int", "dict", "tuple", "list"}
"""Calls that only take something from a record."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_RECORDS_OF = {Shape.EVENT: Shape.RECORDS, Shape.MESSAGE: Shape.INNER}


def called_name(node: ast.AST) -> str:
    """The last part of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def gives_work(node: ast.Call) -> bool:
    """Whether this is the `map` of a pool, which starts the work on everything at once."""
    if not isinstance(node.func, ast.Attribute) or getattr(node.func.value, "id", "") == "itertools":
        return False
    return node.func.attr in {"map", "starmap", "imap", "map_async"}


def item(base: Shapes, keys: Iterable[str | None], index: Shapes = NONE_OF_THEM) -> Shapes:
    """What is at an index, or at one of these keys; `index` is what the index itself is to the records."""
    if base & EVENTS and any(key in KEYS for key in keys):
        return frozenset(_RECORDS_OF[event] for event in base & EVENTS)
    if Shape.GROUPS in base:
        return frozenset({Shape.CUT})
    if Shape.RECORDS in base and Shape.RECORD in index:  # the records of a topic
        return frozenset({Shape.RECORDS})
    return frozenset({Shape.RECORD}) if base & {Shape.RECORD, *EVENTS, *MANY} else NONE_OF_THEM


def sliced(base: Shapes, index: ast.Slice) -> Shapes:
    """What a slice is."""
    return base & MANY if is_whole(index) else cut(base)


def cut(base: Shapes) -> Shapes:
    """What the first or last elements are."""
    return frozenset({Shape.CUT}) if base & MANY else NONE_OF_THEM


def is_whole(index: ast.Slice) -> bool:
    """Whether a slice leaves nothing out: `[:]`, `[::-1]`, `[:10000]`."""
    lower, upper, step = (ast.unparse(part) if part else "None" for part in (index.lower, index.upper, index.step))
    return (
        lower in ("None", "0")
        and (upper == "None" or _is_length(index.upper) or _is_most(index.upper))
        and step in ("None", "1", "-1")
    )


def attribute(of: Shape, name: str) -> Values:
    """An attribute of a value of the event, such as of a data class."""
    if of in EVENTS:
        return single(event_text(_RECORDS_OF[of] if name in KEYS else Shape.RECORD))
    return single(event_text(of if of is Shape.RECORD else Shape.PART))


def element(of: Shape) -> Values:
    """The elements of a value of the event."""
    if of is Shape.GROUPS:
        return single(event_text(Shape.RECORDS))
    return single(event_text(Shape.RECORD if of in MANY else Shape.PART))


def indexes(node: ast.Call, arguments: Iterable[Values]) -> Values | None:
    """The indexes of the records: `range(len(records))`; None if a call returns something else."""
    counts = called_name(node) == "range" and any(Shape.COUNT in shapes(argument) for argument in arguments)
    return list_of(UNKNOWN, frozenset({Shape.RECORDS})) if counts else None


def grouped(node: ast.Call, base: Values) -> Values | None:
    """The lists of records in an event of Kafka, or the topics with their partitions; None if a call returns something else.

    Args:
        node: the call.
        base: what a method is called on, or the first argument of `groupby`.
    """
    name = called_name(node)
    if name != "groupby" and (name not in {"keys", "values", "items"} or node.args):
        return None
    if event_text(Shape.RECORDS) not in base:
        return None
    lists = single(event_text(Shape.RECORDS))
    if name in {"keys", "values"}:
        return single(event_text(Shape.GROUPS)) if name == "values" else lists
    return list_of(single(ListValue((single(event_text(Shape.PART)), lists))), frozenset({Shape.GROUPS}))


def called(node: ast.Call, base: Shapes, arguments: Shapes, keys: Iterable[str | None]) -> Shapes:
    """What a call of a library returns.

    Args:
        node: the call.
        base: of what a method is called on.
        arguments: of all arguments together.
        keys: the possible texts of the first argument.
    """
    name = called_name(node)
    if name == "get" and node.args:
        return item(base, keys)
    if Shape.GROUPS in arguments | base and name in FLATTENING | TAKING:
        return frozenset({Shape.RECORDS if name in FLATTENING else Shape.CUT})
    if name in _SAME:
        return _same(node, (arguments | base) & (MANY | EVENTS | {Shape.GROUPS}))
    if name in _SELECTING and not gives_work(node):
        return cut(arguments) if _limits(node) else selected(arguments)
    if name in CUTTING:
        return arguments & MANY if is_unlimited(node) else cut(arguments)
    if name == "dumps":
        return arguments & MANY
    if name == "len" and arguments & MANY:
        return frozenset({Shape.COUNT})
    if name == "loads":
        return arguments & EVENTS or (frozenset({Shape.MESSAGE}) if Shape.RECORD in arguments else NONE_OF_THEM)
    if name in _MODELS or name.endswith(("Event", "Model")):
        of_message = name.endswith("Event") and Shape.RECORD in arguments
        return arguments & EVENTS or (frozenset({Shape.MESSAGE}) if of_message else NONE_OF_THEM)
    return frozenset({Shape.RECORD}) if name in TAKING and (arguments | base) & MANY else NONE_OF_THEM


def _same(node: ast.Call, shared: Shapes) -> Shapes:
    """What a call returns that leaves nothing out, or the first elements if it is limited, or lists of them."""
    if _chunks(node) and shared == {Shape.RECORDS}:
        return frozenset({Shape.GROUPS})
    return cut(shared) if _limits(node) else shared


def comprehended(source: Shapes, elements: list[ast.expr], loops: list[ast.comprehension], *, lazy: bool) -> Shapes:
    """The records in a comprehension: those that it only reads, not the results of work on each."""
    source &= MANY
    plain = all(map(_plain, elements))
    if not source or not (plain or lazy):
        return NONE_OF_THEM
    return source if plain and not any(loop.ifs for loop in loops) else selected(source)


def with_shapes(values: Values, result: Shapes) -> Values:
    """The values, marked with their relation to the records, which replaces that of their sources.

    Args:
        values: the result as texts and lists.
        result: what the result is to the records.
    """
    if not result and not any(map(shape_of, values)):
        return values
    kept = frozenset(EVENT_TEXT if shape_of(value) else value for value in values)
    missing = result - shapes(kept)
    if missing & MANY and any(isinstance(value, ListValue) and value.alike for value in kept):
        kept, missing = with_records(kept, missing & MANY), missing - MANY
    if missing:
        kept = frozenset(value for value in kept if value != EVENT_TEXT and not _opaque(value))
    return kept | frozenset(map(event_text, missing))


def with_records(values: Values, of: Shapes) -> Values:
    """Lists with the records that they have an element for each of."""
    return frozenset(
        ListValue(value.elements, value.alike, value.of | of) if isinstance(value, ListValue) and value.alike else value
        for value in values
    )


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a function but the functions and classes inside it, in the order of the source."""
    waiting = [*ast.iter_child_nodes(node)][::-1]
    while waiting:
        child = waiting.pop()
        if not isinstance(child, _DEFINITIONS):
            yield child
            waiting += [*ast.iter_child_nodes(child)][::-1]


def is_generator(function: ast.AST) -> bool:
    """Whether a function yields."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function))


def yields_once(function: ast.AST) -> bool:
    """Whether a function is a generator with a single `yield`, in no loop: it has one element."""
    nodes = [*own_nodes(function)]
    yields = [node for node in nodes if isinstance(node, ast.Yield | ast.YieldFrom)]
    loops = [node for node in nodes if isinstance(node, ast.For | ast.AsyncFor | ast.While)]
    repeated = {id(child) for loop in loops for child in ast.walk(loop)}
    return len(yields) == 1 and isinstance(yields[0], ast.Yield) and id(yields[0]) not in repeated


def is_lazy(function: ast.AST) -> bool:
    """Whether a call of a function does not run its body: a coroutine or a generator."""
    return isinstance(function, ast.AsyncFunctionDef) or is_generator(function)


def selected(source: Shapes) -> Shapes:
    """What a condition selects of records, or what is made from each of them."""
    return frozenset({Shape.SOME}) if source & (MANY - {Shape.CUT}) else cut(source)


def _chunks(node: ast.Call) -> bool:
    """Whether a call makes lists of one that are longer than code takes one by one: `batched(records, 10)`."""
    match node:
        case ast.Call(args=[_, ast.Constant(value=int() as size)]):
            return called_name(node) in {"batched", "chunked"} and size > TUPLE
    return False


def _limits(node: ast.Call) -> bool:
    """Whether a call takes a number of elements that the code fixes: `zip(records, range(3))`, `deque(records, maxlen=1)`."""
    name = called_name(node)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if name == "zip":
        iterators = [argument.id for argument in node.args if isinstance(argument, ast.Name)]
        limited = len({*iterators}) < len(iterators) or any(_is_short(one) or in_turns(one) for one in node.args)
        return "strict" not in keywords and limited
    return (name == "compress" and any(map(_is_short, node.args[1:]))) or (
        name == "deque" and kept_by(node) is not None
    )


def kept_by(node: ast.Call) -> int | None:
    """How many elements a `deque` keeps, if the code fixes that, and a batch may have more."""
    given = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "maxlen")]
    for most in given:
        if isinstance(most, ast.Constant) and isinstance(most.value, int) and 0 < most.value < LARGEST_BATCH:
            return most.value
    return None


def is_unlimited(node: ast.Call) -> bool:
    """Whether a call that may leave elements out takes all of them: `islice(records, 0, None)`, `sample(records, len(records))`."""
    if called_name(node) not in _NUMBERS:
        return False
    numbers = [
        *node.args[_NUMBERS[called_name(node)]],
        *(keyword.value for keyword in node.keywords if keyword.arg in ("k", "n")),
    ]
    if called_name(node) != "islice":
        return len(numbers) == 1 and _is_length(numbers[0])
    lower, upper, step = ([None, *numbers, None] if len(numbers) == 1 else [*numbers, None, None])[:3]
    return is_whole(ast.Slice(lower, upper, step))


def _is_most(node: ast.expr | None) -> bool:
    """Whether a bound is at least as large as any batch."""
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value >= LARGEST_BATCH


def _is_length(node: ast.expr | None) -> bool:
    return called_name(node) == "len" if node else False


def in_turns(argument: ast.expr) -> ast.expr | None:
    """The iterator that fills all arguments in turns, so that what does not fill the last turn is left out: `*[iter(records)] * 2`."""
    match argument:
        case ast.Starred(value=ast.BinOp(left=ast.List(elts=[source]), op=ast.Mult())):
            return source if called_name(source) == "iter" else None
    return None


def _is_short(node: ast.expr) -> bool:
    """Whether an expression has a number of elements that the code fixes."""
    if isinstance(node, ast.List | ast.Tuple):
        return not any(isinstance(element, ast.Starred) for element in node.elts)
    return (
        isinstance(node, ast.Call)
        and called_name(node) == "range"
        and all(isinstance(argument, ast.Constant) for argument in node.args)
    )


def _plain(node: ast.expr) -> bool:
    return all(called_name(child) in _PLAIN for child in ast.walk(node) if isinstance(child, ast.Call))


def _opaque(value: object) -> bool:
    return value in UNKNOWN or (isinstance(value, External) and value.name.endswith("()"))
