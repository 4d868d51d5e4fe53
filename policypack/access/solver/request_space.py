"""The space of all requests, as far as some statements tell them apart, and the search in it.

The search is for a request that certain statements match and certain others do not, cell by cell
(`policypack.access.solver.dimensions`), so the answer is exact and comes with its example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import cast

import msgspec

from policypack.access.solver import callers, variables
from policypack.access.solver.conditions import Values, met
from policypack.access.solver.context_keys import NETWORK_KEYS
from policypack.access.solver.dimensions import Cell, actions, key_cells, resources, text_cells
from policypack.access.solver.partition import Work
from policypack.access.solver.request import Caller, Request, takes_in
from policypack.access.solver.search import uncovered
from policypack.access.solver.witness import improved
from policypack.aws.document import Statement

NETWORK = NETWORK_KEYS | {"aws:vpcsourceip", "aws:sourceip"}

Sent = tuple[Caller, variables.Assignment, bool]
"""Who sends a request, with what for the variables, and whether through a VPC endpoint."""


class RequestSpace:
    """All requests, as far as some statements tell them apart. What asks about some of them alone narrows it."""

    def __init__(self, statements: Sequence[Statement], *, attached: bool, foreign: bool = False) -> None:
        self.work = Work()
        self.foreign = foreign
        names = frozenset(each.name for statement in statements for each in statement.conditions)
        every = [callers.SELF] if attached else callers.callers(statements, self.work)
        variable = {name for each in statements for name in variables.names(each)}
        self.callers = _distinct(every, statements, sorted(names | variable))
        self.networks = (False, True) if names & NETWORK and not attached else (False,)
        self._keys: dict[object, list[Cell]] = {}

    def requests(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Iterator[Request]:
        """Requests of each kind of caller that all of `required` match, and none of `obstacles`.

        Raises:
            TooManyCellsError: there are too many requests to tell apart.
        """
        senders = self.senders(required)
        about = self.actions(required, obstacles) if senders else ()
        met_somewhere = _any(about)
        concerned = [index for index in range(len(obstacles)) if met_somewhere >> index & 1]
        for caller in senders if about else ():
            indexes = [index for index in concerned if self.takes_in(obstacles[index], caller)]
            against = [obstacles[index] for index in indexes]
            yield from self.sent(caller, required, against, _only(about, indexes))

    def senders(self, required: Sequence[Statement]) -> Sequence[Caller]:
        """The callers whom all of `required` take in."""
        return [caller for caller in self.callers if all(takes_in(each, caller) for each in required)]

    def takes_in(self, statement: Statement, caller: Caller) -> bool:
        """Whether the principals of one of the obstacles take in a caller."""
        return takes_in(statement, caller)

    def actions(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Sequence[Cell]:
        """The cells of actions that `required` match; the numbers are of `obstacles`."""
        return text_cells(required, obstacles, actions, self.work)

    def sent(
        self, caller: Caller, required: Sequence[Statement], against: Sequence[Statement], about: Sequence[Cell]
    ) -> Iterator[Request]:
        """A request of one caller for an action of these cells, whose numbers are of `against`, where there is one."""
        for given in variables.assignments(required, against, partial(callers.fixed, caller), foreign=self.foreign):
            needed = _settled(required, given)
            others = {
                index: read
                for index, each in enumerate(against)
                if (read := variables.settled(each, given)) is not None
            }
            if len(needed) == len(required):
                found = self._given(needed, [*others.values()], _only(about, [*others]), (caller, given))
                if found is not None:
                    yield found
                    return

    def cells(
        self,
        name: str,
        required: Sequence[Statement],
        against: Sequence[Statement],
        values: Iterable[Values] | None = None,
    ) -> list[Cell]:
        """The cells of one key that `required` match; the numbers are of `against`.

        Args:
            name: the key, in lower case.
            required: statements that match.
            against: the others.
            values: what a request can have for the key; None for anything.
        """
        every = (*required, *against)
        cells = self._free(name, every) if values is None else [Cell(_mask(name, each, every), each) for each in values]
        wanted = (1 << len(required)) - 1
        found: dict[int, Cell] = {}
        for each in cells:
            if each.mask & wanted == wanted:
                found.setdefault(each.mask, Cell(each.mask >> len(required), each.example))
        return list(found.values())

    def _given(
        self,
        needed: Sequence[Statement],
        others: Sequence[Statement],
        about: Sequence[Cell],
        sent: tuple[Caller, variables.Assignment],
    ) -> Request | None:
        """A request by way of statements that have these values for their variables."""
        named = text_cells(needed, others, resources, self.work)
        reachable = _any(about) & _any(named)
        open_ones = [index for index in range(len(others)) if reachable >> index & 1]
        texts = [_only(about, open_ones), _only(named, open_ones)]
        for network in self.networks:
            found = self._search(needed, [others[index] for index in open_ones], texts, (*sent, network))
            if found is not None:
                return found
        return None

    def _search(
        self, required: Sequence[Statement], against: Sequence[Statement], texts: Sequence[list[Cell]], sent: Sent
    ) -> Request | None:
        names = list(dict.fromkeys(each.name for statement in (*required, *against) for each in statement.conditions))
        dimensions = [*texts]
        for name in names:
            values = self._values(name, sent)
            dimensions.append(self.cells(name, required, against, None if values is None else (values,)))
            if not dimensions[-1]:
                return None
        found = uncovered(dimensions, (1 << len(against)) - 1, self.work)
        if found is None:
            return None
        action, resource, *sent_values = (each.example for each in found)
        caller, given, _ = sent
        context: dict[str, Values] = {key: (value,) for key, value in given.items() if value is not None}
        context |= {name: cast("Values", each) for name, each in zip(names, sent_values, strict=True) if each}
        return Request(caller, str(action), str(resource), context)

    def _values(self, name: str, sent: Sent) -> Values | None:
        """What every request of a caller from there has for a key; None where they differ."""
        caller, given, network = sent
        if callers.without(network, name) and self.networks != (False,):
            return ()
        if name in given:
            return () if given[name] is None else (str(given[name]),)
        return callers.fixed(caller, name)

    def _free(self, name: str, statements: Sequence[Statement]) -> list[Cell]:
        mark = (
            name,
            tuple(tuple(each for each in statement.conditions if each.name == name) for statement in statements),
        )
        if mark not in self._keys:
            self._keys[mark] = key_cells(name, statements, self.work)
        return self._keys[mark]


def example(found: Request, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Request:
    """A request as a person understands it, which the same statements match."""
    sent = {name: values[0] for name, values in found.context.items()}
    return _plain(improved(found, _settled(required, sent), _settled(obstacles, sent)))


def _settled(statements: Sequence[Statement], given: variables.Assignment) -> list[Statement]:
    """The statements with values for their variables; without those that match nothing then."""
    return [read for each in statements if (read := variables.settled(each, given)) is not None]


def _plain(request: Request) -> Request:
    """The request with the characters that stood for those of an escape."""
    context = {key: tuple(map(variables.shown, values)) for key, values in request.context.items()}
    return msgspec.structs.replace(request, resource=variables.shown(request.resource), context=context)


def _distinct(every: Iterable[Caller], statements: Sequence[Statement], names: Sequence[str]) -> list[Caller]:
    """One caller for each way in which the statements take callers in and their requests are limited."""
    found: dict[object, Caller] = {}
    for caller in every:
        taken = tuple(takes_in(each, caller) for each in statements)
        limits = tuple((name, callers.fixed(caller, name)) for name in names)
        found.setdefault((taken, limits), caller)
    return list(found.values())


def _mask(name: str, values: Values, statements: Sequence[Statement]) -> int:
    return sum(
        all(met(each, values) for each in statement.conditions if each.name == name) << index
        for index, statement in enumerate(statements)
    )


def _any(cells: Iterable[Cell]) -> int:
    found = 0
    for each in cells:
        found |= each.mask
    return found


def _only(cells: Iterable[Cell], indexes: Sequence[int]) -> list[Cell]:
    """The cells with the bits at these indexes alone, moved together."""
    found: dict[int, Cell] = {}
    for each in cells:
        mask = sum((each.mask >> index & 1) << place for place, index in enumerate(indexes))
        found.setdefault(mask, Cell(mask, each.example))
    return list(found.values())
