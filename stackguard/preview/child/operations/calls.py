"""Calls of functions that read a placeholder's letters directly, as those written in C do.

Each returns the function's result, as long as no placeholder takes part. With one, a text that derives from it stays a
placeholder, and a result that depends on the letters asks for the value.
"""

from __future__ import annotations

import functools
import re
import sys
import types
from typing import Any

from .. import frames, words
from ..frames import swallows
from ..placeholders import elements
from ..placeholders.base import Placeholder, create, is_record, need, text_with
from ..placeholders.calls import PLACEHOLDERS
from ..placeholders.finding import CONTAINERS, PLAIN, deeply, first_placeholder, keep, placeholder_in
from ..placeholders.kinds import Number
from .call_rules import BUILT_IN, LOOSE, RAW, READ, STRICT, rule, unpatched
from .comparing import is_instance
from .counting import COUNTERS, consumer, length_placeholder

BUILDING = frozenset({"join", "format", "format_map"})
"""Methods that build a text: a result without a placeholder does not depend on one."""
WRITING = frozenset({"write", "writelines", "setattr", "writerow", "writerows", "writeheader", "writestr"})
REVEALING = words(
    "subprocess uuid random _random hmac _hmac re zlib _hashlib _sha1 _sha2 _sha3 _md5 _blake2 decimal "
    "fractions datetime ipaddress struct time pathlib array sqlite3 _sre _decimal _datetime _struct "
    "configparser string"
)
"""Modules whose objects derive from a text and no longer contain it."""
MATCHES = type(iter(int, 0))
"""The result of `finditer`."""
PATTERN_FUNCTIONS = ("match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn")

JOINING = {
    "posixpath": {"join"},
    "shlex": {"quote", "join"},
    "textwrap": {"indent"},
    "urllib.parse": {"urljoin", "urlunsplit", "urlunparse"},
}
"""By module, the functions that read texts to build one."""
DUMPING = {"dump", "safe_dump", "dump_all", "safe_dump_all"}
"""Functions of PyYAML, which represents values by their exact types."""
READING = frozenset({"json", "json.decoder", "ast", "pickle", "_pickle", "tomllib", "plistlib"})
"""Modules whose functions parse a list into as many elements."""
DEPTH = 20


def guard(function: Any) -> Any:
    """The function to call instead of a function: itself, or one that keeps placeholders."""
    if _may_fail(function):
        return _tried(function)
    function = unpatched(function)
    how = rule(function)
    if how == RAW:
        return consumer(function) if isinstance(function, type) and function in COUNTERS else function
    return lambda *args, **kwargs: _call(function, how, args, kwargs)


def method(value: Any) -> Any:
    """An attribute that may be a method of a text or a pattern, and is not called at once."""
    return guard(value) if isinstance(value, BUILT_IN) else value


def patch_patterns() -> None:
    """Make the functions of `re` operations, however they are called: by name, from `map`, from a library."""
    for name in PATTERN_FUNCTIONS:
        original = getattr(re, name)

        def looking(*args: Any, _original: Any = original, **kwargs: Any) -> Any:
            if PLACEHOLDERS and frames.origin(sys._getframe(1).f_code.co_filename) in {frames.OWN, frames.INTERNAL}:
                return _call(_original, STRICT, args, kwargs)
            return _original(*args, **kwargs)

        setattr(re, name, functools.wraps(original)(looking))


def _may_fail(function: Any) -> bool:
    """Whether a function calls the cloud, and its failure, which is unknown, is caught."""
    inner = function.func if isinstance(function, functools.partial) else function
    return (
        isinstance(inner, types.FunctionType)
        and inner.__name__.startswith("get_")
        and swallows("calls")
        and frames.of_function(inner) == frames.SDK
    )


