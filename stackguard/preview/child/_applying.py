"""Follows the functions that a program gives to `Output.apply`: the child's side of `unseen.py`.

A function that needs what nobody knows, or fails on it, gives an unknown result, as if it had not run. Where it can
construct a resource (`_constructors.py`), the parent is told, because what it registers was not seen; so it is of those
that never ran, because a value that they wait for is known only after the update.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import types
from typing import Any

SOURCE = "_pulumi_source"
PLAIN = {str, int, float, bool, type(None)}  # a subclass of the program's own may hold anything
"""Under what name an output keeps what it is made of."""
DEPTH = 5
FARTHEST = 200
"""How many outputs are looked at to find what one of them waits for."""
BUILT_IN = (types.BuiltinFunctionType, types.MethodWrapperType, types.MethodDescriptorType, types.WrapperDescriptorType)


class Callback:
    """A function given to `apply`: where, of which output, and what came of it."""

    __slots__ = ("call", "following", "frame", "function", "function_can", "kept", "output", "result", "value")

    def __init__(self, following: Following, function: Any, output: Any, frame: Any) -> None:
        self.following = following
        self.function = function
        self.output = output
        self.frame = frame
        self.call: dict[str, Any] | None = None
        """What it needs to know: the call, the path in its result, and what stands there."""
        self.result: Any = None
        self.value: Any = None
        """What it was called with, which may hold functions."""
        self.function_can: bool | None = None
        self.kept: bool | None = None

    def decided(self, call: int, path: str, skeleton: Any) -> dict[str, bool]:
        """Remember that it needs what nobody knows; whether it can construct a resource, or tell others what it decides."""
        self.call = self.call or {"call": call, "path": path, "skeleton": skeleton}
        constructs = self.constructs()
        return {"constructs": constructs, "keeps": not constructs and self.keeps()}

    def keeps(self) -> bool:
        """Whether it keeps what it decides where other code finds it."""
        if self.kept is None:
            self.kept = self.following.can_keep(self.function)
        return self.kept

    def placed(self) -> dict[str, Any]:
        """Where it is given to `apply`, for a message."""
        return placed(self.frame)

    def constructs(self) -> bool:
        """Whether it can construct a resource."""
        if self.function_can is None:
            self.function_can = self.following.can_construct(self.function) or (
                isinstance(self.value, (list, tuple, dict)) and self.following.can_construct(self.value)
            )
        return self.function_can


class Following:
    """All functions that a program gives to `apply`."""

    def __init__(self, parent: Any, modules: Any, operations: Any) -> None:
        self.parent, self.modules, self.operations = parent, modules, operations
        self.waiting: dict[int, Callback] = {}
        self.known: dict[Any, bool] = {}

    def install(self, output: Any) -> None:
        """Follow them from now on."""
        output.apply = self.applying(output.apply)
        for name in ("all", "secret", "unsecret"):
            setattr(output, name, staticmethod(self.remembering(getattr(output, name))))
        self.is_known = output.is_known
        for name in ("future", "is_known"):
            setattr(output, name, self.awaiting(getattr(output, name)))

    def can_construct(self, function: Any) -> bool:
        """Whether a function can construct a resource; functions of the same code and the same kind of closure can alike."""
        key: Any = None
        if isinstance(function, types.FunctionType):
            held = [value for _, value in self.modules.constructors.held_by(function)]
            if all(type(value) in PLAIN or isinstance(value, self.parent.pulumi.Output) for value in held):
                key = (function.__code__, function.__code__.co_filename)
        if key is None or key not in self.known:
            found = self.modules.constructors.Reach(self.parent.pulumi, self.modules.origins).constructs(function)
            if key is None:
                return bool(found)
            self.known[key] = found
        return self.known[key]

    def can_keep(self, function: Any) -> bool:
        """Whether a function that constructs nothing keeps what it decides where other code finds it."""
        modules = self.modules
        reach = modules.constructors.Reach(self.parent.pulumi, modules.origins)
        reach.constructs(function)
        return bool(modules.keeping.keeps(function, reach.alive, modules.origins))

    def remembering(self, original: Any) -> Any:
        """A function that makes an output of others, which the output then keeps."""

        @functools.wraps(original)
        def make(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            vars(result)[SOURCE] = (tuple(self.outputs_in([*args, *kwargs.values()])), None)
            return result

        return make

    def awaiting(self, original: Any) -> Any:
        """A method with which a program gets the value of an output, or nothing where it is not known."""

        @functools.wraps(original)
        def method(output: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(output, *args, **kwargs)
            place = self.place()
            caller = inspect.currentframe().f_back  # type: ignore[union-attr]
            own = caller and self.modules.origins.origin(caller.f_code.co_filename) == self.modules.origins.OWN
            return self.known_by_now(output, found, place) if own else found

        return method

    async def known_by_now(self, output: Any, awaited: Any, place: Any) -> Any:
        """What is awaited; where nothing is known of it, what the program makes of that is not seen."""
        found = self.operations.deeply(await awaited)
        if not await self.is_known(output):
            callback = self.modules.placeholders.APPLYING.get()
            if callback is None or callback.constructs():
                self.parent.send("waiting", callbacks=[{**placed(place), **await self.waits_for(output)}])
            if callback is not None:
                callback.result = output
                raise self.modules.placeholders.NeedsAnswer
        return found

    def asking_details(self, reference: Any) -> None:
        """Follow what a program asks another stack for by `get_output_details`, which gives nothing where it is unknown."""
        original = getattr(reference, "get_output_details", None)
        if original is None:
            return

        @functools.wraps(original)
        def details(stack: Any, name: Any) -> Any:
            return self.known_by_now(stack.outputs, original(stack, name), self.place())

        reference.get_output_details = details

    def outputs_in(self, values: Any, depth: int = DEPTH) -> Any:
        """The outputs in values and their collections."""
        for value in values:
            if isinstance(value, self.parent.pulumi.Output):
                yield value
            elif depth and isinstance(value, (list, tuple)):
                yield from self.outputs_in(value, depth - 1)
            elif depth and isinstance(value, dict):
                yield from self.outputs_in([*value.values()], depth - 1)

    def tracked(self, function: Any) -> bool:
        """Whether a function is the program's, or may lead to one."""
        if isinstance(function, types.FunctionType):
            origins = self.modules.origins
            origin = origins.of_code(function.__code__.co_filename, function.__globals__)
            if origin == origins.STANDARD:
                return function.__closure__ is not None
            return origin not in {origins.SDK, origins.INTERNAL}
        return not isinstance(function, BUILT_IN)

    def applying(self, original: Any) -> Any:
        """`Output.apply`."""

        @functools.wraps(original)
        def apply(output: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
            callback = None
            if self.tracked(func):
                callback = Callback(self, func, output, self.place())
                self.waiting[id(callback)] = callback
            guarded = self.guarded(self.operations.guard(func), callback)
            result = original(output, guarded, *args, **kwargs)
            vars(result)[SOURCE] = ((output,), callback)
            return result

        return apply

    def place(self) -> Any:
        """The file and line of the program's own code that calls `apply`."""
        frame = self.modules.origins.own_frame(3)
        return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)

    def guarded(self, function: Any, callback: Callback | None) -> Any:
        """The function, but with an unknown result where it needs what nobody knows, or fails on it."""
        placeholders, inner = self.modules.placeholders, callback or Callback(self, function, None, ("", 0))
        if callback is None:
            inner.function_can = inner.kept = False

        def run(value: Any) -> Any:
            value = self.operations.deeply(value)
            if callback is not None and not self.holds_unknown(value):
                self.waiting.pop(id(callback), None)
                callback.output = None
            inner.value = value
            token = placeholders.APPLYING.set(inner)
            try:
                result = function(value)
            except (placeholders.NeedsAnswer, Exception) as error:  # noqa: BLE001 (whatever the program raises)
                self.check(inner, error, value)
                return unknown_output(self.parent.pulumi)
            finally:
                placeholders.APPLYING.reset(token)
            if inspect.isawaitable(result) and not isinstance(result, self.parent.pulumi.Output):
                return self.awaited(inner, result, value)
            inner.result = result if isinstance(result, self.parent.pulumi.Output) else None
            return result if inner.call is None else unknown_output(self.parent.pulumi)

        placeholders.GIVEN.add(run.__code__)
        return run

    async def awaited(self, callback: Callback, result: Any, value: Any) -> Any:
        """The result of a function that is a coroutine."""
        placeholders = self.modules.placeholders
        token = placeholders.APPLYING.set(callback)
        try:
            found = await result
        except (placeholders.NeedsAnswer, Exception) as error:  # noqa: BLE001 (whatever the program raises)
            self.check(callback, error, value)
            return self.parent.pulumi.output.UNKNOWN
        finally:
            placeholders.APPLYING.reset(token)
        return found if callback.call is None else self.parent.pulumi.output.UNKNOWN

    def holds_unknown(self, value: Any) -> bool:
        """Whether a function that runs with unknown values got one."""
        contains = getattr(self.parent.pulumi.output, "contains_unknowns", None)
        return bool(contains and contains(value))

    def check(self, callback: Callback, error: BaseException, value: Any) -> None:
        """Raise the error, unless it comes of what nobody knows."""
        if isinstance(error, self.modules.placeholders.NeedsAnswer) or callback.call is not None:
            return
        placeholder = self.operations.first(value)
        if placeholder is None:
            raise error
        of = placeholder._origin  # noqa: SLF001 (a module of the same side)
        path = of.path if isinstance(value, self.modules.placeholders.Placeholder) else ""
        skeleton = self.modules.placeholders.skeleton(self.parent, of.of)
        follows = callback.decided(of.call.number, path, skeleton)
        place = self.raised_at(error) or callback.frame
        message = {"call": of.call.number, "path": path, "skeleton": skeleton, **placed(place)}
        self.parent.send("unseen", **follows, **message)

    def raised_at(self, error: BaseException) -> Any:
        """The innermost line of the program's own code that an error went through."""
        found, step = None, error.__traceback__
        while step is not None:
            if self.modules.origins.origin(step.tb_frame.f_code.co_filename) == self.modules.origins.OWN:
                found = (step.tb_frame.f_code.co_filename, step.tb_lineno)
            step = step.tb_next
        return found

    async def send_waiting(self) -> None:
        """Tell the parent of the functions that never ran and can construct a resource."""
        callbacks = [each for each in self.waiting.values() if each.constructs()]
        told = [{**placed(each.frame), **await self.waits_for(each.output)} for each in callbacks]
        if told:
            self.parent.send("waiting", callbacks=told)

    async def waits_for(self, output: Any) -> dict[str, Any]:
        """What an unknown output waits for: resources by URN, and calls that nobody answers."""
        urns: dict[str, None] = {}
        calls: list[dict[str, Any]] = []
        queue = [output]
        seen: set[int] = set()
        while queue and len(seen) < FARTHEST:
            each = queue.pop()
            if each is None or id(each) in seen or not isinstance(each, self.parent.pulumi.Output):
                continue
            seen.add(id(each))
            if await self.is_known(each):
                continue
            sources, callback = vars(each).get(SOURCE, ((), None))
            if callback is not None and callback.call is not None:
                calls.append(callback.call)
                continue
            unknown = [source for source in sources if not await self.is_known(source)]
            unknown += [callback.result] if callback is not None and callback.result is not None else []
            if unknown:
                queue += unknown
                continue
            for resource in await each.resources():
                urns.update(dict.fromkeys(filter(None, [await resource.urn.future()])))
        return {"urns": sorted(urns), "calls": calls}


def placed(place: Any) -> dict[str, Any]:
    """A file and a line for a message."""
    file, line = place
    return {"file": os.path.abspath(file) if file else "", "line": line}  # noqa: PTH100 (`resolve` would follow links)


def unknown_output(pulumi: Any) -> Any:
    """An output of which nothing is known."""
    loop = asyncio.get_running_loop()
    resources, value, known = loop.create_future(), loop.create_future(), loop.create_future()
    resources.set_result(set())
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(resources, value, known)
