"""Calls of functions, whose results are filled with placeholders: the program's side of `placeholders.py`."""

from __future__ import annotations

import contextvars
import inspect
import itertools
import json
import os
import sys
import typing
from typing import Any

import pulumi
import pulumi.runtime

from .. import LETTERS, PREFIX, TOKEN
from ..frames import outer_frame, own_place, place_message
from . import kinds as _  # noqa: F401 (fills `KINDS`)
from .base import KINDS, Origin, Placeholder, field_types, fields, is_record, made, shape, skeleton

runtime: Any = pulumi.runtime
EXIT_UNANSWERED = 34
MISSING = object()
EXPECTED: dict[str, tuple[Any, str]] = {
    "record": (dict, "a mapping"),
    "list": (list, "a list"),
    "map": (dict, "a mapping"),
    "bool": (bool, "true or false"),
    "number": ((int, float), "a number"),
    "text": (str, "a text: put it in quotes"),
}
"""By what a type is, what a mock file has to give for it."""
APPLYING: contextvars.ContextVar[Any] = contextvars.ContextVar("applying", default=None)
"""The function given to `apply` that runs, as an `apply_callbacks.Callback`; None outside of all."""
PLACEHOLDERS: dict[str, Placeholder] = {}
"""All placeholders so far, by text; empty in a program that has none."""
_numbers = itertools.count()


class NeedsAnswer(BaseException):
    """A function given to `apply` cannot run to its end, so its result is unknown."""


class Call:
    """One call of a function, with the placeholders of its result so far by path."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.answered = False
        """Whether anything of its result is given, so that it is known not to fail."""
        self.placeholders: dict[str, Placeholder] = {}
        self.unreported: list[dict[str, Any]] = []

    def placeholder(self, path: str, of: Any) -> Placeholder:
        """The placeholder at a path; the same each time."""
        if path not in self.placeholders:
            number = next(_numbers)  # in letters alone, as good in a name, an ARN or JSON as anything
            text = PREFIX + "".join(chr(ord("a") + number // 26**place % 26) for place in reversed(range(LETTERS)))
            placeholder = made(KINDS[shape(of)[0]], text, Origin(self, path, of))
            self.placeholders[path] = PLACEHOLDERS[text] = placeholder
            self.unreported.append({"placeholder": text, "path": path, "skeleton": skeleton(of)})
        return self.placeholders[path]

    def reported(self, value: Any) -> Any:
        """The value, once the server knows its placeholders."""
        if self.unreported:
            send("placeholders", call=self.number, placeholders=self.unreported)
            self.unreported = []
        return value

    def result(self, of: Any, given: Any = MISSING) -> Any:
        """The whole result, with a placeholder for everything that is not given."""
        self.answered = given is not MISSING
        if inspect.isclass(of) and is_record(of):
            return self.reported(self.record(of, "", {} if given is MISSING else given))
        return self.reported(self.value(of, "", given))

    def value(self, of: Any, path: str, given: Any) -> Any:
        """A given value in the type that the SDK has for it."""
        kind, inner = shape(of)
        if given is MISSING:
            return self.placeholder(path, of)
        if given is None or kind == "any":
            return given
        if kind == "record":
            return self.record(inner, path, given)
        self.check(kind, path, given)
        if kind == "list":
            return [self.value(inner, f"{path}[{index}]", element) for index, element in enumerate(given)]
        if kind == "map":
            return {key: self.value(inner, f"{path}.{key}", value) for key, value in given.items()}
        whole = inner is int and isinstance(given, float) and given.is_integer()
        return int(given) if whole else given

    def record(self, of: type, path: str, given: Any) -> Any:
        """An instance of one of the SDK's result classes."""
        self.check("record", path, given)
        names, types = fields(of), field_types(of)
        known = {**names, **{camel: camel for camel in names.values()}}
        for key in given:
            if key not in known:
                known_names = ", ".join(f"`{name}`" for name in sorted(names.values()))
                self.wrong(path, f"has no `{key}`; it has {known_names}")
        values = {known[key]: value for key, value in given.items()}
        record = object.__new__(of) if not issubclass(of, dict) else dict.__new__(of)
        for name, camel in names.items():
            where = f"{path}.{camel}" if path else camel
            pulumi.set(record, name, self.value(types.get(camel), where, values.get(camel, MISSING)))
        return record

    def check(self, kind: str, path: str, given: Any) -> None:
        """End the program unless what the mock file gives fits the SDK's type."""
        classes, expected = EXPECTED[kind]
        if not isinstance(given, classes) or (isinstance(given, bool) and kind != "bool"):
            self.wrong(path, f"must be {expected}")

    def wrong(self, path: str, problem: str) -> None:
        """End the program: the mock file gives what the SDK cannot hold."""
        send("wrong", call=self.number, path=path, problem=problem)
        end()

    def need(self, path: str, operation: str, of: Any) -> typing.NoReturn:
        """End the program, or the function given to `apply` that runs: it cannot go on without this value."""
        callback, frame, shown = APPLYING.get(), outer_frame(), skeleton(of)
        otherwise = callback.place if callback is not None else (frame.f_code.co_filename, frame.f_lineno)
        place = place_message(own_place(otherwise))
        follows = callback.decided(self.number, path, shown) if callback is not None else {"constructs": False}
        message = {"call": self.number, "path": path, "operation": operation, "skeleton": shown, **place}
        send("need", deferred=callback is not None, **follows, **message)
        if callback is not None:
            raise NeedsAnswer
        end()


def end() -> typing.NoReturn:
    """End the program at once, so that nothing it would catch makes it go on."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_UNANSWERED)


def send(what: str, args: Any = None, **message: Any) -> dict[str, Any]:
    """Send a message and return its answer; `args` are a function's arguments, as a `Struct`."""
    protos = runtime.proto
    kind = getattr(protos.resource_pb2, "ResourceInvokeRequest", None) or protos.provider_pb2.InvokeRequest
    request = kind(tok=TOKEN + what)
    request.args.fields["message"].string_value = json.dumps(message)
    if args is not None:
        request.args.fields["args"].struct_value.CopyFrom(args)
    response = runtime.settings.get_monitor().Invoke(request)
    answer: dict[str, Any] = json.loads(getattr(response, "return")["message"])
    return answer
