"""Grants that two documents of one role or group make: an action on a resource that both allow in some request.

Only documents that the stack writes count: an AWS managed policy beside an own document is common and sound. A user is
left out, because the groups of a user are independent of each other. A statement that grants whole services is compared
last: what only it duplicates follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice

import msgspec

from policypack.access.solver.bounds import Bound, bounded, unknown_paths
from policypack.access.solver.dimensions import ElementMatch, actions, meaning, resources
from policypack.access.solver.every_request import EveryRequest
from policypack.access.solver.partition import MATCHES, MOST_WORK, STACK_WORK, TooManyCellsError, Work
from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.iam.actions import Action, every_action, expand, whole_service, widen
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import covers, everything, overlaps
from policypack.resources.attachments import AttachedDocument, IdentityPolicies, identity_policies
from policypack.resources.tokens import GROUP, ROLE

UNCOMPARED = Unknown("has documents that distinguish too many requests to compare", "Write them more plainly.")
MOST_ACTIONS = 500
"""The number of actions that two statements are compared for."""


class DuplicateGrant(msgspec.Struct, frozen=True):
    """An action that a statement allows and one of another document too, and what the two differ in, if anything."""

    identity: str
    first: str
    action: str
    difference: str
    related: tuple[tuple[str, str], ...] = ()
    """The URN and the path of the other statement, if that grants whole services."""

    @property
    def message(self) -> str:
        """What is granted twice, to whom and where."""
        return f"allows `{self.identity}` to `{self.action}`, which `{self.first}` allows too{self.difference}"


def duplicate_grants(stack: Stack) -> Iterator[tuple[Resource, str, DuplicateGrant | Unknown]]:
    """Each statement that grants what an earlier document of the same role or group grants, once."""
    reported: set[tuple[str, str]] = set()
    work = Work(STACK_WORK)
    for policies in identity_policies(stack):
        if policies.identity.type in (ROLE, GROUP) and not policies.identity.external:
            for attached, path, grant in _of_identity(policies, work):
                place = (attached.resource.urn, attached.at(path))
                if place not in reported:
                    reported.add(place)
                    yield attached.resource, attached.at(path), grant


def _of_identity(
    policies: IdentityPolicies, work: Work
) -> Iterator[tuple[AttachedDocument, str, DuplicateGrant | Unknown]]:
    own = [attached for attached in policies.carried if attached.certain and not attached.managed]
    own.sort(key=lambda attached: (not attached.resource.external, attached.resource.urn, attached.path))
    for place, later in enumerate(own):
        if later.resource.external:
            continue
        for statement in _grants(later.document):
            earlier = [(first, other) for first in own[:place] for other in _grants(first.document)]
            earlier.sort(key=lambda pair: _wide(pair[1]))
            try:
                duplicate = _duplicate(later, statement, earlier, policies.identity.name, work)
            except TooManyCellsError:
                duplicate = statement.path, UNCOMPARED
            if duplicate:
                yield later, *duplicate


def _wide(statement: Statement) -> bool:
    """Whether it grants whole services, so that what it duplicates follows from that."""
    return statement.not_actions is not None or any(map(whole_service, statement.actions or ()))


def _grants(document: PolicyDocument) -> Iterator[Statement]:
    return (statement for statement in document.statements if statement.allows)


def _duplicate(
    later: AttachedDocument,
    statement: Statement,
    earlier: Sequence[tuple[AttachedDocument, Statement]],
    identity: str,
    work: Work,
) -> tuple[str, DuplicateGrant | Unknown] | None:
    """The path of the statement, with what it and an earlier one of another document both allow; None if nothing."""
    doubtful = None
    for first, other in earlier:
        for bound in (Bound.LEAST, Bound.MOST) if statement.unknown or other.unknown else (Bound.LEAST,):
            one = bounded(later.document, statement, bound, bound)
            two = bounded(first.document, other, bound, bound)
            action = _common(one, two, work) if one and two else None
            if action and bound is Bound.LEAST:
                where = first.path if first.resource.urn == later.resource.urn else first.resource.name
                related = ((first.resource.urn, first.at(other.path)),) if _wide(other) else ()
                grant = DuplicateGrant(identity, where, action, _difference(statement, other), related)
                return statement.path, grant
            if action:
                paths = unknown_paths(later.document, statement, "Action", "Resource", "Condition")
                doubtful = doubtful or (next(iter(paths), statement.path), UNKNOWN)
    return doubtful


def _difference(statement: Statement, other: Statement) -> str:
    if {*map(meaning, statement.conditions)} != {*map(meaning, other.conditions)}:
        return ", under other conditions"
    return "" if resources(statement) == resources(other) else ", on overlapping resources"


def _common(statement: Statement, other: Statement, work: Work) -> str | None:
    """An action that both statements allow on some resource in some request; None if there is none."""
    work.spend(1 + (_comparisons(statement, other, actions) + _comparisons(statement, other, resources)) // MATCHES)
    shared = [*islice(_shared_actions(statement, other), MOST_ACTIONS)]
    targets = _shared_resources(statement, other) if shared else []
    fitting = (name for name, action in shared if any(action is None or action.fits(target) for target in targets))
    if (name := next(fitting, None)) is None:
        return None
    pair = [msgspec.structs.replace(read, actions=(name,), not_actions=None) for read in (statement, other)]
    single = Work(min(MOST_WORK, work.left))
    before = single.left
    try:
        return name if any(EveryRequest(pair, single, attached=True).requests(pair, ())) else None
    finally:
        work.left -= before - single.left


def _comparisons(statement: Statement, other: Statement, element: Callable[[Statement], ElementMatch]) -> int:
    return len(element(statement).patterns) * len(element(other).patterns)


def _shared_actions(statement: Statement, other: Statement) -> Iterator[tuple[str, Action | None]]:
    """The actions that both statements name, by the one that names fewer; an action unknown to AWS's data is None."""
    first, second = actions(statement), actions(other)
    narrow, wide = (second, first) if not first.inside or any(map(every_action, first.patterns)) else (first, second)
    for pattern in narrow.patterns if narrow.inside else ():
        if wide.inside and not _any_overlap(pattern, wide.patterns):
            continue
        for name, action in _named(pattern):
            if wide.matches(name.lower()):
                yield name, action


def _any_overlap(pattern: str, patterns: Sequence[str]) -> bool:
    return any(overlaps(pattern, other) for other in patterns)


@cache
def _named(pattern: str) -> Sequence[tuple[str, Action | None]]:
    known = sorted(expand(pattern), key=str)
    return [(str(action), action) for action in known] or [(pattern, None)]


def _shared_resources(statement: Statement, other: Statement) -> list[str]:
    """Patterns of the resources that both statements name, as far as that is cheap to determine."""
    if statement.resources is None or other.resources is None:
        return [*(statement.resources or other.resources or ("*",))]
    return [
        one if everything(two) or covers(widen(two), widen(one)) else two
        for one in statement.resources
        for two in other.resources
        if overlaps(widen(one), widen(two))
    ]
