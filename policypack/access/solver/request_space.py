"""A request space, as far as some statements distinguish its requests, and the search in it.

The search is for a request that certain statements match and certain others do not, cell by cell
(`policypack.access.solver.dimensions`), so the answer is exact and comes with an example.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence

from policypack.access.solver.conditions import Values, met
from policypack.access.solver.dimensions import CHEAP, Cell, key_cells, mask_of, narrowed, united, weight
from policypack.access.solver.partition import Work
from policypack.access.solver.request import Caller, Request, effort, includes_caller
from policypack.iam.document import Condition, Statement


class RequestSpace(ABC):
    """The requests of a question: their callers and their values."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._keys: dict[object, list[Cell]] = {}

    def requests(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Iterator[Request]:
        """Requests of each kind of caller that all of `required` match, and none of `obstacles`.

        Raises:
            TooManyCellsError: there are too many requests to distinguish.
        """
        senders = self.senders(required)
        action_cells = self.actions(required, obstacles) if senders else ()
        matching = united(action_cells)
        reachable = [index for index in range(len(obstacles)) if matching >> index & 1]
        obstructing = [obstacles[index] for index in reachable]
        price = 1 + effort(obstructing) + len(reachable) * len(action_cells) // CHEAP
        for caller in senders if action_cells else ():
            self.work.spend(price)
            indexes = [index for index in reachable if self.includes_caller(obstacles[index], caller)]
            against = [obstacles[index] for index in indexes]
            yield from self.sent(caller, required, against, narrowed(action_cells, indexes))

    @abstractmethod
    def senders(self, required: Sequence[Statement]) -> Sequence[Caller]:
        """The callers that the principals of all of `required` include."""

    def includes_caller(self, statement: Statement, caller: Caller) -> bool:
        """Whether the principals of an obstacle include a caller."""
        return includes_caller(statement, caller)

    @abstractmethod
    def actions(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Sequence[Cell]:
        """The cells of actions that `required` match; the masks are of `obstacles`."""

    @abstractmethod
    def sent(
        self, caller: Caller, required: Sequence[Statement], against: Sequence[Statement], action_cells: Sequence[Cell]
    ) -> Iterator[Request]:
        """Requests of one caller for an action of these cells; the masks are of `against`."""

    def cells(
        self,
        name: str,
        required: Sequence[Mapping[str, Sequence[Condition]]],
        against: Sequence[Mapping[str, Sequence[Condition]]],
        values: Collection[Values] | None = None,
    ) -> list[Cell]:
        """The cells of a key, in lower case, that statements match; the masks are of `against`.

        Args:
            name: the key.
            required: the conditions, by key, of the statements that have to match.
            against: those of the others.
            values: those that a request can have for the key; None is for any value.
        """
        conditions = tuple(tuple(grouped.get(name, ())) for grouped in (*required, *against))
        self.work.spend(1 + len(conditions) // CHEAP)
        if values is not None:
            self.work.spend(len(values) * (len(conditions) // CHEAP + sum(map(weight, conditions))))
            cells = [
                Cell(mask_of(all(met(condition, value) for condition in own) for own in conditions), value)
                for value in values
            ]
        elif (name, conditions) in self._keys:
            cells = self._keys[name, conditions]
        else:
            cells = self._keys[name, conditions] = key_cells(name, conditions, self.work)
        all_required = (1 << len(required)) - 1
        by_mask: dict[int, Cell] = {}
        for cell in cells:
            if cell.mask & all_required == all_required:
                by_mask.setdefault(cell.mask, Cell(cell.mask >> len(required), cell.example))
        return list(by_mask.values())
