"""Whether a resource-based policy document is public: what it newly allows outsiders against nothing.

The question is that of `policypack.access.solver.diff`, in the request space of outsiders
(`policypack.access.exposure.outsider_requests`). A request is public if it may come from a broad range of addresses,
by itself or together with others. If it depends on an unknown or a policy variable, the verdict is undecided
(`policypack.access.solver.bounds`). docs/decisions/0007-meaning-of-public.md defines what counts as public, and
docs/decisions/0027-public-as-a-difference.md explains how it is a difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from policypack.access.exposure.outsider_requests import OutsiderRequest, OutsiderRequests
from policypack.access.exposure.outsiders import PINNING_KEYS, Spared, outsiders
from policypack.access.exposure.targets import iam_prefix
from policypack.access.solver.bounds import Bound, bounded, undecidable, why_unknown
from policypack.access.solver.diff import NOTHING, TOO_MANY, Access, newly_allowed
from policypack.access.solver.partition import TooManyCellsError, Work, work_on
from policypack.access.solver.verdict import Answer, Verdict, refusal
from policypack.core.policy import covers
from policypack.iam.addresses import Ranges, broad
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import has_wildcard, matches

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
            for answer in _answers(document, work):
                return answer
    except TooManyCellsError:
        return Answer(Verdict.UNDECIDED, TOO_MANY)
    return Answer(Verdict.NOT_PUBLIC, "every Allow statement is limited to fixed principals, networks or sources")


def exposures(document: PolicyDocument) -> Iterator[Answer]:
    """An answer for each Allow statement that allows outsiders, by itself or together with others, or may.

    Beside a statement that is unknown as a whole, which may deny what others allow, none is surely public.
    """
    hidden = [path for element, path in document.unknowns if element in ("Statement", "Effect")]
    for path in hidden:
        yield Answer(Verdict.UNDECIDED, "a whole statement is unknown", path)
    written = {statement.path: statement for statement in document.statements}
    try:
        with work_on([document]) as work:
            for answer in _answers(document, work):
                if hidden:
                    yield msgspec.structs.replace(answer, verdict=Verdict.UNDECIDED, witness=None)
                else:
                    yield msgspec.structs.replace(answer, why=answer.why + _beside(answer, written[answer.path]))
    except TooManyCellsError:
        yield Answer(Verdict.UNDECIDED, TOO_MANY)


def _beside(answer: Answer, statement: Statement) -> str:
    """What a public statement lists beside the action of the example, as a clause."""
    example = answer.witness.action.lower() if answer.witness else ""
    others = [pattern for pattern in statement.actions or () if example and not matches(pattern.lower(), example)]
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return f"; it also lists {', '.join(f'`{pattern}`' for pattern in others[:3])}{more}" if others else ""


def _answers(document: PolicyDocument, work: Work) -> Iterator[Answer]:
    """An answer for each Allow statement that is public or may be, those that surely are first."""
    seen: set[str] = set()
    for request, allow in _search(document, work, Bound.LEAST):
        seen.add(allow.path)
        yield Answer(Verdict.PUBLIC, _why(request), allow.path, request.witness())
    spared = _spared_keys(document)
    for request, allow in _search(document, work, Bound.LEAST, spared, seen) if spared is not None else ():
        seen.add(allow.path)
        witness = msgspec.structs.replace(request.witness(), outsider="whoever fits the wildcard")
        yield Answer(Verdict.PUBLIC, "S3 counts no value with a wildcard as fixed", allow.path, witness)
    for _, allow in _search(document, work, Bound.MOST, spared, seen) if _depends(document) else ():
        why = why_unknown([document], "an unknown value or a policy variable decides whether outsiders are allowed")
        yield Answer(Verdict.UNDECIDED, why, allow.path)


def unknown_path(document: PolicyDocument, answer: Answer) -> str:
    """The path of an unknown value that an undecided answer depends on; empty if there is none."""
    if answer.verdict is not Verdict.UNDECIDED:
        return ""
    return next((path for _, path in document.unknowns if covers(answer.path, path)), "")


def _why(request: OutsiderRequest) -> str:
    if request.caller.service:
        return "this is any service, for anyone; name the account in `aws:SourceAccount` or `aws:SourceOrgID`"
    return "nothing in it pins the caller to a fixed principal, network or source"


def _may_be_open(statement: Statement) -> bool:
    return statement.allows and ("Principal" in statement.unknown or bool(outsiders(statement)))


def _depends(document: PolicyDocument) -> bool:
    """Whether the verdict may depend on an unknown value or a policy variable."""
    return undecidable(document) or any(
        "${" in text
        for statement in document.statements
        if not statement.allows
        for text in (
            *(statement.resources or statement.not_resources or ()),
            *(value for condition in statement.conditions for value in condition.values),
        )
    )


def _search(
    document: PolicyDocument, work: Work, bound: Bound, spared: Spared = None, without: Collection[str] = ()
) -> Iterator[tuple[OutsiderRequest, Statement]]:
    """A public request for each Allow statement that allows one, with unknown values at this bound.

    Statements of which each allows a narrow range only, and that are broad together, come last.

    Args:
        document: the document.
        work: the budget of the question.
        bound: of unknown values.
        spared: if it is set, values with wildcards are not fixed, except those of the exempted keys.
        without: the paths of statements that are left out.
    """
    narrow: list[tuple[OutsiderRequest, Statement]] = []
    space = OutsiderRequests(iam_prefix(document.type), work, spared=spared)
    access = granted(document, bound)
    for allow in access.statements:
        if not allow.allows or allow.path in without:
            continue
        alone: list[tuple[OutsiderRequest, Statement]] = []
        for request, _, _ in newly_allowed(Access((((allow,),),), access.denials), NOTHING, space, work):
            assert isinstance(request, OutsiderRequest)
            alone.append((request, allow))
            if request.wide:
                break
        if alone and alone[-1][0].wide:
            yield alone[-1]
        elif _broad(alone):
            yield alone[0]
        else:
            narrow += alone
    if _broad(narrow):
        once = {allow.path: (request, allow) for request, allow in reversed(narrow)}
        yield from reversed(once.values())


def _broad(requests: Sequence[tuple[OutsiderRequest, Statement]]) -> bool:
    """Whether requests of narrow ranges come from a broad range together."""
    distinct = {id(request.addresses): request.addresses for request, _ in requests}
    return len(distinct) > 1 and broad(Ranges.union(distinct.values()))


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
