"""How the stacks of an audit are cut into batches, as an engine sees them."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as some

from policypack.core.stack_name import StackName
from stackguard.audit import run
from stackguard.audit.engine.worker import Batch
from stackguard.audit.model import Location, StackRef
from stackguard.audit.store.former import FormerRows

SIZES = some.sampled_from([None, 0, 5_000, run.MOST_BYTES // 3, run.MOST_BYTES * 2])
STACKS = some.lists(some.tuples(some.sampled_from(["file", "file", "file", "program"]), SIZES), max_size=900)


def refs(stacks: list[tuple[str, int | None]]) -> list[StackRef]:
    return [
        StackRef(Location(kind, f"{number}"), StackName("", "fleet", f"s{number}"), size=size)
        for number, (kind, size) in enumerate(stacks)
    ]


def batches(stacks: list[StackRef], workers: int) -> list[Batch]:
    made: Iterator[Batch] = run._batches(stacks, FormerRows(), workers, "run")
    return list(made)


@given(STACKS, some.integers(1, 9))
def test_every_stack_is_in_one_batch_and_batches_are_bounded(
    stacks: list[tuple[str, int | None]], workers: int
) -> None:
    listed = refs(stacks)
    made = batches(listed, workers)
    assert [ref for batch in made for ref in batch.refs] == listed
    assert len({batch.shard for batch in made}) == len(made)
    for batch in made:
        assert 0 < len(batch.refs) <= run.MOST
        assert len(batch.refs) == 1 or sum(ref.size or 0 for ref in batch.refs) <= run.MOST_BYTES
        assert all(ref.location.kind != "program" for ref in batch.refs[:-1])


@given(some.integers(1, 3_000), some.integers(1, 9))
def test_no_worker_is_left_with_much_when_the_others_end(stacks: int, workers: int) -> None:
    sizes = [len(batch.refs) for batch in batches(refs([("file", 1)] * stacks), workers)]
    assert sizes == sorted(sizes, reverse=True)
    busy = [0] * workers
    for size in sizes:  # the next batch goes to the worker that is free first
        busy[busy.index(min(busy))] += size
    assert max(busy) - min(busy) <= max(1, min(run.SMALL, -(-stacks // workers)))


def test_few_stacks_keep_all_workers_busy_and_many_make_few_files() -> None:
    assert [len(batch.refs) for batch in batches(refs([("file", 1)] * 4), 4)] == [1, 1, 1, 1]
    assert len(batches(refs([("file", 1)] * 200), 2)) < 16


def test_a_folder_of_programs_shows_each_when_it_is_done() -> None:
    assert [len(batch.refs) for batch in batches(refs([("program", None)] * 12), 2)] == [1] * 12
