"""What a stack newly allows against another one: for each holder of documents, each new class of request with an example.

A holder is a role, user or group with all that is attached to it, within its boundary; what attaches or carries
documents for an identity outside the stack; a resource with its resource-based document; a role with its trust policy.
`counterparts` says which holders are the same. A new role, group or managed policy that allows nothing that one which is
gone did not, and that trusts nobody else, replaces it: it is the same access under another name. Grants that are no
documents are read as such (`direct_grants`, `acl_grants`), and settings that no longer close a resource count
(`exposure_gains`, `guards`), as does another role for a resource (`execution_gains`). A managed policy whose document
cannot be read allows the same on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from policypack.access.policy_targets import named_target, on_target, protected, target_of
from policypack.access.solver.bounds import Bound, undecidable, why_unknown
from policypack.access.solver.diff import (
    TOO_MANY,
    UNKNOWN_DECIDES,
    Access,
    access,
    allows_more,
    gains,
    states_no_more,
    within,
)
from policypack.access.solver.partition import TooManyCellsError, Work
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import EXAMPLE, Home, witness_of
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.function_permissions import function_permission
from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.iam.actions import every_action, expand
from policypack.iam.document import Condition, PolicyDocument, Statement
from policypack.iam.document_readers import RESOURCE, TRUST, documents_of, value_at
from policypack.iam.globs import has_wildcard
from policypack.iam.managed import managed_document
from policypack.resources.attachments import (
    PERMISSION_SET,
    AttachedDocument,
    Unread,
    UnreadAttachment,
    carriers,
    identity_policies,
    named_identity,
)
from policypack.resources.naming import physical_name
from policypack.resources.references import resolve
from policypack.resources.region import home
from policypack.resources.tokens import GROUP, MANAGED_POLICY, PERMISSION, ROLE, USER

UNREAD = "a part of what is attached cannot be read here"
NEWLY = "is newly attached, and what it allows is not read here"
PERHAPS = "may be newly attached, and what it allows is not read here"
BEFORE = "was attached before and may allow this, which is not read here"
LIMITED = "a permissions boundary that is not read here may forbid this"
OTHER_LIMIT = "the permissions boundary before is not read here, and is no longer the same"
NEW = "the old stack does not allow this"
REPLACED = (ROLE, GROUP, MANAGED_POLICY)
"""Types of which a new one may replace one that is gone; another user is another person."""
ACCESS_POINT = "aws:s3/accessPoint:AccessPoint"
REST_API = "aws:apigateway/restApi:RestApi"
MOST_REPLACED = 20
"""Identities that are gone, with which a new one is compared."""

Key = tuple[str, ...]
"""The kind of documents, and the place of their holder."""


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
    outside: Key = ()
    """The key of the identity if it were outside the stack."""
    home: Home = EXAMPLE
    """The holder's, as far as they are known."""

    def including(
        self, carried: tuple[AttachedDocument, ...] = (), unseen: tuple[UnreadAttachment, ...] = ()
    ) -> Holding:
        """The holding with more documents, and more that cannot be read."""
        return msgspec.structs.replace(self, carried=(*self.carried, *carried), unseen=(*self.unseen, *unseen))

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
        return any(map(undecidable, self.documents)) or not all(attached.certain for attached in self.carried)

    @property
    def documents(self) -> tuple[PolicyDocument, ...]:
        """The documents that it carries, and those of its boundary."""
        return (*(attached.document for attached in self.carried), *(self.boundary or ()))


class Gain(msgspec.Struct, frozen=True):
    """A class of requests that is or may be newly allowed: the holder, what allows it, and an example."""

    holder: Resource
    by: Resource
    path: str
    answer: Answer


def holding_gains(new: Mapping[Key, Holding], old: Mapping[Key, Holding]) -> Iterator[Gain]:
    """What the holders of a stack newly allow."""
    gone = [key for key, holding in old.items() if key not in new and holding.holder.type in REPLACED]
    replacing = {
        key[1:]
        for key, holding in new.items()
        if holding.attached and _before(key, holding, old) is None and _replaces(key, gone, new, old)
    }
    for key, holding in new.items():
        if key[1:] not in replacing:
            yield from gained_by(holding, _before(key, holding, old) or Holding(holding.holder))


def _before(key: Key, holding: Holding, old: Mapping[Key, Holding]) -> Holding | None:
    """The same holder before, which may have been outside the stack."""
    return old.get(key) or (old.get(holding.outside) if holding.attached else None)


