"""Knows where the program catches what an operation raises: the child's side, told by `_rewriting.py` as it compiles.

Whether a look-up in what nobody knows fails is a decision where its failure is caught, be that in a function that
called the one that looks up. So each `try` is noted with its lines, and a look-up asks the frames that it runs in.
"""

from __future__ import annotations

import sys
from typing import Any

KINDS = {
    "LookupError": ("lookups",),
    "IndexError": ("lookups",),
    "KeyError": ("lookups",),
    "ValueError": ("values",),
    "StopIteration": ("stops",),
    "Exception": ("lookups", "values", "stops", "calls"),
    "BaseException": ("lookups", "values", "stops", "calls"),
}
"""By error, what of it is noted: the failures of look-ups, of taking apart, of `next`, and of calls."""
ALL = KINDS["Exception"]

_noted: dict[tuple[str, int], list[tuple[int, int, frozenset[str]]]] = {}
"""By file and first line of a function, 0 of a module: the lines of each `try`, and what is caught of them."""


def note(file: str, scope: int, first: int, last: int, names: Any) -> None:
    """Note that errors of these names, or all where it is None, are caught and not raised again."""
    kinds = frozenset(ALL if names is None else [kind for name in names for kind in KINDS.get(name, ())])
    if kinds:
        _noted.setdefault((file, scope), []).append((first, last, kinds))


def swallows(kind: str, given: Any = frozenset()) -> bool:
    """Whether a failure of a kind is caught in one of the frames that run, up to what `apply` is given."""
    frame: Any = sys._getframe(1) if _noted else None  # noqa: SLF001 (there is no other way)
    while frame is not None and frame.f_code not in given:
        code = frame.f_code
        scope = 0 if code.co_name == "<module>" else code.co_firstlineno
        for first, last, kinds in _noted.get((code.co_filename, scope), ()):
            if kind in kinds and first <= frame.f_lineno <= last:
                return True
        frame = frame.f_back
    return False
