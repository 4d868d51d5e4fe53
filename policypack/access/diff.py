"""Whether new documents allow a request that old ones did not, with an example of such a request.

The question is put to one Allow statement of the new documents after the other: is every request that it matches, and
that no new Deny statement matches, one that the old documents allow? It is not where some request escapes all old
Allow statements, or runs into an old Deny statement. Both are searches for a request that certain statements match and
certain others do not, cell by cell (`policypack.access.dimensions`), so the answer is exact and comes with its example.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import cast

import msgspec

from policypack.access import callers, variables
from policypack.access.bounds import Bound, known
from policypack.access.cells import TooManyCellsError, Work
from policypack.access.conditions import Values, met
from policypack.access.cover import uncovered
from policypack.access.dimensions import Cell, actions, key_cells, resources, text_cells
from policypack.access.outsiders import NETWORK_KEYS
from policypack.access.request import Caller, Request, meets, takes_in
from policypack.access.verdict import Answer, Verdict, refusal
from policypack.access.witness import improved, witness_of
from policypack.aws.document import PolicyDocument, Statement
from policypack.aws.grammar import WITH_PRINCIPAL

NETWORK = NETWORK_KEYS | {"aws:vpcsourceip", "aws:sourceip"}
NEW = "the old document does not allow this"
TOO_MANY = "the conditions and wildcards tell too many requests apart"

Groups = tuple[tuple[Statement, ...], ...]
"""Allow statements of documents each of which has to allow a request."""


class Access(msgspec.Struct, frozen=True):
    """What documents together allow: one of the alternatives, and nothing of what is denied."""

    alternatives: tuple[Groups, ...]
    denials: tuple[Statement, ...] = ()

    @property
    def statements(self) -> list[Statement]:
        """All statements."""
        return [*(each for groups in self.alternatives for group in groups for each in group), *self.denials]

    def read(self, change: Mapping[int, Statement | None]) -> Access:
        """The same with each statement as it is read, by its id; without those that match nothing."""

        def changed(statements: Iterable[Statement]) -> tuple[Statement, ...]:
            return tuple(new for each in statements if (new := change[id(each)]) is not None)

        return Access(
            tuple(tuple(changed(group) for group in groups) for groups in self.alternatives), changed(self.denials)
        )


def access(documents: Iterable[PolicyDocument], unknowns: Bound) -> Access:
    """What documents of one kind, attached to one thing, allow, counting unknowns at this bound."""
    read = [
        (statement.allows, found)
        for document in documents
        for statement in variables.with_escapes(document)
        if (found := known(document, statement, unknowns if statement.allows else unknowns.other)) is not None
    ]
    return Access(
        ((tuple(each for allows, each in read if allows),),), tuple(each for allows, each in read if not allows)
    )


def within(inner: Access, outer: Access) -> Access:
    """What both allow: an identity's documents within its permissions boundary, say."""
    return Access(
        tuple((*one, *other) for one in inner.alternatives for other in outer.alternatives),
        (*inner.denials, *outer.denials),
    )


def either(one: Access, other: Access) -> Access:
    """What one of the two allows and neither denies: identity-based and resource-based documents in one account."""
    return Access((*one.alternatives, *other.alternatives), (*one.denials, *other.denials))


def diff(new: Sequence[PolicyDocument], old: Sequence[PolicyDocument]) -> Answer:
    """Whether the new documents allow what the old ones did not; one that AWS refuses makes the answer invalid."""
    for document in (*new, *old):
        if refused := refusal(document):
            return refused
    attached = not any(each.kind in WITH_PRINCIPAL for each in (*new, *old))
    try:
        found = newly(access(new, Bound.LEAST), access(old, Bound.MOST), attached=attached)
        if found is not None:
            request, statement = found
            return Answer(Verdict.NEW_ACCESS, NEW, statement.path, witness_of(request))
        unknown = any(each.unknowns for each in (*new, *old))
        perhaps = unknown and newly(access(new, Bound.MOST), access(old, Bound.LEAST), attached=attached)
        if perhaps:
            return Answer(Verdict.UNDECIDED, "an unknown value decides whether access is new", perhaps[1].path)
    except TooManyCellsError:
        return Answer(Verdict.UNDECIDED, TOO_MANY)
    return Answer(Verdict.NO_NEW_ACCESS, "the old document allows all of it")


def newly(new: Access, old: Access, *, attached: bool) -> tuple[Request, Statement] | None:
    """A request that is allowed newly, and the Allow statement that allows it; None where there is none.

    Args:
        new: what is allowed now.
        old: what was allowed before.
        attached: whether the caller is whoever the documents are attached to.

    Raises:
        TooManyCellsError: there are too many requests to tell apart.
    """
    every, work = [*new.statements, *old.statements], Work()
    for assignment in variables.assignments(every):
        change = {id(each): variables.settled(each, assignment) for each in every}
        found = _newly(new.read(change), old.read(change), World(assignment, work, attached=attached))
        if found is not None:
            request, statement = found
            context = {key: tuple(map(variables.shown, values)) for key, values in request.context.items()}
            plain = msgspec.structs.replace(request, resource=variables.shown(request.resource), context=context)
            return plain, statement
    return None


