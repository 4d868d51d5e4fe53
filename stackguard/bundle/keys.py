"""What a cached thing is known by."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import msgspec

FORMAT = 1
"""Of what is in the cache and of how archives are made; another number makes all of it anew."""


def key_of(*parts: Any) -> str:
    """A digest of what something is made of. The compressor is part of it: others' bytes differ."""
    stated = msgspec.json.encode((FORMAT, zlib.ZLIB_RUNTIME_VERSION, *parts))
    return hashlib.sha256(stated).hexdigest()[:40]
