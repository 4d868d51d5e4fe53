"""The request space of every request, by every caller that a document can name; documents are compared in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import cast

import msgspec

from policypack.access.solver import callers
from policypack.access.solver.bounds import Bound
from policypack.access.solver.conditions import Values, by_key
from policypack.access.solver.dimensions import (
    CHEAP,
    Cell,
    ElementMatch,
    actions,
    mask_of,
    narrowed,
    resources,
    text_cells,
    uncovered,
    united,
)
from policypack.access.solver.partition import MATCHES, TooManyCellsError, Work
from policypack.access.solver.request import Caller, Request, effort, includes_caller
from policypack.access.solver.request_space import RequestSpace
from policypack.access.solver.substitution import (
    Assignment,
    freed,
    length,
    restored,
    substituted,
    texts_of,
    variables_of,
)
from policypack.access.solver.variables import assignments, may_miss
from policypack.access.solver.witness import EXAMPLE, Home, improved, ranked
from policypack.iam.condition_keys import NETWORK_KEYS
from policypack.iam.document import Statement

NETWORK = NETWORK_KEYS | {"aws:vpcsourceip", "aws:sourceip"}

Sender = tuple[Caller, Assignment, bool]
"""The caller of a request, its values for the variables, and whether it comes through a VPC endpoint."""


class EveryRequest(RequestSpace):
    """Every request, as far as some statements distinguish them."""

    def __init__(self, statements: Sequence[Statement], work: Work, *, attached: bool, foreign: bool = False) -> None:
        super().__init__(work)
        self.foreign = foreign
        self.real = False
        self.work.spend(sum(map(length, statements)))
        names = frozenset(condition.name for statement in statements for condition in statement.conditions)
        every = [callers.SELF] if attached else callers.callers(statements, self.work)
        variable = {name for statement in statements for name in variables_of(statement)}
        self.plain = not any("${" in text for statement in statements for text in texts_of(statement))
        self.callers = _distinct(every, statements, sorted(names | variable), self.work)
        self.networks = (False, True) if names & NETWORK and not attached else (False,)

    def senders(self, required: Sequence[Statement]) -> Sequence[Caller]:
        """The callers that the principals of all of `required` include."""
        return [caller for caller in self.callers if all(includes_caller(statement, caller) for statement in required)]

    def actions(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Sequence[Cell]:
        """The cells of actions that `required` match; the masks are of `obstacles`."""
        return (_real_cells if self.real else text_cells)(required, obstacles, actions, self.work)

    def with_real_actions(self) -> EveryRequest:
        """The same space without the actions that AWS does not have."""
        self.real = True
        return self

    def sent(
        self, caller: Caller, required: Sequence[Statement], against: Sequence[Statement], action_cells: Sequence[Cell]
    ) -> Iterator[Request]:
        """A request of one caller for an action of these cells, if there is one; the masks are of `against`.

        Raises:
            TooManyCellsError: keys refer to one another in a way that leaves it open whether there is one.
        """
        if self.plain:
            request = self._with_assignment(required, against, action_cells, (caller, {}))
            if request is not None:
                yield request
            return
        price = sum(map(length, (*required, *against)))
        self.work.spend(price)
        fixed = partial(callers.fixed, caller)
        for assignment in assignments(required, against, fixed, self.work, foreign=self.foreign):
            self.work.spend(price)
            needed = _with_values(required, assignment)
            others = {
                index: read
                for index, statement in enumerate(against)
                if (read := substituted(statement, assignment)) is not None
            }
            if len(needed) == len(required):
                request = self._with_assignment(
                    needed, [*others.values()], narrowed(action_cells, [*others]), (caller, assignment)
                )
                if request is not None:
                    yield request
                    return
        if may_miss(required, against) and self._possible(caller, required, against, action_cells):
            raise TooManyCellsError

    def _possible(
        self, caller: Caller, required: Sequence[Statement], against: Sequence[Statement], action_cells: Sequence[Cell]
    ) -> bool:
        """Whether there is a request if variables stand for whatever they need to at each of their places."""
        needed = [each for statement in required if (each := freed(statement, Bound.MOST)) is not None]
        others = {index: read for index, each in enumerate(against) if (read := freed(each, Bound.LEAST)) is not None}
        texts = narrowed(action_cells, [*others])
        return self._with_assignment(needed, [*others.values()], texts, (caller, {})) is not None

    def _with_assignment(
        self,
        needed: Sequence[Statement],
        others: Sequence[Statement],
        action_cells: Sequence[Cell],
        sender: tuple[Caller, Assignment],
    ) -> Request | None:
        """A request that statements with values for their variables match."""
        self.work.spend(len(action_cells) * len(others) // CHEAP)
        resource_cells = text_cells(needed, others, resources, self.work)
        matching = united(action_cells) & united(resource_cells)
        indexes = [index for index in range(len(others)) if matching >> index & 1]
        texts = [narrowed(action_cells, indexes), narrowed(resource_cells, indexes)]
        for network in self.networks:
            request = self._search(needed, [others[index] for index in indexes], texts, (*sender, network))
            if request is not None:
                return request
        return None

    def _search(
        self, required: Sequence[Statement], against: Sequence[Statement], texts: Sequence[list[Cell]], sender: Sender
    ) -> Request | None:
        needed, others = ([by_key(each.conditions) for each in group] for group in (required, against))
        names = list(dict.fromkeys(name for grouped in (*needed, *others) for name in grouped))
        dimensions = [*texts]
        for name in names:
            values = self._values(name, sender)
            dimensions.append(self.cells(name, needed, others, None if values is None else (values,)))
            if not dimensions[-1]:
                return None
        combination = uncovered(dimensions, (1 << len(against)) - 1, self.work)
        if combination is None:
            return None
        action, resource, *sent_values = (cell.example for cell in combination)
        caller, assignment, _ = sender
        context: dict[str, Values] = {key: (value,) for key, value in assignment.items() if value is not None}
        context |= {name: cast("Values", sent) for name, sent in zip(names, sent_values, strict=True) if sent}
        return Request(caller, str(action), str(resource), context)

    def _values(self, name: str, sender: Sender) -> Values | None:
        """The values of a key in every request of the sender; None if they differ."""
        caller, assignment, network = sender
        if callers.without(network, name) and self.networks != (False,):
            return ()
        if name in assignment:
            return () if assignment[name] is None else (str(assignment[name]),)
        return callers.fixed(caller, name)


def _real_cells(
    required: Sequence[Statement],
    others: Sequence[Statement],
    match: Callable[[Statement], ElementMatch],
    work: Work,
) -> list[Cell]:
    """The cells of `text_cells` that have an action of AWS's, which is then their example."""
    needed, against = [*map(match, required)], [*map(match, others)]
    first = needed[0]
    price = 1 + sum(other.weight for other in (*needed, *against))
    by_mask: dict[int, Cell] = {}
    for pattern in first.patterns if first.inside else ("*",):
        for action in ranked(pattern):
            work.spend(price)
            name = str(action).lower()
            if all(element.matches(name) for element in needed):
                mask = mask_of(element.matches(name) for element in against)
                by_mask.setdefault(mask, Cell(mask, str(action)))
    return list(by_mask.values())


