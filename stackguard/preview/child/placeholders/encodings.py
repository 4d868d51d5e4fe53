"""Encodings and hashes that would hide a placeholder: their results are as unknown."""

from __future__ import annotations

import base64
import functools
import hashlib
import sys
import urllib.parse
from typing import Any

from .. import frames
from .base import as_bytes, text_with
from .finding import placeholder_in

ENCODINGS = "b64encode b64decode standard_b64encode standard_b64decode urlsafe_b64encode urlsafe_b64decode b32encode b32decode b16encode b16decode"
DIGESTS = "md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s"


def install() -> None:
    """Replace the functions of `base64`, `urllib.parse` and `hashlib`."""
    for name in ENCODINGS.split():
        setattr(base64, name, _opaque(getattr(base64, name), as_bytes))
    for name in ("quote", "quote_plus"):
        setattr(urllib.parse, name, _opaque(getattr(urllib.parse, name), text_with))
    encode: Any = urllib.parse.urlencode
    encode.__defaults__ = tuple(
        getattr(urllib.parse, getattr(default, "__name__", ""), default) for default in encode.__defaults__
    )
    for name in (*DIGESTS.split(), "new"):
        setattr(hashlib, name, _digesting(getattr(hashlib, name), named=name == "new"))


def _opaque(original: Any, unknown: Any) -> Any:
    """A function that encodes or quotes a text; `unknown` returns the result for one with a placeholder."""

    @functools.wraps(original)
    def convert(data: Any, *args: Any, **kwargs: Any) -> Any:
        placeholder = placeholder_in(data)
        return original(data, *args, **kwargs) if placeholder is None else unknown(placeholder)

    return convert


def _digesting(original: Any, *, named: bool) -> Any:
    """A hash function; with `named`, its first argument is the hash's name."""

    @functools.wraps(original)
    def digest(*args: Any, **kwargs: Any) -> Any:
        data = kwargs.get("data", kwargs.get("string", next(iter(args[named:]), b"")))
        placeholder = placeholder_in(data)
        if placeholder is not None:
            options = {name: value for name, value in kwargs.items() if name not in {"data", "string"}}
            return Digest(original(*args[:named], **options), placeholder)
        own = frames.origin(sys._getframe(1).f_code.co_filename) in {frames.OWN, frames.INTERNAL}
        known = original(*args, **kwargs)
        return Digest(known, None) if own else known

    return digest


class Digest:
    """A hash, of known data so far or with a placeholder in it."""

    def __init__(self, known: Any, placeholder: Any) -> None:
        self._known, self._placeholder = known, placeholder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._known, name)

    def update(self, data: Any) -> None:
        """Add data."""
        self._placeholder = self._placeholder if self._placeholder is not None else placeholder_in(data)
        if self._placeholder is None:
            self._known.update(data)

    def copy(self) -> Any:
        """A copy with the same data."""
        return Digest(self._known.copy(), self._placeholder)

    def digest(self, *length: Any) -> Any:
        """Its bytes."""
        return self._known.digest(*length) if self._placeholder is None else as_bytes(self._placeholder)

    def hexdigest(self, *length: Any) -> Any:
        """Its text."""
        return self._known.hexdigest(*length) if self._placeholder is None else text_with(self._placeholder)


Digest.__name__, Digest.__qualname__, Digest.__module__ = "HASH", "HASH", "_hashlib"
