"""Keeps in sight that nobody knows how many elements there are: the child's side of `_several.py`.

A slice of a list of unknown length gives as many elements as were asked for, so that what a program makes of each is
seen. What it makes of their number is a decision: whether there is one, how many there are, what stands in for one
that is absent. So what is collected from such a slice is such a collection again, and a result that no element is in asks.
"""

from __future__ import annotations

import gc
import sys
import types
import typing
from typing import Any

DEPTH = 8
"""How many iterators are looked through to find what they run over."""
COLLECTING = (list, sorted, tuple, dict)
FOLDING = (sum, any, all, min, max, next, set, frozenset)


class Counting:
    """What is known of the numbers of elements in one program."""

    def __init__(self, operations: Any, modules: Any) -> None:
        self.operations, self.placeholders, self.catching = operations, modules.placeholders, modules.catching
        self.several = modules.several
        self.kinds: Any = tuple(modules.several.KINDS)
        self.noted: dict[tuple[int, int], Any] = {}
        """By frame and place in it, the placeholder whose number of elements a list that is being made has."""

    def uncertain(self, value: Any, depth: int = DEPTH) -> Any:
        """The placeholder of the list of which a value, or an iterator, has as many elements as there are, or None."""
        if isinstance(value, self.kinds):
            return value._placeholder  # noqa: SLF001 (a module of the same side)
        if depth == 0 or not self.several.BESIDE.any:
            return None
        if isinstance(value, types.GeneratorType):
            frame = value.gi_frame
            return None if frame is None else self.uncertain(frame.f_locals.get(".0"), depth - 1)
        kind = type(value)
        if kind.__module__ not in {"builtins", "itertools"} or not hasattr(kind, "__next__"):
            return None
        for held in gc.get_referents(value):
            for each in held if type(held) is tuple else (held,):
                if (found := self.uncertain(each, depth - 1)) is not None:
                    return found
        return None

    def swallows(self, kind: str) -> bool:
        """Whether a failure of a kind is caught."""
        return bool(self.catching.swallows(kind, self.placeholders.GIVEN))

    def frame(self) -> int:
        """The frame of the code that makes a list; that of a comprehension is within it."""
        frame: Any = sys._getframe(3)  # noqa: SLF001 (there is no other way)
        return id(frame.f_back if frame.f_code.co_name in {"<listcomp>", "<dictcomp>"} else frame)

    # What rewritten code calls.

    def looped(self, value: Any, place: int) -> Any:
        """What a list at a place in the code is made from."""
        value = self.operations.keep(value)
        if self.several.BESIDE.any and (placeholder := self.uncertain(value)) is not None:
            self.noted[(self.frame(), place)] = placeholder
        return value

    def listed(self, value: Any, place: int) -> Any:
        """The list that was made at a place in the code."""
        placeholder = self.noted.pop((self.frame(), place), None) if self.noted else None
        return value if placeholder is None else self.several.of(placeholder, value)

    def each(self, value: Any) -> Any:
        """What is looped over to count, or for what follows if there is nothing."""
        value = self.operations.keep(value)
        if self.several.BESIDE.any and (placeholder := self.uncertain(value)) is not None:
            self.operations.need(placeholder, "counts it")
        return value

    def unpacked(self, value: Any) -> Any:
        """What is taken apart into as many variables as stand there."""
        if self.several.BESIDE.any and (placeholder := self.uncertain(value)) is not None and self.swallows("values"):
            self.operations.need(placeholder, "counts it")
        return value

    def consumer(self, function: Any) -> Any:
        """The function to call in place of one of Python's that loop over what they are given."""
        if not any(function is each for each in (*COLLECTING, *FOLDING)):
            return function
        return lambda *args, **kwargs: self.consume(function, args, kwargs)

    def consume(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Call such a function."""
        placeholder = None
        if self.several.BESIDE.any:
            placeholder = next((found for each in args if (found := self.uncertain(each)) is not None), None)
        if placeholder is None:
            return function(*args, **kwargs)
        optional = (function is next and len(args) > 1) or "default" in kwargs
        if function is next and not optional and self.swallows("stops"):
            self.operations.need(placeholder, "counts it")
        result = function(*args, **kwargs)
        if function in COLLECTING:
            return self.several.of(placeholder, result)
        if function is next and not optional:
            return result
        if not isinstance(result, self.placeholders.Placeholder):
            self.operations.need(placeholder, "counts it")
        if optional and (kwargs["default"] if "default" in kwargs else args[1]) is None:
            origin = result._origin  # noqa: SLF001 (a module of the same side)
            of = typing.Optional[origin.of] if origin.of else None  # noqa: UP045 (Python 3.9)
            return self.placeholders.made(type(result), str.__str__(result), origin._replace(of=of))
        return result
