"""Operations that read a placeholder's letters: `in`, `is`, `type(x) ==`, `isinstance`, `%` and `match`."""

from __future__ import annotations

import ast
from typing import Any

from ..placeholders import kinds
from ..placeholders.base import LENGTH, Bytes, Placeholder, as_bytes, is_record, need, optional, shape
from ..placeholders.calls import PLACEHOLDERS
from ..placeholders.elements import KINDS, UnknownLength
from ..placeholders.finding import CONTAINERS, PLAIN, deeply, first_placeholder, keep, placeholder_in
from .counting import length_placeholder

ANYTHING = {str, int, float, bool, list, dict, type(None)}
CASES: list[Any] = []
"""The cases of each `match` statement that is compiled; code refers to them by their index."""
PYTHON_TYPES = {"text": str, "list": list, "map": dict}


def contains(item: Any, container: Any) -> bool:
    """`item in container`."""
    if PLACEHOLDERS:
        item, container = keep(item), keep(container)
        if hasattr(type(container), "__next__") and (placeholder := length_placeholder(container)) is not None:
            need(placeholder, "looks for something in it")
        if isinstance(item, Placeholder) and type(container) is str:
            need(item, "looks for it in a text")
        if isinstance(container, CONTAINERS):
            placeholder = next(
                (inner for part in container if type(part) is str and (inner := placeholder_in(part)) is not None), None
            )
            if placeholder is not None:
                need(placeholder, "compares it")
        both = isinstance(item, bytes) and isinstance(container, bytes)
        if both and (placeholder := first_placeholder((item, container))) is not None:
            need(placeholder, "looks for something in it")
    return item in container


def same(value: Any, other: Any) -> bool:
    """`value is other`: unknown for a value that may be None, or true or false."""
    if isinstance(value, Placeholder) != isinstance(other, Placeholder):
        placeholder, known = (value, other) if isinstance(value, Placeholder) else (other, value)
        if isinstance(known, bool) or (known is None and optional(placeholder)):
            need(placeholder, "compares it")
    return value is other


def typed(value: Any) -> Any:
    """`type(x)`, which is compared with a type."""
    value = keep(value)
    if not isinstance(value, Placeholder):
        return KINDS.get(type(value), type(value))
    possible = _possible(value)
    return possible.pop() if len(possible) == 1 else need(value, "asks what it is")


def is_instance(placeholder: Placeholder, classes: Any) -> bool:
    """`isinstance` of a placeholder's value."""
    results = {issubclass(kind, classes) for kind in _possible(placeholder)}
    return results.pop() if len(results) == 1 else need(placeholder, "asks what it is")


def _possible(placeholder: Placeholder) -> set[type]:
    """The types that the value of a placeholder may have."""
    kind, inner = shape(placeholder._origin.of)
    if isinstance(placeholder, kinds.Parts):
        known: Any = list
    elif str.__len__(placeholder) != LENGTH:
        known = str
    else:
        known = PYTHON_TYPES.get(kind) or (inner if isinstance(inner, type) else None)
    return {*({known} if known else ANYTHING), *({type(None)} if optional(placeholder) else ())}


def modulo(left: Any, right: Any) -> Any:
    """`left % right`."""
    placeholder = None
    if PLACEHOLDERS and isinstance(left, (str, bytes)):
        placeholder = placeholder_in(left)
        placeholder = first_placeholder(right) if placeholder is None else placeholder
    if placeholder is None:
        return left % right
    try:
        text = keep(left % right)
    except (TypeError, ValueError):  # `%d` takes no text
        text = None
    if isinstance(text, (Placeholder, Bytes)):
        return text
    return as_bytes(placeholder) if isinstance(left, bytes) else placeholder


def subject(value: Any, place: int) -> Any:
    """The subject of a `match` statement."""
    value = deeply(value)
    if PLACEHOLDERS:
        for case in CASES[place]:
            if _matches(case.pattern, value) and case.guard is None:
                break
    return value


def _matches(pattern: Any, value: Any) -> Any:
    """Whether a pattern matches; None if unknown without running code."""
    if isinstance(pattern, ast.MatchAs):
        return True if pattern.pattern is None else _matches(pattern.pattern, value)
    if isinstance(pattern, ast.MatchOr):
        either = {_matches(part, value) for part in pattern.patterns}
        return True in either or (None if None in either else False)
    if isinstance(pattern, ast.MatchSingleton):
        return same(value, pattern.value)
    if isinstance(value, (Placeholder, UnknownLength)):
        need(value, "matches it")
    if isinstance(pattern, ast.MatchValue):
        try:
            known = ast.literal_eval(pattern.value)
        except ValueError:  # a name
            return None
        return value == known if isinstance(value, (str, *PLAIN)) else None
    parts = _parts(pattern, value)
    if not isinstance(parts, list):
        return parts
    results = []
    for part, element in parts:
        results.append(_matches(part, element))
        if results[-1] is False and not isinstance(pattern, ast.MatchClass):
            return False
    return None if None in results or isinstance(pattern, ast.MatchClass) else True


def _parts(pattern: Any, value: Any) -> Any:
    """The parts of a pattern, each with its value; or whether it matches."""
    if isinstance(pattern, ast.MatchSequence):
        return _in_sequence(pattern, value)
    return _in_mapping(pattern, value) if isinstance(pattern, ast.MatchMapping) else _in_object(pattern, value)


def _in_sequence(pattern: Any, value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        return False if isinstance(value, (str, bytes, dict, *PLAIN)) else None
    patterns = pattern.patterns
    star = next((place for place, part in enumerate(patterns) if isinstance(part, ast.MatchStar)), None)
    if len(value) < len(patterns) - 1 or (star is None and len(value) != len(patterns)):
        return False
    parts = [*zip(patterns[:star], value)]
    if star is not None and star + 1 < len(patterns):
        parts += zip(patterns[star + 1 :], value[star + 1 - len(patterns) :])
    return parts


def _in_mapping(pattern: Any, value: Any) -> Any:
    """Constant keys first; any value may be that of another key."""
    if not isinstance(value, dict):
        return False if isinstance(value, (str, bytes, list, tuple, *PLAIN)) else None
    known = {key.value: part for key, part in zip(pattern.keys, pattern.patterns) if isinstance(key, ast.Constant)}
    if any(key not in value for key in known):
        return False
    maybe = ast.MatchValue(ast.Name("_"))
    named = [part for key, part in zip(pattern.keys, pattern.patterns) if not isinstance(key, ast.Constant)]
    parts = [(ast.MatchOr([part, maybe]), element) for part in named for element in value.values()]
    return [(part, value[key]) for key, part in known.items()] + parts


def _in_object(pattern: Any, value: Any) -> Any:
    names = getattr(type(value), "__match_args__", ())
    attributes = {*getattr(value, "__dict__", ()), *getattr(type(value), "_fields", ())}
    named = [*zip(names, pattern.patterns), *zip(pattern.kwd_attrs, pattern.kwd_patterns)]
    return [(part, getattr(value, name, None)) for name, part in named if name in attributes or is_record(type(value))]
