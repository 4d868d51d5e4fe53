"""Whether identity-based documents allow an action on some of the resources that a pattern stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from policypack.aws.actions import concerns, widen
from policypack.aws.document import PolicyDocument, Statement
from policypack.aws.globs import covers, overlaps

_PARTITION = re.compile(r"arn:(aws[a-z-]*|\*):")


def allowed(documents: Iterable[PolicyDocument], action: str, targets: Sequence[str], *, exact: bool) -> bool | None:
    """Whether some resource may be acted on; None where what is unknown decides.

    Conditions of an Allow statement are taken to hold, and those of a Deny statement not to: both depend on the request.

    Args:
        documents: all that is attached to the identity.
        action: such as `s3:PutObject`.
        targets: patterns of ARNs in the partition `aws`.
        exact: whether every text that a pattern matches is a resource in question; otherwise one of them is, and
            nobody knows which.
    """
    read = list(documents)
    statements = [statement for document in read for statement in document.statements]
    denials = [statement for statement in statements if not statement.allows]
    verdicts = {
        _verdict(statement, target, action, denials, exact=exact)
        for statement in statements
        if statement.allows
        for target in targets
    }
    if True in verdicts:
        return True
    unreadable = any(element == "Effect" for document in read for element, _ in document.unknowns)
    return None if None in verdicts or unreadable else False


def _verdict(allow: Statement, target: str, action: str, denials: Sequence[Statement], *, exact: bool) -> bool | None:
    about = _concerned(allow, action)
    if about is False:
        return False
    left = [
        certain
        for pattern, certain in _reached(allow, target, exact=exact)
        if not any(_denies(each, action, pattern, target) for each in denials)
    ]
    if not left:
        unknown = {"Resource", "NotResource"} & allow.unknown
        return None if unknown and not any(_denies(each, action, target, target) for each in denials) else False
    doubted = any(_may_deny(each, action, target) for each in denials)
    return None if about is None or True not in left or "Condition" in allow.unknown or doubted else True


def _concerned(statement: Statement, action: str) -> bool | None:
    """Whether a statement is about the action."""
    if concerns(statement, action):
        return None if "NotAction" in statement.unknown else True
    return None if "Action" in statement.unknown else False


def _reached(allow: Statement, target: str, *, exact: bool) -> Iterator[tuple[str, bool]]:
    """The patterns of the statement that reach the target, or the target for `NotResource`, and whether surely."""
    if allow.not_resources is not None:
        excluded = [_plain(each) for each in allow.not_resources]
        if not any(covers(each, target) for each in excluded):
            near = any(overlaps(each, target) for each in excluded)
            yield target, "NotResource" not in allow.unknown and (exact or not near)
    for each in allow.resources or ():
        if overlaps(_plain(each), target):
            yield _plain(each), "${" not in each and (exact or covers(_plain(each), target))


def _denies(denial: Statement, action: str, pattern: str, target: str) -> bool:
    """Whether a denial surely takes away all that an Allow statement's pattern gives of the target."""
    if denial.conditions or denial.unknown & {"Condition", "NotAction", "NotResource"}:
        return False
    if not concerns(denial, action):
        return False
    if denial.not_resources is not None:
        return not any(overlaps(_plain(each), target) for each in denial.not_resources)
    written = [_plain(each) for each in denial.resources or () if "${" not in each]
    return any(covers(each, pattern) or covers(each, target) for each in written)


def _may_deny(denial: Statement, action: str, target: str) -> bool:
    """Whether what is unknown in a denial may take away the target."""
    if denial.conditions or not denial.unknown & {"Action", "NotAction", "Resource", "NotResource", "Condition"}:
        return False
    if not concerns(denial, action) and "Action" not in denial.unknown:
        return False
    known = denial.resources is not None and not {"Resource"} & denial.unknown
    return not known or any(covers(_plain(each), target) for each in denial.resources or ())


def _plain(resource: str) -> str:
    """The pattern in the partition `aws`, with `*` for each policy variable."""
    return _PARTITION.sub("arn:aws:", widen(resource), count=1)
