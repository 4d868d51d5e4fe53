"""Makes the SDK, and what hides a placeholder, give placeholders for what nobody knows: the hooks of `_placeholders.py`.

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
    """Make the SDK give placeholders for what nobody knows; what follows the functions given to `apply`."""
    placeholders = modules.placeholders
    parent = placeholders.Parent(pulumi)
    operations = modules.operations.Operations(parent, modules)
    operations.install()
    modules.several.BESIDE.placeholders = placeholders
    placeholders.BESIDE.several, placeholders.BESIDE.swallows = modules.several.of, modules.catching.swallows
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
    for name in ("ResourceTransformArgs", "InvokeTransformArgs"):
        if hasattr(pulumi, name):
            keeping(operations, getattr(pulumi, name))
    for name in ENCODINGS.split():
        setattr(base64, name, opaque(operations, placeholders, getattr(base64, name)))
    for name in ("quote", "quote_plus"):
        setattr(urllib.parse, name, quoting(operations, placeholders, getattr(urllib.parse, name)))
    encode: Any = urllib.parse.urlencode
    encode.__defaults__ = tuple(
        getattr(urllib.parse, getattr(each, "__name__", ""), each) for each in encode.__defaults__
    )
    for name in DIGESTS.split():
        setattr(hashlib, name, digesting(operations, getattr(hashlib, name)))
    hashlib.new = digesting(operations, hashlib.new, named=True)
    return following


def keeping(operations: Any, kind: Any) -> None:
    """Keep placeholders in what a transform is given: it comes back from the engine as plain texts."""
    construct = kind.__init__

    @functools.wraps(construct)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        construct(
            self, *map(operations.deeply, args), **{name: operations.deeply(each) for name, each in kwargs.items()}
        )

    kind.__init__ = init


def with_answers(parent: Any, original: Any) -> Any:
    """The function behind all forms of a call, but its result is placeholders where nobody answers, or the mock file's."""

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
    """The form that gives a result at once: placeholders where nobody answers."""

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
            parent.send("stack", name=self._referenced, output=name)
        return original(self, name)

    return get


def opaque(operations: Any, placeholders: Any, original: Any) -> Any:
    """A function that would hide a placeholder in an encoding: the result is as unknown."""

    @functools.wraps(original)
    def convert(data: Any, *args: Any, **kwargs: Any) -> Any:
        placeholder = operations.placeholder(data) if isinstance(data, (str, bytes, bytearray)) else None
        return original(data, *args, **kwargs) if placeholder is None else placeholders.unknown_bytes(placeholder)

    return convert


def quoting(operations: Any, placeholders: Any, original: Any) -> Any:
    """A function that quotes a text for an address: what nobody knows stays unknown."""

    @functools.wraps(original)
    def quote(text: Any, *args: Any, **kwargs: Any) -> Any:
        placeholder = operations.placeholder(text) if isinstance(text, (str, bytes)) else None
        if placeholder is None:
            return original(text, *args, **kwargs)
        return placeholders.made(placeholders.Text, str.__str__(placeholder), placeholder._origin)  # noqa: SLF001 (a module of the same side)

    return quote


def digesting(operations: Any, original: Any, *, named: bool = False) -> Any:
    """A hash function, or the one that is given its name: the digest of what nobody knows is as unknown."""
    known_to = {operations.origins.OWN, operations.origins.INTERNAL}

    @functools.wraps(original)
    def digest(*args: Any, **kwargs: Any) -> Any:
        data = kwargs.get("data", kwargs.get("string", next(iter(args[named:]), b"")))
        placeholder = held_by(operations, data)
        own = operations.origins.origin(sys._getframe(1).f_code.co_filename) in known_to  # noqa: SLF001 (of who calls)
        if placeholder is None:
            made = original(*args, **kwargs)
            return Digest(operations, made, None) if own else made
        options = {name: value for name, value in kwargs.items() if name not in {"data", "string"}}
        return Digest(operations, original(*args[:named], **options), placeholder)

    return digest


def held_by(operations: Any, data: Any) -> Any:
    """The placeholder that a text or bytes hold; None where they hold none."""
    return operations.placeholder(data) if isinstance(data, (str, bytes, bytearray)) else None


class Digest:
    """The hash of what nobody knows, or of what is known so far."""

    def __init__(self, operations: Any, known: Any, placeholder: Any) -> None:
        self._operations, self._known, self._placeholder = operations, known, placeholder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._known, name)

    def update(self, data: Any) -> None:
        """It stays unknown, or becomes so."""
        self._placeholder = self._placeholder if self._placeholder is not None else held_by(self._operations, data)
        if self._placeholder is None:
            self._known.update(data)

    def copy(self) -> Any:
        """Another one of the same."""
        return Digest(self._operations, self._known.copy(), self._placeholder)

    def digest(self, *length: Any) -> Any:
        """Bytes, which nobody knows."""
        placeholders = self._operations.placeholders
        return (
            self._known.digest(*length) if self._placeholder is None else placeholders.unknown_bytes(self._placeholder)
        )

    def hexdigest(self, *length: Any) -> Any:
        """A text, which nobody knows."""
        return self._known.hexdigest(*length) if self._placeholder is None else self.digest().decode()


Digest.__name__, Digest.__qualname__, Digest.__module__ = "HASH", "HASH", "_hashlib"
