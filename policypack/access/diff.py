"""Whether new documents allow a request that old ones did not, with an example of such a request.

The question is put to one Allow statement of the new documents after the other: is every request that it matches, and
that no new Deny statement matches, one that the old documents allow? It is not where some request escapes all old
Allow statements, or runs into an old Deny statement. Both are searches for a request that certain statements match and
certain others do not, cell by cell (`policypack.access.dimensions`), so the answer is exact and comes with its example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import cast

import msgspec

from policypack.access import callers, variables
from policypack.access.bounds import Bound, known
from policypack.access.cells import TooManyCellsError, Work
from policypack.access.conditions import Values, met
from policypack.access.cover import uncovered
from policypack.access.dimensions import Cell, actions, key_cells, resources, text_cells
from policypack.access.included import includes
from policypack.access.outsiders import NETWORK_KEYS
from policypack.access.request import Caller, Request, takes_in
from policypack.access.verdict import Answer, Verdict, refusal
from policypack.access.witness import improved, witness_of
from policypack.aws.document import PolicyDocument, Statement
from policypack.aws.grammar import WITH_PRINCIPAL

NETWORK = NETWORK_KEYS | {"aws:vpcsourceip", "aws:sourceip"}
NEW = "the old document does not allow this"
TOO_MANY = "the conditions and wildcards tell too many requests apart"

Sent = tuple[Caller, variables.Assignment, bool]
"""Who sends a request, with what for the variables, and whether through a VPC endpoint."""
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


def newly(
    new: Access, old: Access, *, attached: bool, who: Caller | None = None, foreign: bool = False
) -> tuple[Request, Statement] | None:
    """A request that is allowed newly, and the Allow statement that allows it; None where there is none.

    Args:
        new: what is allowed now.
        old: what was allowed before.
        attached: whether the caller is whoever the documents are attached to.
        who: the one caller in question; None for all.
        foreign: whether what resources are called is taken to be nothing of the caller's, so that a variable never
            stands for a part of their names.

    Raises:
        TooManyCellsError: there are too many requests to tell apart.
    """
    return next(gains(new, old, attached=attached, who=who, foreign=foreign), None)


def gains(
    new: Access, old: Access, *, attached: bool, who: Caller | None = None, foreign: bool = False
) -> Iterator[tuple[Request, Statement]]:
    """A request for each new Allow statement and each kind of caller to whom it newly allows something.

    The arguments are those of `newly`.

    Raises:
        TooManyCellsError: there are too many requests to tell apart.
    """
    world: World | None = None
    told: set[tuple[Statement, Caller]] = set()
    for required, obstacles in _questions(new, old):
        world = world or World([*new.statements, *old.statements], attached=attached, who=who, foreign=foreign)
        for request in world.requests(required, obstacles):
            mark = (required[0], request.caller)
            if mark not in told:
                told.add(mark)
                yield request, required[0]


def _questions(new: Access, old: Access) -> Iterator[tuple[Sequence[Statement], Sequence[Statement]]]:
    """Which statements a newly allowed request matches, and which it does not: one of these pairs each."""
    escapes = [
        tuple(dict.fromkeys(each for group in choice for each in group)) for choice in product(*old.alternatives)
    ]
    for groups in new.alternatives:
        for required in product(*groups):
            for escaped in escapes:
                if not any(includes(each, one) for each in escaped for one in required):
                    yield required, (*escaped, *new.denials)
            for denial in old.denials:
                if not any(includes(each, denial) for each in new.denials):
                    yield (*required, denial), new.denials


class World:
    """All requests, as far as some statements tell them apart."""

    def __init__(
        self, statements: Sequence[Statement], *, attached: bool, who: Caller | None = None, foreign: bool = False
    ) -> None:
        self.work = Work()
        self.foreign = foreign
        names = frozenset(each.name for statement in statements for each in statement.conditions)
        asked = callers.SELF if attached else who
        every = [asked] if asked else callers.callers(statements, self.work)
        variable = {name for each in statements for name in variables.names(each)}
        self.callers = _distinct(every, statements, sorted(names | variable))
        self.networks = (False, True) if names & NETWORK and not attached else (False,)
        self._keys: dict[object, list[Cell]] = {}

    def requests(self, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Iterator[Request]:
        """A request of each kind of caller that all of `required` match, and none of `obstacles`.

        Raises:
            TooManyCellsError: there are too many requests to tell apart.
        """
        about = text_cells(required, obstacles, actions, self.work)
        met_somewhere = _any(about)
        concerned = [index for index in range(len(obstacles)) if met_somewhere >> index & 1]
        for caller in self.callers if about else ():
            if all(takes_in(each, caller) for each in required):
                indexes = [index for index in concerned if takes_in(obstacles[index], caller)]
                against = [obstacles[index] for index in indexes]
                if found := self._of(caller, required, against, _only(about, indexes)):
                    sent = {name: values[0] for name, values in found.context.items()}
                    yield _plain(improved(found, _settled(required, sent), _settled(obstacles, sent)))

    def _of(
        self, caller: Caller, required: Sequence[Statement], against: Sequence[Statement], about: Sequence[Cell]
    ) -> Request | None:
        """A request of one caller for an action of these cells, whose numbers are of `against`."""
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
                    return found
        return None

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
            dimensions.append(self._cells(name, required, against, sent))
            if not dimensions[-1]:
                return None
        found = uncovered(dimensions, (1 << len(against)) - 1, self.work)
        if found is None:
            return None
        action, resource, *values = (each.example for each in found)
        caller, given, _ = sent
        context: dict[str, Values] = {key: (value,) for key, value in given.items() if value is not None}
        context |= {name: cast("Values", each) for name, each in zip(names, values, strict=True) if each}
        return Request(caller, str(action), str(resource), context)

    def _cells(self, name: str, required: Sequence[Statement], against: Sequence[Statement], sent: Sent) -> list[Cell]:
        """The cells of one key that `required` match; the numbers are of `against`."""
        every, (caller, given, network) = (*required, *against), sent
        values: Values | None
        if callers.without(network, name) and self.networks != (False,):
            values = ()
        elif name in given:
            values = () if given[name] is None else (str(given[name]),)
        else:
            values = callers.fixed(caller, name)
        cells = self._free(name, every) if values is None else [Cell(_mask(name, values, every), values)]
        wanted = (1 << len(required)) - 1
        matched = [each for each in cells if each.mask & wanted == wanted]
        return list({each.mask: Cell(each.mask >> len(required), each.example) for each in matched}.values())

    def _free(self, name: str, statements: Sequence[Statement]) -> list[Cell]:
        mark = (
            name,
            tuple(tuple(each for each in statement.conditions if each.name == name) for statement in statements),
        )
        if mark not in self._keys:
            self._keys[mark] = key_cells(name, statements, self.work)
        return self._keys[mark]


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
