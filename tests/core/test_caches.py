"""What is kept for the latest arguments is given for these alone."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from policypack.core.caches import latest

OBJECTS = [[], [], [1], [1]]
"""Some are equal, and none is the same."""


@given(st.lists(st.tuples(st.lists(st.integers(0, 3), max_size=3), st.sampled_from(["a", "b"]))))
def test_the_latest_result_is_for_the_very_same_objects_and_equal_arguments(
    calls: list[tuple[list[int], str]],
) -> None:
    made: list[tuple[list[int], str]] = []

    @latest
    def result(objects: Sequence[list[int]], name: str) -> tuple[list[int], str]:
        made.append(([id(item) for item in objects], name))
        return made[-1]

    for chosen, name in calls:
        objects = [OBJECTS[index] for index in chosen]
        assert result(objects, name) == ([id(item) for item in objects], name)
    distinct = [call for before, call in zip([None, *calls], calls, strict=False) if call != before]
    assert len(made) == len(distinct)
