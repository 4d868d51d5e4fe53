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
    """The statements that match a text."""
    return sum(
        (any(matches(each, text) for each in statement.resources or statement.not_resources or ()))
        is (statement.resources is not None)
        and 1 << index
        for index, statement in enumerate(statements)
    )


def least(masks: set[int]) -> set[int]:
    """The masks that include no other mask."""
    return {mask for mask in masks if not any(other != mask and other & mask == other for other in masks)}


@SLOWLY
@given(st.lists(STATEMENTS, min_size=1, max_size=2), st.lists(STATEMENTS, max_size=3))
def test_the_least_of_what_others_match_is_found(required: list[Statement], others: list[Statement]) -> None:
    every = [*required, *others]
    groups = [each.resources or each.not_resources or () for each in every]
    every_required = (1 << len(required)) - 1
    all_masks = [mask(text, every) for text in cells("*", groups).values()]
    least_cells: list[Cell] = text_cells(required, others, resources, Work())
    assert least({cell.mask for cell in least_cells}) == least(
        {mask >> len(required) for mask in all_masks if mask & every_required == every_required}
    )
    for cell in least_cells:
        assert mask(str(cell.example), every) == every_required | cell.mask << len(required)
