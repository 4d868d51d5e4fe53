"""Whether some requests are all matched by other statements: a search over the cells of every dimension."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policypack.access.solver.dimensions import Cell
from policypack.access.solver.partition import Work

PRUNED_FROM = 48
CHEAP = 8
"""Numbers that are combined for the price of one state of a walk."""

Combination = tuple[Cell, ...]


def uncovered(dimensions: Sequence[Sequence[Cell]], obstacles: int, work: Work) -> Combination | None:
    """One cell for each dimension that together no obstacle matches; None where there is none.

    Args:
        dimensions: the cells of each.
        obstacles: the bits of the statements that must not match.
        work: what the whole question may take.

    Raises:
        TooManyCellsError: that is not enough.
    """
    order = sorted(range(len(dimensions)), key=lambda index: len(dimensions[index]))
    reached = combinations([dimensions[index] for index in order], obstacles, work, any_uncovered=True)
    if 0 not in reached:
        return None
    by_dimension = dict(zip(order, reached[0], strict=True))
    return tuple(by_dimension[index] for index in range(len(dimensions)))


def combinations(
    dimensions: Sequence[Sequence[Cell]], obstacles: int, work: Work, *, any_uncovered: bool = False
) -> dict[int, Combination]:
    """One cell for each dimension, by which obstacles match them all: at least where no other avoids more obstacles.

    Args:
        dimensions: the cells of each.
        obstacles: the bits of the statements in question.
        work: what the whole question may take.
        any_uncovered: whether one that no obstacle matches makes all others superfluous.

    Raises:
        TooManyCellsError: that is not enough.
    """
    reached: dict[int, Combination] = {obstacles: ()}
    for cells in dimensions:
        work.spend(len(reached) * len(cells) // CHEAP)
        following: dict[int, Combination] = {}
        for mask, combination in reached.items():
            for cell in cells:
                following.setdefault(mask & cell.mask, (*combination, cell))
        if any_uncovered and 0 in following:
            following = {0: following[0]}
        elif len(following) > PRUNED_FROM:
            following = {mask: following[mask] for mask in _least(following, work)}
        reached = following
    return reached


def _least(masks: Iterable[int], work: Work) -> list[int]:
    """The masks without those that hold all the bits of another: whatever avoids them avoids that one too."""
    kept: list[int] = []
    for mask in sorted(masks, key=int.bit_count):
        work.spend(len(kept) // CHEAP // 4)
        if not any(other & mask == other for other in kept):
            kept.append(mask)
    return kept