def _newly(new: Access, old: Access, world: World) -> tuple[Request, Statement] | None:
    world.look_at([*new.statements, *old.statements])
    escapes = [
        tuple({id(each): each for group in choice for each in group}.values()) for choice in product(*old.alternatives)
    ]
    for groups in new.alternatives:
        for required in product(*groups):
            for escaped in escapes:
                if any(each in escaped for each in required):
                    continue
                if found := world.request(required, (*escaped, *new.denials)):
                    return found, required[0]
            for denial in old.denials:
                if denial in new.denials:
                    continue
                if found := world.request((*required, denial), new.denials):
                    return found, required[0]
    return None


class World:
    """All requests, as far as some statements tell them apart."""

    def __init__(self, assignment: variables.Assignment, work: Work, *, attached: bool) -> None:
        self.assignment = assignment
        self.work = work
        self.attached = attached
        self.callers: list[Caller] = []
        self.networks: tuple[bool, ...] = (False,)
        self._keys: dict[tuple[str, tuple[int, ...]], list[Cell]] = {}

    def look_at(self, statements: Sequence[Statement]) -> None:
        """Tell apart what these statements do."""
        names = frozenset(each.name for statement in statements for each in statement.conditions)
        every = [callers.SELF] if self.attached else callers.callers(statements, self.work)
        self.callers = _distinct(every, statements, sorted(names))
        self.networks = (False, True) if names & NETWORK and not self.attached else (False,)

    def request(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Request | None:
        """A request that all of `required` match, and none of `obstacles`; None where there is none."""
        about = text_cells(required, obstacles, actions, self.work)
        named = text_cells(required, obstacles, resources, self.work) if about else []
        if not about or not named:
            return None
        reachable = _any(about) & _any(named)
        for caller in self.callers:
            if not all(takes_in(each, caller) for each in required):
                continue
            open_ones = [
                index for index, each in enumerate(obstacles) if reachable >> index & 1 and takes_in(each, caller)
            ]
            for network in self.networks:
                found = self._search(required, obstacles, open_ones, (about, named), caller, network=network)
                if found is not None:
                    return improved(found, required, obstacles)
        return None

    def _search(
        self,
        required: Sequence[Statement],
        obstacles: Sequence[Statement],
        open_ones: Sequence[int],
        texts: tuple[list[Cell], list[Cell]],
        caller: Caller,
        *,
        network: bool,
    ) -> Request | None:
        against = [obstacles[index] for index in open_ones]
        names = list(dict.fromkeys(each.name for statement in (*required, *against) for each in statement.conditions))
        dimensions = [_only(cells, open_ones) for cells in texts]
        for name in names:
            cells = self._cells(name, required, against, caller, network=network)
            if not cells:
                return None
            dimensions.append(cells)
        found = uncovered(dimensions, (1 << len(against)) - 1, self.work)
        if found is None:
            return None
        action, resource, *values = (each.example for each in found)
        context: dict[str, Values] = {key: (value,) for key, value in self.assignment.items() if value is not None}
        context |= {name: cast("Values", each) for name, each in zip(names, values, strict=True) if each}
        return Request(caller, str(action), str(resource), context)

    def _cells(
        self, name: str, required: Sequence[Statement], against: Sequence[Statement], caller: Caller, *, network: bool
    ) -> list[Cell]:
        """The cells of one key for one caller that `required` match; the numbers are of `against`."""
        every = (*required, *against)
        values: Values | None
        if callers.without(network, name) and self.networks != (False,):
            values = ()
        elif name in self.assignment:
            given = self.assignment[name]
            values = () if given is None else (given,)
        else:
            values = callers.fixed(caller, name)
        cells = self._free(name, every) if values is None else [Cell(_mask(name, values, every), values)]
        wanted = (1 << len(required)) - 1
        return list(
            {
                each.mask >> len(required): Cell(each.mask >> len(required), each.example)
                for each in cells
                if each.mask & wanted == wanted
            }.values()
        )

    def _free(self, name: str, statements: Sequence[Statement]) -> list[Cell]:
        mark = (name, tuple(map(id, statements)))
        if mark not in self._keys:
            self._keys[mark] = key_cells(name, statements, self.work)
        return self._keys[mark]


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


def allows(read: Access, request: Request) -> bool:
    """Whether documents allow a request, in which no statement has an unknown or a variable."""
    if any(meets(each, request) for each in read.denials):
        return False
    return any(all(any(meets(each, request) for each in group) for group in groups) for groups in read.alternatives)
