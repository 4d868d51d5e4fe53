"""Restrictions without effect: an Allow statement with a condition, beside another one that grants the same without it.

The engine proves for each action and resource of the restricted statement that the other one allows all of it, and
that the document allows a request which the restriction excludes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import msgspec

from policypack.access.address_conditions import SPARES_SERVICES
from policypack.access.solver.bounds import Bound, bounded
from policypack.access.solver.diff import Access, allows_more
from policypack.access.solver.partition import LITTLE_WORK, MATCHES, TooManyCellsError, Work, work_on
from policypack.access.solver.request import account_of, effort
from policypack.iam.actions import expand
from policypack.iam.document import PolicyDocument, Principal, Statement
from policypack.iam.globs import everything, overlaps
from policypack.iam.grammar import WITH_PRINCIPAL

MOST_PARTS = 200
"""The number of statements, of actions of each, and of resources for each, that are asked about."""


SHADOW_WORK = 3 * LITTLE_WORK
"""The budget of the question, which compares each statement with each other: the largest documents of AWS take most of it."""


class Shadowed(msgspec.Struct, frozen=True):
    """A restricted statement, the unrestricted one, the keys of the conditions without effect, and an action."""

    restricted: Statement
    by: Statement
    keys: tuple[str, ...]
    action: str


def shadowed(document: PolicyDocument) -> Iterator[Shadowed]:
    """The first part of each restricted statement that another one grants without the restriction, for each other one."""
    attached = document.kind not in WITH_PRINCIPAL
    denials = [
        _for_callers(read)
        for statement in document.statements
        if not statement.allows and (read := bounded(document, statement, Bound.MOST, Bound.MOST)) is not None
    ]
    grants = [statement for statement in document.statements if statement.allows][:MOST_PARTS]
    with suppress(TooManyCellsError), work_on([document], SHADOW_WORK) as work:
        for restricted in grants:
            if restricted.conditions:
                asking = partial(allows_more, attached=attached, work=work)
                yield from _shadows(document, restricted, grants, denials, asking, work)


def _shadows(
    document: PolicyDocument,
    restricted: Statement,
    grants: list[Statement],
    denials: list[Statement],
    allows_more: Callable[[Access, Access], bool],
    work: Work,
) -> Iterator[Shadowed]:
    names = {condition.name for condition in restricted.conditions}
    beside: list[tuple[Statement, Statement, set[str]]] = []
    for written in grants:
        work.spend(1 + (len(written.conditions) + effort((written, restricted))) // MATCHES)
        keys = names - {condition.name for condition in written.conditions}
        if written is restricted or not keys or not _same_callers(written, restricted):
            continue
        wide = bounded(document, written, Bound.LEAST, Bound.LEAST)
        if wide is not None and _near(wide, restricted, work):
            beside.append((written, wide, keys))
    parts = [*_parts(restricted)] if beside else []
    for written, wide, keys in beside:
        for part in parts:
            lifted = {key for key in keys if _applies(key, part)}
            narrow = bounded(document, part, Bound.MOST, Bound.MOST) if lifted else None
            if narrow is None or allows_more(Access.of([narrow]), Access.of([wide])):
                continue
            lifting = msgspec.structs.replace(narrow, conditions=wide.conditions)
            if allows_more(Access.of([lifting, *denials]), Access.of([narrow])):
                named = dict.fromkeys(condition.key for condition in restricted.conditions if condition.name in lifted)
                yield Shadowed(restricted, written, tuple(named), (part.actions or ("",))[0])
                break


def _for_callers(denial: Statement) -> Statement:
    """A denial without its exemptions of services, which are not the callers that a restriction is about."""
    kept = tuple(condition for condition in denial.conditions if condition.name not in SPARES_SERVICES)
    return msgspec.structs.replace(denial, conditions=kept)


def _parts(statement: Statement) -> Iterator[Statement]:
    """A statement for each action and each resource that fit together; an action on several resources stays whole."""
    if statement.actions is None or statement.not_resources is not None:
        return
    every = [(pattern, expand(pattern)) for pattern in statement.actions]
    for pattern, known in every[:MOST_PARTS]:
        fitting = [
            resource
            for resource in statement.resources or ()
            if not known or everything(resource) or any(action.fits(resource) for action in known)
        ]
        if statement.resources is None:
            yield msgspec.structs.replace(statement, actions=(pattern,))
        elif any(action.required and len(action.formats) > 1 for action in known):
            yield msgspec.structs.replace(statement, actions=(pattern,), resources=tuple(fitting))
        else:
            for resource in fitting[:MOST_PARTS]:
                yield msgspec.structs.replace(statement, actions=(pattern,), resources=(resource,))


def _applies(key: str, part: Statement) -> bool:
    """Whether a key can be in the request for the action of a part, so that a condition on it restricts anything."""
    known = expand((part.actions or ("*",))[0])
    on_resources = "resourcetag/" not in key or any(action.formats for action in known)
    return not known or (on_resources and any(action.knows(key) for action in known))


def _near(wide: Statement, narrow: Statement, work: Work) -> bool:
    """Whether the two have an action in common, as far as is cheap to determine."""
    if wide.actions is None or narrow.actions is None:
        return True
    work.spend(1 + len(wide.actions) * len(narrow.actions) // MATCHES)
    return any(overlaps(one, other, ignore_case=True) for one in wide.actions for other in narrow.actions)


def _same_callers(wide: Statement, narrow: Statement) -> bool:
    """Whether one statement names every principal of the other.

    A whole account does not count for its roles: such a grant leaves the decision to their own policies.
    """
    if wide.not_principals is not None or narrow.not_principals is not None:
        return wide.not_principals == narrow.not_principals and wide.principals == narrow.principals
    if wide.principals is None or narrow.principals is None:
        return wide.principals is narrow.principals
    if any(principal.anyone for principal in wide.principals):
        return True
    return {*map(_identified, narrow.principals)} <= {*map(_identified, wide.principals)}


def _identified(principal: Principal) -> tuple[str, str]:
    return principal.type, (principal.type == "AWS" and account_of(principal.value)) or principal.value
