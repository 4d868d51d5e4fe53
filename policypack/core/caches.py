"""Caches of what is computed from texts that others write: bounded in number, and emptied when they may be large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from operator import is_
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_EMPTY: list[Callable[[], None]] = []


def bounded_cache(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorator that keeps the results for the last `most` arguments, until `forget` is called."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        kept = lru_cache(most)(function)
        _EMPTY.append(kept.cache_clear)
        return cast("Callable[P, T]", kept)

    return decorate


def latest(function: Callable[Concatenate[Sequence[Any], P], T]) -> Callable[Concatenate[Sequence[Any], P], T]:
    """Decorator that keeps the latest result, for equal arguments after the very same objects in the first one."""
    kept: list[tuple[Sequence[Any], object, T]] = []

    @wraps(function)
    def cached(objects: Sequence[Any], /, *args: P.args, **kwargs: P.kwargs) -> T:
        rest = (args, kwargs)
        for same, others, result in kept:
            if len(same) == len(objects) and all(map(is_, same, objects)) and others == rest:
                return result
        result = function(objects, *args, **kwargs)
        kept[:] = [(tuple(objects), rest, result)]
        return result

    return cached


def forget() -> None:
    """Empty the caches: an entry is as large as the texts it is about, so their number does not bound their memory."""
    for empty in _EMPTY:
        empty()
