"""Reports the program's secrets to the parent, so that it can mask them: the child's side of `program_secrets.py`.

Loaded by `_program.py`, so it depends on nothing but the `pulumi` of the program's own environment. What is secret in the
configuration the parent knows itself; the rest is the values of secret outputs, each reported as soon as it is there.
"""

from __future__ import annotations

import functools
import inspect
import os
from typing import Any

DEPTH = 32


class Reporter:
    """Reports each value once."""

    def __init__(self, parent: Any, placeholder: type) -> None:
        self.parent, self.placeholder = parent, placeholder
        self.process = os.getpid()
        keys = parent.runtime.get_config_secret_keys_env()
        config = parent.runtime.get_config_env()
        self.reported: set[Any] = {config[key] for key in keys if key in config}

    def report(self, value: Any) -> None:
        """Report what is new in a secret value."""
        found: list[Any] = []
        self.collect(value, found, DEPTH)
        if found and os.getpid() == self.process:  # a fork cannot talk to the parent
            self.parent.send("secrets", values=found)

    def collect(self, value: Any, found: list[Any], depth: int) -> None:
        """Add the texts and numbers in a value."""
        if isinstance(value, self.placeholder) or depth == 0:
            return
        if isinstance(value, (bytes, bytearray)):
            value = bytes(value).decode("utf-8", "replace")
        if isinstance(value, (str, int, float)):
            plain = str.__str__(value) if isinstance(value, str) else value
            if not isinstance(value, bool) and plain not in self.reported:
                self.reported.add(plain)
                found.append(plain)
            return
        for each in inner(value, self.parent):
            self.collect(each, found, depth - 1)

    def when_done(self, output: Any, *, secret: bool) -> None:
        """Report the value of an output once it is there, if it is secret."""
        future = vars(output).get("_data") or vars(output).get("_future")
        if future is None:
            return
        flag = vars(output).get("_is_secret")

        def done(_: Any) -> None:
            if future.cancelled() or future.exception() is not None:
                return
            result = future.result()
            if "_data" not in vars(output):
                if secret or (flag is not None and flag.done() and flag.result()):
                    self.report(result)
            elif secret or result.is_secret:
                self.report(result.value)

        future.add_done_callback(done)


def inner(value: Any, parent: Any) -> Any:
    """The values in a collection, in one of the SDK's objects, or in the text of an asset."""
    if isinstance(value, dict):
        return dict.values(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return value
    if isinstance(value, parent.pulumi.StringAsset):
        return [value.text]
    if isinstance(value, parent.pulumi.AssetArchive):
        return value.assets.values()
    kind = type(value)
    known = (
        parent.types.is_output_type(kind) or parent.types.is_input_type(kind) or hasattr(kind, "__dataclass_fields__")
    )
    return vars(value).values() if known and hasattr(value, "__dict__") else ()


def install(parent: Any, placeholder: type) -> None:
    """Report what `Output.secret` is given and what comes of an `apply` on a secret output."""
    reporter = Reporter(parent, placeholder)
    output = parent.pulumi.Output
    output.secret = staticmethod(reporting(reporter, output.secret))
    output.apply = following(reporter, output.apply)


def reporting(reporter: Reporter, original: Any) -> Any:
    """`Output.secret`, but the value is reported: at once where it is there, else when it comes."""

    @functools.wraps(original)
    def secret(val: Any) -> Any:
        if not (inspect.isawaitable(val) or isinstance(val, reporter.parent.pulumi.Output)):
            reporter.report(val)
        result = original(val)
        reporter.when_done(result, secret=True)
        return result

    return secret


def following(reporter: Reporter, original: Any) -> Any:
    """`Output.apply`, but what comes of it is reported if it is secret."""

    @functools.wraps(original)
    def apply(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        reporter.when_done(result, secret=False)
        return result

    return apply
