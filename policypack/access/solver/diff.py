"""Whether new documents allow a request that old documents do not, with an example of such a request.

The question is asked for each Allow statement of the new documents: does it match a request that no new Deny statement
matches, and that either no old Allow statement or some old Deny statement matches? Each is a search for a request that
certain statements match and certain others do not, in a request space: every request
(`policypack.access.solver.every_request`), or those of outsiders (`policypack.access.exposure.outsider_requests`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, product

import msgspec

from policypack.access.solver.bounds import Bound, known, undecidable, why_unknown
from policypack.access.solver.dimensions import CHEAP, ElementMatch, actions, meaning, resources, weight
from policypack.access.solver.every_request import EveryRequest, example
from policypack.access.solver.partition import LITTLE_WORK, MATCHES, WIDE, TooManyCellsError, Work
from policypack.access.solver.request import Caller, Request, effort
from policypack.access.solver.request_space import RequestSpace
from policypack.access.solver.substitution import with_escapes
from policypack.access.solver.verdict import Answer, Verdict, refusal
from policypack.access.solver.witness import EXAMPLE, Home, is_invented, witness_of
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import MAX_FRONTIER, beginning, by_kind, covers
from policypack.iam.grammar import WITH_PRINCIPAL

NEW = "the old document does not allow this"
UNKNOWN_DECIDES = "an unknown value decides whether access is new"
TOO_MANY = "the conditions and wildcards distinguish too many requests"

Groups = tuple[tuple[Statement, ...], ...]
"""Groups of Allow statements, of which each group has to allow a request."""


class Access(msgspec.Struct, frozen=True):
    """What documents allow together: what one of the alternatives allows and no denial matches."""

    alternatives: tuple[Groups, ...]
    denials: tuple[Statement, ...] = ()

    @staticmethod
    def of(statements: Iterable[Statement]) -> Access:
        """The access that the statements of one kind of document give."""
        every = [*statements]
        allows = tuple(statement for statement in every if statement.allows)
        return Access(((allows,),), tuple(statement for statement in every if not statement.allows))

    @property
    def statements(self) -> list[Statement]:
        """All statements."""
        groups = chain.from_iterable(self.alternatives)
        return [*chain.from_iterable(groups), *self.denials]


NOTHING = Access(())
"""No access."""


def access(
    documents: Iterable[PolicyDocument],
    unknowns: Bound,
    read: Callable[[PolicyDocument, Statement, Bound], Statement | None] = known,
) -> Access:
    """What documents of one kind, attached to one resource, allow.

    Args:
        documents: the documents.
        unknowns: how unknown values count: for `MOST` Allow statements match the most, and Deny statements the least.
        read: returns a statement at the bound for its effect, or None if it matches nothing.
    """
    return Access.of(
        statement
        for document in documents
        for written in with_escapes(document)
        if (statement := read(document, written, unknowns if written.allows else unknowns.other)) is not None
    )


def within(inner: Access, outer: Access) -> Access:
    """What both allow, such as an identity's documents within its permissions boundary."""
    return Access(
        tuple((*first, *second) for first in inner.alternatives for second in outer.alternatives),
        (*inner.denials, *outer.denials),
    )


def diff(new: Sequence[PolicyDocument], old: Sequence[PolicyDocument]) -> Answer:
    """Whether the new documents allow what the old ones do not; invalid if AWS refuses one of them.

    The documents are compared without the accounts that they are for, so a placeholder is an account too.
    """
    for document in (*new, *old):
        if refused := refusal(document, sample=True):
            return refused
    attached = not any(document.kind in WITH_PRINCIPAL for document in (*new, *old))
    work = Work()
    try:
        if gain := newly(access(new, Bound.LEAST), access(old, Bound.MOST), attached=attached, work=work):
            request, statement = gain
            return Answer(Verdict.NEW_ACCESS, NEW, statement.path, witness_of(request))
        unknown = any(map(undecidable, (*new, *old))) and not states_no_more(new, old)
        possible = unknown and newly(access(new, Bound.MOST), access(old, Bound.LEAST), attached=attached, work=work)
        if possible:
            why = why_unknown((*new, *old), UNKNOWN_DECIDES)
            return Answer(Verdict.UNDECIDED, why, possible[1].path)
    except TooManyCellsError:
        return Answer(Verdict.UNDECIDED, TOO_MANY)
    return Answer(Verdict.NO_NEW_ACCESS, "the old document allows all of it")


def states_no_more(new: Sequence[PolicyDocument], old: Sequence[PolicyDocument]) -> bool:
    """Whether new documents state no grant that the old ones do not, and every denial that these do.

    However AWS reads a number in them, it is then no new access. An unknown value is not the same as another one.
    """
    stated, before = (
        {_as_stated(document, statement) for document in documents for statement in document.statements}
        for documents in (new, old)
    )
    known = not any(document.unknowns for document in (*new, *old))
    return (
        known
        and all(statement.allows for statement, _ in before - stated)
        and not any(statement.allows for statement, _ in stated - before)
    )


def _as_stated(document: PolicyDocument, statement: Statement) -> tuple[Statement, str | None]:
    """A statement wherever it is, and the version that it is read by."""
    conditions = tuple(msgspec.structs.replace(condition, path="") for condition in statement.conditions)
    return msgspec.structs.replace(statement, path="", sid=None, conditions=conditions), document.version