def example(
    request: Request, required: Sequence[Statement], obstacles: Sequence[Statement], home: Home = EXAMPLE
) -> Request:
    """An understandable request that the same statements match."""
    sent = {name: values[0] for name, values in request.context.items()}
    request = improved(request, _with_values(required, sent), _with_values(obstacles, sent), home)
    context = {key: tuple(map(restored, values)) for key, values in request.context.items()}
    return msgspec.structs.replace(request, resource=restored(request.resource), context=context)


def _with_values(statements: Sequence[Statement], assignment: Assignment) -> list[Statement]:
    """The statements with values for their variables, without those that match nothing."""
    return [read for statement in statements if (read := substituted(statement, assignment)) is not None]


def _distinct(
    every: Iterable[Caller], statements: Sequence[Statement], names: Sequence[str], work: Work
) -> list[Caller]:
    """One caller for each set of statements with its principals, and each set of fixed values."""
    distinct: dict[object, Caller] = {}
    price = 1 + effort(statements) + len(names) // MATCHES
    for caller in every:
        work.spend(price)
        including = tuple(includes_caller(statement, caller) for statement in statements)
        fixed = tuple((name, callers.fixed(caller, name)) for name in names)
        distinct.setdefault((including, fixed), caller)
    return list(distinct.values())
