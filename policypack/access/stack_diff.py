"""What a stack newly allows against another one: for each holder of documents, each new class of request with an example.

A holder is a role, user or group with all that is attached to it, within its boundary; what attaches or carries
documents for an identity outside the stack; a resource with its resource-based document; a role with its trust policy.
Holders are the same when their URNs have the same end, whatever their project and stack. An exposure without a document,
such as by an ACL, counts when the resource was not public before. A managed policy whose document cannot be read
allows the same on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import msgspec

from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.exposure.invoking import permission_document
from policypack.access.policy_targets import target_of
from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import TOO_MANY, Access, access, allows_more, gains, within
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import witness_of
from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.iam.actions import every_action
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import RESOURCE, TRUST, documents_of
from policypack.iam.managed import managed_document
from policypack.iam.tables import canonical
from policypack.resources.attachments import AttachedDocument, Unread, UnreadAttachment, carriers, identity_policies
from policypack.resources.naming import physical_name
from policypack.resources.tokens import GROUP, PERMISSION, ROLE, USER

UNREAD = "a part of what is attached cannot be read here"
NEWLY = "is newly attached, and what it allows is not read here"
PERHAPS = "may be newly attached, and what it allows is not read here"
BEFORE = "was attached before and may allow this, which is not read here"
LIMITED = "a permissions boundary that is not read here may forbid this"
OTHER_LIMIT = "the permissions boundary before is not read here, and is no longer the same"
NEW = "the old stack does not allow this"
NOT_BEFORE = "this was not public before"

Key = tuple[str, str, str]
"""The kind of documents, and the end of the URN of their holder."""


class Holding(msgspec.Struct, frozen=True):
    """The documents of one holder, and what else is attached. `boundary` is None if none can be read.

    `limits` names the managed policies that a boundary which cannot be read may be, with an empty name for an unknown one.
    """

    holder: Resource
    carried: tuple[AttachedDocument, ...] = ()
    boundary: tuple[PolicyDocument, ...] | None = None
    unseen: tuple[UnreadAttachment, ...] = ()
    limits: frozenset[str] = frozenset()
    attached: bool = False
    """Whether the documents are attached to the holder, rather than protecting it."""

    def access(self, bound: Bound) -> Access:
        """What the documents allow, with unknown values and possible attachments at this bound."""
        most = bound is Bound.MOST
        granted = Access.of(
            statement
            for attached in sorted(self.carried, key=lambda attached: not attached.certain)
            for statement in access((attached.document,), bound).statements
            if attached.certain or statement.allows is most
        )
        return granted if self.boundary is None else within(granted, access(self.boundary, bound))

    @property
    def depends(self) -> bool:
        """Whether an unknown value or attachment decides what the documents allow."""
        documents = (*(attached.document for attached in self.carried), *(self.boundary or ()))
        return any(document.unknowns for document in documents) or not all(
            attached.certain for attached in self.carried
        )


class Gain(msgspec.Struct, frozen=True):
    """A class of requests that is or may be newly allowed: the holder, what allows it, and an example."""

    holder: Resource
    by: Resource
    path: str
    answer: Answer


def gained(new: Stack, old: Stack) -> Iterator[Gain]:
    """Everything that a stack newly allows, in the order of its resources."""
    before = {**_outside(old, every=True), **_holdings(old)}
    for key, holding in {**_holdings(new), **_outside(new)}.items():
        yield from _gained(holding, before.get(key) or Holding(holding.holder))
    public_before = {end_of(entry.resource) for entry in exposed(old) if entry.verdict is Verdict.PUBLIC}
    for entry in exposed(new):
        if entry.verdict is Verdict.PUBLIC and end_of(entry.resource) not in public_before and not _by_document(entry):
            answer = msgspec.structs.replace(entry.exposure.answer, verdict=Verdict.NEW_ACCESS, why=NOT_BEFORE)
            yield Gain(entry.resource, entry.exposure.by, entry.exposure.path, answer)


def _holdings(stack: Stack) -> Mapping[Key, Holding]:
    """Every holder of documents in a stack."""
    holdings: dict[Key, Holding] = {}
    for holder in identity_policies(stack):
        identity = holder.identity
        if not identity.external:
            limits = {
                limit.policy if isinstance(limit, UnreadAttachment) else "" for limit in holder.limits if holder.unread
            }
            holdings["identity", *end_of(identity)] = Holding(
                identity, holder.carried, holder.boundary, holder.unseen, frozenset(limits), attached=True
            )
    for resource in stack.resources:
        for kind, target, path, document in () if resource.external else _documents(stack, resource):
            key = (kind, *end_of(target))
            holding = holdings.get(key) or Holding(target)
            if isinstance(document, Unknown):
                unseen = (*holding.unseen, UnreadAttachment(resource, path, Unread.DOCUMENT))
                holdings[key] = msgspec.structs.replace(holding, unseen=unseen)
            else:
                carried = (*holding.carried, AttachedDocument(resource, path, document))
                holdings[key] = msgspec.structs.replace(holding, carried=carried)
    return holdings


def _documents(stack: Stack, resource: Resource) -> Iterator[tuple[str, Resource, str, PolicyDocument | Unknown]]:
    """The trust policy and resource-based documents that a resource carries, with the resource that they protect."""
    for path, document in documents_of(resource, TRUST, granting=True):
        yield "trust", resource, path, document
    for path, document in documents_of(resource, RESOURCE, granting=True):
        yield "resource", target_of(stack, resource), path, document
    if resource.type == PERMISSION:
        yield "resource", target_of(stack, resource), "", permission_document(resource)


def _outside(stack: Stack, *, every: bool = False) -> Mapping[Key, Holding]:
    """What is attached to identities outside the stack, by what attaches or carries it; with `every`, to all identities."""
    return {
        ("identity", *end_of(holder.identity)): Holding(
            holder.identity, holder.carried, unseen=holder.unseen, attached=True
        )
        for holder, alone in carriers(stack)
        if alone or every
    }


def end_of(resource: Resource) -> tuple[str, str]:
    """The part of a URN that is the same in another stack: the types of its parents and its own, and its name."""
    types, _, name = resource.urn.split("::", 2)[-1].partition("::")
    return "$".join(map(canonical, types.split("$"))), name


def _gained(holding: Holding, before: Holding) -> Iterator[Gain]:
    holder = holding.holder
    try:
        yield from _read_gains(holding, before)
        yield from _unseen_gains(holding, before)
    except TooManyCellsError:
        yield Gain(holder, holder, "", Answer(Verdict.UNDECIDED, TOO_MANY))
    if before.limits and (before.limits != holding.limits or "" in before.limits):
        yield Gain(holder, holder, "permissionsBoundary", Answer(Verdict.UNDECIDED, OTHER_LIMIT))


def _read_gains(holding: Holding, before: Holding) -> Iterator[Gain]:
    """The gains by documents that can be read."""
    decided = False
    for request, allow in gains(holding.access(Bound.LEAST), before.access(Bound.MOST), attached=holding.attached):
        decided = True
        witness = witness_of(request)
        if holding.attached:
            witness = msgspec.structs.replace(witness, outsider=_described(holding.holder))
        doubt = _doubt(holding, before, allow)
        answer = Answer(Verdict.UNDECIDED if doubt else Verdict.NEW_ACCESS, doubt or NEW, allow.path, witness)
        yield Gain(holding.holder, *_place(holding, allow, Bound.LEAST), answer)
    if not decided and (holding.depends or before.depends):
        possible = gains(holding.access(Bound.MOST), before.access(Bound.LEAST), attached=holding.attached)
        for _, allow in islice(possible, 1):
            answer = Answer(Verdict.UNDECIDED, "an unknown value decides whether access is new", allow.path)
            yield Gain(holding.holder, *_place(holding, allow, Bound.MOST), answer)


def _doubt(holding: Holding, before: Holding, allow: Statement) -> str:
    """The reason why what a statement newly allows may not be new; empty if it certainly is new.

    No AWS managed policy allows everything, except those whose document is known here.
    """
    if holding.limits:
        return LIMITED
    everything = any(map(every_action, allow.actions or ()))
    for unseen in before.unseen:
        if unseen.reason is not Unread.AWS or not everything:
            return f"`{unseen.policy}` {BEFORE}" if unseen.policy else UNREAD
    return ""


def _unseen_gains(holding: Holding, before: Holding) -> Iterator[Gain]:
    """What is newly attached and cannot be read, if anything is left that it could allow."""
    known = {unseen.policy for unseen in before.unseen if unseen.policy and unseen.certain}
    new = [unseen for unseen in holding.unseen if unseen.policy not in known]
    if not new or (holding.attached and not _anything_left(holding, before)):
        return
    for unseen in new:
        newly = f"`{unseen.policy}` {NEWLY if unseen.certain else PERHAPS}"
        why = newly if unseen.policy else f"{UNREAD}: it {UNKNOWN.why}"
        yield Gain(holding.holder, unseen.resource, unseen.path, Answer(Verdict.UNDECIDED, why))


def _anything_left(holding: Holding, before: Holding) -> bool:
    """Whether an identity could be allowed more than it certainly was before, within its boundary."""
    everything = managed_document("AdministratorAccess")
    assert everything is not None
    carried = (*holding.carried, AttachedDocument(holding.holder, "", everything))
    most = msgspec.structs.replace(holding, carried=carried)
    return allows_more(most.access(Bound.MOST), before.access(Bound.LEAST), attached=True)


def _described(holder: Resource) -> str:
    if holder.type not in (ROLE, USER, GROUP):
        return f"whoever gets `{holder.name}`"
    return f"the {holder.type.rpartition(':')[2].lower()} `{physical_name(holder) or holder.name}`"


def _place(holding: Holding, allow: Statement, bound: Bound) -> tuple[Resource, str]:
    """The resource that carries a statement read at this bound, and its path there."""
    for attached in holding.carried:
        if allow in access((attached.document,), bound).statements:
            return attached.resource, attached.at(allow.path)
    return holding.holder, allow.path


def _by_document(entry: Exposed) -> bool:
    """Whether a document or a permission exposes the resource; these are compared by themselves."""
    exposure = entry.exposure
    paths = tuple(path for path, _ in documents_of(exposure.by, (*RESOURCE, *TRUST)))
    return exposure.by.type == PERMISSION or exposure.path.startswith(paths)
