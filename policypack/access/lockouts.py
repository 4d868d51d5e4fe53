"""Lockouts: denials that together leave nobody, but the callers that all of them exempt, or nobody who is allowed.

A request of an ordinary caller, who is no AWS service and on no list of exceptions, has to avoid each denial. The
engine searches for such a request; if there is none, nobody is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from itertools import combinations, islice

import msgspec

from policypack.access.address_conditions import ORIGINS, ROUTED, SPARES_SERVICES, spares
from policypack.access.role_sessions import SentValue, agreed
from policypack.access.solver.bounds import Bound, bounded
from policypack.access.solver.dimensions import meaning
from policypack.access.solver.every_request import EveryRequest
from policypack.access.solver.partition import LITTLE_WORK, TooManyCellsError, Work, work_on
from policypack.iam.actions import concerns
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import CALLER_KEYS, SIGNED_ONLY
from policypack.iam.dates import TIMES, always_from
from policypack.iam.document import Condition, Effect, PolicyDocument, Principal, Statement
from policypack.iam.globs import covers, has_wildcard

CHANGES = "kms:PutKeyPolicy"
"""The action that changes a key's policy."""
MOST_QUESTIONS = 400
"""The number of combinations of denials that are tried."""
OF_NO_SERVICE = (
    ROUTED,
    *(Condition("Bool", name, ("false",)) for name in sorted(SPARES_SERVICES)),
    Condition("Bool", "aws:SecureTransport", ("true",)),
)
"""Conditions that requests of ordinary callers meet, who use HTTPS."""


def lockouts(document: PolicyDocument) -> Iterator[tuple[Statement, ...]]:
    """The denials that leave nobody: one whose conditions every request meets, or two or three together."""
    denials = [
        read
        for statement in document.statements
        if not statement.allows and _limited(statement) and _of_everyone(statement)
        if (read := bounded(document, statement, Bound.LEAST, Bound.LEAST)) is not None
    ]
    if not denials:
        return
    reported: list[set[str]] = []
    candidates = (group for size in (1, 2, 3) for group in combinations(denials, size))
    with suppress(TooManyCellsError), work_on([document], LITTLE_WORK) as work:
        for group in islice(candidates, MOST_QUESTIONS):
            paths = {statement.path for statement in group}
            if any(known <= paths for known in reported):
                continue
            denying = _for_ordinary_callers(group)
            if all(map(_limited, denying)) and _leave_nobody(denying, work):
                yield group
                reported.append(paths)


def _limited(statement: Statement) -> bool:
    """Whether a denial lets some requests pass; one that lets none pass denies on purpose."""
    return bool(statement.conditions) or statement.not_principals is not None


def _of_everyone(statement: Statement) -> bool:
    return statement.principals is None or any(principal.anyone for principal in statement.principals)


def _for_ordinary_callers(group: Sequence[Statement]) -> list[Statement]:
    """The denials without the conditions that exempt services, and without the exceptions that all of them have."""
    exempting = [
        {
            meaning(condition)
            for condition in statement.conditions
            if spares(condition) or (len(group) > 1 and condition.negated and condition.name in ORIGINS)
        }
        for statement in group
    ]
    shared = set.intersection(*exempting)
    return [
        msgspec.structs.replace(
            statement,
            conditions=tuple(
                condition
                for condition in statement.conditions
                if meaning(condition) not in shared and not (spares(condition) and condition.name in SPARES_SERVICES)
            ),
        )
        for statement in group
    ]


def _leave_nobody(group: Sequence[Statement], work: Work) -> bool:
    scopes = [
        msgspec.structs.replace(
            statement, effect=Effect.ALLOW, principals=None, not_principals=None, conditions=OF_NO_SERVICE
        )
        for statement in group
    ]
    space = EveryRequest([*scopes, *group], work, attached=False)
    return not any(space.requests(scopes, group)) and any(space.requests(scopes, ()))


def voiding(document: PolicyDocument) -> list[Statement]:
    """The denials without a condition of which each takes away all that the same document allows.

    If only several together do, the first of them. Empty if the document allows nothing, or something that is left.
    """
    denials = [one for one in document.statements if not one.allows and not one.conditions and not one.unknown]
    allowed = [one for one in document.statements if one.allows] if denials else []
    parts = [(one, action) for one in allowed for action in one.actions or ()]
    if not parts or any(one.unknown or not one.actions for one in allowed):
        return []
    taking = [[denial for denial in denials if _takes(denial, *part)] for part in parts]
    alone = [denial for denial in denials if all(denial in takers for takers in taking)]
    return alone or (taking[0][:1] if all(taking) else [])


def _takes(denial: Statement, allowed: Statement, action: str) -> bool:
    """Whether a denial is of everything that a statement allows by one of its actions."""
    wide = denial.resources
    return (
        any(covers(denied.lower(), action.lower()) for denied in denial.actions or ())
        and (
            wide is allowed.resources is None
            or (
                bool(wide and allowed.resources)
                and all(any(covers(one, resource) for one in wide or ()) for resource in allowed.resources or ())
            )
        )
        and denial.not_principals is None
        and (
            denial.principals is allowed.principals is None
            or any(principal.anyone for principal in denial.principals or ())
            or (bool(allowed.principals) and {*(allowed.principals or ())} <= {*(denial.principals or ())})
        )
    )


