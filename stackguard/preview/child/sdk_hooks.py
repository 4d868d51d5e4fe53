"""Makes the SDK return placeholders for results that only the cloud knows."""

from __future__ import annotations

import functools
import sys
from typing import Any

import pulumi
import pulumi.runtime

from . import apply_callbacks
from .operations import calls, rewriter
from .placeholders import encodings
from .placeholders.base import skeleton
from .placeholders.calls import Call, runtime, send
from .placeholders.finding import deeply

_invoke: Any = sys.modules["pulumi.runtime.invoke"]  # hidden by the function of that name
_response = runtime.proto.resource_pb2.__dict__.get("ResourceInvokeResponse")
_engine_reports_unknown = _response is not None and "unknown" in _response.DESCRIPTOR.fields_by_name


def install() -> None:
    """Replace the SDK's functions that the program calls."""
    rewriter.install()
    calls.patch_patterns()
    inner = hasattr(_invoke, "_invoke")
    if inner:
        _invoke._invoke = _with_answers(_invoke._invoke)  # all forms of a call use it
    _invoke.invoke = runtime.invoke = _direct(_invoke.invoke, asks=not inner)
    if hasattr(_invoke, "invoke_async"):
        _invoke.invoke_async = runtime.invoke_async = _direct_async
    apply_callbacks.install()
    _report_references(pulumi.StackReference)
    for name in ("ResourceTransformArgs", "InvokeTransformArgs"):
        if hasattr(pulumi, name):
            _keep_arguments(getattr(pulumi, name))
    encodings.install()


def _keep_arguments(kind: Any) -> None:
    """Keep placeholders in a transform's arguments, which the engine returns as plain texts."""
    construct = kind.__init__

    @functools.wraps(construct)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        construct(self, *map(deeply, args), **{name: deeply(value) for name, value in kwargs.items()})

    kind.__init__ = init


def _answered(result: Any, tok: str, args: Any, typ: Any, *, output: bool) -> Any:
    """The SDK's result of a call; the mock file's, or an unknown one, if the server has no answer."""
    known = getattr(result, "is_known", True)
    answer = send("ask", args, token=tok, output=output, answered=known, skeleton=skeleton(typ, 2))
    if "given" in answer:
        result.value = Call(answer["call"]).result(typ, answer["given"])
        result.is_known, result.is_secret = True, answer["secret"]
    elif "call" in answer or not known:
        result.is_known, result.unanswered = False, answer.get("call")
    return result


def _filled(result: Any, typ: Any) -> Any:
    """The result, with placeholders if it is unknown."""
    if not getattr(result, "is_known", True):
        result.value, result.is_known = Call(result.unanswered).result(typ), True
    return result


def _with_answers(original: Any) -> Any:
    """The function behind all forms of a call; its result is placeholders, or the mock file's, if the server has no answer."""

    async def invoke(tok: str, props: Any, opts: Any, typ: Any, *args: Any, **kwargs: Any) -> Any:
        result = await original(tok, props, opts, typ, *args, **kwargs)
        if result.is_known and _engine_reports_unknown:
            return result
        args_sent = await runtime.rpc.serialize_properties(props, {})
        output = kwargs.get("check_dependencies", False)
        result = _answered(result, tok, args_sent, typ, output=output)
        return _filled(result, typ) if output and getattr(result, "unanswered", None) is not None else result

    return invoke


def _direct(original: Any, *, asks: bool) -> Any:
    """The form that returns a result at once."""

    @functools.wraps(original)
    def invoke(tok: str, props: Any, opts: Any = None, typ: Any = None, *args: Any, **kwargs: Any) -> Any:
        result = original(tok, props, opts, typ, *args, **kwargs)
        if asks:
            args_sent = _invoke._sync_await(runtime.rpc.serialize_properties(props, {}))
            result = _answered(result, tok, args_sent, typ, output=False)
        return _filled(result, typ)

    return invoke


async def _direct_async(tok: str, props: Any, opts: Any = None, typ: Any = None, package_ref: Any = None) -> Any:
    """The form that is awaited."""
    return _filled(await _invoke._invoke(tok, props, opts, typ, package_ref=package_ref), typ).value


def _report_references(reference: Any) -> None:
    """Report to the server which outputs of another stack the program reads."""
    construct = reference.__init__

    @functools.wraps(construct)
    def init(self: Any, name: str, stack_name: Any = None, opts: Any = None) -> None:
        self._referenced = name if stack_name is None else stack_name
        construct(self, name, stack_name, opts)

    reference.__init__ = init
    for getter in ("get_output", "require_output", "get_output_details"):
        if hasattr(reference, getter):
            setattr(reference, getter, _reporting(getattr(reference, getter)))


def _reporting(original: Any) -> Any:
    @functools.wraps(original)
    def get(self: Any, name: Any) -> Any:
        if isinstance(name, str) and isinstance(getattr(self, "_referenced", None), str):
            send("stack", name=self._referenced, output=name)
        return original(self, name)

    return get
