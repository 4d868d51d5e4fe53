"""What to say of each policy document that opens, alone or with others of its identity, a way to other identities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from policypack.access.confidence import Confidence
from policypack.access.escalation.analysis import Identity, Opened, opened
from policypack.access.solver.bounds import Bound
from policypack.access.solver.partition import TooManyCellsError
from policypack.core.policy import Reading, Resource, Stack, Undecided, Unknown, Violation, over_stack
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import IDENTITY, documents_of
from policypack.resources.attachments import AttachedDocument, boundaries, holders
from policypack.resources.tokens import MANAGED_POLICY

TOO_MANY = "tells too many requests apart with its conditions and wildcards"
TOO_MANY_FIX = "Write it with fewer conditions and wildcards."
ATTACHED = "may be attached to an identity with documents that make it a way to other identities' permissions"
ATTACHED_FIX = "Pass the identity's own `name` and the policy's own `arn` to the attachment."
LIMITED = "is limited by a permissions boundary that is not in this stack"
LIMITED_FIX = "Create the boundary in this stack, or narrow the document itself."
SHOWN = 3


class Judged:
    """What the documents of one identity open, found once for all of them."""

    def __init__(
        self, carried: Sequence[AttachedDocument], boundary: tuple[PolicyDocument, ...] | None, own: str
    ) -> None:
        self.carried = sorted(carried, key=lambda each: not each.certain)
        self._boundary = boundary
        self._own = own

    def ways(self, confidence: Confidence) -> list[Opened]:
        """The ways that are open whatever the unknowns turn out to be, or those that may be open."""
        return self._certain if confidence is Confidence.CERTAIN else self._possible

    @cached_property
    def _certain(self) -> list[Opened]:
        attached = tuple(each.document for each in self.carried if each.certain)
        return list(opened(Identity(attached, self._boundary, self._own), Bound.LEAST))

    @cached_property
    def _possible(self) -> list[Opened]:
        every = tuple(each.document for each in self.carried)
        settled = all(each.certain and not each.document.unknowns for each in self.carried)
        if settled and not any(each.unknowns for each in self._boundary or ()):
            return self._certain
        return list(opened(Identity(every, self._boundary, self._own), Bound.MOST))


class HeldDocument(msgspec.Struct, frozen=True):
    """One document as one identity holds it."""

    index: int
    """Of the document among those of the identity."""
    judged: Judged
    unread: bool = False
    """Whether a permissions boundary that cannot be read decides."""


@over_stack
def held(stack: Stack) -> Iterator[tuple[Resource, str, HeldDocument | Unknown]]:
    """Every identity-based document: with the others of its role, user or group, or alone where it has none."""
    seen: set[tuple[str, str]] = set()
    for holder in holders(stack):
        kind = holder.identity.type.rpartition(":")[2].lower()
        name = holder.identity.inputs.get("name")
        path = holder.identity.inputs.get("path") or "/"
        own = f"{kind}{path}{name}" if isinstance(name, str) and isinstance(path, str) else ""
        judged = Judged(holder.carried, holder.boundary, own)
        for index, each in enumerate(judged.carried):
            if each.certain:
                seen.add((each.resource.urn, each.path))
            yield each.resource, each.path, HeldDocument(index, judged, holder.unread)
    limits = boundaries(stack)
    for resource in stack.resources:
        if resource.type != MANAGED_POLICY or resource.urn not in limits:
            for where, value in _alone(resource):
                if (resource.urn, where) not in seen:
                    yield resource, where, value


def _alone(resource: Resource) -> Iterator[Reading[HeldDocument]]:
    for path, document in documents_of(resource, IDENTITY, granting=True):
        if isinstance(document, Unknown):
            yield path, document
        else:
            yield path, HeldDocument(0, Judged([AttachedDocument(resource, path, document)], None, ""))


def judgements(one: HeldDocument) -> Iterator[Violation | Undecided]:
    """What is wrong with a document: the ways whose first step it opens, one report for each statement."""
    try:
        certain, possible = map(one.judged.ways, (Confidence.CERTAIN, Confidence.POSSIBLE))
    except TooManyCellsError:
        yield Undecided("", TOO_MANY, TOO_MANY_FIX)
        return
    mine = [each for each in certain if each.openers[0].document == one.index]
    if mine and one.unread:
        yield Undecided("", LIMITED, LIMITED_FIX)
        return
    by_statement: dict[str, list[Opened]] = {}
    for each in mine:
        by_statement.setdefault(each.openers[0].path, []).append(each)
    within = one.judged.carried[one.index]
    for path, ways in by_statement.items():
        yield Violation("" if within.managed else path, _told(one, ways))
    told = {each.way for each in certain}
    for each in possible:
        if each.way not in told and each.openers[0].document == one.index:
            yield _unsure(one, each)


def _unsure(one: HeldDocument, way: Opened) -> Undecided:
    for opener in way.openers:
        document = one.judged.carried[opener.document].document
        for element, path in document.unknowns:
            if element != "Sid" and opener.document == one.index and path.startswith(opener.path):
                return Undecided(path)
    return Undecided("", ATTACHED, ATTACHED_FIX)


def _told(one: HeldDocument, ways: Sequence[Opened]) -> str:
    more = f" and {len(ways) - SHOWN} more ways" if len(ways) > SHOWN else ""
    shown = "; ".join(_way(one, each) for each in ways[:SHOWN])
    return f"lets its holder act as others: {shown}{more}"


def _way(one: HeldDocument, way: Opened) -> str:
    first, *others = dict.fromkeys((each.action, each.document, each.path) for each in way.openers)
    steps = [f"`{first[0]}`"]
    for action, document, path in others:
        where = "" if (document, path) == first[1:] else _where(one.judged.carried[document], path)
        if document != first[1]:
            where += f" in `{one.judged.carried[document].resource.name}`"
        steps.append(f"`{action}`{where}")
    actions = steps[0] if len(steps) == 1 else f"{steps[0]} with {' and '.join(steps[1:])}"
    return f"{actions} {way.way.leads}"


def _where(carried: AttachedDocument, path: str) -> str:
    """Where in a document a step is allowed: of one that AWS writes only the name says something."""
    return f" of `{carried.managed or path}`"
