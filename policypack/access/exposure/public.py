"""Whether a resource-based policy document is public: what it newly allows outsiders against nothing.

The question is that of `policypack.access.solver.diff`, in the request space of outsiders
(`policypack.access.exposure.outsider_requests`). A request is public if it may come from a broad range of addresses,
by itself or together with others. If it depends on an unknown or a policy variable, the verdict is undecided
(`policypack.access.solver.bounds`). docs/decisions/0007-meaning-of-public.md defines what counts as public, and
docs/decisions/0027-public-as-a-difference.md explains how it is a difference.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.exposure.outsider_requests import OutsiderRequest, OutsiderRequests
from policypack.access.exposure.outsiders import PINNING_KEYS, Spared, outsiders
from policypack.access.exposure.targets import iam_prefix
from policypack.access.solver.bounds import Bound, bounded
from policypack.access.solver.diff import NOTHING, TOO_MANY, Access, newly_allowed
from policypack.access.solver.partition import TooManyCellsError, Work, work_on
from policypack.access.solver.verdict import Answer, Verdict, refusal
from policypack.iam.addresses import Ranges, broad
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import has_wildcard

ACCESS_POINTS = frozenset(
    {
        "aws:s3/accessPoint:AccessPoint",
        "aws:s3control/accessPointPolicy:AccessPointPolicy",
        "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy",
    }
)
"""Types whose documents are those of access points."""


def public(document: PolicyDocument) -> Answer:
    """Whether the document is public; a document that AWS refuses is invalid."""
    return refusal(document) or exposure(document)


def exposure(document: PolicyDocument) -> Answer:
    """Whether the document is public, without regard to malformed parts. Never invalid."""
    if any(element in ("Statement", "Effect") for element, _ in document.unknowns):
        return Answer(Verdict.UNDECIDED, "a whole statement is unknown")
    if not any(_may_be_open(statement) for statement in document.statements):
        return Answer(Verdict.NOT_PUBLIC, "every Allow statement names its principals")
    try:
        with work_on([document]) as work:
            if public_request := _search(document, work, Bound.LEAST):
                request, allow = public_request
                return Answer(Verdict.PUBLIC, _why(request), allow.path, request.witness())
            spared = _spared_keys(document)
            if spared is not None and (public_request := _search(document, work, Bound.LEAST, spared)):
                request, allow = public_request
                witness = msgspec.structs.replace(request.witness(), outsider="whoever fits the wildcard")
                return Answer(Verdict.PUBLIC, "S3 counts no value with a wildcard as fixed", allow.path, witness)
            if _depends(document) and (public_request := _search(document, work, Bound.MOST, spared)):
                why = "an unknown value or a policy variable decides whether outsiders are allowed"
                return Answer(Verdict.UNDECIDED, why, public_request[1].path)
    except TooManyCellsError:
        return Answer(Verdict.UNDECIDED, TOO_MANY)
    return Answer(Verdict.NOT_PUBLIC, "every Allow statement is limited to fixed principals, networks or sources")


def unknown_path(document: PolicyDocument, answer: Answer) -> str:
    """The path of an unknown value that an undecided answer depends on; empty if there is none."""
    if answer.verdict is not Verdict.UNDECIDED:
        return ""
    return next((path for _, path in document.unknowns if path.startswith(answer.path)), "")


def _why(request: OutsiderRequest) -> str:
    if request.caller.service:
        return "this is any service, for anyone; name the account in `aws:SourceAccount` or `aws:SourceOrgID`"
    return "nothing in it pins the caller to a fixed principal, network or source"


def _may_be_open(statement: Statement) -> bool:
    return statement.allows and ("Principal" in statement.unknown or bool(outsiders(statement)))


def _depends(document: PolicyDocument) -> bool:
    """Whether the verdict may depend on an unknown value or a policy variable."""
    return bool(document.unknowns) or any(
        "${" in text
        for statement in document.statements
        if not statement.allows
        for text in (
            *(statement.resources or statement.not_resources or ()),
            *(value for condition in statement.conditions for value in condition.values),
        )
    )


def _search(
    document: PolicyDocument, work: Work, bound: Bound, spared: Spared = None
) -> tuple[OutsiderRequest, Statement] | None:
    """A public request with the Allow statement that allows it, with unknown values at this bound.

    With `spared`, values with wildcards are not fixed, except those of the exempted keys.
    """
    narrow: list[tuple[OutsiderRequest, Statement]] = []
    space = OutsiderRequests(iam_prefix(document.type), work, spared=spared)
    for request, (allow, *_), _ in newly_allowed(granted(document, bound), NOTHING, space, work):
        assert isinstance(request, OutsiderRequest)
        if request.wide:
            return request, allow
        narrow.append((request, allow))
    distinct = {id(request.addresses): request.addresses for request, _ in narrow}
    return narrow[0] if len(distinct) > 1 and broad(Ranges.union(distinct.values())) else None


def granted(document: PolicyDocument, bound: Bound) -> Access:
    """What a document may grant to outsiders, with unknown values at this bound.

    A policy variable in an Allow statement is no fixed value, so the caller can always choose it.
    """
    grants = [statement for statement in document.statements if _may_be_open(statement)]
    allowed = [read for statement in grants if (read := bounded(document, statement, bound, Bound.MOST)) is not None]
    return Access.of([*allowed, *denials(document, bound.other)])


def denials(document: PolicyDocument, bound: Bound) -> Iterator[Statement]:
    """The Deny statements of a document, with unknown values and variables at this bound."""
    for statement in document.statements:
        if not statement.allows and (read := bounded(document, statement, bound, bound)) is not None:
            yield read


def _spared_keys(document: PolicyDocument) -> Spared:
    """The keys that S3's reading exempts, if it applies: access points by name, but not in their own documents."""
    pins_with_wildcard = any(
        condition.name in PINNING_KEYS and any(map(has_wildcard, condition.values))
        for statement in document.statements
        if statement.allows
        for condition in statement.conditions
    )
    if iam_prefix(document.type) != "s3" or not pins_with_wildcard:
        return None
    return frozenset() if document.type in ACCESS_POINTS else frozenset({"s3:dataaccesspointarn"})
