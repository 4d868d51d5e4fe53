"""Memoization on a stack or resource: what is computed from it is kept with it, and is dropped with it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from policypack.core.policy import Policy, Resource, Stack

Subject = TypeVar("Subject", bound=Resource | Stack)
P = ParamSpec("P")
T = TypeVar("T")


def memoized(function: Callable[Concatenate[Subject, P], T]) -> Callable[Concatenate[Subject, P], T]:
    """Decorator that keeps each result on the first argument, a `Stack` or `Resource`: many policies ask the same.

    The other arguments are hashable, or resources and policies, which count by URN and by id. An exception is not kept.
    """

    @wraps(function)
    def kept(subject: Subject, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key: Hashable = function  # most have no other argument
        if len(args) == 1 and type(args[0]) is str and not kwargs:
            key = (function, args[0])
        elif args or kwargs:
            parts: list[Hashable] = [function]
            for value in args:
                parts += _key(value)
            for name in sorted(kwargs) if kwargs else ():
                parts += (name, *_key(kwargs[name]))
            key = tuple(parts)
        memo = subject.memo
        if memo is None:
            memo = {}
            object.__setattr__(subject, "memo", memo)
        if key not in memo:
            memo[key] = function(subject, *args, **kwargs)
        return cast("T", memo[key])

    return kept


def forget(subject: Resource | Stack) -> None:
    """Drop what is kept: it is computed again if it is needed again."""
    object.__setattr__(subject, "memo", None)


def _key(argument: Any) -> tuple[Any, Any]:
    if isinstance(argument, Resource):
        return Resource, argument.urn
    return (Policy, argument.id) if isinstance(argument, Policy) else (type(argument), argument)
