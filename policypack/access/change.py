"""What one stack newly allows against another: for each holder of documents, each new class of request with an example.

A holder is a role, user or group with all that is attached to it, within its boundary; a thing with its resource-based
document; a role with its trust policy. Holders are the same when their URNs end alike, whatever project and stack they
are in. What opens a thing without a document, such as an ACL, counts when the thing was not public before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from policypack.access.bounds import Bound
from policypack.access.cells import TooManyCellsError
from policypack.access.diff import TOO_MANY, Access, access, gains, within
from policypack.access.exposed import Exposed, exposed, thing_of
from policypack.access.invoking import statement
from policypack.access.verdict import Answer, Verdict
from policypack.access.witness import witness_of
from policypack.aws.document import PolicyDocument, Statement
from policypack.aws.grammar import parse
from policypack.aws.holders import Carried, holders
from policypack.aws.meaning import PERMISSION, resource_name
from policypack.aws.reading import RESOURCE, TRUST, documents_of
from policypack.aws.tables import DocumentKind, canonical
from policypack.policy import UNKNOWN, Resource, Stack, Unknown

UNREAD = "a part of what is attached cannot be read here"
NEW = "the old stack does not allow this"
NOT_BEFORE = "this was not public before"

Key = tuple[str, str, str]
"""What kind of documents, and the end of the URN of what has them."""


class Holding(msgspec.Struct, frozen=True):
    """The documents of one holder. `boundary` is None where there is none; `unread` says that there is more."""

    holder: Resource
    carried: tuple[Carried, ...] = ()
    boundary: tuple[PolicyDocument, ...] | None = None
    unread: tuple[tuple[Resource, str], ...] = ()

    def access(self, bound: Bound) -> Access:
        """What the documents allow, counting unknowns, and what is perhaps attached, at this bound."""
        attached = [each.document for each in self.carried if each.certain or bound is Bound.MOST]
        found = access(attached, bound)
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


NOTHING = Access(())


def gained(new: Stack, old: Stack) -> Iterator[Gain]:
    """Everything that a stack newly allows, in the order of its resources."""
    before = holdings(old)
    for key, holding in holdings(new).items():
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
            unread = [(each.resource, each.path) for each in holder.unseen]
            unread += [(holder.identity, "permissionsBoundary")] if holder.unread else []
            key = ("identity", *end_of(holder.identity))
            found[key] = Holding(holder.identity, holder.carried, holder.boundary, tuple(unread))
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
        found[key] = msgspec.structs.replace(holding, unread=(*holding.unread, (resource, path)))
    else:
        carried = (*holding.carried, Carried(resource, path, document))
        found[key] = msgspec.structs.replace(holding, carried=carried)


def end_of(resource: Resource) -> tuple[str, str]:
    """What stays of a URN in another stack: the types that lead to the resource, and its name."""
    types, _, name = resource.urn.split("::", 2)[-1].partition("::")
    return "$".join(map(canonical, types.split("$"))), name


def _gained(key: Key, holding: Holding, before: Holding | None) -> Iterator[Gain]:
    attached = key[0] == "identity"
    old = before.access(Bound.MOST) if before else NOTHING
    told = False
    try:
        new = holding.access(Bound.LEAST)
        for request, allow in gains(new, old, attached=attached):
            by, path = _place(holding, allow)
            told = True
            verdict, why = (Verdict.UNDECIDED, UNREAD) if before and before.unread else (Verdict.NEW_ACCESS, NEW)
            witness = witness_of(request)
            if attached:
                witness = msgspec.structs.replace(witness, outsider=_words(holding.holder))
            yield Gain(holding.holder, by, path, Answer(verdict, why, allow.path, witness))
        if not told and (holding.depends or (before and before.depends)):
            least = before.access(Bound.LEAST) if before else NOTHING
            for _, allow in gains(holding.access(Bound.MOST), least, attached=attached):
                by, path = _place(holding, allow)
                why = "an unknown value decides whether access is new"
                yield Gain(holding.holder, by, path, Answer(Verdict.UNDECIDED, why, allow.path))
                break
    except TooManyCellsError:
        yield Gain(holding.holder, holding.holder, "", Answer(Verdict.UNDECIDED, TOO_MANY))
    for resource, path in holding.unread:
        yield Gain(holding.holder, resource, path, Answer(Verdict.UNDECIDED, f"{UNREAD}: {UNKNOWN.why}"))


def _words(holder: Resource) -> str:
    return f"the {holder.type.rpartition(':')[2].lower()} `{resource_name(holder) or holder.name}`"


def _place(holding: Holding, allow: Statement) -> tuple[Resource, str]:
    """The resource that carries a statement, and where in it."""
    for each in holding.carried:
        for statement_of in each.document.statements:
            same = (statement_of.path, statement_of.sid, statement_of.not_actions)
            if same == (allow.path, allow.sid, allow.not_actions) and _may_be(statement_of.actions, allow.actions):
                return each.resource, f"{each.path}.{allow.path}".lstrip(".")
    return holding.holder, allow.path


def _may_be(written: tuple[str, ...] | None, read: tuple[str, ...] | None) -> bool:
    """Whether a statement with these actions is read with those: `*` is added for one that is unknown."""
    return read in (written, (*(written or ()), "*"))


def _by_document(thing: Exposed) -> bool:
    """Whether a document or a permission opens the thing, which is compared as such."""
    by: Sequence[str] = [by for by, _ in documents_of(thing.opening.by, (*RESOURCE, *TRUST))]
    return thing.opening.by.type == PERMISSION or any(thing.opening.path.startswith(each) for each in by)
