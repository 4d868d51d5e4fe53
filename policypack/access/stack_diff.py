"""What one stack newly allows against another: for each holder of documents, each new class of request with an example.

A holder is a role, user or group with all that is attached to it, within its boundary; what attaches or carries
documents for one that is not in the stack; a thing with its resource-based document; a role with its trust policy.
Holders are the same when their URNs end alike, whatever project and stack they are in. What opens a thing without a
document, such as an ACL, counts when the thing was not public before. A managed policy whose document cannot be read
allows the same on both sides, which nobody knows on either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from policypack.access.exposure.exposed import Exposed, exposed, thing_of
from policypack.access.exposure.invoking import statement
from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import TOO_MANY, Access, access, allows_more, gains, within
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import witness_of
from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.iam.actions import every_action
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import RESOURCE, TRUST, documents_of
from policypack.iam.grammar import parse
from policypack.iam.managed import managed_document
from policypack.iam.tables import DocumentKind, canonical
from policypack.resources.attachments import AttachedDocument, Lack, UnreadAttachment, carriers, holders
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
"""What kind of documents, and the end of the URN of what has them."""


class Holding(msgspec.Struct, frozen=True):
    """The documents of one holder, and what else is attached. `boundary` is None where there is none that can be read.

    `limits` names the managed policies that the boundary may be where it cannot be read, empty for one that is unknown.
    """

    holder: Resource
    carried: tuple[AttachedDocument, ...] = ()
    boundary: tuple[PolicyDocument, ...] | None = None
    unseen: tuple[UnreadAttachment, ...] = ()
    limits: frozenset[str] = frozenset()

    def access(self, bound: Bound) -> Access:
        """What the documents allow, counting unknowns, and what is perhaps attached, at this bound."""
        found = access((each.document for each in self.carried if each.certain), bound)
        possible = access((each.document for each in self.carried if not each.certain), bound)
        if bound is Bound.MOST:
            ((certain,),), ((more,),) = found.alternatives, possible.alternatives
            found = Access((((*certain, *more),),), found.denials)
        else:
            found = Access(found.alternatives, (*found.denials, *possible.denials))
        return found if self.boundary is None else within(found, access(self.boundary, bound))

    @property
    def depends(self) -> bool:
        """Whether anything in it may turn out in more than one way."""
        documents = (*(each.document for each in self.carried), *(self.boundary or ()))
        return any(each.unknowns for each in documents) or not all(each.certain for each in self.carried)


class Gain(msgspec.Struct, frozen=True):
    """One class of request that is newly allowed, or may be: whose documents, what allows it, and an example."""

    holder: Resource
    by: Resource
    path: str
    answer: Answer


def gained(new: Stack, old: Stack) -> Iterator[Gain]:
    """Everything that a stack newly allows, in the order of its resources."""
    before = {**_apart(old, every=True), **holdings(old)}
    for key, holding in {**holdings(new), **_apart(new)}.items():
        yield from _gained(key, holding, before.get(key))
    open_before = {end_of(each.thing): each.verdict for each in exposed(old)}
    for each in exposed(new):
        was = open_before.get(end_of(each.thing))
        if each.verdict is Verdict.PUBLIC and was is not Verdict.PUBLIC and not _by_document(each):
            answer = msgspec.structs.replace(each.opening.answer, verdict=Verdict.NEW_ACCESS, why=NOT_BEFORE)
            yield Gain(each.thing, each.opening.by, each.opening.path, answer)


def holdings(stack: Stack) -> Mapping[Key, Holding]:
    """Every holder of documents in a stack."""
    found: dict[Key, Holding] = {}
    for holder in holders(stack):
        if not holder.identity.external:
            key = ("identity", *end_of(holder.identity))
            limits = {
                each.policy if isinstance(each, UnreadAttachment) else "" for each in holder.limits if holder.unread
            }
            found[key] = Holding(holder.identity, holder.carried, holder.boundary, holder.unseen, frozenset(limits))
    for resource in stack.resources:
        if resource.external:
            continue
        for path, document in documents_of(resource, TRUST):
            _add(found, ("trust", *end_of(resource)), resource, resource, path, document)
        for path, document in documents_of(resource, RESOURCE, granting=True):
            thing = thing_of(stack, resource)
            _add(found, ("resource", *end_of(thing)), thing, resource, path, document)
        if resource.type == PERMISSION:
            thing = thing_of(stack, resource)
            raw = {"Version": "2012-10-17", "Statement": [statement(resource)]}
            _add(
                found, ("resource", *end_of(thing)), thing, resource, "", parse(raw, DocumentKind.RESOURCE, PERMISSION)
            )
    return found


def _apart(stack: Stack, *, every: bool = False) -> Mapping[Key, Holding]:
    """What goes to identities that are not in the stack, by what attaches or carries it; or everything as though it did."""
    return {
        ("identity", *end_of(each.identity)): Holding(each.identity, each.carried, unseen=each.unseen)
        for each, alone in carriers(stack)
        if alone or every
    }


def _add(
    found: dict[Key, Holding],
    key: Key,
    holder: Resource,
    resource: Resource,
    path: str,
    document: PolicyDocument | Unknown,
) -> None:
    holding = found.get(key) or Holding(holder)
    if isinstance(document, Unknown):
        unseen = (*holding.unseen, UnreadAttachment(resource, path, Lack.DOCUMENT))
        found[key] = msgspec.structs.replace(holding, unseen=unseen)
    else:
        carried = (*holding.carried, AttachedDocument(resource, path, document))
        found[key] = msgspec.structs.replace(holding, carried=carried)


def end_of(resource: Resource) -> tuple[str, str]:
    """What stays of a URN in another stack: the types that lead to the resource, and its name."""
    types, _, name = resource.urn.split("::", 2)[-1].partition("::")
    return "$".join(map(canonical, types.split("$"))), name


def _gained(key: Key, holding: Holding, before: Holding | None) -> Iterator[Gain]:
    attached = key[0] == "identity"
    before = before or Holding(holding.holder)
    try:
        yield from _read_gains(holding, before, attached=attached)
        yield from _unseen_gains(holding, before, attached=attached)
    except TooManyCellsError:
        yield Gain(holding.holder, holding.holder, "", Answer(Verdict.UNDECIDED, TOO_MANY))
    if before.limits and (before.limits != holding.limits or "" in before.limits):
        yield Gain(holding.holder, holding.holder, "permissionsBoundary", Answer(Verdict.UNDECIDED, OTHER_LIMIT))


def _read_gains(holding: Holding, before: Holding, *, attached: bool) -> Iterator[Gain]:
    """What the documents allow that can be read."""
    told = False
    for request, allow in gains(holding.access(Bound.LEAST), before.access(Bound.MOST), attached=attached):
        by, path = _place(holding, allow, Bound.LEAST)
        told = True
        witness = witness_of(request)
        if attached:
            witness = msgspec.structs.replace(witness, outsider=_words(holding.holder))
        doubt = _doubt(holding, before, allow)
        answer = Answer(Verdict.UNDECIDED if doubt else Verdict.NEW_ACCESS, doubt or NEW, allow.path, witness)
        yield Gain(holding.holder, by, path, answer)
    if not told and (holding.depends or before.depends):
        for _, allow in gains(holding.access(Bound.MOST), before.access(Bound.LEAST), attached=attached):
            by, path = _place(holding, allow, Bound.MOST)
            why = "an unknown value decides whether access is new"
            yield Gain(holding.holder, by, path, Answer(Verdict.UNDECIDED, why, allow.path))
            break


def _doubt(holding: Holding, before: Holding, allow: Statement) -> str:
    """Why what a statement newly allows may be nothing new; empty where it surely is new.

    Of AWS's managed policies none allows everything whose document is not known here.
    """
    if holding.limits:
        return LIMITED
    everything = any(map(every_action, allow.actions or ()))
    for each in before.unseen:
        if each.lacks is not Lack.AWS or not everything:
            return f"`{each.policy}` {BEFORE}" if each.policy else UNREAD
    return ""


def _unseen_gains(holding: Holding, before: Holding, *, attached: bool) -> Iterator[Gain]:
    """What is attached that cannot be read, if it was not before and anything is left that it could allow."""
    known = {each.policy for each in before.unseen if each.policy and each.certain}
    new = [each for each in holding.unseen if each.policy not in known]
    if not new or (attached and not _anything_left(holding, before)):
        return
    for each in new:
        newly = f"`{each.policy}` {NEWLY if each.certain else PERHAPS}"
        why = newly if each.policy else f"{UNREAD}: it {UNKNOWN.why}"
        yield Gain(holding.holder, each.resource, each.path, Answer(Verdict.UNDECIDED, why))


def _anything_left(holding: Holding, before: Holding) -> bool:
    """Whether an identity could be allowed more than it surely was before, within a boundary that is the same or read."""
    everything = managed_document("AdministratorAccess")
    if everything is None:
        return True
    most = msgspec.structs.replace(
        holding, carried=(*holding.carried, AttachedDocument(holding.holder, "", everything))
    )
    return allows_more(most.access(Bound.MOST), before.access(Bound.LEAST), attached=True)


def _words(holder: Resource) -> str:
    if holder.type not in (ROLE, USER, GROUP):
        return f"whoever gets `{holder.name}`"
    return f"the {holder.type.rpartition(':')[2].lower()} `{physical_name(holder) or holder.name}`"


def _place(holding: Holding, allow: Statement, bound: Bound) -> tuple[Resource, str]:
    """The resource that carries a statement as it is read at this bound, and its path there."""
    for each in holding.carried:
        if allow in access((each.document,), bound).statements:
            return each.resource, each.at(allow.path)
    return holding.holder, allow.path


def _by_document(thing: Exposed) -> bool:
    """Whether a document or a permission opens the thing, which is compared as such."""
    by: Sequence[str] = [by for by, _ in documents_of(thing.opening.by, (*RESOURCE, *TRUST))]
    return thing.opening.by.type == PERMISSION or any(thing.opening.path.startswith(each) for each in by)
