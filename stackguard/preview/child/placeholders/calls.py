"""Calls of functions, whose results are filled with placeholders: the program's side of `placeholders.py`."""

from __future__ import annotations

import contextvars
import inspect
import itertools
import os
import sys
import typing
from json import dumps, loads  # the functions themselves: a program can replace those of the module
from typing import Any

import pulumi
import pulumi.runtime

from .. import LETTERS, PREFIX, TOKEN
from ..frames import outer_frame, own_place, place_message
from . import kinds as _  # noqa: F401 (fills `KINDS`)
from .base import KINDS, Origin, Placeholder, create, field_types, fields, is_record, shape, skeleton

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
"""By kind of type, the value that a mock file must have for it."""
APPLYING: contextvars.ContextVar[Any] = contextvars.ContextVar("applying", default=None)
"""The current function given to `apply`, as an `apply_callbacks.Callback`; None outside of all."""
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
        """Whether a part of its result is known, so that the call is known to succeed."""
        self.placeholders: dict[str, Placeholder] = {}
        self.unreported: list[dict[str, Any]] = []

    def placeholder(self, path: str, of: Any) -> Placeholder:
        """The placeholder at a path; the same each time."""
        if path not in self.placeholders:
            number = next(_numbers)  # in letters alone, as good in a name, an ARN or JSON as anything
            text = PREFIX + "".join(chr(ord("a") + number // 26**place % 26) for place in reversed(range(LETTERS)))
            placeholder = create(KINDS[shape(of)[0]], text, Origin(self, path, of))
            self.placeholders[path] = PLACEHOLDERS[text] = placeholder
            self.unreported.append({"placeholder": text, "path": path, "skeleton": skeleton(of)})
        return self.placeholders[path]

    def reported(self, value: Any) -> Any:
        """The value, once the server knows its placeholders."""
        if self.unreported:
            send("placeholders", call=self.number, placeholders=self.unreported)
            self.unreported = []
        return value

    def result(self, of: Any, answer: Any = MISSING) -> Any:
        """The result, with a placeholder for every part that the answer lacks."""
        self.answered = answer is not MISSING
        if inspect.isclass(of) and is_record(of):
            return self.reported(self.record(of, "", {} if answer is MISSING else answer))
        return self.reported(self.value(of, "", answer))

    def value(self, of: Any, path: str, answer: Any) -> Any:
        """A value of the answer, in the SDK's type for it."""
        kind, inner = shape(of)
        if answer is MISSING:
            return self.placeholder(path, of)
        if answer is None or kind == "any":
            return answer
        if kind == "record":
            return self.record(inner, path, answer)
        self.check(kind, path, answer)
        if kind == "list":
            return [self.value(inner, f"{path}[{index}]", element) for index, element in enumerate(answer)]
        if kind == "map":
            return {key: self.value(inner, f"{path}.{key}", value) for key, value in answer.items()}
        return int(answer) if inner is int and isinstance(answer, float) and answer.is_integer() else answer

    def record(self, of: type, path: str, answer: Any) -> Any:
        """An instance of one of the SDK's result classes."""
        self.check("record", path, answer)
        names, types = fields(of), field_types(of)
        spellings = {**names, **{camel: camel for camel in names.values()}}
        for key in answer:
            if key not in spellings:
                listed = ", ".join(f"`{name}`" for name in sorted(names.values()))
                self.wrong(path, f"has no `{key}`; it has {listed}")
        values = {spellings[key]: value for key, value in answer.items()}
        record = object.__new__(of) if not issubclass(of, dict) else dict.__new__(of)
        for name, camel in names.items():
            field_path = f"{path}.{camel}" if path else camel
            pulumi.set(record, name, self.value(types.get(camel), field_path, values.get(camel, MISSING)))
        return record

    def check(self, kind: str, path: str, answer: Any) -> None:
        """End the program unless the mock file's value is of the SDK's type."""
        classes, expected = EXPECTED[kind]
        if not isinstance(answer, classes) or (isinstance(answer, bool) and kind != "bool"):
            self.wrong(path, f"must be {expected}")

    def wrong(self, path: str, problem: str) -> None:
        """End the program: the SDK has no type for the mock file's value."""
        send("wrong", call=self.number, path=path, problem=problem)
        end()

    def need(self, path: str, operation: str, of: Any) -> typing.NoReturn:
        """End the program, or the current function given to `apply`: it cannot go on without this value."""
        callback, frame, value_skeleton = APPLYING.get(), outer_frame(), skeleton(of)
        otherwise = callback.place if callback is not None else (frame.f_code.co_filename, frame.f_lineno)
        place = place_message(own_place(otherwise))
        follows = callback.decided(self.number, path, value_skeleton) if callback is not None else {"constructs": False}
        message = {"call": self.number, "path": path, "operation": operation, "skeleton": value_skeleton, **place}
        send("need", deferred=callback is not None, **follows, **message)
        if callback is not None:
            raise NeedsAnswer
        end()


def end() -> typing.NoReturn:
    """End the program at once, with no exception that it could catch."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_UNANSWERED)


def send(what: str, args: Any = None, **message: Any) -> dict[str, Any]:
    """Send a message and return its answer; `args` are a function's arguments, as a `Struct`."""
    protos = runtime.proto
    kind = getattr(protos.resource_pb2, "ResourceInvokeRequest", None) or protos.provider_pb2.InvokeRequest
    request = kind(tok=TOKEN + what)
    request.args.fields["message"].string_value = dumps(message)
    if args is not None:
        request.args.fields["args"].struct_value.CopyFrom(args)
    response = runtime.settings.get_monitor().Invoke(request)
    answer: dict[str, Any] = loads(getattr(response, "return")["message"])
    return answer