def newly(
    new: Access,
    old: Access,
    *,
    attached: bool,
    foreign: bool = False,
    work: Work | None = None,
    home: Home = EXAMPLE,
) -> tuple[Request, Statement] | None:
    """A newly allowed request and the Allow statement that allows it; None if there is none.

    Args:
        new: what is allowed now.
        old: what was allowed before.
        attached: whether the caller is the identity that the documents are attached to.
        foreign: whether resources belong to others, so that a policy variable never matches a part of their names.
        work: the budget of the question; None for a new one.
        home: the region and the account of the example.

    Raises:
        TooManyCellsError: there are too many requests to distinguish.
    """
    return next(gains(new, old, attached=attached, foreign=foreign, work=work, home=home), None)


def gains(
    new: Access,
    old: Access,
    *,
    attached: bool,
    foreign: bool = False,
    work: Work | None = None,
    home: Home = EXAMPLE,
) -> Iterator[tuple[Request, Statement]]:
    """A request for each new Allow statement and each kind of caller; arguments and errors are those of `newly`."""
    seen: set[tuple[Statement, Caller]] = set()
    work = work or Work()
    space = partial(EveryRequest, [*new.statements, *old.statements], attached=attached, foreign=foreign)
    for request, required, obstacles in newly_allowed(new, old, partial(space, work), work):
        key = (required[0], request.caller)
        if key in seen:
            continue
        shown = example(request, required, obstacles, home)
        if is_invented(shown.action, required):
            try:
                real = space(Work(LITTLE_WORK)).with_real_actions().requests(required, obstacles)
                found = next((other for other in real if other.caller == request.caller), None)
            except TooManyCellsError:
                found = request
            if found is None:  # what wildcards match and AWS does not have
                continue
            shown = example(found, required, obstacles, home)
        seen.add(key)
        yield shown, required[0]


def allows_more(new: Access, old: Access, *, attached: bool, work: Work | None = None) -> bool:
    """Whether anything is newly allowed: as `newly`, without an example; `work` is the budget of several questions."""
    work = work or Work()
    space = partial(EveryRequest, [*new.statements, *old.statements], work, attached=attached)
    return any(True for _ in newly_allowed(new, old, space, work))


def newly_allowed(
    new: Access, old: Access, space: RequestSpace | Callable[[], RequestSpace], work: Work
) -> Iterator[tuple[Request, Sequence[Statement], Sequence[Statement]]]:
    """Newly allowed requests of a space, each with the statements that match it and those that must not.

    The first of the statements that match is a new Allow statement.

    Raises:
        TooManyCellsError: there are too many requests to distinguish.
    """
    for required, obstacles in _questions(new, old, work):
        space = space if isinstance(space, RequestSpace) else space()
        for request in space.requests(required, obstacles):
            yield request, required, obstacles


def _questions(new: Access, old: Access, work: Work) -> Iterator[tuple[Sequence[Statement], Sequence[Statement]]]:
    """Pairs of statements that match a newly allowed request and statements that do not."""
    escapes = [
        tuple(dict.fromkeys(statement for group in choice for statement in group))
        for choice in product(*old.alternatives)
    ]
    for groups in new.alternatives:
        for required in product(*groups):
            for escaped in escapes:
                work.spend(1 + (len(escaped) + len(new.denials)) // CHEAP)
                if not any(includes(wide, narrow, work) for wide in escaped for narrow in required):
                    yield required, (*escaped, *new.denials)
            for denial in old.denials:
                work.spend(1 + len(new.denials) // CHEAP)
                if not any(includes(wide, denial, work) for wide in new.denials):
                    yield (*required, denial), new.denials


def includes(wide: Statement, narrow: Statement, work: Work) -> bool:
    """Whether `wide` matches every request that `narrow` matches, compared by dimension, which avoids most searches.

    False may be wrong: only a search determines whether several statements together match them all.
    """
    work.spend(2)
    return (
        _element_includes(actions(wide), actions(narrow), work)
        and _element_includes(resources(wide), resources(narrow), work)
        and _conditions_include(wide, narrow, work)
        and _principals_include(wide, narrow, work)
    )


def _conditions_include(wide: Statement, narrow: Statement, work: Work) -> bool:
    work.spend(weight(wide.conditions) + weight(narrow.conditions))
    return {*map(meaning, wide.conditions)} <= {*map(meaning, narrow.conditions)}


def _principals_include(wide: Statement, narrow: Statement, work: Work) -> bool:
    work.spend(effort((wide, narrow)))
    if wide.not_principals is not None or narrow.not_principals is not None:
        return wide.not_principals == narrow.not_principals
    return wide.principals is None or (narrow.principals is not None and {*narrow.principals} <= {*wide.principals})


def _element_includes(wide: ElementMatch, narrow: ElementMatch, work: Work) -> bool:
    if wide.inside is not narrow.inside:
        return not wide.patterns if narrow.inside else "*" in wide.patterns
    if wide.patterns == narrow.patterns:
        return True
    outer, inner = (wide.patterns, narrow.patterns) if wide.inside else (narrow.patterns, wide.patterns)
    plain, wild = by_kind(outer)
    work.spend((len(outer) + len(inner)) // MATCHES)
    return all(pattern in plain or any(_covers(other, pattern, work) for other in wild) for pattern in inner)


def _covers(wide: str, narrow: str, work: Work) -> bool:
    """Whether a pattern covers another one; with a policy variable only an equal one."""
    if wide == narrow:
        return True
    hard = "?" in wide and "*" in narrow and narrow.startswith(beginning(wide))
    work.spend(1 + (len(narrow) * min(len(wide), MAX_FRONTIER) // CHEAP if hard else len(narrow) // WIDE))
    return "${" not in wide and "${" not in narrow and covers(wide, narrow)
