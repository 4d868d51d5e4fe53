"""Reports the values of secret outputs to the server, so that it can mask them: the program's side of `program_secrets.py`.

The server has the configuration's secrets itself; each other secret is reported as soon as its value is known.
"""

from __future__ import annotations

import functools
import inspect
import os
from typing import Any

import pulumi

from .placeholders.base import Placeholder, is_record, types
from .placeholders.calls import runtime, send

DEPTH = 32

_process = os.getpid()
_config = runtime.get_config_env()
_reported: set[Any] = {_config[key] for key in runtime.get_config_secret_keys_env() if key in _config}


def install() -> None:
    """Report the argument of `Output.secret` and the result of an `apply` on a secret output."""
    output: Any = pulumi.Output
    make_secret, apply = output.secret, output.apply

    @functools.wraps(make_secret)
    def secret(val: Any) -> Any:
        if not (inspect.isawaitable(val) or isinstance(val, pulumi.Output)):
            report(val)
        return _when_done(make_secret(val), secret=True)

    @functools.wraps(apply)
    def following(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _when_done(apply(self, *args, **kwargs), secret=False)

    output.secret, output.apply = staticmethod(secret), following


def report(value: Any) -> None:
    """Report the new texts and numbers in a secret value."""
    values: list[Any] = []
    _collect(value, values, DEPTH)
    if values and os.getpid() == _process:  # a fork cannot talk to the server
        send("secrets", values=values)


def _collect(value: Any, texts: list[Any], depth: int) -> None:
    """Add the texts and numbers in a value."""
    if isinstance(value, Placeholder) or depth == 0:
        return
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value).decode("utf-8", "replace")
    if isinstance(value, (str, int, float)):
        plain = str.__str__(value) if isinstance(value, str) else value
        if not isinstance(value, bool) and plain not in _reported:
            _reported.add(plain)
            texts.append(plain)
        return
    for inner in _inside(value):
        _collect(inner, texts, depth - 1)


def _inside(value: Any) -> Any:
    """The values in a collection, in one of the SDK's objects, or in the text of an asset."""
    if isinstance(value, dict):
        return dict.values(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return value
    if isinstance(value, pulumi.StringAsset):
        return [value.text]
    if isinstance(value, pulumi.AssetArchive):
        return value.assets.values()
    kind = type(value)
    known = is_record(kind) or types.is_input_type(kind) or hasattr(kind, "__dataclass_fields__")
    return vars(value).values() if known and hasattr(value, "__dict__") else ()


def _when_done(output: Any, *, secret: bool) -> Any:
    """The output, whose value is reported once it is known, if it is secret."""
    future = vars(output).get("_data") or vars(output).get("_future")
    flag = vars(output).get("_is_secret")

    def done(_: Any) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        result = future.result()
        if "_data" not in vars(output):
            if secret or (flag is not None and flag.done() and flag.result()):
                report(result)
        elif secret or result.is_secret:
            report(result.value)

    if future is not None:
        future.add_done_callback(done)
    return output
