"""The request space of outsiders: what a document newly allows in it against nothing is public.

An outsider sends no value that a document may fix for its own callers (`policypack.access.exposure.outsiders`), and
calls the service that carries the document (`policypack.access.exposure.targets`). A request may come from a set of
addresses, because a request is public if they are many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import cast

import msgspec

from policypack.access.exposure.outsiders import OTHER, Outsider, Spared, denied, outsiders, sendable
from policypack.access.exposure.targets import targets
from policypack.access.solver.conditions import SOURCE_IP, Values, addresses, by_key, met, on_key
from policypack.access.solver.dimensions import CHEAP, Cell, combinations, weight
from policypack.access.solver.partition import Work
from policypack.access.solver.request import Caller, Request
from policypack.access.solver.request_space import RequestSpace
from policypack.access.solver.witness import witness_of
from policypack.core.witness import Witness
from policypack.iam.addresses import Ranges, broad, everything, nothing
from policypack.iam.document import Condition, Statement

UNREMARKABLE = frozenset({"aws:securetransport", "aws:principaltype", "aws:principalisawsservice"})
"""Keys that an example does not mention, because the caller implies them."""
TEXTS = ("String", "Arn", "Binary", "Null")
"""Beginnings of the operators that compare texts."""


class OutsiderRequest(Request, frozen=True):
    """A request of an outsider, with all addresses that it may come from."""

    caller: Outsider
    addresses: Ranges
    written: Mapping[str, str]
    """Keys as the document writes them, by their names in lower case."""

    @property
    def wide(self) -> bool:
        """Whether the request is public by itself: from a broad range, from any VPC, or by any service."""
        return self.caller.address_key != SOURCE_IP or broad(self.addresses)

    def witness(self) -> Witness:
        """The request as an example."""
        address = self.addresses.example() if self.caller.address_key == SOURCE_IP else None
        return msgspec.structs.replace(witness_of(self, self.written), address=address)


class OutsiderRequests(RequestSpace):
    """The requests of outsiders to a service."""

    def __init__(
        self, service: str, work: Work, senders: Sequence[Outsider] | None = None, spared: Spared = None
    ) -> None:
        """Choose the requests.

        Args:
            service: the prefix of the actions of the service that carries the document, as `s3`.
            work: the budget of the question.
            senders: the outsiders; None for those that the principals of the Allow statement include.
            spared: for S3's reading of wildcards, the keys that it exempts.
        """
        super().__init__(work)
        self.service = service
        self._senders = senders
        self.spared = spared

    def senders(self, required: Sequence[Statement]) -> Sequence[Caller]:
        """The outsiders that the principals of the Allow statement include."""
        return outsiders(required[0]) if self._senders is None else self._senders

    def includes_caller(self, statement: Statement, caller: Caller) -> bool:
        """Whether the principals of a Deny statement include an outsider."""
        assert isinstance(caller, Outsider)
        return denied(statement, caller)

    def actions(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Sequence[Cell]:
        """The cells of pairs of an action and a resource; the masks are of the Deny statements."""
        return targets(required[0], obstacles, self.service, self.work)

    def sent(
        self, caller: Caller, required: Sequence[Statement], against: Sequence[Statement], action_cells: Sequence[Cell]
    ) -> Iterator[Request]:
        """A request of one outsider for each way in which its addresses can be limited."""
        assert isinstance(caller, Outsider)
        (allow,) = required
        allowing, *denying = grouped = [by_key(statement.conditions) for statement in (allow, *against)]
        self.work.spend(1 + sum(map(len, grouped)) + len(against) // CHEAP)
        names = dict.fromkeys(name for conditions in grouped for name in conditions)
        names.pop(caller.address_key or "", None)
        base = _addresses(allow.conditions, caller.address_key)
        if not base:
            return
        dimensions = [action_cells]
        for name in names:
            allows = allowing.get(name, [])
            denies = [condition for conditions in denying for condition in conditions.get(name, ())]
            values = sendable(name, caller, allows, denies, self.spared, self.work)
            cells = self.cells(name, [allowing], denying, values)
            if not cells:
                return
            self.work.spend(len(cells) * weight([*allows, *denies]))
            dimensions.append(_worded(cells, [*allows, *denies]) if values is None else cells)
        for mask, combination in combinations(dimensions, (1 << len(against)) - 1, self.work).items():
            obstacles = [grouped for index, grouped in enumerate(denying) if mask >> index & 1]
            if left := self._left(base, [grouped.get(caller.address_key or "", ()) for grouped in obstacles]):
                target, *values_sent = combination
                denials = [statement for index, statement in enumerate(against) if target.mask >> index & 1]
                context = {name: cast("Values", cell.example) for name, cell in zip(names, values_sent, strict=True)}
                yield _request(caller, target, [allow, *denials], context, left)

    def _left(self, base: Ranges, obstacles: Sequence[Sequence[Condition]]) -> Ranges:
        """The addresses that remain beside obstacles with these conditions on them; without one, none remains."""
        if not all(obstacles):
            return nothing()
        every = [condition for conditions in obstacles for condition in conditions]
        self.work.spend(len(every) + 2 * sum(len(condition.values) for condition in every))
        return base - Ranges.union(map(_meeting, obstacles)) if obstacles else base


def _worded(cells: list[Cell], conditions: Sequence[Condition]) -> list[Cell]:
    """The cells of a key, with `OTHER` for an example that no condition distinguishes from it."""
    if not all(condition.operator.startswith(TEXTS) for condition in conditions):
        return cells
    like_other = [met(condition, (OTHER,)) for condition in conditions]
    return [
        Cell(cell.mask, (OTHER,))
        if cell.example and like_other == [met(condition, cast("Values", cell.example)) for condition in conditions]
        else cell
        for cell in cells
    ]


def _request(
    caller: Outsider,
    target: Cell,
    statements: Sequence[Statement],
    values: Mapping[str, Values],
    addresses: Ranges,
) -> OutsiderRequest:
    """A request for a target, with the context that these statements require."""
    action, resource = cast("tuple[str, str]", target.example)
    conditions = [condition for statement in statements for condition in statement.conditions]
    written = {condition.name: condition.key for condition in conditions if condition.name not in UNREMARKABLE}
    context = {name: sent for name, sent in values.items() if sent and name in written}
    return OutsiderRequest(caller, action, resource, context, addresses, written)


def _addresses(conditions: Sequence[Condition], address_key: str | None) -> Ranges:
    """The addresses that meet all conditions on them."""
    return _meeting(on_key(conditions, address_key))


def _meeting(conditions: Sequence[Condition]) -> Ranges:
    """The addresses that meet conditions, all of which are on them."""
    ranges = [addresses(condition, passing=True) for condition in conditions]
    return reduce(and_, ranges) if ranges else everything()
