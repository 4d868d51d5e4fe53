"""Follows the functions that a program gives to `Output.apply`.

A function that needs an unknown value, or fails on it, gives an unknown result, as if it had not run. If it can
construct a resource (`decisions/constructors.py`), this is reported, because its resources are not seen. So are
functions that never ran, because a value that they wait for is known only after the update.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

import pulumi
from pulumi.output import UNKNOWN, contains_unknowns

from . import frames
from .decisions import constructors
from .decisions.keeping import keeps
from .operations.call_rules import BUILT_IN
from .operations.calls import guard
from .placeholders.base import Placeholder, skeleton
from .placeholders.calls import APPLYING, NeedsAnswer, send
from .placeholders.finding import deeply, first_placeholder

SOURCE = "_pulumi_source"
"""The attribute in which an output keeps what it is made of."""
PLAIN = {str, int, float, bool, type(None)}  # an instance of the program's own subclass may contain anything
DEPTH = 5
FARTHEST = 200
"""The most outputs that are searched for what one of them waits for."""

_waiting: dict[int, Callback] = {}
_known: dict[Any, bool] = {}
"""By code, whether functions of it can construct a resource."""
_is_known: Any = pulumi.Output.is_known


class Callback:
    """A function given to `apply`: its place, its output and its result."""

    def __init__(self, function: Any, output: Any, place: tuple[str, int]) -> None:
        self.function, self.output, self.place = function, output, place
        self.call: dict[str, Any] | None = None
        """The value that it needs: the call, the path in its result, and the form of the value."""
        self.result: Any = None
        self.value: Any = None
        """Its argument, which may contain functions."""

    def decided(self, call: int, path: str, skeleton: Any) -> dict[str, bool]:
        """Record that it needs an unknown value; return whether it can construct a resource, or keep its decision."""
        self.call = self.call or {"call": call, "path": path, "skeleton": skeleton}
        return {"constructs": self.constructs, "keeps": not self.constructs and self.keeps}

    @functools.cached_property
    def keeps(self) -> bool:
        """Whether it keeps its decision for other code to read."""
        reach = constructors.Reach()
        reach.constructs(self.function)
        return keeps(self.function, reach.alive)

    @functools.cached_property
    def constructs(self) -> bool:
        """Whether it can construct a resource."""
        is_collection = isinstance(self.value, (list, tuple, dict))
        return can_construct(self.function) or (is_collection and can_construct(self.value))


def can_construct(function: Any) -> bool:
    """Whether a function can construct a resource; cached by code for functions that close over plain values."""
    plain = isinstance(function, types.FunctionType) and all(
        type(value) in PLAIN or isinstance(value, pulumi.Output) for _, value in constructors.captured_by(function)
    )
    key = (function.__code__, function.__code__.co_filename) if plain else None
    if key is None or key not in _known:
        constructs = constructors.Reach().constructs(function)
        if key is None:
            return constructs
        _known[key] = constructs
    return _known[key]


def install() -> None:
    """Follow all functions that the program gives to `apply` from now on."""
    output: Any = pulumi.Output
    output.apply = _applying(output.apply)
    for name in ("all", "secret", "unsecret"):
        setattr(output, name, staticmethod(_remembering(getattr(output, name))))
    for name in ("future", "is_known"):
        setattr(output, name, _awaiting(getattr(output, name)))
    reference: Any = pulumi.StackReference
    if hasattr(reference, "get_output_details"):
        reference.get_output_details = _asking_details(reference.get_output_details)


def _remembering(original: Any) -> Any:
    """A function that makes an output of others, which are recorded on it."""

    @functools.wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        vars(result)[SOURCE] = (tuple(_outputs_in([*args, *kwargs.values()])), None)
        return result

    return make


def _outputs_in(values: Any, depth: int = DEPTH) -> Iterator[Any]:
    for value in values:
        if isinstance(value, pulumi.Output):
            yield value
        elif depth and isinstance(value, (list, tuple, dict)):
            yield from _outputs_in([*value.values()] if isinstance(value, dict) else value, depth - 1)


def _awaiting(original: Any) -> Any:
    """A method that returns the value of an output, or None if it is unknown."""

    @functools.wraps(original)
    def method(output: Any, *args: Any, **kwargs: Any) -> Any:
        awaited = original(output, *args, **kwargs)
        caller = sys._getframe(1)
        own = frames.origin(caller.f_code.co_filename) == frames.OWN
        return _known_by_now(output, awaited, frames.own_place()) if own else awaited

    return method


def _asking_details(original: Any) -> Any:
    """`StackReference.get_output_details`, which returns no value for an unknown output."""

    @functools.wraps(original)
    def details(stack: Any, name: Any) -> Any:
        return _known_by_now(stack.outputs, original(stack, name), frames.own_place())

    return details


async def _known_by_now(output: Any, awaited: Any, place: tuple[str, int]) -> Any:
    """The awaited value; if it is unknown, what the program does with it is not seen."""
    value = deeply(await awaited)
    if not await _is_known(output):
        callback = APPLYING.get()
        if callback is None or callback.constructs:
            send("waiting", callbacks=[{**frames.place_message(place), **await _waits_for(output)}])
        if callback is not None:
            callback.result = output
            raise NeedsAnswer
    return value


def _applying(original: Any) -> Any:
    """`Output.apply`."""

    @functools.wraps(original)
    def apply(output: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        callback = None
        if _tracked(func):
            callback = Callback(func, output, frames.own_place())
            _waiting[id(callback)] = callback
        result = original(output, _guarded(guard(func), callback), *args, **kwargs)
        vars(result)[SOURCE] = ((output,), callback)
        return result

    return apply


def _tracked(function: Any) -> bool:
    """Whether a function is the program's, or may call one that is."""
    if not isinstance(function, types.FunctionType):
        return not isinstance(function, BUILT_IN)
    origin = frames.of_function(function)
    if origin == frames.STANDARD:
        return function.__closure__ is not None
    return origin not in {frames.SDK, frames.INTERNAL}


