"""The cells of resources against those of every pattern without anything left out."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from policypack.access.solver.dimensions import Cell, resources, text_cells
from policypack.access.solver.partition import Work, cells
from policypack.iam.document import Effect, Statement
from policypack.iam.globs import matches
from tests.access.solver.test_diff_oracle import SLOWLY

PATTERNS = st.lists(st.text("abx*?", max_size=5), min_size=1, max_size=3).map(tuple)
STATEMENTS = st.builds(
    lambda patterns, inside: Statement(
        "", Effect.ALLOW, resources=patterns if inside else None, not_resources=None if inside else patterns
    ),
    PATTERNS,
    st.booleans(),
)


def mask(text: str, statements: Sequence[Statement]) -> int:
    """Which statements are about a text."""
    return sum(
        (any(matches(each, text) for each in statement.resources or statement.not_resources or ()))
        is (statement.resources is not None)
        and 1 << index
        for index, statement in enumerate(statements)
    )


def least(masks: set[int]) -> set[int]:
    """Those of which no other holds fewer bits."""
    return {each for each in masks if not any(other != each and other & each == other for other in masks)}


@SLOWLY
@given(st.lists(STATEMENTS, min_size=1, max_size=2), st.lists(STATEMENTS, max_size=3))
def test_the_least_of_what_others_match_is_found(required: list[Statement], others: list[Statement]) -> None:
    every = [*required, *others]
    groups = [each.resources or each.not_resources or () for each in every]
    wanted = (1 << len(required)) - 1
    all_texts = [mask(text, every) for text in cells("*", groups).values()]
    found: list[Cell] = text_cells(required, others, resources, Work())
    assert least({each.mask for each in found}) == least(
        {each >> len(required) for each in all_texts if each & wanted == wanted}
    )
    for each in found:
        assert mask(str(each.example), every) == wanted | each.mask << len(required)
