"""Whether a function keeps its decision for other code to read.

A function that can construct nothing may decide, and leave the decision in a variable, a collection or an object that
another function reads before it constructs. So the writes of it and of the functions that it calls are checked: to
global variables and those of enclosing functions, into the contents of these, and into their arguments.
"""

from __future__ import annotations

import collections
import functools
import types
from collections.abc import Sequence
from typing import Any

from .. import frames, words
from .bytecode import ATTRIBUTE, GLOBAL, LOCAL, Step, arguments, nested, steps

CHANGING = words(
    "append appendleft add update setdefault extend insert pop popleft popitem remove discard clear sort "
    "reverse put put_nowait set set_result __setitem__ __setattr__ __delitem__ send"
)
"""Methods that change their object."""
SETTING = frozenset({"setattr", "delattr"})
FREE = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
CALLS = frozenset({"CALL", "CALL_FUNCTION", "CALL_METHOD", "CALL_FUNCTION_KW", "CALL_FUNCTION_EX", "CALL_KW"})
MAKING = frozenset({"__init__", "__new__", "__post_init__", "__set_name__", "__init_subclass__"})
"""Methods that write into a new object."""
COLLECTIONS = (list, dict, set, bytearray, collections.deque)


def keeps(function: Any, reached: list[Any]) -> bool:
    """Whether a function that reaches these objects writes what other code reads."""
    functions = [value for value in reached if isinstance(value, types.FunctionType) and value.__name__ not in MAKING]
    writes = [(own, _written(own.__code__)) for own in functions if frames.of_function(own) == frames.OWN]
    if any("shared" in places for _, places in writes):
        return True
    first = getattr(function, "__func__", function)
    into_arguments = any(places - ({"handed"} if own is first else set()) for own, places in writes)
    return into_arguments and any(map(_changeable, reached))


def _changeable(value: Any) -> bool:
    """Whether other code may read what is written into a value."""
    if isinstance(value, (types.FunctionType, types.MethodType, types.ModuleType, type)):
        return False
    return isinstance(value, COLLECTIONS) or frames.of_class(type(value)) == frames.OWN


@functools.cache
def _written(code: Any) -> frozenset[str]:
    """Where a function writes: `shared`, into its own object or a default (`bound`), or into an argument (`handed`)."""
    places: set[str] = set()
    local = {name for part in nested(code) for name in part.co_cellvars}
    defaulted = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]  # a callback is called with the first
    for part in nested(code):
        ops = steps(part)
        aliases: set[str] = set()
        for index, step in enumerate(ops):
            if _is_outer(step, local):
                places.add("shared")
            elif step.opname in {"STORE_FAST", "STORE_DEREF"} and _root(ops, index) in GLOBAL | FREE:
                aliases.add(str(step.argval))
            span = _receiver(ops, index)
            if span is None or any(inner.opname in CALLS for inner in ops[span]):
                continue
            how, name = ops[span.start].opname, str(ops[span.start].argval)
            if how in GLOBAL or name == "cls" or name in aliases or (how in FREE and name not in local):
                places.add("shared")
            elif how in LOCAL | FREE and name in arguments(code):
                places.add("bound" if name == "self" or name in defaulted else "handed")
    return frozenset(places)


def _is_outer(step: Step, local: set[str]) -> bool:
    """Whether a step assigns a variable that is not the function's own, or an attribute by its name."""
    if step.opname in {"STORE_GLOBAL", "DELETE_GLOBAL"}:
        return True
    if step.opname in {"STORE_DEREF", "DELETE_DEREF"}:
        return step.argval not in local
    return step.opname in GLOBAL and step.argval in SETTING


def _root(ops: Sequence[Step], index: int) -> str:
    """How the variable is loaded whose attribute or element is stored here; empty for a new value."""
    start = _expression(ops, index)
    if start is None or any(op.opname in CALLS or op.opname.startswith("BUILD_") for op in ops[start:index]):
        return ""
    return ops[start].opname


def _receiver(ops: Sequence[Step], index: int) -> slice | None:
    """The expression whose value is changed here; None if there is none."""
    step = ops[index]
    subscript = step.opname in {"STORE_SUBSCR", "DELETE_SUBSCR"}
    stores = subscript or step.opname in {"STORE_ATTR", "DELETE_ATTR"}
    if not stores and not (step.opname in ATTRIBUTE and step.argval in CHANGING):
        return None
    end: int | None = index
    if stores and ops[index - 1].opname.startswith(("SWAP", "ROT_")):
        end = _read_before(ops, index)
    if subscript:
        end = _expression(ops, end)
    start = _expression(ops, end)
    return None if start is None else slice(start, end)


def _read_before(ops: Sequence[Step], index: int) -> int | None:
    """Where a `x[y] += z`, or `x.y += z`, that stores here has loaded `x` and `y`; None for another step."""
    subscript = ops[index].opname == "STORE_SUBSCR"
    reading = {"BINARY_SUBSCR", "BINARY_OP"} if subscript else ATTRIBUTE
    for place in range(index - 1, 0, -1):
        if ops[place].opname in reading and ops[place - 1].opname.startswith(("COPY", "DUP_TOP")):
            return place - (2 if subscript and ops[place - 2].opname.startswith("COPY") else 1)
    return None


def _expression(ops: Sequence[Step], end: int | None) -> int | None:
    """Where the expression starts that leaves one value just before here."""
    value = 0
    for index in range((end or 0) - 1, -1, -1):
        effect = ops[index].effect
        if effect is None:
            return None
        value += effect
        if value >= 1:
            return index
    return None
