"""Whether a function keeps what it decides where other code finds it: the child's side.

A function that can construct nothing may decide, and leave the decision in a variable, a collection or an object that
another function constructs by. So what it and the functions that it calls write is looked at: to global variables and
those of enclosing functions, into what is held by these, and into what is handed to them.
"""

from __future__ import annotations

import collections
import dis
import functools
import inspect
import types
from typing import Any


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


CHANGING = words(
    "append appendleft add update setdefault extend insert pop popleft popitem remove discard clear sort reverse put"
    " put_nowait set set_result __setitem__ __setattr__ __delitem__ send"
)
"""Methods that change what they are called of."""
SETTING = frozenset({"setattr", "delattr"})
ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
LOCAL = frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW"})
FREE = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
CALLS = frozenset({"CALL", "CALL_FUNCTION", "CALL_METHOD", "CALL_FUNCTION_KW", "CALL_FUNCTION_EX", "CALL_KW"})
IDLE = frozenset({"CACHE", "NOP", "EXTENDED_ARG", "RESUME", "KW_NAMES", "NOT_TAKEN"})
MAKING = frozenset({"__init__", "__new__", "__post_init__", "__set_name__", "__init_subclass__"})
"""Methods that write into what is being made."""
COLLECTIONS = (list, dict, set, bytearray, collections.deque)


def keeps(function: Any, reached: list[Any], origins: Any) -> bool:
    """Whether a function, which reaches these objects, writes where other code reads."""
    functions = [each for each in reached if isinstance(each, types.FunctionType) and own(each, origins)]
    writes = [(each, written(each.__code__)) for each in functions if each.__name__ not in MAKING]
    if any("shared" in found for _, found in writes):
        return True
    first = getattr(function, "__func__", function)
    given = {each for each, found in writes if found - ({"handed"} if each is first else set())}
    return bool(given) and any(map(functools.partial(changeable, origins=origins), reached))


def own(function: Any, origins: Any) -> bool:
    """Whether a function is of the program's own code."""
    return bool(origins.of_code(function.__code__.co_filename, function.__globals__) == origins.OWN)


def changeable(value: Any, origins: Any) -> bool:
    """Whether a value may be one that other code reads what is written into it."""
    if isinstance(value, (types.FunctionType, types.MethodType, types.ModuleType, type)):
        return False
    return isinstance(value, COLLECTIONS) or origins.of_module(type(value).__module__) == origins.OWN


@functools.cache
def written(code: Any) -> frozenset[str]:
    """Where a function writes: `shared`, into its own object or a default (`bound`), or what it is `handed`."""
    found: set[str] = set()
    local = {name for each in nested(code) for name in each.co_cellvars}
    count = code.co_argcount + code.co_kwonlyargcount
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    arguments = code.co_varnames[: count + stars]
    for each in nested(code):
        steps = [step for step in dis.get_instructions(each) if step.opname not in IDLE]
        aliases: set[str] = set()
        for index, step in enumerate(steps):
            if outer(step, local):
                found.add("shared")
            elif step.opname in {"STORE_FAST", "STORE_DEREF"} and root(steps, index) in GLOBAL_OR_FREE:
                aliases.add(str(step.argval))
            place = receiver(steps, index)
            if place is None or any(inner.opname in CALLS for inner in steps[slice(*place)]):
                continue
            of, name = steps[place[0]].opname, str(steps[place[0]].argval)
            if of in GLOBAL or name == "cls" or name in aliases or (of in FREE and name not in local):
                found.add("shared")
            elif of in LOCAL | FREE and name in arguments:
                found.add("bound" if name == "self" or name in defaulted(code) else "handed")
    return frozenset(found)


GLOBAL_OR_FREE = GLOBAL | FREE


def outer(step: Any, local: set[str]) -> bool:
    """Whether a step assigns a variable that is not the function's own, or an attribute by its name."""
    if step.opname in {"STORE_GLOBAL", "DELETE_GLOBAL"}:
        return True
    if step.opname in {"STORE_DEREF", "DELETE_DEREF"}:
        return step.argval not in local
    return step.opname in GLOBAL and step.argval in SETTING


def root(steps: Any, index: int) -> str:
    """How the variable is loaded of which what is stored here is an attribute or a part; nothing where it is made."""
    start = expression(steps, index)
    if start is None or any(inner.opname in CALLS or inner.opname.startswith("BUILD_") for inner in steps[start:index]):
        return ""
    return str(steps[start].opname)


def receiver(steps: Any, index: int) -> tuple[int, int] | None:
    """Where the expression starts and ends of which something is changed here; None where nothing is."""
    step = steps[index]
    subscript, attribute = (
        step.opname in {"STORE_SUBSCR", "DELETE_SUBSCR"},
        step.opname in {"STORE_ATTR", "DELETE_ATTR"},
    )
    if not subscript and not attribute and not (step.opname in ATTRIBUTES and step.argval in CHANGING):
        return None
    end: int | None = index
    if not step.opname.startswith("LOAD_") and steps[index - 1].opname.startswith(("SWAP", "ROT_")):
        end = read_before(steps, index)
    if subscript and end is not None:
        end = expression(steps, end)
    start = None if end is None else expression(steps, end)
    return None if start is None or end is None else (start, end)


def read_before(steps: Any, index: int) -> int | None:
    """Where `x[y] += z`, or `x.y += z`, that stores here has loaded `x` and `y`; None where it is none."""
    reading = {"BINARY_SUBSCR", "BINARY_OP"} if steps[index].opname == "STORE_SUBSCR" else ATTRIBUTES
    for place in range(index - 1, 0, -1):
        if steps[place].opname in reading and steps[place - 1].opname.startswith(("COPY", "DUP_TOP")):
            copies = 2 if reading is not ATTRIBUTES and steps[place - 2].opname.startswith("COPY") else 1
            return place - copies
    return None


def expression(steps: Any, end: int) -> int | None:
    """Where the expression starts that leaves one value just before here."""
    value = 0
    for index in range(end - 1, -1, -1):
        step = steps[index]
        try:
            value += dis.stack_effect(step.opcode, step.arg, jump=False)
        except ValueError:
            return None
        if value >= 1:
            return index
    return None


def defaulted(code: Any) -> tuple[str, ...]:
    """The arguments that may have a default, as a callback's have that it is not called with: all but the first."""
    return tuple(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def nested(code: Any) -> Any:
    """A function's code, and that of the functions in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from nested(each)
