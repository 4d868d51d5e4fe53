"""Which resources of a stack are public: one verdict each, with an example and the place that decides it.

Other resources may expose a resource, and others may block public access to it. The verdict is about the stack after its
update. If AWS refuses a part of the update, the reason mentions that, and the part counts as if AWS had accepted it.
docs/decisions/0007-meaning-of-public.md defines what counts as public.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import msgspec

from policypack.access.exposure.acl import BUCKET_PROPERTIES, public_acls
from policypack.access.exposure.bucket_settings import (
    ACCESS_POINT,
    REGIONS_POINT,
    Carried,
    ResourceExposure,
    in_bucket,
    through_access_point,
)
from policypack.access.exposure.exposure import CLOSED, WORST, Exposure, undecided
from policypack.access.exposure.invoking import invoking
from policypack.access.exposure.public import unknown_path
from policypack.access.exposure.reachability import ALWAYS, APIS, BLOCKED, noting_refusal, reached
from policypack.access.exposure.sharing import SHARES, shares
from policypack.access.exposure.trust import trusting
from policypack.access.policy_targets import BUCKET_POLICY, TARGET_TYPES, TARGETS, protected, target_of
from policypack.access.solver.verdict import Verdict, not_judged
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, TRUST, documents_of
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind, canonical, document_properties, grants
from policypack.resources.naming import physical_name
from policypack.resources.tokens import BUCKET_TYPES, FUNCTION, PERMISSION, ROLE

REST_API = APIS[0]
EXTENSION = "x-amazon-apigateway-policy"
UNREAD = Unknown(
    f"is a definition with `{EXTENSION}` that cannot be read here", "Write the definition as JSON, or set `policy`."
)


class Exposed(msgspec.Struct, frozen=True):
    """One resource and all exposures that were judged for it, worst first; never empty."""

    resource: Resource
    exposures: tuple[Exposure, ...]

    @property
    def exposure(self) -> Exposure:
        """The exposure that decides the verdict."""
        return self.exposures[0]

    @property
    def verdict(self) -> Verdict:
        """Whether the resource is public."""
        return self.exposure.answer.verdict


def exposed(stack: Stack) -> Iterator[Exposed]:
    """Every resource of a stack that could be public, in registration order."""
    by_urn: dict[str, list[Exposure]] = {}
    for resource in stack.resources:
        if not resource.external:
            for target, exposure in exposures(stack, resource):
                by_urn.setdefault(target.urn, []).append(exposure)
    for resource in stack.resources:
        if judged := by_urn.get(resource.urn):
            yield Exposed(resource, tuple(sorted(judged, key=lambda exposure: WORST.index(exposure.answer.verdict))))
        elif not resource.external and canonical(resource.type) in _judged_types():
            yield Exposed(resource, (Exposure(resource, "", CLOSED),))


def exposures(stack: Stack, resource: Resource) -> Iterator[ResourceExposure]:
    """What one resource exposes, each with the exposed resource; exposures that are not public are included."""
    for path, grant in public_acls(resource):
        answer = undecided(grant) if isinstance(grant, Unknown) else grant
        name = BUCKET_PROPERTIES[canonical(resource.type)]
        yield from in_bucket(stack, Exposure(resource, path, answer), name, Carried.PUBLIC_ACL)
    yield from document_exposures(stack, resource)
    for path, document in documents_of(resource, TRUST, granting=True):
        yield from _by_trust(resource, path, document)
    yield from _refused(stack, resource)
    if resource.type == PERMISSION:
        yield target_of(stack, resource), invoking(resource)
    for path, share in shares(resource):
        answer = undecided(share) if isinstance(share, Unknown) else share
        yield target_of(stack, resource), Exposure(resource, path, answer)


def document_exposures(stack: Stack, resource: Resource) -> Iterator[ResourceExposure]:
    """What the resource-based documents of one resource expose."""
    for path, document in (*documents_of(resource, RESOURCE, granting=True), *_in_definition(resource)):
        granted = document.as_granted if isinstance(document, PolicyDocument) else document
        yield from _by_document(stack, resource, path, granted)


def _refused(stack: Stack, resource: Resource) -> Iterator[ResourceExposure]:
    """The documents that AWS refuses, of those that would give access to a resource or let others assume a role."""
    for path, document in (*documents_of(resource, (*RESOURCE, *TRUST)), *_in_definition(resource)):
        answer = not_judged(document) if isinstance(document, PolicyDocument) else None
        if answer and grants(resource.type, path):
            at = f"{path}.{answer.path}" if answer.path else path
            yield protected(stack, resource), Exposure(resource, at, answer)


@cache
def _judged_types() -> frozenset[str]:
    """Types that are reported as closed too. Without a document an API is as open as its methods are."""
    carriers = {
        token
        for token, places in document_properties().items()
        for place, kind in places.items()
        if kind is DocumentKind.RESOURCE and grants(token, place)
    }
    judged = {*BUCKET_TYPES, FUNCTION, ROLE, ACCESS_POINT, *TARGET_TYPES, *SHARES, *carriers}
    return frozenset(map(canonical, judged)) - {*TARGETS, *APIS, BUCKET_POLICY}


def _in_definition(resource: Resource) -> Iterator[tuple[str, PolicyDocument | Unknown]]:
    """The document in the OpenAPI definition of a REST API; unknown if the definition is not JSON.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-policy.html.
    """
    body = resource.inputs.get("body") if resource.type == REST_API else None
    if not isinstance(body, str) or EXTENSION not in body:
        return
    try:
        definition = json.loads(body)
    except (ValueError, RecursionError):
        yield "body", UNREAD
        return
    if isinstance(definition, dict) and EXTENSION in definition:
        yield f"body.{EXTENSION}", parse(definition[EXTENSION], DocumentKind.RESOURCE, REST_API)


def _by_document(
    stack: Stack, resource: Resource, path: str, document: PolicyDocument | Unknown
) -> Iterator[ResourceExposure]:
    kind = canonical(resource.type)
    target = target_of(stack, resource)
    if kind in BLOCKED or target.type in BLOCKED:
        yield target, Exposure(resource, path, ALWAYS)
        return
    exposure = _judged(resource, path, document, target)
    if kind == BUCKET_POLICY or kind in BUCKET_TYPES:
        yield from in_bucket(stack, exposure, "bucket", Carried.DOCUMENT)
    elif target.type in (ACCESS_POINT, REGIONS_POINT):
        yield target, through_access_point(stack, exposure, target)
    else:
        yield target, exposure


def _judged(resource: Resource, path: str, document: PolicyDocument | Unknown, target: Resource) -> Exposure:
    if isinstance(document, Unknown):
        return Exposure(resource, path, undecided(document))
    answer, deciding = reached(document, target)
    if deciding:
        return Exposure(target, deciding, answer)
    inner = unknown_path(document, answer) or answer.path
    return noting_refusal(Exposure(resource, f"{path}.{inner}" if inner else path, answer))


def _by_trust(role: Resource, path: str, document: PolicyDocument | Unknown) -> Iterator[ResourceExposure]:
    if isinstance(document, Unknown):
        yield role, Exposure(role, path, undecided(document))
        return
    for element, inner in document.unknowns:
        if element in ("Statement", "Effect"):
            yield role, Exposure(role, f"{path}.{inner}", undecided())
    for answer in trusting(document):
        arn = f"arn:aws:iam::*:role/{physical_name(role) or role.name}"
        witness = answer.witness and msgspec.structs.replace(answer.witness, resource=arn)
        named = msgspec.structs.replace(answer, witness=witness)
        yield role, Exposure(role, f"{path}.{answer.path}", named)