def excluded(document: PolicyDocument) -> Iterator[tuple[list[Statement], list[Statement]]]:
    """The denials that take away all that a document allows to principals of one type, and those Allow statements.

    The principals themselves meet the conditions of the denials: by their ARN, their account or their type.
    """
    denials = [
        read
        for one in document.statements
        if not one.allows and one.conditions and all(map(_of_caller, one.conditions))
        if (read := bounded(document, one, Bound.LEAST, Bound.LEAST)) is not None
    ]
    allowed = [one for one in document.statements if one.allows]
    if not denials or any(not one.principals or "Principal" in one.unknown for one in allowed):
        return
    with suppress(TooManyCellsError), work_on([document], LITTLE_WORK) as work:
        for kind in dict.fromkeys(principal.type for one in allowed for principal in one.principals or ()):
            parts = [
                (one, principal) for one in allowed for principal in one.principals or () if principal.type == kind
            ]
            statements = list(dict.fromkeys(one for one, _ in parts))
            if all(one.conditions for one in statements):
                continue  # `iam-unsatisfiable-condition` reads them
            most = [(bounded(document, one, Bound.MOST, Bound.MOST), principal) for one, principal in parts]
            taking = [one for one in denials if all(_excludes([one], *part, work) for part in most)]
            if taking:
                yield from (([one], statements) for one in taking)
            elif all(_excludes(denials, *part, work) for part in most):
                yield denials, statements


def _of_caller(condition: Condition) -> bool:
    return condition.name in CALLER_KEYS or condition.name.startswith(SIGNED_ONLY)


def _excludes(denials: Sequence[Statement], allowed: Statement | None, principal: Principal, work: Work) -> bool:
    """Whether the denials match every request of one principal that a statement allows."""
    if allowed is None:
        return True
    sent = _sent(principal)
    part = msgspec.structs.replace(allowed, principals=(principal,))
    denying = [
        msgspec.structs.replace(
            denial,
            conditions=tuple(
                one for one in denial.conditions if one.name not in sent or not agreed(one, (sent[one.name],))
            ),
        )
        for denial in denials
    ]
    return not any(EveryRequest([part, *denying], work, attached=False).requests([part], denying))


def _sent(principal: Principal) -> dict[str, SentValue]:
    """What all requests of a role or a user have, by keys of which the engine knows no value."""
    arn = Arn.parse(principal.value) if principal.type == "AWS" else None
    if arn is None or arn.service != "iam" or has_wildcard(arn.resource):
        return {}
    kind, _, name = arn.resource.partition("/")
    if kind == "role":
        return {
            "aws:principaltype": SentValue("AssumedRole"),
            "aws:userid": SentValue("AROA*:*", known=False),
            "aws:username": SentValue(None),
        }
    if kind == "user":
        return {
            "aws:principaltype": SentValue("User"),
            "aws:userid": SentValue("AIDA*", known=False),
            "aws:username": SentValue(name.rpartition("/")[2]),
        }
    return {}


def unmanageable(document: PolicyDocument) -> bool:
    """Whether a key policy lets nobody change it, which KMS refuses: no Allow statement includes `kms:PutKeyPolicy`.

    Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html.
    """
    if not document.statements or any(element in ("Statement", "Effect") for element, _ in document.unknowns):
        return False
    bounds = [bounded(document, one, *([Bound.MOST if one.allows else Bound.LEAST] * 2)) for one in document.statements]
    read = [one for one in bounds if one is not None and concerns(one, CHANGES)]
    denied = [one for one in read if not one.allows]
    change = Statement("", Effect.ALLOW, actions=(CHANGES,), resources=("*",))
    try:
        with work_on([document], LITTLE_WORK) as work:
            return not any(_by_people([one, change], denied, work) for one in read if one.allows)
    except TooManyCellsError:
        return False


def _by_people(required: list[Statement], denied: list[Statement], work: Work) -> bool:
    """Whether somebody other than a service may send such a request."""
    space = EveryRequest([*required, *denied], work, attached=False)
    return any(request.caller.type != "Service" for request in space.requests(required, denied))


def void_exemption(statement: Statement) -> str:
    """The first identity that a denial exempts in vain, as text; empty if there is none, or if it has conditions.

    An identity on the list of `NotPrincipal` is denied where its account is not on the list too. Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html.
    """
    if statement.allows or statement.conditions or "NotPrincipal" in statement.unknown:
        return ""
    listed = [principal.value for principal in statement.not_principals or () if principal.type == "AWS"]
    accounts = {arn.account for text in listed if (arn := Arn.parse(text)) and arn.resource == "root"} | {*listed}
    identities = [arn for text in listed if (arn := Arn.parse(text)) and arn.service in ("iam", "sts")]
    return next((f"`{arn.resource}`" for arn in identities if arn.account not in accounts), "")


def from_day(document: PolicyDocument, today: date) -> PolicyDocument:
    """A document whose denials are without the dates that have passed, because every request is later."""
    if not any(condition.name in TIMES for statement in document.statements for condition in statement.conditions):
        return document
    statements = [
        statement
        if statement.allows
        else msgspec.structs.replace(
            statement, conditions=tuple(one for one in statement.conditions if not always_from(one, today))
        )
        for statement in document.statements
    ]
    return msgspec.structs.replace(document, statements=type(document.statements)(statements))
