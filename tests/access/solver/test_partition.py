from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.access.solver.partition import TooManyCellsError, cells
from policypack.iam.globs import matches

PATTERNS = st.text("ab*?", min_size=1, max_size=4)


@given(PATTERNS, st.lists(st.lists(PATTERNS, max_size=2), max_size=3))
def test_every_text_is_in_a_cell(inside: str, groups: list[list[str]]) -> None:
    """Brute force over short texts: their memberships are among the cells, and no example is a lie."""

    def membership(text: str) -> frozenset[int]:
        return frozenset(index for index, group in enumerate(groups) if any(matches(each, text) for each in group))

    by_member = cells(inside, groups)
    for members, example in by_member.items():
        assert matches(inside, example)
        assert membership(example) == members
    texts = ("".join(letters) for length in range(6) for letters in product("abz", repeat=length))
    assert {membership(text) for text in texts if matches(inside, text)} <= set(by_member)


def test_the_shortest_example_is_given() -> None:
    by_member = cells("arn:aws:s3:::inbox/?*", [["*.csv"]])
    assert {members: len(example) for members, example in by_member.items()} == {
        frozenset(): len("arn:aws:s3:::inbox/x"),
        frozenset({0}): len("arn:aws:s3:::inbox/.csv"),
    }


def test_gives_up_on_patterns_without_end() -> None:
    with pytest.raises(TooManyCellsError):
        cells("*", [["*a????????????????"], ["*b????????????????"]])
