"""Requests over plain HTTP: whether a bucket, queue or topic answers one, whatever documents it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from policypack.access.solver.bounds import Bound
from policypack.access.solver.corrections import EFFECT, MOST_TRIED, correctable, corrections, refit
from policypack.access.solver.diff import NOTHING, Access, access, allows_more, includes
from policypack.access.solver.partition import TooManyCellsError, work_on
from policypack.core.policy import Composed, OverStack, Placed, Resource, Stack, Undecided, Unknown, Violation
from policypack.iam.document import Condition, Effect, PolicyDocument, Principal, Statement
from policypack.iam.document_readers import RESOURCE, documents_of
from policypack.iam.globs import matches
from policypack.iam.tables import DocumentKind
from policypack.resources.index import index_of
from policypack.resources.naming import physical_name
from policypack.resources.references import sidecars_of

PLAIN = (
    Condition("Bool", "aws:SecureTransport", ("false",)),
    Condition("Null", "s3:TlsVersion", ("true",)),
    Condition("Bool", "aws:PrincipalIsAWSService", ("false",)),
    Condition("Bool", "aws:ViaAWSService", ("false",)),
)
"""A request over plain HTTP. AWS's own services always use TLS, so a denial may except them."""
TRANSPORT = {"aws:securetransport", "s3:tlsversion"}
"""The keys of which a denial of plain requests has one, unless it denies all requests."""
Target = tuple[str, ...]
"""The ARNs of one resource: of a bucket, and of its objects."""


class Guard(msgspec.Struct, Composed, frozen=True):
    """A resource, and the documents that may deny requests to it, each with its resource and path."""

    resource: Resource
    documents: tuple[tuple[Resource, str, PolicyDocument | Unknown], ...]
    possible: bool = False
    """Whether another resource has a document that may be this one's."""

    @property
    def read_from(self) -> list[tuple[Resource, str]]:
        """The resource and the path of each document."""
        return [(resource, path) for resource, path, _ in self.documents]


def guards(carrier: str, name: str, *types: str) -> OverStack[Guard]:
    """A reader of the guards of all resources of some types.

    Args:
        carrier: the type of resource that contains a document for one of them.
        name: the property of the carrier that refers to it.
        types: the types.
    """

    def read(stack: Stack) -> Iterator[Placed[Guard]]:
        for resource in index_of(stack, types).resources:
            beside = sidecars_of(stack, resource, carrier, name, *types)
            placed = tuple(
                (source, path, document)
                for source in (resource, *beside.certain)
                for path, document in documents_of(source, RESOURCE)
            )
            yield resource, "", Guard(resource, placed, bool(beside.possible))

    return OverStack(read)


def answers_plaintext(guarded: Guard, kind: str, *actions: str) -> Iterator[Violation | Undecided]:
    """A judgement about a resource that answers one of these actions over plain HTTP, whoever calls.

    Args:
        guarded: the resource and its documents.
        kind: what it is, in messages: `bucket`.
        actions: the actions that must be denied, all of one service.
    """
    known = [document for _, _, document in guarded.documents if isinstance(document, PolicyDocument)]
    targets = _targets(guarded.resource, actions[0].partition(":")[0], known)
    unread = any(element in ("Statement", "Effect") for document in known for element, _ in document.unknowns)
    most, least = _denials(known, Bound.MOST), _denials(known, Bound.LEAST)
    if any(not _passes(known, most, actions, target, Bound.MOST) for target in targets):
        return
    if len(known) < len(guarded.documents) or guarded.possible:
        yield Undecided("", f"has a {kind} policy that is known only after the update")
    elif unread or any(not _passes(known, least, actions, target, Bound.LEAST) for target in targets):
        yield Undecided("", f"has a {kind} policy of which a part that decides is known only after the update")
    elif any(not _passes(known, most, actions, (part,), Bound.MOST) for target in targets for part in target):
        partly = "is only partly denied to plain HTTP requests: the denial must name the bucket and its `/*`"
        yield Violation("", partly, related=_related(guarded, actions, targets))
    else:
        answered = f"answers plain HTTP: no {kind} policy denies everybody when `aws:SecureTransport` is false"
        yield Violation("", answered, related=_related(guarded, actions, targets))


