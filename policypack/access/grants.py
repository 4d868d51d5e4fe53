"""Whether identity-based documents allow an action on some resources: a question to the difference engine.

Of an Allow statement that is all it allows, its conditions taken to hold; a Deny statement that has conditions is taken
not to apply. Both depend on the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from policypack.access.solver.bounds import Bound, bounded
from policypack.access.solver.diff import NOTHING, Access, allows_more, within
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.substitution import with_escapes
from policypack.iam.document import Effect, PolicyDocument, Statement

_PARTITION = re.compile(r"arn:(aws[a-z-]*|\*):")


def allowed(documents: Iterable[PolicyDocument], action: str, targets: Sequence[str], *, exact: bool) -> bool | None:
    """Whether some resource may be acted on; None where what is unknown decides.

    Args:
        documents: all that is attached to the identity.
        action: such as `s3:PutObject`.
        targets: patterns of ARNs in the partition `aws`.
        exact: whether every text that a pattern matches is a resource in question; otherwise one of them is, and
            nobody knows which.
    """
    read = list(documents)
    least, most = _granted(read, Bound.LEAST), _granted(read, Bound.MOST)
    questions = [Access((((Statement("", Effect.ALLOW, actions=(action,), resources=(each,)),),),)) for each in targets]
    try:
        if any(_some(each, least) if exact else _all(each, least) for each in questions):
            return True
        possible = any(_some(each, most) for each in questions)
    except TooManyCellsError:
        return None
    unreadable = any(element == "Effect" for document in read for element, _ in document.unknowns)
    return None if possible or unreadable else False


def _some(question: Access, granted: Access) -> bool:
    return allows_more(within(question, granted), NOTHING, attached=True)


def _all(question: Access, granted: Access) -> bool:
    return not allows_more(question, granted, attached=True)


def _granted(documents: Iterable[PolicyDocument], bound: Bound) -> Access:
    """What the documents allow, with what is unknown at this bound."""
    read = [
        each
        for document in documents
        for statement in with_escapes(document)
        if (each := _read(document, statement, bound))
    ]
    return Access(((tuple(each for each in read if each.allows),),), tuple(each for each in read if not each.allows))


def _read(document: PolicyDocument, statement: Statement, bound: Bound) -> Statement | None:
    """A statement without conditions, unknowns and variables; None where it matches nothing."""
    unknowns = bound if statement.allows else bound.other
    if ("Condition" in statement.unknown and unknowns is Bound.LEAST) or (
        statement.conditions and not statement.allows
    ):
        return None
    found = bounded(document, statement, unknowns, bound if statement.allows else Bound.LEAST)
    return found and msgspec.structs.replace(
        found, resources=_plain(found.resources), not_resources=_plain(found.not_resources), conditions=()
    )


def _plain(resources: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The patterns in the partition `aws`, without variables."""
    return resources and tuple(_PARTITION.sub("arn:aws:", each, count=1) for each in resources)
