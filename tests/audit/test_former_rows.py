"""Former rows: the newest row of a stack counts, as it was written."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackguard.audit.store import shards
from stackguard.audit.store.former import FormerRows, by_stack
from stackguard.audit.store.tables import StackRow

RUNS = ("20261129T150612907597Z-aaaaaa", "20261128T150612907597Z-bbbbbb", "20261127T150612907597Z-cccccc")
IDS = st.text("abcdef", min_size=1, max_size=2)


def row(run: str, identity: str, key: str) -> StackRow:
    """A row of a stack that was judged in a run."""
    return StackRow(
        run=run,
        stack_id=identity,
        shard=f"{run}-0a0a0a-000001",
        origin="",
        organization="",
        project="shop",
        stack=identity,
        location=f"{identity}.json",
        state="judged",
        accounts=["123456789012"],
        key=key,
    )


def table(rows: list[StackRow]) -> pa.Table:
    return shards.read_table("stacks", shards.encoded("stacks", rows), "stacks")


@given(st.lists(st.dictionaries(IDS, st.sampled_from(["", "key"])), max_size=3), st.lists(IDS, unique=True))
def test_the_newest_row_with_a_key_counts(runs: list[dict[str, str]], asked: list[str]) -> None:
    former, expected = FormerRows(), dict[str, StackRow]()
    for run, stacks in zip(RUNS, runs, strict=False):
        rows = [row(run, identity, key) for identity, key in stacks.items()]
        former.add(table(rows))
        for newest in rows:
            if newest.key:
                expected.setdefault(newest.stack_id, newest)
    answer = by_stack(former.of(asked))
    assert answer == {identity: expected[identity] for identity in asked if identity in expected}


def test_a_stack_of_a_run_that_cannot_be_used_is_forgotten_and_no_older_row_counts() -> None:
    former = FormerRows()
    former.add(table([row(RUNS[0], "a", "key"), row(RUNS[0], "b", "key")]))
    former.add(table([row(RUNS[1], "a", "key"), row(RUNS[1], "c", "key")]))
    former.keep(lambda run: run != RUNS[0])
    assert by_stack(former.of(["a", "b", "c"])).keys() == {"c"}


@pytest.mark.parametrize("asked", [["a", "b", "c"], ["c", "a"], ["b"]])
def test_rows_in_any_order_are_those_that_were_written(asked: list[str]) -> None:
    former = FormerRows()
    rows = [row(RUNS[0], identity, "key") for identity in "abc"]
    former.add(table(rows))
    assert by_stack(former.of(asked)) == {one.stack_id: one for one in rows if one.stack_id in asked}


def test_a_column_that_a_former_release_did_not_write_has_its_default() -> None:
    former = FormerRows()
    former.add(table([row(RUNS[0], "a", "key")]).drop_columns(["waivers_used", "dated"]))
    assert by_stack(former.of(["a"]))["a"] == row(RUNS[0], "a", "key")
