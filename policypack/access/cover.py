"""Whether some requests are all matched by other statements: a search over the cells of every dimension."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policypack.access.cells import Work
from policypack.access.dimensions import Cell

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
    reached: dict[int, Combination] = {obstacles: ()}
    order = sorted(range(len(dimensions)), key=lambda index: len(dimensions[index]))
    for index in order:
        if not dimensions[index]:
            return None
        work.spend(len(reached) * len(dimensions[index]) // CHEAP)
        following: dict[int, Combination] = {}
        for mask, combination in reached.items():
            for cell in dimensions[index]:
                following.setdefault(mask & cell.mask, (*combination, cell))
        if 0 in following:
            following = {0: following[0]}
        elif len(following) > PRUNED_FROM:
            following = {mask: following[mask] for mask in _least(following, work)}
        reached = following
    if 0 not in reached:
        return None
    by_dimension = dict(zip(order, reached[0], strict=True))
    return tuple(by_dimension[index] for index in range(len(dimensions)))


def _least(masks: Iterable[int], work: Work) -> list[int]:
    """The masks without those that hold all the bits of another: whatever avoids them avoids that one too."""
    kept: list[int] = []
    for mask in sorted(masks, key=int.bit_count):
        work.spend(len(kept) // CHEAP // 4)
        if not any(other & mask == other for other in kept):
            kept.append(mask)
    return kept
