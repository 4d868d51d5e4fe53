"""Whether a resource-based policy document lets in anyone from outside, with an example of a request.

The first form of the access engine: one document, and outsiders. It looks for a request by an outsider that an Allow
statement matches and no Deny statement does. Addresses are sets of ranges; every other part of a request is tried
with one value for each way in which the document can tell values apart. Where an unknown or a policy variable would
decide, the verdict is undecided (`policypack.access.bounds`). What counts as public is written down in
docs/decisions/0007-meaning-of-public.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import and_

import msgspec

from policypack.access.bounds import Bound, bounded
from policypack.access.cells import TooManyCellsError
from policypack.access.conditions import SOURCE_IP, holds, passing, refused
from policypack.access.outsiders import PINNING_KEYS, Outsider, Spared, choices, concerns, outsiders
from policypack.access.targets import Target, iam_prefix, targets
from policypack.access.verdict import Answer, Verdict, Witness, refusal
from policypack.aws.addresses import Ranges, broad, everything, nothing
from policypack.aws.document import Condition, PolicyDocument, Statement
from policypack.aws.globs import has_wildcard

MOST_REQUESTS = 4_000
"""How many combinations of condition values are tried before the verdict is undecided."""

UNREMARKABLE = frozenset({"aws:securetransport", "aws:principaltype", "aws:principalisawsservice"})
"""Keys that an example need not mention: who calls says it already."""

ACCESS_POINTS = frozenset(
    {
        "aws:s3/accessPoint:AccessPoint",
        "aws:s3control/accessPointPolicy:AccessPointPolicy",
        "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy",
    }
)
"""Types whose documents are those of access points."""

Request = Mapping[str, str | None]


class Passing(msgspec.Struct, frozen=True):
    """What one Allow statement leaves open to one kind of outsider for one target."""

    statement: Statement
    against: Sequence[Statement]
    """The Deny statements that it passes by."""
    outsider: Outsider
    target: Target
    request: Request
    addresses: Ranges

    @property
    def wide(self) -> bool:
        """Whether that is public by itself: from a broad range, or from any VPC, or by any service."""
        return self.outsider.address_key != SOURCE_IP or broad(self.addresses)

    def witness(self) -> Witness:
        """An example of a request that comes through."""
        conditions = [each for statement in (self.statement, *self.against) for each in statement.conditions]
        written = {each.name: each.key for each in conditions if each.name not in UNREMARKABLE}
        context = tuple(
            (written[key], value) for key, value in self.request.items() if value is not None and key in written
        )
        address = self.addresses.example() if self.outsider.address_key == SOURCE_IP else None
        return Witness(self.outsider.words, address, self.target.action, self.target.resource, context)


def public(document: PolicyDocument) -> Answer:
    """Whether the document is public; a document that AWS refuses is invalid, whatever else it says."""
    return refusal(document) or exposure(document)


def exposure(document: PolicyDocument) -> Answer:
    """Whether the document is public, passing over what is malformed in it. Never invalid."""
    unread = any(element in ("Statement", "Effect") for element, _ in document.unknowns)
    if not unread and not any(_may_be_open(statement) for statement in document.statements):
        return Answer(Verdict.NOT_PUBLIC, "every Allow statement names its principals")
    try:
        if not unread and (found := _search(document, Bound.LEAST)):
            return Answer(Verdict.PUBLIC, _why(found.outsider), found.statement.path, found.witness())
        spared = _spared_keys(document)
        if not unread and spared is not None and (found := _search(document, Bound.LEAST, spared)):
            witness = msgspec.structs.replace(found.witness(), outsider="whoever fits the wildcard")
            return Answer(Verdict.PUBLIC, "S3 counts no value with a wildcard as fixed", found.statement.path, witness)
        if unread:
            return Answer(Verdict.UNDECIDED, "a whole statement is unknown")
        if _depends(document) and (found := _search(document, Bound.MOST, spared)):
            why = "an unknown value or a policy variable decides whether outsiders are let in"
            return Answer(Verdict.UNDECIDED, why, found.statement.path)
    except TooManyCellsError:
        return Answer(Verdict.UNDECIDED, "the conditions and wildcards tell too many requests apart")
    return Answer(Verdict.NOT_PUBLIC, "every Allow statement is limited to fixed principals, networks or sources")


def _why(outsider: Outsider) -> str:
    if outsider.service:
        return "this is any service, for anyone; name the account in `aws:SourceAccount` or `aws:SourceOrgID`"
    return "nothing in it pins the caller to a fixed principal, network or source"


def _may_be_open(statement: Statement) -> bool:
    return statement.allows and (
        statement.not_principals is not None or "Principal" in statement.unknown or bool(outsiders(statement))
    )


def _depends(document: PolicyDocument) -> bool:
    """Whether anything may turn out in more than one way."""
    return bool(document.unknowns) or any(
        "${" in text
        for statement in document.statements
        if not statement.allows
        for text in (
            *(statement.resources or statement.not_resources or ()),
            *(value for condition in statement.conditions for value in condition.values),
        )
    )


def _search(document: PolicyDocument, allowed: Bound, spared: Spared = None) -> Passing | None:
    """An opening, counting unknowns for Allow at this bound and for Deny at the other.

    A policy variable in an Allow statement is no fixed value, so it always counts as what the caller wants. With
    `spared` neither is a value with a wildcard, even where its fixed part is no outsider's, but for those keys.
    """
    other = Bound.LEAST if allowed is Bound.MOST else Bound.MOST
    denials = [
        read
        for each in document.statements
        if not each.allows and (read := bounded(document, each, other, other)) is not None
    ]
    narrow: list[Passing] = []
    for each in document.statements:
        if not _may_be_open(each) or (allow := bounded(document, each, allowed, Bound.MOST)) is None:
            continue
        for opening in passings(allow, denials, outsiders(allow), iam_prefix(document.type), spared):
            if opening.wide:
                return opening
            narrow.append(opening)
    distinct = {id(each.addresses): each.addresses for each in narrow}
    return narrow[0] if len(distinct) > 1 and broad(Ranges.union(distinct.values())) else None


def _spared_keys(document: PolicyDocument) -> Spared:
    """S3's reading, where it holds and matters: it spares access points by name, but not in their own documents."""
    if iam_prefix(document.type) != "s3" or not _pins_with_wildcard(document):
        return None
    return frozenset() if document.type in ACCESS_POINTS else frozenset({"s3:dataaccesspointarn"})