def _related(guarded: Guard, actions: Sequence[str], targets: Sequence[Target]) -> tuple[tuple[str, str], ...]:
    """The elements of denials, by URN and path, of which one with its right value would deny all plain requests.

    None of more denials than are tried, as each is tried beside all others.
    """
    placed = [
        (resource.urn, path, denial)
        for resource, path, document in guarded.documents
        if isinstance(document, PolicyDocument)
        for denial in _denials([document], Bound.MOST)
    ]
    budget = [PolicyDocument(DocumentKind.RESOURCE, guarded.resource.type)]
    related: dict[tuple[str, str], None] = {}
    for number, (urn, path, denial) in enumerate(placed if len(placed) <= MOST_TRIED else ()):
        others = [other for index, (*_, other) in enumerate(placed) if index != number]
        for target in targets:
            wanted = _plain(actions, target)

            def ends(corrected: Statement, others: Sequence[Statement] = others, target: Target = target) -> bool:
                return not _passes(budget, [corrected, *others], actions, target, Bound.MOST)

            corrected = chain(corrections(denial, wanted), refit(denial, wanted))
            related |= dict.fromkeys((urn, f"{path}.{inner}") for inner in correctable(denial, corrected, ends))
    related |= dict.fromkeys(_allowing(guarded, [denial for *_, denial in placed], actions, targets))
    return (*related,)


def _allowing(
    guarded: Guard, denials: Sequence[Statement], actions: Sequence[str], targets: Sequence[Target]
) -> Iterator[tuple[str, str]]:
    """The `Effect` of each grant to plain requests that would deny all of them, beside these denials, by URN and path."""
    budget = [PolicyDocument(DocumentKind.RESOURCE, guarded.resource.type)]
    grants = [
        (resource.urn, path, statement)
        for resource, path, document in guarded.documents
        if isinstance(document, PolicyDocument)
        for statement in document.statements
        if statement.allows and not statement.unknown and _about_transport(statement)
    ]
    for urn, path, grant in grants if len(grants) + len(denials) <= MOST_TRIED else ():
        denying = [msgspec.structs.replace(grant, effect=Effect.DENY), *denials]
        if any(not _passes(budget, denying, actions, target, Bound.MOST) for target in targets):
            yield urn, f"{path}.{grant.at(EFFECT)}"


def _plain(actions: Sequence[str], target: Target) -> Statement:
    """Every plain request."""
    return Statement("", Effect.ALLOW, None, (*actions,), None, target, None, (Principal("AWS", "*"),), None, PLAIN)


def _denials(documents: Sequence[PolicyDocument], unknowns: Bound) -> list[Statement]:
    """The denials that may be of plain requests."""
    return [
        denial for denial in access(documents, unknowns).denials if not denial.conditions or _about_transport(denial)
    ]


def _about_transport(statement: Statement) -> bool:
    return any(condition.name in TRANSPORT for condition in statement.conditions)


def _passes(
    documents: Sequence[PolicyDocument],
    denials: Sequence[Statement],
    actions: Sequence[str],
    target: Target,
    unknowns: Bound,
) -> bool:
    """Whether a plain request passes all denials; if unknown values decide, `LEAST` is for whether it surely does."""
    if not denials:
        return True
    plain = _plain(actions, target)
    try:
        with work_on(documents) as work:
            covered = any(includes(denial, plain, work) for denial in denials)
            return not covered and allows_more(Access.of((plain, *denials)), NOTHING, attached=False, work=work)
    except TooManyCellsError:
        return unknowns is Bound.MOST


def _targets(resource: Resource, service: str, documents: Sequence[PolicyDocument]) -> list[Target]:
    """The ARNs of a resource; if they are not known, those that the documents name and that may be its own."""
    arn, name = resource.outputs.get("arn"), physical_name(resource)
    patterns = {pattern for document in documents for part in document.statements for pattern in part.resources or ()}
    split = [pattern.partition("/")[0].split(":", 5) for pattern in sorted(patterns) if pattern.count(":") >= 5]
    own = [parts for parts in split if parts[2] == service and (name is None or matches(parts[5], name))]
    own.append(["arn", "aws", service, "eu-west-1", "111122223333", name or "x"])
    arns = dict.fromkeys(":".join((*parts[:5], name or parts[5])).replace("*", "x") for parts in own)
    if service == "s3":
        return [(bucket, f"{bucket}/*") for bucket in arns]
    return [(arn,)] if isinstance(arn, str) else [(text,) for text in arns]