def _replaces(key: Key, gone: Iterable[Key], new: Mapping[Key, Holding], old: Mapping[Key, Holding]) -> bool:
    """Whether an identity may do, and is trusted by, no more than one of the same type that is gone."""
    holding = new[key]
    trusting = new.get(("trust", *key[1:]), Holding(holding.holder))
    same_type = (other for other in gone if other[0] == key[0] and old[other].holder.type == holding.holder.type)
    return any(
        not any(True for _ in gained_by(holding, old[other]))
        and not any(True for _ in gained_by(trusting, old.get(("trust", *other[1:]), Holding(holding.holder))))
        for other in islice(same_type, MOST_REPLACED)
    )


def holdings(stack: Stack, places: Places, *, every: bool) -> Mapping[Key, Holding]:
    """Every holder of documents in a stack, and outside of it.

    Args:
        stack: the stack.
        places: the places of its resources.
        every: whether what attaches policies to identities of the stack counts as a holder too.
    """
    found = dict(_outside(stack, places, every=every))
    for holder in identity_policies(stack):
        identity = holder.identity
        if not identity.external:
            limits = {
                limit.policy if isinstance(limit, UnreadAttachment) else "" for limit in holder.limits if holder.unread
            }
            name = physical_name(identity)
            found["identity", *places.of(identity)] = Holding(
                identity,
                holder.carried,
                holder.boundary,
                holder.unseen,
                frozenset(limits),
                attached=True,
                outside=places.named(stack, identity, (identity.type, name)) if name else (),
            )
    for resource in stack.resources:
        for kind, target, path, document in () if resource.external else _documents(stack, resource, before=every):
            key = (kind, *place_of(places, resource, target))
            holding = found.get(key) or Holding(target)
            if isinstance(document, Unknown):
                holding = holding.including(unseen=(UnreadAttachment(resource, path, Unread.DOCUMENT),))
            else:
                about = document if places.same is None else on_target(document, target)
                about = _from_vpc(about, target)
                holding = holding.including(carried=(AttachedDocument(resource, path, about),))
            found[key] = holding
    return {
        key: msgspec.structs.replace(holding, carried=tuple(map(_effective, holding.carried)))
        for key, holding in found.items()
    }


def _effective(attached: AttachedDocument) -> AttachedDocument:
    """A document without the actions that it allows and AWS does not have: `iam-unknown-action` reports them."""
    document = attached.document
    if not any(statement.allows and any(map(_unknown, statement.actions or ())) for statement in document.statements):
        return attached
    statements = (
        msgspec.structs.replace(
            statement, actions=tuple(pattern for pattern in statement.actions if not _unknown(pattern))
        )
        if statement.allows and statement.actions
        else statement
        for statement in document.statements
    )
    kept = tuple(statement for statement in statements if statement.actions != ())
    return msgspec.structs.replace(attached, document=msgspec.structs.replace(document, statements=kept))


def _unknown(pattern: str) -> bool:
    return not has_wildcard(pattern) and not expand(pattern)


def _documents(
    stack: Stack, resource: Resource, *, before: bool
) -> Iterator[tuple[str, Resource, str, PolicyDocument | Unknown]]:
    """The trust policy and resource-based documents that a resource carries, with the resource that they protect.

    `before`: those of the old stack.
    """
    for path, document in documents_of(resource, TRUST, granting=True):
        yield "trust", resource, path, document
    for path, document in documents_of(resource, RESOURCE, granting=True):
        yield "resource", protected(stack, resource), path, document
    if resource.type == PERMISSION:
        yield "resource", target_of(stack, resource), "", function_permission(stack, resource, before=before)


def home_of(stack: Stack, resource: Resource) -> Home:
    """The region and the account of a resource, with those of examples where they are unknown."""
    known = home(stack, resource)
    return Home(*(text if text != "*" else other for text, other in zip(known, EXAMPLE[:2], strict=True)))


def _from_vpc(document: PolicyDocument, target: Resource) -> PolicyDocument:
    """The document of an access point or a REST API that takes requests from VPCs only, with that as a condition.

    Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html and
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html.
    """
    vpc = value_at(target.inputs, "vpcConfiguration.vpcId") if target.type == ACCESS_POINT else None
    if vpc:
        inside = Condition("StringEquals", "aws:SourceVpc", (vpc if isinstance(vpc, str) else "its VPC",))
    elif target.type == REST_API and "PRIVATE" in str(value_at(target.inputs, "endpointConfiguration.types")):
        inside = Condition("Null", "aws:SourceVpce", ("false",))
    else:
        return document
    statements = tuple(
        msgspec.structs.replace(statement, conditions=(*statement.conditions, inside))
        if statement.allows
        else statement
        for statement in document.statements
    )
    return msgspec.structs.replace(document, statements=statements)


def place_of(places: Places, carrier: Resource, target: Resource) -> Key:
    """The place of a document's target, which for one outside the stack is the text that names it."""
    named = named_target(carrier) if target is carrier else None
    return named or places.of(target)


