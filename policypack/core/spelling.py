"""Names that are probably meant by misspelt ones, found in bounded time, and how messages quote names, whatever they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

LONGEST = 100
"""The characters of a name for which others are compared."""
QUOTED = re.compile(r"[\w:*.-]{1,64}")
MOST_KNOWN, MOST_COMPARED = 5_000, 200
"""The number of names that are looked at, and of those that are compared letter by letter."""


def similar(name: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known names that are most similar to a name, best first, of those with its first or its last letter.

    The arguments are those of `difflib.get_close_matches`.
    """
    length = len(name)
    if length > LONGEST:
        return []
    first, last = name[:1].lower(), name[-1:].lower()
    alike = (
        other
        for other in islice(known, MOST_KNOWN)
        if (other[:1].lower() == first or other[-1:].lower() == last)
        and 2 * min(length, len(other)) >= cutoff * (length + len(other))
    )
    return get_close_matches(name, [*islice(alike, MOST_COMPARED)], most, cutoff)


def quotable(name: str) -> str:
    """A name for a message or a path; an ellipsis for one that is long, or has characters that names do not have."""
    return name if QUOTED.fullmatch(name) else "…"
