"""Waivers of stacks that a run does not have: the waivers and the names of the run's stacks go in, those that fit none out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import duckdb

from policypack.core.stack_name import StackName
from policypack.evaluation.waiver_file import PlacedWaiver
from stackguard.audit.store.database import interruptible, load
from stackguard.audit.store.runs import Runs
from stackguard.reports.formatting import printable

NAMES = "SELECT DISTINCT organization, project, stack FROM stacks WHERE stack <> ''"


def unfit(runs: Runs, stacks: Sequence[str], waivers: Iterable[PlacedWaiver]) -> tuple[tuple[str, str, str], ...]:
    """The waivers whose `stacks` fit none: of each the place, the policy and a line for people.

    Args:
        runs: of the store.
        stacks: the files of the run's table `stacks`.
        waivers: of the run.
    """
    limited = [(placed, patterns) for placed in waivers if (patterns := _patterns(placed))]
    if not limited:
        return ()
    with duckdb.connect() as database, interruptible(database):
        load(database, runs, "stacks", stacks)
        names = [StackName(*row) for row in database.sql(NAMES).fetchall()]
    return tuple(_lines(limited, names))


def _patterns(placed: PlacedWaiver) -> tuple[str, ...]:
    patterns = placed.waiver.stacks
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _lines(
    limited: Iterable[tuple[PlacedWaiver, Sequence[str]]], names: Sequence[StackName]
) -> Iterator[tuple[str, str, str]]:
    fits: dict[str, bool] = {}
    for placed, patterns in limited:
        for pattern in patterns:
            if pattern not in fits:
                fits[pattern] = any(name.matches(pattern) for name in names)
        if not any(fits[pattern] for pattern in patterns):
            policy = placed.waiver.policy
            text = f"the waiver of `{policy}` accepts nothing: its `stacks` fit no stack; correct or remove it"
            yield placed.source, policy, printable(text)
