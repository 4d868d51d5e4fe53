"""Caches of what is computed from texts that others write: bounded in number, and emptied when they may be large."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

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


def forget() -> None:
    """Empty the caches: an entry is as large as the texts it is about, so their number does not bound their memory."""
    for empty in _EMPTY:
        empty()
