"""Which things of a stack are open to outsiders: one verdict each, with an example, and the place that decides it.

A thing is what access is about: a bucket, a queue, a function, a role, a snapshot. What opens it may stand in other
resources, and others may take the access away again. The verdict is of the stack once its update has gone through;
where AWS would refuse a part of it, the reason says so, and the part counts as if AWS had taken it.
What counts as public is written down in docs/decisions/0007-meaning-of-public.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from policypack.access.exposure.acl import OWNERS as ACL_OWNERS
from policypack.access.exposure.acl import grants
from policypack.access.exposure.api_definition import in_definition
from policypack.access.exposure.bucket_settings import (
    ACCESS_POINT,
    REGIONS_POINT,
    Placed,
    in_bucket,
    of_bucket,
    through_access_point,
)
from policypack.access.exposure.invoking import invoking
from policypack.access.exposure.opening import WORST, Opening, waiting
from policypack.access.exposure.reachability import ALWAYS, APIS, BLOCKED, noting_refusal, reached
from policypack.access.exposure.sharing import FUNCTION_URL, SHARES, shares
from policypack.access.exposure.trust import trusting
from policypack.access.policy_targets import OWNER_TYPES, OWNERS, owner
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, TRUST, documents_of
from policypack.iam.tables import DocumentKind, canonical, document_properties
from policypack.iam.tables import grants as grants_access
from policypack.resources.naming import physical_name
from policypack.resources.references import resolve
from policypack.resources.tokens import BUCKET_TYPES, FUNCTION, PERMISSION, ROLE

BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
OF_FUNCTIONS = {
    PERMISSION: "function",
    FUNCTION_URL: "functionName",
    "aws:lambda/resourcePolicy:ResourcePolicy": "resourceArn",
}
"""The property that says of which function a resource is."""
CLOSED = Answer(Verdict.NOT_PUBLIC, "nothing in this stack lets anyone in from outside")


class Exposed(msgspec.Struct, frozen=True):
    """One thing, and all that opens it or was judged for it, worst first; never empty."""

    thing: Resource
    openings: tuple[Opening, ...]

    @property
    def opening(self) -> Opening:
        """What decides the verdict."""
        return self.openings[0]

    @property
    def verdict(self) -> Verdict:
        """Whether outsiders are let in."""
        return self.opening.answer.verdict


def exposed(stack: Stack) -> Iterator[Exposed]:
    """Every thing of a stack that could be open to outsiders, in registration order."""
    found: dict[str, list[Opening]] = {}
    for resource in stack.resources:
        if not resource.external:
            for thing, opening in openings(stack, resource):
                found.setdefault(thing.urn, []).append(opening)
    for resource in stack.resources:
        if here := found.get(resource.urn):
            yield Exposed(resource, tuple(sorted(here, key=lambda each: WORST.index(each.answer.verdict))))
        elif not resource.external and canonical(resource.type) in _things():
            yield Exposed(resource, (Opening(resource, "", CLOSED),))


def openings(stack: Stack, resource: Resource) -> Iterator[Placed]:
    """What one resource opens, and of which thing; what lets nobody in is told too."""
    kind = canonical(resource.type)
    for path, grant in grants(resource):
        if isinstance(grant, Unknown) or grant.lets:
            answer = waiting(grant) if isinstance(grant, Unknown) else grant.lets.answer if grant.lets else CLOSED
            yield from _in_bucket(stack, Opening(resource, path, answer), ACL_OWNERS[kind], of_acl=True)
    for path, document in (*documents_of(resource, RESOURCE, granting=True), *in_definition(resource)):
        yield from _by_document(stack, resource, path, document)
    for path, document in documents_of(resource, TRUST):
        yield from _by_trust(resource, path, document)
    if resource.type == PERMISSION:
        yield _function(stack, resource), invoking(resource)
    for path, lets in shares(resource):
        answer = CLOSED if lets is None else waiting(lets) if isinstance(lets, Unknown) else lets.answer
        yield thing_of(stack, resource), Opening(resource, path, answer)


@cache
def _things() -> frozenset[str]:
    """Types of which it is told that nothing opens them. Without a document an API is as open as its methods are."""
    carriers = {
        token
        for token, places in document_properties().items()
        for place, kind in places.items()
        if kind is DocumentKind.RESOURCE and grants_access(token, place)
    }
    judged = {*BUCKET_TYPES, FUNCTION, ROLE, ACCESS_POINT, *OWNER_TYPES, *SHARES, *carriers}
    return frozenset(map(canonical, judged)) - {*OWNERS, *OF_FUNCTIONS, *APIS, BUCKET_POLICY}


def _by_document(stack: Stack, resource: Resource, path: str, document: PolicyDocument | Unknown) -> Iterator[Placed]:
    kind = canonical(resource.type)
    thing = thing_of(stack, resource)
    if kind in BLOCKED or thing.type in BLOCKED:
        yield thing, Opening(resource, path, ALWAYS)
        return
    opening = _judged(resource, path, document, thing)
    if kind == BUCKET_POLICY or kind in BUCKET_TYPES:
        yield from _in_bucket(stack, opening, "bucket", of_acl=False)
    elif thing.type in (ACCESS_POINT, REGIONS_POINT):
        yield thing, through_access_point(stack, opening, thing)
    else:
        yield thing, opening


def _in_bucket(stack: Stack, opening: Opening, name: str, *, of_acl: bool) -> Iterator[Placed]:
    """A bucket is its own; anything else says by a property of which bucket it is."""
    if opening.by.type in BUCKET_TYPES:
        yield opening.by, of_bucket(stack, opening.by).leaves(opening, of_acl=of_acl)
    else:
        yield from in_bucket(stack, opening, name, of_acl=of_acl)


def _judged(resource: Resource, path: str, document: PolicyDocument | Unknown, thing: Resource) -> Opening:
    if isinstance(document, Unknown):
        return Opening(resource, path, waiting(document))
    answer, elsewhere = reached(document, thing)
    if elsewhere:
        return Opening(thing, elsewhere, answer)
    return Opening(resource, _inside(path, document, answer), noting_refusal(answer, resource))


def _inside(path: str, document: PolicyDocument, answer: Answer) -> str:
    """The statement, or the unknown in it that decides."""
    inner = answer.path
    if answer.verdict is Verdict.UNDECIDED:
        inner = next((each for _, each in document.unknowns if each.startswith(answer.path)), answer.path)
    return f"{path}.{inner}" if inner else path


def _by_trust(role: Resource, path: str, document: PolicyDocument | Unknown) -> Iterator[Placed]:
    if isinstance(document, Unknown):
        yield role, Opening(role, path, waiting(document))
        return
    for element, inner in document.unknowns:
        if element in ("Statement", "Effect"):
            yield role, Opening(role, f"{path}.{inner}", waiting())
    for answer in trusting(document):
        named = f"arn:aws:iam::*:role/{physical_name(role) or role.name}"
        witness = answer.witness and msgspec.structs.replace(answer.witness, resource=named)
        told = msgspec.structs.replace(answer, why=answer.why or UNKNOWN.why, witness=witness)
        yield role, Opening(role, f"{path}.{answer.path}", told)


def thing_of(stack: Stack, resource: Resource) -> Resource:
    """What a resource's own document or sharing is about: the resource, or another of the stack that it names."""
    if resource.type in OF_FUNCTIONS:
        return _function(stack, resource)
    return owner(stack, resource) or resource


def _function(stack: Stack, resource: Resource) -> Resource:
    return resolve(stack, resource, OF_FUNCTIONS[resource.type], FUNCTION).only or resource
