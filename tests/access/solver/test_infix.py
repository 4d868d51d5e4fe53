"""What a piece of a text has to be, against trying every piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.access.solver.infixes import MOST_INFIXES, infixes
from policypack.access.solver.partition import TooManyCellsError
from policypack.iam.globs import covers, everything, matches, normal, overlaps

PATTERNS = st.text("ab*?", max_size=5)


PIECES = st.text("abc", min_size=1, max_size=4)


@given(st.text("ab", max_size=3), st.text("ab", max_size=3), PATTERNS, PIECES, PIECES)
def test_between_plain_texts(before: str, after: str, pattern: str, piece: str, other: str) -> None:
    matching = matches(pattern, before + piece + after)
    groups_of_patterns = infixes(before, after, pattern)
    if groups_of_patterns:
        assert [any(matches(each, piece) for each in group) for group in groups_of_patterns] == [matching]
    else:
        assert matches(pattern, before + other + after) is matching


@given(PATTERNS, PATTERNS, PATTERNS, PIECES)
def test_between_patterns(before: str, after: str, pattern: str, piece: str) -> None:
    groups_of_patterns = infixes(before, after, pattern)
    some = overlaps(normal(pattern), normal(before + piece + after))
    every = covers(normal(pattern), normal(before + piece + after))
    groups = [any(matches(each, piece) for each in group) for group in groups_of_patterns]
    if len(groups) == 2:
        assert groups[0] is some
        assert every or not groups[1]
    assert not any(everything(each) for group in groups_of_patterns for each in group)


def test_more_pieces_than_are_looked_at() -> None:
    with pytest.raises(TooManyCellsError):
        infixes("*", "*", "a?" * MOST_INFIXES)
