"""The access blocks and the Object Ownership that apply to a bucket, and what of it stays public."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

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
from policypack.access.exposure.exposure import Exposure
from policypack.access.exposure.reachability import ALWAYS
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document_readers import value_at
from policypack.iam.tables import canonical
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

ResourceExposure = tuple[Resource, Exposure]
"""The exposed resource and its exposure."""


class Carried(enum.Enum):
    """What exposes a bucket: its document, or a grant of an ACL."""

    DOCUMENT = enum.auto()
    PUBLIC_ACL = enum.auto()
    OTHER_ACL = enum.auto()
    """A grant of an ACL to somebody else than a public group."""


class BucketSettings(msgspec.Struct, frozen=True):
    """What applies to one bucket beside its document and its ACLs."""

    blocks: tuple[Block, ...] = ()
    ownership: Ownership | None = None

    def apply(self, exposure: Exposure, by: Carried) -> Exposure:
        """What stays public of an exposure."""
        if by is Carried.DOCUMENT:
            return after_restricting(exposure, self.blocks)
        return after_ignoring(exposure, self.blocks, self.ownership, public=by is Carried.PUBLIC_ACL)


def in_bucket(stack: Stack, exposure: Exposure, name: str, by: Carried) -> Iterator[ResourceExposure]:
    """What a document or an ACL exposes in the bucket that carries it or that its carrier's property `name` refers to."""
    carrier = exposure.by
    if carrier.type in BUCKET_TYPES:
        yield carrier, settings_of(stack, carrier).apply(exposure, by)
        return
    if str(carrier.inputs.get(name)).endswith(DIRECTORY_SUFFIX):
        yield carrier, msgspec.structs.replace(exposure, answer=ALWAYS)
        return
    owners = resolve(stack, carrier, name, *BUCKET_TYPES)
    for bucket in owners.resources:
        yield bucket, settings_of(stack, bucket).apply(exposure, by)
    if not owners.certain:
        yield carrier, _of_one_of(stack, owners, exposure, name, by)


@memoized
def settings_of(stack: Stack, bucket: Resource) -> BucketSettings:
    """The settings of a bucket of this stack."""
    beside = sidecars(stack, bucket, ACCESS_BLOCK)
    own = [access_block(sidecar) for sidecar in beside.certain]
    own += [access_block(sidecar, Confidence.POSSIBLE) for sidecar in beside.possible]
    controls = sidecars(stack, bucket, OWNERSHIP_CONTROLS)
    if controls.certain:
        ownership: Ownership | None = ownership_of(controls.certain[0])
    else:
        deciding = (sidecar for sidecar in controls.possible if ownership_of(sidecar).setting in (None, ENFORCED))
        ownership = next((Ownership(None, sidecar) for sidecar in deciding), None)
    return BucketSettings((*own, *account_blocks(stack, bucket)), ownership)


def ownership_of(controls: Resource) -> Ownership:
    """The Object Ownership that ownership controls set."""
    setting = value_at(controls["rule"], "objectOwnership")
    return Ownership(setting if isinstance(setting, str) else None, controls)


def account_blocks(stack: Stack, resource: Resource) -> Iterator[Block]:
    """The access blocks of the account of a resource."""
    for account_block in stack.of(ACCOUNT_BLOCK):
        same = same_account(stack, account_block, resource)
        if same is not False:
            yield access_block(account_block, Confidence.of(same))


def access_block(resource: Resource, confidence: Confidence = Confidence.CERTAIN) -> Block:
    """The access block that a resource is, with its switches as properties."""
    return block(resource, {name: resource[name] for name in SWITCHES}, confidence=confidence)


def _of_one_of(stack: Stack, owners: Resolved, exposure: Exposure, name: str, by: Carried) -> Exposure:
    """What stays public of an exposure of one of several buckets, or of a bucket outside this stack."""
    settings = [settings_of(stack, bucket) for bucket in owners.candidates] or [_elsewhere(stack, exposure.by, name)]
    exposures = [bucket_settings.apply(exposure, by) for bucket_settings in settings]
    if len({possible.answer.verdict for possible in exposures}) == 1:
        return exposures[0]
    why = "the verdict depends on which bucket this is for, which is not known yet"
    return Exposure(exposure.by, name, Answer(Verdict.UNDECIDED, why))


def _elsewhere(stack: Stack, carrier: Resource, name: str) -> BucketSettings:
    """The settings that this stack gives a bucket outside it by the bucket's name."""
    bucket = carrier.inputs.get(name)
    by_name = [
        sidecar
        for sidecar in stack.of(ACCESS_BLOCK, OWNERSHIP_CONTROLS)
        if isinstance(bucket, str) and sidecar.inputs.get("bucket") == bucket
    ]
    own = settings_by(by_name)
    return msgspec.structs.replace(own, blocks=(*own.blocks, *account_blocks(stack, carrier)))


def settings_by(sidecars: Sequence[Resource]) -> BucketSettings:
    """The settings of one bucket by its access blocks and ownership controls, without those of its account."""
    blocks = [access_block(sidecar) for sidecar in sidecars if canonical(sidecar.type) == ACCESS_BLOCK]
    controls = [sidecar for sidecar in sidecars if canonical(sidecar.type) == OWNERSHIP_CONTROLS]
    return BucketSettings(tuple(blocks), next(map(ownership_of, controls), None))


def through_access_point(stack: Stack, exposure: Exposure, point: Resource) -> Exposure:
    """What an access point's document exposes; an access point for a VPC alone is never public."""
    if point.type == REGIONS_POINT:
        settings = value_at(point["details"], "publicAccessBlock")
        own = block(point, settings, "details.publicAccessBlock", default=True)
        return after_restricting(exposure, (own, *account_blocks(stack, point)))
    vpc = point.inputs.get("vpcConfiguration")
    if vpc and not isinstance(vpc, Unknown):
        why = "an access point for a VPC alone is never public"
        return msgspec.structs.replace(exposure, answer=Answer(Verdict.NOT_PUBLIC, why))
    at = "publicAccessBlockConfiguration"
    own = block(point, point[at], at, default=True)
    left = after_restricting(exposure, (own, *_behind(stack, point), *account_blocks(stack, point)))
    if isinstance(vpc, Unknown) and left.answer.verdict is Verdict.PUBLIC:
        why = "whether the access point is for a VPC alone is not known yet, and decides"
        return Exposure(point, "vpcConfiguration", Answer(Verdict.UNDECIDED, why))
    return left


def _behind(stack: Stack, point: Resource) -> Iterator[Block]:
    """The blocks of the bucket behind an access point."""
    owners = resolve(stack, point, "bucket", *BUCKET_TYPES)
    only = len(owners.candidates) == 1
    for bucket in (*owners.resources, *owners.candidates):
        for own in settings_of(stack, bucket).blocks:
            certain = only or bucket in owners.resources
            yield own if certain else msgspec.structs.replace(own, confidence=Confidence.POSSIBLE)
