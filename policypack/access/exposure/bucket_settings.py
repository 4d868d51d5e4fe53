"""The access blocks and the Object Ownership that hold for a bucket, and what they leave of what opens it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.confidence import Confidence
from policypack.access.exposure.blocks import (
    ENFORCED,
    SWITCHES,
    Block,
    Ownership,
    after_ignoring,
    after_restricting,
    block,
)
from policypack.access.exposure.opening import Opening
from policypack.access.exposure.reachability import ALWAYS
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import Resource, Stack, Unknown
from policypack.resources.bucket import sidecars
from policypack.resources.providers import same_account
from policypack.resources.references import Resolved, resolve
from policypack.resources.tokens import BUCKET_TYPES

ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
OWNERSHIP_CONTROLS = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
ACCESS_POINT = "aws:s3/accessPoint:AccessPoint"
REGIONS_POINT = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
DIRECTORY_SUFFIX = "--x-s3"

Placed = tuple[Resource, Opening]
"""The thing that is opened, and what opens it."""


class BucketSettings(msgspec.Struct, frozen=True):
    """What holds for one bucket beside its document and its ACLs."""

    blocks: tuple[Block, ...] = ()
    ownership: Ownership | None = None

    def leaves(self, opening: Opening, *, of_acl: bool) -> Opening:
        """What is left of an opening."""
        if of_acl:
            return after_ignoring(opening, self.blocks, self.ownership)
        return after_restricting(opening, self.blocks)


def in_bucket(stack: Stack, opening: Opening, name: str, *, of_acl: bool = False) -> Iterator[Placed]:
    """What a document or an ACL opens, by the bucket that the property `name` of its carrier means."""
    carrier = opening.by
    if str(carrier.inputs.get(name)).endswith(DIRECTORY_SUFFIX):
        yield carrier, msgspec.structs.replace(opening, answer=ALWAYS)
        return
    owners = resolve(stack, carrier, name, *BUCKET_TYPES)
    for bucket in owners.resources:
        yield bucket, of_bucket(stack, bucket).leaves(opening, of_acl=of_acl)
    if not owners.certain:
        yield carrier, _of_one_of(stack, owners, opening, name, of_acl=of_acl)


def of_bucket(stack: Stack, bucket: Resource) -> BucketSettings:
    """The settings of a bucket of this stack."""
    return stack.once(("access settings", bucket.urn), lambda: _of_bucket(stack, bucket))


def _of_bucket(stack: Stack, bucket: Resource) -> BucketSettings:
    found = sidecars(stack, bucket, ACCESS_BLOCK)
    own = [_block(each) for each in found.certain]
    own += [_block(each, Confidence.POSSIBLE) for each in found.possible]
    return BucketSettings((*own, *_of_account(stack, bucket)), _ownership(stack, bucket))


def _ownership(stack: Stack, bucket: Resource) -> Ownership | None:
    found = sidecars(stack, bucket, OWNERSHIP_CONTROLS)
    if found.certain:
        return _setting(found.certain[0])
    return next((Ownership(None, each) for each in found.possible if _setting(each).setting in (None, ENFORCED)), None)


def _setting(controls: Resource) -> Ownership:
    setting = _field(controls["rule"], "objectOwnership")
    return Ownership(setting if isinstance(setting, str) else None, controls)


def _of_account(stack: Stack, resource: Resource) -> Iterator[Block]:
    for each in stack.of(ACCOUNT_BLOCK):
        same = same_account(stack, each, resource)
        if same is not False:
            yield _block(each, Confidence.of(same))


def _block(resource: Resource, confidence: Confidence = Confidence.CERTAIN) -> Block:
    return block(resource, {name: resource[name] for name in SWITCHES}, confidence=confidence)


def _of_one_of(stack: Stack, owners: Resolved, opening: Opening, name: str, *, of_acl: bool) -> Opening:
    """What is left of an opening of a bucket that is one of several, or of none of this stack."""
    settings = [of_bucket(stack, each) for each in owners.candidates] or [_elsewhere(stack, opening.by, name)]
    left = [each.leaves(opening, of_acl=of_acl) for each in settings]
    if len({each.answer.verdict for each in left}) == 1:
        return left[0]
    why = "which bucket it is of is not known yet, and decides"
    return Opening(opening.by, name, Answer(Verdict.UNDECIDED, why))


def _elsewhere(stack: Stack, carrier: Resource, name: str) -> BucketSettings:
    """The settings of a bucket that only its name in this stack tells of."""
    bucket = carrier.inputs.get(name)
    same = [
        each
        for each in stack.of(ACCESS_BLOCK, OWNERSHIP_CONTROLS)
        if isinstance(bucket, str) and each.inputs.get("bucket") == bucket
    ]
    blocks = [_block(each) for each in same if each.type == ACCESS_BLOCK]
    ownership = next((_setting(each) for each in same if each.type == OWNERSHIP_CONTROLS), None)
    return BucketSettings((*blocks, *_of_account(stack, carrier)), ownership)


def through_access_point(stack: Stack, opening: Opening, point: Resource) -> Opening:
    """What an access point's document opens: one for a VPC alone is never public, whatever its document says."""
    if point.type == REGIONS_POINT:
        details = point["details"]
        given = details if isinstance(details, Unknown) else _field(details, "publicAccessBlock")
        own = block(point, given, "details.publicAccessBlock", default=True)
        return after_restricting(opening, (own, *_of_account(stack, point)))
    vpc = point.inputs.get("vpcConfiguration")
    if vpc and not isinstance(vpc, Unknown):
        why = "an access point for a VPC alone is never public"
        return msgspec.structs.replace(opening, answer=Answer(Verdict.NOT_PUBLIC, why))
    at = "publicAccessBlockConfiguration"
    own = block(point, point[at], at, default=True)
    left = after_restricting(opening, (own, *_behind(stack, point), *_of_account(stack, point)))
    if isinstance(vpc, Unknown) and left.answer.verdict is Verdict.PUBLIC:
        why = "whether the access point is for a VPC alone is not known yet, and decides"
        return Opening(point, "vpcConfiguration", Answer(Verdict.UNDECIDED, why))
    return left


def _behind(stack: Stack, point: Resource) -> Iterable[Block]:
    """The blocks of the bucket behind an access point."""
    owners = resolve(stack, point, "bucket", *BUCKET_TYPES)
    for bucket in owners.resources:
        yield from of_bucket(stack, bucket).blocks
    if len(owners.candidates) == 1:
        yield from of_bucket(stack, owners.candidates[0]).blocks
    else:
        for bucket in owners.candidates:
            for each in of_bucket(stack, bucket).blocks:
                yield msgspec.structs.replace(each, confidence=Confidence.POSSIBLE)


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None
