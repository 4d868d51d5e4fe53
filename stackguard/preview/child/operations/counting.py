"""Follows an unknown number of elements through collections that derive from each other.

A slice of a list of unknown length has as many elements as are requested, so that the use of each element is seen. A use
of their number is a decision: whether there is one, how many there are, what replaces one that is absent. So a
collection that derives from such a slice has an unknown length too, and a result without an element asks for the value.
"""

from __future__ import annotations

import collections
import gc
import sys
import types
from typing import Any

from ..frames import swallows
from ..placeholders import elements
from ..placeholders.base import Placeholder, need, or_none
from ..placeholders.elements import UnknownLength
from ..placeholders.finding import VIEWS, keep

DEPTH = 8
"""How many nested iterators are searched for the collection that they loop over."""
COLLECTING = (list, sorted, tuple, dict)
COUNTERS = {collections.deque, collections.Counter}
FOLDING = (sum, any, all, min, max, next, set, frozenset, *COUNTERS)

_noted: dict[tuple[int, int], Any] = {}
"""By frame and place in it, the placeholder that decides the length of a new list."""


def length_placeholder(value: Any, depth: int = DEPTH) -> Any:
    """The placeholder that decides the length of a collection or an iterator; None for others."""
    if isinstance(value, UnknownLength):
        return value._placeholder
    if depth == 0 or not UnknownLength.exist:
        return None
    kind = type(value)
    if isinstance(value, types.GeneratorType):
        inner: Any = [] if value.gi_frame is None else [value.gi_frame.f_locals.get(".0")]
    elif isinstance(value, VIEWS) or (kind.__module__ in {"builtins", "itertools"} and hasattr(kind, "__next__")):
        inner = gc.get_referents(value)
    else:
        return None
    flat = [part for element in inner for part in (element if type(element) is tuple else (element,))]
    return next(
        (placeholder for part in flat if (placeholder := length_placeholder(part, depth - 1)) is not None), None
    )


def _frame() -> int:
    """The frame of the code that creates a list, instead of that of its comprehension."""
    frame: Any = sys._getframe(2)
    return id(frame.f_back if frame.f_code.co_name in {"<listcomp>", "<dictcomp>"} else frame)


# What rewritten code calls.


def looped(value: Any, place: int) -> Any:
    """The source of a list at a place in the code."""
    value = keep(value)
    if (placeholder := length_placeholder(value)) is not None:
        _noted[(_frame(), place)] = placeholder
    return value


def listed(value: Any, place: int) -> Any:
    """The list that is created at a place in the code."""
    placeholder = _noted.pop((_frame(), place), None) if _noted else None
    return value if placeholder is None else elements.of(placeholder, value)


def counted(value: Any) -> Any:
    """The collection of a loop that counts, or decides whether there is an element."""
    value = keep(value)
    if (placeholder := length_placeholder(value)) is not None:
        need(placeholder, "counts it")
    return value


def unpacked(value: Any) -> Any:
    """A value that is unpacked into a fixed number of variables."""
    return counted(value) if swallows("values") else value


def count(function: Any, value: Any) -> Any:
    """`len(x)`."""
    value = keep(value)
    if function is len and (placeholder := length_placeholder(value)) is not None:
        need(placeholder, "counts it")
    return function(value)


def consumer(function: Any) -> Any:
    """The function to call instead of one of Python's that loop over their arguments."""
    if not any(function is known for known in (*COLLECTING, *FOLDING)):
        return function
    return lambda *args, **kwargs: _consume(function, args, kwargs)


def _consume(function: Any, args: Any, kwargs: Any) -> Any:
    placeholder = next((inner for value in args if (inner := length_placeholder(value)) is not None), None)
    if placeholder is None:
        return function(*args, **kwargs)
    optional = (function is next and len(args) > 1) or "default" in kwargs
    if function is next and not optional and swallows("stops"):
        need(placeholder, "counts it")
    result = function(*args, **kwargs)
    if function in COLLECTING:
        return elements.of(placeholder, result)
    if function is next and not optional:
        return result
    if not isinstance(result, Placeholder):
        need(placeholder, "counts it")
    return or_none(result) if optional and (kwargs["default"] if "default" in kwargs else args[1]) is None else result
