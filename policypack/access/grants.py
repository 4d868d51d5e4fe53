"""Whether identity-based documents allow an action on some resources.

The conditions of Allow statements are assumed to hold; Deny statements with conditions are assumed not to match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from policypack.access.solver.bounds import Bound, bounded
from policypack.access.solver.diff import NOTHING, Access, access, allows_more, within
from policypack.access.solver.partition import TooManyCellsError, Work
from policypack.iam.document import Effect, PolicyDocument, Statement

_PARTITION = re.compile(r"arn:(aws[a-z-]*|\*):")


def allowed(documents: Iterable[PolicyDocument], action: str, targets: Sequence[str], *, exact: bool) -> bool | None:
    """Whether the action is allowed on some resource; None if it depends on an unknown value.

    Args:
        documents: all that is attached to the identity.
        action: such as `s3:PutObject`.
        targets: patterns of ARNs in the partition `aws`.
        exact: whether the action may be on every resource that a pattern matches; otherwise it is on one of them, and
            which one is unknown.
    """
    attached = list(documents)
    least, most = (access(attached, bound, _unconditional) for bound in (Bound.LEAST, Bound.MOST))
    questions = [Access.of([Statement("", Effect.ALLOW, actions=(action,), resources=(target,))]) for target in targets]
    work = Work()
    try:
        if any(
            _allows_some(least, question, work) if exact else not allows_more(question, least, attached=True, work=work)
            for question in questions
        ):
            return True
        possible = any(_allows_some(most, question, work) for question in questions)
    except TooManyCellsError:
        return None
    unreadable = any(element == "Effect" for document in attached for element, _ in document.unknowns)
    return None if possible or unreadable else False


def _allows_some(granted: Access, question: Access, work: Work) -> bool:
    return allows_more(within(question, granted), NOTHING, attached=True, work=work)


def _unconditional(document: PolicyDocument, statement: Statement, bound: Bound) -> Statement | None:
    """A statement at a bound without conditions and variables, in the partition `aws`; None if it matches nothing."""
    if "Condition" in statement.unknown and bound is Bound.LEAST:
        return None
    if statement.conditions and not statement.allows:
        return None
    read = bounded(document, statement, bound, bound if statement.allows else Bound.LEAST)
    return read and msgspec.structs.replace(
        read, resources=_plain(read.resources), not_resources=_plain(read.not_resources), conditions=()
    )


def _plain(resources: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return resources and tuple(_PARTITION.sub("arn:aws:", pattern, count=1) for pattern in resources)
