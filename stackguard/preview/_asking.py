"""Makes the SDK, and what hides a mark, give marks for what nobody knows: the hooks of `_marks.py`.

Loaded by `_program.py`, so it depends on nothing but the `pulumi` of the program's own environment.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import inspect
import sys
from typing import Any

ENCODINGS = "b64encode b64decode standard_b64encode standard_b64decode urlsafe_b64encode urlsafe_b64decode b32encode b32decode b16encode b16decode"
DEPTH = 6  # of a value in which a mark is looked for
DIGESTS = "md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s"


def install(pulumi: Any, marks: Any) -> Any:
    """Make the SDK give marks for what nobody knows; return the way to the parent."""
    parent = marks.Parent(pulumi)
    module: Any = sys.modules["pulumi.runtime.invoke"]  # hidden by the function of that name
    inner = "_invoke" if hasattr(module, "_invoke") else ""
    if inner:
        module._invoke = with_answers(parent, module._invoke)  # noqa: SLF001 (where all forms of a call meet)
    module.invoke = pulumi.runtime.invoke = direct(parent, module, module.invoke, asks=not inner)
    if hasattr(module, "invoke_async"):
        module.invoke_async = pulumi.runtime.invoke_async = direct_async(parent, module)
    naming_outputs(parent, pulumi.StackReference)
    pulumi.Output.apply = applying(parent, marks, pulumi.Output.apply)
    for name in ENCODINGS.split():
        setattr(base64, name, opaque(parent, marks, getattr(base64, name)))
    for name in DIGESTS.split():
        setattr(hashlib, name, digesting(parent, marks, getattr(hashlib, name)))
    return parent


def with_answers(parent: Any, original: Any) -> Any:
    """The function behind all forms of a call, but its result is marks where nobody answers, or the mock file's."""

    async def invoke(tok: str, props: Any, opts: Any, typ: Any, *args: Any, **kwargs: Any) -> Any:
        result = await original(tok, props, opts, typ, *args, **kwargs)
        if result.is_known and parent.says_unknown:
            return result
        args_sent = await parent.runtime.rpc.serialize_properties(props, {})
        output = kwargs.get("check_dependencies", False)
        result = parent.answered(result, tok, args_sent, typ, output=output)
        return parent.marked(result, typ) if output and getattr(result, "unanswered", None) is not None else result

    return invoke


def direct(parent: Any, module: Any, original: Any, *, asks: bool) -> Any:
    """The form that gives a result at once: marks where nobody answers."""

    @functools.wraps(original)
    def invoke(tok: str, props: Any, opts: Any = None, typ: Any = None, *args: Any, **kwargs: Any) -> Any:
        result = original(tok, props, opts, typ, *args, **kwargs)
        if asks:
            args_sent = module._sync_await(parent.runtime.rpc.serialize_properties(props, {}))  # noqa: SLF001
            result = parent.answered(result, tok, args_sent, typ, output=False)
        return parent.marked(result, typ)

    return invoke


def direct_async(parent: Any, module: Any) -> Any:
    """The form that is awaited."""

    async def invoke_async(tok: str, props: Any, opts: Any = None, typ: Any = None, package_ref: Any = None) -> Any:
        result = await module._invoke(tok, props, opts, typ, package_ref=package_ref)  # noqa: SLF001
        return parent.marked(result, typ).value

    return invoke_async