def _tried(function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        placeholder = first_placeholder(result) if is_record(type(result)) else None
        if placeholder is not None and not placeholder._origin.call.answered:
            need(placeholder, "catches what it raises")
        return result

    return call


def _call(function: Any, how: str, args: Any, kwargs: Any) -> Any:
    """Call a function that may read the letters of a placeholder."""
    if not PLACEHOLDERS:
        return function(*args, **kwargs)
    if (own := _own_method(function, args)) is not None:
        return keep(own(*args[1:], **kwargs))
    if function is isinstance and len(args) == 2 and isinstance(args[0], Placeholder):
        return is_instance(*args)
    name, owner = getattr(function, "__name__", type(function).__name__), getattr(function, "__self__", None)
    placeholder = first_placeholder((args, kwargs, owner) if how == STRICT else (args, kwargs))
    if placeholder is None or how == READ:
        return _without_letters(function, how, args, kwargs)
    if function is getattr or function is hasattr:
        if len(args) > 1 and first_placeholder(args[1:2]) is not None:
            need(placeholder, "uses it as a name")
        if isinstance(args[0], Placeholder):
            need(placeholder, "asks what it has")
        return keep(function(*args))
    if (
        name == "sub"
        and how == STRICT
        and first_placeholder(args[1 if isinstance(owner, re.Pattern) else 2 :]) is not None
    ):
        return placeholder  # a text that derives from an unknown one
    if name in JOINING.get(str(getattr(function, "__module__", "")), ()):
        return text_with(placeholder)
    return _with_letters(function, how, args, kwargs, placeholder)


def _with_letters(function: Any, how: str, args: Any, kwargs: Any, placeholder: Any) -> Any:
    """Call a function with a placeholder; ask for its value if the result depends on it."""
    name = getattr(function, "__name__", type(function).__name__)
    dumping = str(getattr(function, "__module__", "")) == "yaml" and name in DUMPING
    try:
        result = function(*(_as_texts(args) if dumping else args), **kwargs)
    except Exception:  # noqa: BLE001 (the letters may cause any error)
        need(placeholder, f"gives it to `{name}`, which fails")
    if isinstance(result, (bytearray, memoryview)):  # it cannot contain a placeholder
        need(placeholder, "looks into its bytes")
    kept = deeply(result)
    if how == STRICT and (parts := _parts(function, args, kept)) is not None:
        return parts
    if first_placeholder(kept) is not None or _harmless(function, how, name, args, kept):
        return kept
    return need(placeholder, f"looks into it with `{name}`")


def _without_letters(function: Any, how: str, args: Any, kwargs: Any) -> Any:
    """Call a function without a placeholder, which may still read one, or loop over an unknown number of elements."""
    if how == READ:
        written = getattr(getattr(function, "__self__", None), "getvalue", bytes)()
        if args and (placeholder := placeholder_in(written)) is not None:
            need(placeholder, "reads a part of it")
        return deeply(function(*args, **kwargs))
    placeholders = (
        [placeholder for placeholder in map(length_placeholder, args) if placeholder is not None]
        if how == STRICT
        else []
    )
    result = keep(function(*args, **kwargs))
    if placeholders and isinstance(result, (*PLAIN, str, bytes)) and first_placeholder(result) is None:
        need(placeholders[0], "counts it")
    return result


def _own_method(function: Any, args: Any) -> Any:
    """The method of a placeholder that `str.upper(x)` calls; None for any other call."""
    unbound = getattr(function, "__objclass__", None) is str and getattr(function, "__self__", None) is None
    text = keep(args[0]) if unbound and args and function.__name__ != "join" else None
    return getattr(text, function.__name__) if isinstance(text, Placeholder) else None


def _harmless(function: Any, how: str, name: str, args: Any, result: Any) -> bool:
    """Whether a result without a placeholder does not depend on one in the arguments."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, str) and (name in BUILDING or (name == "replace" and first_placeholder(args[:1]) is None)):
        return placeholder_in(owner) is None
    if how == LOOSE:
        return not isinstance(result, (bool, int, float))
    if name in WRITING:
        return True
    if isinstance(result, (*PLAIN, *CONTAINERS, str, bytes, MATCHES)):
        return False
    return type(result).__module__.partition(".")[0] not in REVEALING


def _as_texts(value: Any, depth: int = DEPTH) -> Any:
    if isinstance(value, Placeholder):
        return str.__str__(value)
    if depth and type(value) is dict:
        return {_as_texts(key, depth - 1): _as_texts(element, depth - 1) for key, element in value.items()}
    if depth and (type(value) in {list, tuple} or isinstance(value, elements.Listed)):
        return (tuple if type(value) is tuple else list)(_as_texts(element, depth - 1) for element in value)
    return value


def _parts(function: Any, args: Any, result: Any) -> Any:
    """The parts into which a function splits a text, of an unknown number, or their number; None for other functions."""
    placeholder = next((value for value in map(keep, args) if isinstance(value, Placeholder)), None)
    if placeholder is None or first_placeholder(result) is None:
        return None
    if type(result) is tuple and getattr(function, "__name__", "") == "subn":
        return result[0], create(Number, str.__str__(placeholder), placeholder._origin)
    texts = type(result) is list and all(isinstance(part, str) for part in result)
    return elements.of(placeholder, result) if texts and function.__module__ not in READING else None