def _pins_with_wildcard(document: PolicyDocument) -> bool:
    return any(
        each.name in PINNING_KEYS and any(map(has_wildcard, each.values))
        for statement in document.statements
        if statement.allows
        for each in statement.conditions
    )


def passings(
    allow: Statement, denials: Sequence[Statement], who: Sequence[Outsider], service: str, spared: Spared = None
) -> Iterator[Passing]:
    """What an Allow statement leaves open to outsiders whom its principals take in.

    Args:
        allow: the statement, without unknowns and variables.
        denials: the Deny statements, likewise.
        who: the outsiders.
        service: the prefix of the actions of the service that carries the document, as `s3`.
        spared: for S3's reading of wildcards, the keys that it spares.

    Raises:
        TooManyCellsError: the conditions tell too many requests apart.
    """
    about = targets(allow, denials, service)
    for outsider in who:
        for target in about:
            relevant = [denials[index] for index in sorted(target.denials)]
            against = [each for each in relevant if concerns(each, outsider, allow)]
            yield from _requests(allow, against, outsider, target, spared)


def _requests(
    allow: Statement, against: Sequence[Statement], outsider: Outsider, target: Target, spared: Spared
) -> Iterator[Passing]:
    """The openings for one kind of outsider and one target, one for each combination of condition values."""
    base = _addresses(allow.conditions, outsider.address_key)
    if not base:
        return
    asked = [each for each in allow.conditions if each.name != outsider.address_key]
    keys = dict.fromkeys(each.name for each in asked)
    keys |= dict.fromkeys(
        each.name for statement in against for each in statement.conditions if each.name != outsider.address_key
    )
    sendable: list[list[tuple[str, str | None]]] = []
    for key in keys:
        in_allow = [each for each in asked if each.name == key]
        in_deny = [each for statement in against for each in statement.conditions if each.name == key]
        values = choices(key, outsider, in_allow, in_deny, spared=spared)
        sendable.append([(key, each) for each in values if all(holds(every, each) for every in in_allow)])
    for count, sent in enumerate(product(*sendable)):
        if count >= MOST_REQUESTS:
            raise TooManyCellsError
        request = dict(sent)
        left = base
        for statement in against:
            if left and _others_hold(statement.conditions, outsider.address_key, request):
                left = _spared(left, statement.conditions, outsider.address_key)
        if left:
            yield Passing(allow, against, outsider, target, request, left)


def _others_hold(conditions: Sequence[Condition], address_key: str | None, request: Request) -> bool:
    return all(each.name == address_key or holds(each, request[each.name]) for each in conditions)


def _addresses(conditions: Sequence[Condition], address_key: str | None) -> Ranges:
    """The addresses for which all conditions on them hold."""
    found = [passing(condition) for condition in conditions if condition.name == address_key]
    return reduce(and_, found) if found else everything()


def _spared(left: Ranges, conditions: Sequence[Condition], address_key: str | None) -> Ranges:
    """Those of the addresses for which a condition on them does not hold."""
    found = [refused(condition) for condition in conditions if condition.name == address_key]
    if not found:
        return nothing()
    spared = found[0] if len(found) == 1 else Ranges.union(found)
    return spared if left is everything() else left & spared
