"""Makes the SDK, and what hides a mark, give marks for what nobody knows: the hooks of `_marks.py`.

Loaded by `_program.py`, so it depends on nothing but the `pulumi` of the program's own environment.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import sys
import urllib.parse
from typing import Any

ENCODINGS = "b64encode b64decode standard_b64encode standard_b64decode urlsafe_b64encode urlsafe_b64decode b32encode b32decode b16encode b16decode"
DIGESTS = "md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s"


def install(pulumi: Any, modules: Any) -> Any:
    """Make the SDK give marks for what nobody knows; what follows the functions given to `apply`."""
    marks = modules.marks
    parent = marks.Parent(pulumi)
    operations = modules.operations.Operations(parent, modules)
    operations.install()
    modules.operations.patch_patterns(operations)
    module: Any = sys.modules["pulumi.runtime.invoke"]  # hidden by the function of that name
    inner = "_invoke" if hasattr(module, "_invoke") else ""
    if inner:
        module._invoke = with_answers(parent, module._invoke)  # noqa: SLF001 (where all forms of a call meet)
    module.invoke = pulumi.runtime.invoke = direct(parent, module, module.invoke, asks=not inner)
    if hasattr(module, "invoke_async"):
        module.invoke_async = pulumi.runtime.invoke_async = direct_async(parent, module)
    following = modules.applying.Following(parent, modules, operations)
    following.install(pulumi.Output)
    naming_outputs(parent, pulumi.StackReference)
    following.asking_details(pulumi.StackReference)
    for name in ENCODINGS.split():
        setattr(base64, name, opaque(operations, marks, getattr(base64, name)))
    for name in ("quote", "quote_plus"):
        setattr(urllib.parse, name, quoting(operations, marks, getattr(urllib.parse, name)))
    for name in DIGESTS.split():
        setattr(hashlib, name, digesting(operations, marks, getattr(hashlib, name)))
    return following


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


def opaque(operations: Any, marks: Any, original: Any) -> Any:
    """A function that would hide a mark in an encoding: the result is as unknown."""

    @functools.wraps(original)
    def convert(data: Any, *args: Any, **kwargs: Any) -> Any:
        mark = operations.placeholder(data) if isinstance(data, (str, bytes, bytearray)) else None
        return original(data, *args, **kwargs) if mark is None else marks.unknown_bytes(mark)

    return convert


def quoting(operations: Any, marks: Any, original: Any) -> Any:
    """A function that quotes a text for an address: what nobody knows stays unknown."""

    @functools.wraps(original)
    def quote(text: Any, *args: Any, **kwargs: Any) -> Any:
        mark = operations.placeholder(text) if isinstance(text, (str, bytes)) else None
        if mark is None:
            return original(text, *args, **kwargs)
        return marks.made(marks.Text, str.__str__(mark), mark._origin)  # noqa: SLF001 (a module of the same side)

    return quote


def digesting(operations: Any, marks: Any, original: Any) -> Any:
    """A hash function: the digest of what nobody knows is as unknown."""

    @functools.wraps(original)
    def digest(data: Any = b"", *args: Any, **kwargs: Any) -> Any:
        mark = operations.placeholder(data) if isinstance(data, (str, bytes, bytearray)) else None
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
