"""Whether new documents allow a request that old ones did not, with an example of such a request.

The question is put to one Allow statement of the new documents after the other: is every request that it matches, and
that no new Deny statement matches, one that the old documents allow? It is not where some request escapes all old
Allow statements, or runs into an old Deny statement. Both are searches for a request that certain statements match and
certain others do not, in a space of requests: every one (`policypack.access.solver.every_request`), or those of
outsiders (`policypack.access.exposure.outside`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import product

import msgspec

from policypack.access.solver.bounds import Bound, known
from policypack.access.solver.every_request import EveryRequest, example
from policypack.access.solver.included import includes
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.request import Caller, Request
from policypack.access.solver.request_space import RequestSpace
from policypack.access.solver.substitution import with_escapes
from policypack.access.solver.verdict import Answer, Verdict, refusal
from policypack.access.solver.witness import witness_of
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.grammar import WITH_PRINCIPAL

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


NOTHING = Access(())
"""What nobody may do anything by."""


def access(documents: Iterable[PolicyDocument], unknowns: Bound) -> Access:
    """What documents of one kind, attached to one thing, allow, counting unknowns at this bound."""
    read = [
        (statement.allows, found)
        for document in documents
        for statement in with_escapes(document)
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
        possible = unknown and newly(access(new, Bound.MOST), access(old, Bound.LEAST), attached=attached)
        if possible:
            return Answer(Verdict.UNDECIDED, "an unknown value decides whether access is new", possible[1].path)
    except TooManyCellsError:
        return Answer(Verdict.UNDECIDED, TOO_MANY)
    return Answer(Verdict.NO_NEW_ACCESS, "the old document allows all of it")


def newly(new: Access, old: Access, *, attached: bool, foreign: bool = False) -> tuple[Request, Statement] | None:
    """A request that is allowed newly, and the Allow statement that allows it; None where there is none.

    Args:
        new: what is allowed now.
        old: what was allowed before.
        attached: whether the caller is whoever the documents are attached to.
        foreign: whether what resources are called is taken to be nothing of the caller's, so that a variable never
            stands for a part of their names.

    Raises:
        TooManyCellsError: there are too many requests to tell apart.
    """
    return next(gains(new, old, attached=attached, foreign=foreign), None)


def gains(new: Access, old: Access, *, attached: bool, foreign: bool = False) -> Iterator[tuple[Request, Statement]]:
    """A request for each new Allow statement and each kind of caller to whom it newly allows something.

    The arguments are those of `newly`.

    Raises:
        TooManyCellsError: there are too many requests to tell apart.
    """
    told: set[tuple[Statement, Caller]] = set()
    space = partial(EveryRequest, [*new.statements, *old.statements], attached=attached, foreign=foreign)
    for request, required, obstacles in allowed_newly(new, old, space):
        mark = (required[0], request.caller)
        if mark not in told:
            told.add(mark)
            yield example(request, required, obstacles), required[0]


def allows_more(new: Access, old: Access, *, attached: bool) -> bool:
    """Whether anything is allowed newly: as `newly`, without an example.

    Raises:
        TooManyCellsError: there are too many requests to tell apart.
    """
    space = partial(EveryRequest, [*new.statements, *old.statements], attached=attached)
    return any(True for _ in allowed_newly(new, old, space))


def allowed_newly(
    new: Access, old: Access, space: RequestSpace | Callable[[], RequestSpace]
) -> Iterator[tuple[Request, Sequence[Statement], Sequence[Statement]]]:
    """Requests of a space that are allowed newly, each with the statements that it matches, and those that it must not.

    Of the statements that it matches the first is a new Allow statement.

    Raises:
        TooManyCellsError: there are too many requests to tell apart.
    """
    for required, obstacles in _questions(new, old):
        space = space if isinstance(space, RequestSpace) else space()
        for request in space.requests(required, obstacles):
            yield request, required, obstacles


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