def applying(parent: Any, marks: Any, original: Any) -> Any:
    """`Output.apply`, but a function that cannot run to its end gives an unknown result, as if it had not run.

    That is one that needs to know what nobody knows, or that fails on a value with a mark in it.
    """

    def check(error: BaseException, value: Any) -> None:
        """Raise the error, unless it comes of a mark."""
        if isinstance(error, marks.NeedsAnswer):
            return
        mark = first_mark(parent, marks, value)
        if mark is None:
            raise error
        parent.tell("unseen", call=mark._origin.call.number)  # noqa: SLF001 (a module of the same side)

    async def awaited(result: Any, value: Any) -> Any:
        token = marks.APPLYING.set(True)
        try:
            return await result
        except (marks.NeedsAnswer, Exception) as error:  # noqa: BLE001 (whatever the program raises)
            check(error, value)
            return parent.pulumi.output.UNKNOWN
        finally:
            marks.APPLYING.reset(token)

    def guarded(function: Any) -> Any:
        def run(value: Any) -> Any:
            token = marks.APPLYING.set(True)
            try:
                result = function(value)
            except (marks.NeedsAnswer, Exception) as error:  # noqa: BLE001 (whatever the program raises)
                check(error, value)
                return unknown_output(parent.pulumi)
            finally:
                marks.APPLYING.reset(token)
            return awaited(result, value) if inspect.isawaitable(result) else result

        return run

    @functools.wraps(original)
    def apply(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        return original(self, guarded(func), *args, **kwargs)

    return apply


def unknown_output(pulumi: Any) -> Any:
    """An output of which nothing is known."""
    loop = asyncio.get_running_loop()
    resources, value, known = loop.create_future(), loop.create_future(), loop.create_future()
    resources.set_result(set())
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(resources, value, known)


def naming_outputs(parent: Any, reference: Any) -> None:
    """Tell the parent which outputs of another stack the program asks for."""
    construct = reference.__init__

    @functools.wraps(construct)
    def init(self: Any, name: str, stack_name: Any = None, opts: Any = None) -> None:
        self._referenced = name if stack_name is None else stack_name
        construct(self, name, stack_name, opts)

    reference.__init__ = init
    for getter in ("get_output", "require_output", "get_output_details"):
        if hasattr(reference, getter):
            setattr(reference, getter, telling(parent, getattr(reference, getter)))


def telling(parent: Any, original: Any) -> Any:
    """A method of a stack reference that first tells which output it is asked for."""

    @functools.wraps(original)
    def get(self: Any, name: Any) -> Any:
        if isinstance(name, str) and isinstance(getattr(self, "_referenced", None), str):
            parent.tell("stack", name=self._referenced, output=name)
        return original(self, name)

    return get


def held(parent: Any, marks: Any, data: Any) -> Any:
    """The mark that a text or bytes hold; None where they hold none."""
    if isinstance(data, marks.Bytes):
        return data._mark  # noqa: SLF001 (a module of the same side)
    if isinstance(data, marks.Mark) or not isinstance(data, (str, bytes, bytearray)):
        return data if isinstance(data, marks.Mark) else None
    text = data if isinstance(data, str) else data.decode("latin-1")
    start = text.find(marks.PREFIX)
    return parent.marks.get(text[start : start + len(marks.PREFIX) + marks.LETTERS]) if start >= 0 else None


def first_mark(parent: Any, marks: Any, value: Any, depth: int = DEPTH) -> Any:
    """The first mark in a value of texts, collections and the SDK's results; None where there is none."""
    if isinstance(value, (str, bytes, bytearray)):
        return held(parent, marks, value)
    if isinstance(value, dict):
        inner: Any = dict.values(value)
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = value
    elif parent.types.is_output_type(type(value)):
        inner = vars(value).values()
    else:
        return None
    if depth == 0:
        return None
    return next((mark for each in inner if (mark := first_mark(parent, marks, each, depth - 1)) is not None), None)


def opaque(parent: Any, marks: Any, original: Any) -> Any:
    """A function that would hide a mark in an encoding: the result is as unknown."""

    @functools.wraps(original)
    def convert(data: Any, *args: Any, **kwargs: Any) -> Any:
        mark = held(parent, marks, data)
        return original(data, *args, **kwargs) if mark is None else marks.unknown_bytes(mark)

    return convert


def digesting(parent: Any, marks: Any, original: Any) -> Any:
    """A hash function: the digest of what nobody knows is as unknown."""

    @functools.wraps(original)
    def digest(data: Any = b"", *args: Any, **kwargs: Any) -> Any:
        mark = held(parent, marks, data)
        return original(data, *args, **kwargs) if mark is None else Digest(marks, mark)

    return digest


class Digest:
    """The hash of what nobody knows."""

    def __init__(self, marks: Any, mark: Any) -> None:
        self.marks, self.mark = marks, mark

    def update(self, data: Any) -> None:
        """It stays unknown."""

    def digest(self) -> Any:
        """Bytes that nobody knows."""
        return self.marks.unknown_bytes(self.mark)

    def hexdigest(self) -> Any:
        """A text that nobody knows."""
        return self.digest().decode()


Digest.__name__, Digest.__qualname__, Digest.__module__ = "HASH", "HASH", "_hashlib"
