"""What a piece of a text has to be for the whole to match a pattern.

`b/`, a piece and `/*` together match a text that `b/c*/d` matches where the piece is one that `c*` matches. A pattern is
walked from its beginning with what stands before the piece and from its end with what stands behind it; what lies
between a place of the one and a place of the other is what the piece has to match.
"""

from __future__ import annotations

from functools import lru_cache

from policypack.access.solver.partition import TooManyCellsError
from policypack.iam.globs import everything, has_wildcard, normal, places

MOST_INFIXES = 4096
"""Pieces of one pattern that are looked at: what a pattern of 60 characters has at most, and a little more."""


@lru_cache(maxsize=4096)
def infixes(before: str, after: str, pattern: str) -> tuple[tuple[str, ...], ...]:
    """Patterns for what can stand between two others, so that the whole matches a third one.

    Args:
        before: the pattern of what stands before the piece.
        after: the pattern of what stands behind it.
        pattern: what is to match.

    Returns:
        Groups of patterns. The piece matches one of the first group where some text of the whole matches `pattern`, and
        one of the second where each does. A group that every piece or none matches is left out.

    Raises:
        TooManyCellsError: there are more than `MOST_INFIXES`.
    """
    wild = has_wildcard(before) or has_wildcard(after)
    found = [_between(before, after, normal(pattern), every=every) for every in ((False, True) if wild else (False,))]
    return tuple(dict.fromkeys(each for each in found if each and not any(map(everything, each))))


def _between(before: str, after: str, pattern: str, *, every: bool) -> tuple[str, ...]:
    starts = _bits(places(pattern, before, every=every))
    ends = {len(pattern) - each for each in _bits(places(pattern[::-1], after[::-1], every=every))}
    # A place before a `*` stands for the one behind it too.
    starts = {each for each in starts if not (each and pattern[each - 1] == "*" and each - 1 in starts)}
    ends = {each for each in ends if not (pattern[each : each + 1] == "*" and each + 1 in ends)}
    if len(starts) * len(ends) > MOST_INFIXES:
        raise TooManyCellsError
    return tuple(sorted({pattern[start:end] for start in starts for end in ends if start < end}))


def _bits(number: int) -> set[int]:
    return {index for index in range(number.bit_length()) if number >> index & 1}