def _guarded(function: Any, callback: Callback | None) -> Any:
    """The function, but with an unknown result if it needs an unknown value, or fails on it."""
    inner = callback or Callback(function, None, ("", 0))
    if callback is None:
        vars(inner).update(constructs=False, keeps=False)

    def run(value: Any) -> Any:
        value = deeply(value)
        if callback is not None and not contains_unknowns(value):
            _waiting.pop(id(callback), None)
            callback.output = None
        inner.value, result = value, UNKNOWN
        with _applied(inner, value):
            result = function(value)
        if inspect.isawaitable(result) and not isinstance(result, pulumi.Output):
            return _awaited(inner, result, value)
        inner.result = result if isinstance(result, pulumi.Output) else None
        return _unknown_output() if result is UNKNOWN or inner.call is not None else result

    frames.APPLIED.add(run.__code__)
    return run


async def _awaited(callback: Callback, awaitable: Any, value: Any) -> Any:
    """The result of a function that is a coroutine."""
    result = UNKNOWN
    with _applied(callback, value):
        result = await awaitable
    return UNKNOWN if callback.call is not None else result


@contextlib.contextmanager
def _applied(callback: Callback, value: Any) -> Iterator[None]:
    """Run a function given to `apply`; if it stops at an unknown value, so does this block, without an error."""
    token = APPLYING.set(callback)
    try:
        yield
    except (NeedsAnswer, Exception) as error:  # noqa: BLE001 (whatever the program raises)
        _check(callback, error, value)
    finally:
        APPLYING.reset(token)


def _check(callback: Callback, error: BaseException, value: Any) -> None:
    """Raise the error, unless an unknown value causes it."""
    if isinstance(error, NeedsAnswer) or callback.call is not None:
        return
    placeholder = first_placeholder(value)
    if placeholder is None:
        raise error
    origin = placeholder._origin
    path = origin.path if isinstance(value, Placeholder) else ""
    value_skeleton = skeleton(origin.of)
    follows = callback.decided(origin.call.number, path, value_skeleton)
    place = frames.place_message(_raised_at(error) or callback.place)
    send("unseen", call=origin.call.number, path=path, skeleton=value_skeleton, **follows, **place)


def _raised_at(error: BaseException) -> tuple[str, int] | None:
    """The innermost line of the program's own code that an error went through."""
    place, step = None, error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        place = (file, step.tb_lineno) if frames.origin(file) == frames.OWN else place
        step = step.tb_next
    return place


async def send_waiting() -> None:
    """Report the functions that never ran and can construct a resource."""
    callbacks = [callback for callback in _waiting.values() if callback.constructs]
    message = [{**frames.place_message(callback.place), **await _waits_for(callback.output)} for callback in callbacks]
    if message:
        send("waiting", callbacks=message)


async def _waits_for(output: Any) -> dict[str, Any]:
    """The causes of an unknown output: resources by URN, and unanswered calls."""
    urns: set[str] = set()
    calls: list[dict[str, Any]] = []
    queue = [output]
    seen: set[int] = set()
    while queue and len(seen) < FARTHEST:
        output = queue.pop()
        if id(output) in seen or not isinstance(output, pulumi.Output) or await _is_known(output):
            continue
        seen.add(id(output))
        sources, callback = vars(output).get(SOURCE, ((), None))
        if callback is not None and callback.call is not None:
            calls.append(callback.call)
            continue
        unknown = [source for source in sources if not await _is_known(source)]
        unknown += [callback.result] if callback is not None and callback.result is not None else []
        queue += unknown
        if not unknown:
            urns.update([urn for resource in await output.resources() if (urn := await resource.urn.future())])
    return {"urns": sorted(urns), "calls": calls}


def _unknown_output() -> Any:
    loop = asyncio.get_running_loop()
    resources, value, known = loop.create_future(), loop.create_future(), loop.create_future()
    resources.set_result(set())
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(resources, value, known)