def _outside(stack: Stack, places: Places, *, every: bool) -> Mapping[Key, Holding]:
    """What is attached to identities outside the stack; with `every`, to all identities.

    Nobody can have a new managed policy yet that nothing in its stack attaches.
    """
    found: dict[Key, Holding] = {}
    for holder, alone in carriers(stack):
        carrier = holder.identity
        unused = carrier.type == MANAGED_POLICY and carrier.urn not in (places.same or {})
        if every or (alone and not unused):
            identity = resolve(stack, carrier, "permissionSetArn", PERMISSION_SET).only or carrier
            named = named_identity(carrier) if identity is carrier else None
            key = places.named(stack, carrier, named) if named else ("outside", *places.of(identity))
            holding = found.get(key) or Holding(identity, attached=True)
            found[key] = holding.including(holder.carried, holder.unseen)
    return found


def gained_by(holding: Holding, before: Holding) -> Iterator[Gain]:
    """What one holder newly allows."""
    holder = holding.holder
    try:
        work = Work()
        yield from _read_gains(holding, before, work)
        yield from _unseen_gains(holding, before, work)
    except TooManyCellsError:
        yield Gain(holder, holder, "", Answer(Verdict.UNDECIDED, TOO_MANY))
    if before.limits and (before.limits != holding.limits or "" in before.limits):
        yield Gain(holder, holder, "permissionsBoundary", Answer(Verdict.UNDECIDED, OTHER_LIMIT))


def _read_gains(holding: Holding, before: Holding, work: Work) -> Iterator[Gain]:
    """The gains by documents that can be read."""
    decided = False
    surely, earlier = holding.access(Bound.LEAST), before.access(Bound.MOST)
    for request, allow in gains(surely, earlier, attached=holding.attached, work=work, home=holding.home):
        decided = True
        witness = witness_of(request)
        if holding.attached:
            witness = msgspec.structs.replace(witness, outsider=described(holding.holder))
        doubt = _doubt(holding, before, allow)
        answer = Answer(Verdict.UNDECIDED if doubt else Verdict.NEW_ACCESS, doubt or NEW, allow.path, witness)
        yield Gain(holding.holder, *place_in(holding, allow, Bound.LEAST), answer)
    if not decided and (holding.depends or before.depends) and not _states_no_more(holding, before):
        possible = gains(holding.access(Bound.MOST), before.access(Bound.LEAST), attached=holding.attached, work=work)
        for _, allow in islice(possible, 1):
            why = why_unknown((*holding.documents, *before.documents), UNKNOWN_DECIDES)
            answer = Answer(Verdict.UNDECIDED, why, allow.path)
            yield Gain(holding.holder, *place_in(holding, allow, Bound.MOST), answer)


def _states_no_more(holding: Holding, before: Holding) -> bool:
    certain = all(attached.certain for attached in (*holding.carried, *before.carried))
    return certain and holding.boundary == before.boundary and states_no_more(holding.documents, before.documents)


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


def _unseen_gains(holding: Holding, before: Holding, work: Work) -> Iterator[Gain]:
    """What is newly attached and cannot be read, if anything is left that it could allow."""
    known = {unseen.policy for unseen in before.unseen if unseen.policy and unseen.certain}
    known |= {str(attached.resource.outputs.get("arn")) for attached in before.carried if attached.certain}
    new = [unseen for unseen in holding.unseen if unseen.policy not in known]
    if not new or (holding.attached and not _anything_left(holding, before, work)):
        return
    for unseen in new:
        newly = f"`{unseen.policy}` {NEWLY if unseen.certain else PERHAPS}"
        why = newly if unseen.policy else f"{UNREAD}: it {UNKNOWN.why}"
        yield Gain(holding.holder, unseen.resource, unseen.path, Answer(Verdict.UNDECIDED, why))


def _anything_left(holding: Holding, before: Holding, work: Work) -> bool:
    """Whether an identity could be allowed more than it certainly was before, within its boundary."""
    everything = managed_document("AdministratorAccess")
    assert everything is not None
    carried = (*holding.carried, AttachedDocument(holding.holder, "", everything))
    most = msgspec.structs.replace(holding, carried=carried)
    return allows_more(most.access(Bound.MOST), before.access(Bound.LEAST), attached=True, work=work)


def described(holder: Resource) -> str:
    """The identity in words."""
    if holder.type not in (ROLE, USER, GROUP):
        return f"whoever gets `{holder.name}`"
    return f"the {holder.type.rpartition(':')[2].lower()} `{physical_name(holder) or holder.name}`"


def place_in(holding: Holding, allow: Statement, bound: Bound) -> tuple[Resource, str]:
    """The resource that carries a statement read at this bound, and its path there."""
    for attached in holding.carried:
        if allow in access((attached.document,), bound).statements:
            return attached.resource, attached.at(allow.path)
    return holding.holder, allow.path
