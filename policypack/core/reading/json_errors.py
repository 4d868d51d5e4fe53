"""What `msgspec.json.decode` raises for JSON that someone else wrote."""

from __future__ import annotations

import msgspec

NO_JSON = (msgspec.DecodeError, UnicodeError, RecursionError)
"""The content is no JSON, not of the type that was asked for, no UTF-8 or a text that UTF-8 cannot have, or nested too deeply."""
