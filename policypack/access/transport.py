"""Requests over plain HTTP: what a document denies to them, and whether a queue or topic answers one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from policypack.access.solver.bounds import Bound
from policypack.access.solver.conditions import holds
from policypack.access.solver.diff import NOTHING, Access, access, allows_more
from policypack.access.solver.partition import TooManyCellsError
from policypack.core.policy import OverStack, Placed, Resource, Stack, Undecided, Unknown, Violation
from policypack.iam.actions import whole_service
from policypack.iam.document import Condition, Effect, PolicyDocument, Principal, Statement
from policypack.iam.document_readers import RESOURCE, documents_of
from policypack.iam.globs import covers, everything, matches
from policypack.resources.naming import physical_name
from policypack.resources.references import resolve

PLAINTEXT = {"aws:securetransport": "false", "s3:tlsversion": None}
"""The values of transport keys in a request over plain HTTP; None if it lacks the key."""


def denied_in_plaintext(document: PolicyDocument) -> list[str]:
    """The resources on which every action is denied to every plain request."""
    return [pattern for statement in document.statements if _denies(statement) for pattern in statement.resources or ()]


def _denies(statement: Statement) -> bool:
    return (
        not statement.allows
        and any(principal.anyone for principal in statement.principals or ())
        and any(everything(action) or whole_service(action) for action in statement.actions or ())
        and "Condition" not in statement.unknown
        and all(
            condition.name in PLAINTEXT and holds(condition, PLAINTEXT[condition.name])
            for condition in statement.conditions
        )
    )


def may_deny(document: PolicyDocument) -> bool:
    """Whether an unknown value may be, or complete, the denial."""
    deciding = {"Statement", "Effect", "Principal", "Action", "Resource", "Condition"}
    return _unread(document) or any(
        not statement.allows and statement.unknown & deciding for statement in document.statements
    )


def _unread(document: PolicyDocument) -> bool:
    """Whether a statement is unknown, or its effect."""
    return any(element in ("Statement", "Effect") for element, _ in document.unknowns)


def covers_bucket(patterns: Sequence[str], bucket: str | None) -> bool:
    """Whether the patterns cover the bucket and all of its objects; for a bucket without a known name, any bucket."""
    starts = {f"{pattern.rpartition(':::')[0] or 'arn:aws:s3'}:::" for pattern in patterns}
    names = [bucket] if bucket else [pattern.rpartition(":::")[2].partition("/")[0] for pattern in patterns]
    return any(
        any(covers(pattern, arn) for pattern in patterns)
        and (f"{arn}/*" in patterns or any(covers(pattern, f"{arn}/?*") for pattern in patterns))
        for arn in (f"{start}{name}" for name in names for start in starts)
    )


class Guard(msgspec.Struct, frozen=True):
    """A resource, and the documents that may deny requests to it, each with its resource and path."""

    resource: Resource
    documents: tuple[tuple[Resource, str, PolicyDocument | Unknown], ...]
    possible: bool = False
    """Whether another resource has a document that may be this one's."""

    @property
    def read_from(self) -> list[tuple[Resource, str]]:
        """The resource and the path of each document."""
        return [(resource, path) for resource, path, _ in self.documents]


def guard(resource: Resource, carriers: Sequence[Resource], *, possible: bool) -> Guard:
    """The guard of a resource with its own document and those of `carriers`."""
    placed = tuple(
        (carrier, path, document)
        for carrier in (resource, *carriers)
        for path, document in documents_of(carrier, RESOURCE)
    )
    return Guard(resource, placed, possible)


def guards(token: str, carrier: str, name: str) -> OverStack[Guard]:
    """A reader of the guards of all resources of a type.

    Args:
        token: the type.
        carrier: the type of resource that contains a document for one of them.
        name: the property of the carrier that refers to it.
    """

    def read(stack: Stack) -> Iterator[Placed[Guard]]:
        certain: dict[str, list[Resource]] = defaultdict(list)
        possible: set[str] = set()
        for beside in stack.of(carrier):
            owners = resolve(stack, beside, name, token)
            for owner in owners.resources:
                certain[owner.urn].append(beside)
            possible.update(owner.urn for owner in owners.candidates)
        for resource in stack.of(token):
            yield resource, "", guard(resource, certain[resource.urn], possible=resource.urn in possible)

    return OverStack(read)


PLAIN = (
    Condition("Bool", "aws:SecureTransport", ("false",)),
    Condition("Bool", "aws:PrincipalIsAWSService", ("false",)),
    Condition("Bool", "aws:ViaAWSService", ("false",)),
)
"""A request over plain HTTP. AWS's own services always use TLS, so a denial may except them."""


def answers_plaintext(guarded: Guard, *actions: str) -> Iterator[Violation | Undecided]:
    """A judgement about a resource that answers one of these actions over plain HTTP, whoever calls."""
    known = [document for _, _, document in guarded.documents if isinstance(document, PolicyDocument)]
    targets = _targets(guarded.resource, actions[0].partition(":")[0], known)
    if any(not _passes(known, actions, target, Bound.MOST) for target in targets):
        return
    if len(known) < len(guarded.documents) or guarded.possible:
        yield Undecided("", "has a policy document that is known only after the update")
    elif any(map(_unread, known)) or any(not _passes(known, actions, target, Bound.LEAST) for target in targets):
        yield Undecided("", "has a policy document of which a part that decides is known only after the update")
    else:
        denied = " and ".join(f"`{action}`" for action in actions)
        yield Violation("", f"answers plain HTTP: no document denies {denied} to all if `aws:SecureTransport` is false")


def _passes(documents: Sequence[PolicyDocument], actions: Sequence[str], target: str, unknowns: Bound) -> bool:
    """Whether a plain request passes all denials; if unknown values decide, `LEAST` is for whether it surely does."""
    plain = Statement("", Effect.ALLOW, None, (*actions,), None, (target,), None, (Principal("AWS", "*"),), None, PLAIN)
    try:
        allowed = Access.of((plain, *access(documents, unknowns).denials))
        return allows_more(allowed, NOTHING, attached=False)
    except TooManyCellsError:
        return unknowns is Bound.MOST


def _targets(resource: Resource, service: str, documents: Sequence[PolicyDocument]) -> list[str]:
    """The ARN of a resource; those that the documents name and that may be its own if it is not known."""
    if isinstance(arn := resource.outputs.get("arn"), str):
        return [arn]
    name = physical_name(resource)
    patterns = {pattern for document in documents for part in document.statements for pattern in part.resources or ()}
    split = [pattern.split(":", 5) for pattern in sorted(patterns) if pattern.count(":") >= 5]
    own = [parts for parts in split if parts[2] == service and (name is None or matches(parts[5], name))]
    default = ["arn", "aws", service, "eu-west-1", "111122223333", name or "x"]
    return [":".join((*parts[:5], name or parts[5])).replace("*", "x") for parts in (*own, default)]
