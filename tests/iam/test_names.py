"""Names compared with a pattern all at once: the same as one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policypack.iam.globs import Names, matches

NAMES = st.lists(st.text("ab.-", max_size=6), max_size=5)


@given(NAMES, st.text("ab.*?", max_size=9))
def test_the_names_that_match_are_those_that_match_one_by_one(names: list[str], pattern: str) -> None:
    expected = {name for name in names if matches(pattern, name)}
    assert {*Names(names).matching(pattern)} == expected
