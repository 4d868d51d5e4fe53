"""Reports on policy documents that open, alone or with others of their identity, a way to other identities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from policypack.access.escalation.analysis import IdentityDocuments, Opened, opened
from policypack.access.escalation.paths import Way
from policypack.access.solver.bounds import Bound
from policypack.access.solver.partition import TooManyCellsError
from policypack.core.policy import Reading, Resource, Stack, Undecided, Unknown, Violation, over_stack
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import IDENTITY, documents_of
from policypack.iam.managed import whole_services
from policypack.resources.attachments import AttachedDocument, identity_policies, only_boundaries
from policypack.resources.tokens import MANAGED_POLICY

TOO_MANY = "distinguishes too many requests by its conditions and wildcards"
TOO_MANY_FIX = "Write it with fewer conditions and wildcards."
ATTACHED = "may be attached to an identity with documents that make it a way to other identities' permissions"
ATTACHED_FIX = "Pass the identity's own `name` and the policy's own `arn` to the attachment."
LIMITED = "is limited by a permissions boundary that is not in this stack"
LIMITED_FIX = "Create the boundary in this stack, or narrow the document itself."
MOST_QUOTED = 3


class OpenWays:
    """The ways that the documents of one identity open, searched once for all of them."""

    def __init__(
        self, carried: Sequence[AttachedDocument], boundary: tuple[PolicyDocument, ...] | None, own: str
    ) -> None:
        self.carried = sorted(carried, key=lambda attached: not attached.certain)
        self._boundary = boundary
        self._own = own

    @cached_property
    def certain(self) -> list[Opened]:
        """The ways that are open for every value of the unknowns."""
        documents = tuple(attached.document for attached in self.carried if attached.certain)
        return list(opened(IdentityDocuments(documents, self._boundary, self._own), Bound.LEAST))

    @cached_property
    def possible(self) -> list[Opened]:
        """The ways that are or may be open."""
        documents = tuple(attached.document for attached in self.carried)
        unknown = any(document.unknowns for document in (*documents, *(self._boundary or ())))
        if not unknown and all(attached.certain for attached in self.carried):
            return self.certain
        return list(opened(IdentityDocuments(documents, self._boundary, self._own), Bound.MOST))


class IdentityPolicy(msgspec.Struct, frozen=True):
    """One document of one identity."""

    index: int
    """Its index among the documents of the identity."""
    ways: OpenWays
    unread: bool = False
    """Whether it depends on a permissions boundary that cannot be read."""


@over_stack
def documents_with_ways(stack: Stack) -> Iterator[tuple[Resource, str, IdentityPolicy | Unknown]]:
    """Every identity-based document, with the others of its role, user or group if it is attached to one."""
    seen: set[tuple[str, str]] = set()
    for holder in identity_policies(stack):
        kind = holder.identity.type.rpartition(":")[2].lower()
        name = holder.identity.inputs.get("name")
        path = holder.identity.inputs.get("path") or "/"
        own = f"{kind}{path}{name}" if isinstance(name, str) and isinstance(path, str) else ""
        ways = OpenWays(holder.carried, holder.boundary, own)
        for index, attached in enumerate(ways.carried):
            if attached.certain:
                seen.add((attached.resource.urn, attached.path))
            yield attached.resource, attached.path, IdentityPolicy(index, ways, holder.unread)
    limits = only_boundaries(stack)
    for resource in stack.resources:
        if resource.type != MANAGED_POLICY or resource.urn not in limits:
            for path, value in _alone(resource):
                if (resource.urn, path) not in seen:
                    yield resource, path, value


def _alone(resource: Resource) -> Iterator[Reading[IdentityPolicy]]:
    for path, document in documents_of(resource, IDENTITY, granting=True):
        if isinstance(document, Unknown):
            yield path, document
        else:
            yield path, IdentityPolicy(0, OpenWays([AttachedDocument(resource, path, document)], None, ""))


def judge_ways(policy: IdentityPolicy) -> Iterator[Violation | Undecided]:
    """The ways whose first step a document opens, one report for each statement."""
    carried = policy.ways.carried
    try:
        certain, possible = policy.ways.certain, policy.ways.possible
    except TooManyCellsError:
        yield Undecided("", TOO_MANY, TOO_MANY_FIX)
        return
    managed = carried[policy.index].managed
    by_statement: dict[str, list[Opened]] = {}
    for open_way in _once(certain) if managed else certain:
        if open_way.openers[0].document == policy.index:
            by_statement.setdefault(open_way.openers[0].path, []).append(open_way)
    if by_statement and policy.unread:
        yield Undecided("", LIMITED, LIMITED_FIX)
        return
    for path, ways in by_statement.items():
        if managed and not whole_services(managed) and all(_alone_opens(policy.index, way) for way in ways):
            continue  # AWS writes it for one purpose, as `AmazonEKSComputePolicy`
        more = f" and {len(ways) - MOST_QUOTED} more ways" if len(ways) > MOST_QUOTED else ""
        described = "; ".join(_described(carried, open_way) for open_way in ways[:MOST_QUOTED])
        place = "" if managed else path
        every = tuple(_described(carried, open_way) for open_way in ways)
        facts = tuple(fact for text in every for fact in re.findall("`([^`]*)`", text)) if managed else ()
        parts = None if managed else every
        yield Violation(place, f"lets its holder act as others: {described}{more}", facts=facts, parts=parts)
    known = {(open_way.way, open_way.openers[0]) for open_way in certain}
    for open_way in possible:
        if (open_way.way, open_way.openers[0]) not in known and open_way.openers[0].document == policy.index:
            yield _undecided(policy, open_way)


def _once(ways: Iterable[Opened]) -> Iterable[Opened]:
    """Each way by the first statement that opens it: what AWS writes is one thing to accept."""
    first: dict[Way, Opened] = {}
    for open_way in ways:
        first.setdefault(open_way.way, open_way)
    return first.values()


def _alone_opens(index: int, open_way: Opened) -> bool:
    return all(opener.document == index for opener in open_way.openers)


def _undecided(policy: IdentityPolicy, open_way: Opened) -> Undecided:
    for opener in open_way.openers:
        document = policy.ways.carried[opener.document].document
        for element, path in document.unknowns:
            if element != "Sid" and opener.document == policy.index and path.startswith(opener.path):
                return Undecided(path)
    return Undecided("", ATTACHED, ATTACHED_FIX)


def _described(carried: Sequence[AttachedDocument], open_way: Opened) -> str:
    """The actions of a way, each with the document and statement that allow it, and what they lead to."""
    first, *others = dict.fromkeys((opener.action, opener.document, opener.path) for opener in open_way.openers)
    steps = []
    for action, index, path in others:
        # A document that AWS writes is quoted by its name only.
        where = "" if (index, path) == first[1:] else f" of `{carried[index].managed or path}`"
        if index != first[1]:
            where += f" in `{carried[index].resource.name}`"
        steps.append(f"`{action}`{where}")
    actions = f"`{first[0]}` with {' and '.join(steps)}" if steps else f"`{first[0]}`"
    return f"{actions} {open_way.way.leads}"
