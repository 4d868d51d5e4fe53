"""How to call a function that may read a placeholder's letters."""

from __future__ import annotations

import functools
import re
import types
from typing import Any

import pulumi

from .. import frames, words
from ..placeholders.base import Bytes, Placeholder

RAW, STRICT, LOOSE, READ = "raw", "strict", "loose", "read"
"""As it is; as one that may read letters; as a library's, which decides if it returns a plain value; as one that returns
text that was written before."""
READS = words("getvalue read readline readlines read1 readall")
RAW_MODULES = words(
    "abc asyncio atexit builtins collections concurrent contextlib contextvars copy dataclasses enum functools "
    "gc inspect io itertools logging multiprocessing pprint queue sched signal sys threading traceback types "
    "typing typing_extensions unittest warnings weakref _thread _asyncio _collections _functools _io "
    "_contextvars _queue"
)
"""Modules that read frames, or contain values without reading them."""
LOOKING = words(
    "int float complex bool str bytes bytearray repr ascii format hash ord open isinstance issubclass hasattr "
    "getattr setattr delattr memoryview round divmod pow hex oct bin __import__ reduce compile"
)
"""Functions of those modules that do read letters."""
BUILT_IN = (types.BuiltinFunctionType, types.MethodWrapperType, types.MethodDescriptorType, types.WrapperDescriptorType)

_of_classes: dict[type, str] = {}


def rule(function: Any) -> str:
    """How to call a function, a method, a class or an object that can be called."""
    if isinstance(function, types.FunctionType):
        return _of_function(unpatched(function))
    if isinstance(function, types.MethodType):
        return _of_method(function)
    if isinstance(function, BUILT_IN):
        return _of_builtin(function)
    if isinstance(function, type):
        if function not in _of_classes:
            _of_classes[function] = _of_class(function)
        return _of_classes[function]
    return _of_instance(function)


def unpatched(function: Any) -> Any:
    """A function of `re` without the wrapper of `calls.patch_patterns`; any other as it is."""
    return getattr(function, "__wrapped__", function) if getattr(function, "__module__", "") == "re" else function


def _of_function(function: Any) -> str:
    return _by_origin(str(function.__module__), function.__name__, frames.of_function(function))


def _by_origin(module: str, name: str, origin: str) -> str:
    if origin in {frames.OWN, frames.SDK, frames.INTERNAL}:
        return RAW
    if origin == frames.LIBRARY:
        return LOOSE
    return RAW if module.partition(".")[0] in RAW_MODULES and name not in LOOKING else STRICT


def _of_method(method: Any) -> str:
    function, owner = method.__func__, method.__self__
    if isinstance(owner, pulumi.Config):
        return STRICT
    if not isinstance(function, types.FunctionType):
        return RAW if isinstance(owner, type) and rule(owner) == RAW else STRICT
    return _of_function(function)


def _of_builtin(function: Any) -> str:
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if owner is None:  # a method of a class, not bound to anything
        return STRICT if getattr(function, "__objclass__", None) in {str, bytes, re.Pattern} else RAW
    if name in READS and type(owner).__module__ in {"_io", "io"}:
        return READ
    if isinstance(owner, (str, bytes, bytearray, re.Pattern)):
        return RAW if isinstance(owner, (Placeholder, Bytes)) and name != "join" else STRICT
    if isinstance(owner, type) and owner in {int, float, str, bytes}:
        return STRICT
    cls = owner if isinstance(owner, type) else type(owner)
    module = owner.__name__ if isinstance(owner, types.ModuleType) else cls.__module__
    return _by_origin(module, name, frames.of_module(module))


def _of_class(cls: Any) -> str:
    if cls is type or issubclass(cls, (BaseException, pulumi.Resource)):
        return RAW
    if issubclass(cls, (str, bytes)):
        return STRICT
    return _by_origin(cls.__module__, cls.__name__, frames.of_class(cls))


def _of_instance(function: Any) -> str:
    if isinstance(function, functools.partial):
        return RAW if rule(function.func) == RAW else STRICT
    call = next((vars(base)["__call__"] for base in type(function).__mro__ if "__call__" in vars(base)), None)
    if type(call) is types.FunctionType:
        return _of_function(call)
    return RAW if call is None or hasattr(function, "__wrapped__") else STRICT
