"""The values of an infix, such as a policy variable, with which a text matches a pattern."""

from __future__ import annotations

from policypack.access.solver.partition import TooManyCellsError
from policypack.core.caches import bounded_cache
from policypack.iam.globs import everything, has_wildcard, normal, places

MOST_INFIXES = 4096
"""The number of infixes of one pattern: a pattern of 60 characters has fewer."""


@bounded_cache(4096)
def infixes(before: str, after: str, pattern: str) -> tuple[tuple[str, ...], ...]:
    """Patterns of an infix, such that the text as a whole matches a pattern.

    `b/`, an infix and `/*` together match a text that `b/c*/d` matches where the infix matches `c*`: the pattern is walked
    from its beginning with the text before the infix, and from its end with the text after it.

    Args:
        before: the pattern of the text before the infix.
        after: the pattern of the text after it.
        pattern: the pattern that the whole is to match.

    Returns:
        Groups of patterns. The infix matches the first group where some whole text matches `pattern`, and the second
        where every whole text does. A group that every infix or none matches is left out.

    Raises:
        TooManyCellsError: there are more than `MOST_INFIXES`.
    """
    wild = has_wildcard(before) or has_wildcard(after)
    groups = (_between(before, after, normal(pattern), every=every) for every in ((False, True) if wild else (False,)))
    return tuple(dict.fromkeys(group for group in groups if group and not any(map(everything, group))))


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
