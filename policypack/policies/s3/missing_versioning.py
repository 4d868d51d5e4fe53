"""Without versioning, an object that is overwritten or deleted is gone at once.

That is so for a mistake as for an attacker who encrypts objects for a ransom. With versioning the older version stays
until a lifecycle rule expires it. Object Lock switches versioning on by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from policypack.core.controls import controls
from policypack.core.examples import bucket as a_bucket
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import (
    EnforcementLevel,
    Placed,
    Policy,
    Resource,
    Severity,
    Stack,
    Undecided,
    Unknown,
    Violation,
    over_stack,
)
from policypack.core.tags import Tag
from policypack.iam.document_readers import value_at
from policypack.resources.bucket import buckets, meant_for, sidecars

SIDECAR = "aws:s3/bucketVersioning:BucketVersioning"
INLINE = ("versioning[*].enabled", "versionings[*].enabled")
LOCKED = ("objectLockEnabled", "objectLockConfiguration[*].objectLockEnabled")
ON = {"true", "enabled"}


class Versioning(msgspec.Struct, frozen=True):
    """Values that switch a bucket's versioning on or off, and a sidecar that may belong to another bucket.

    `elsewhere` are those of another bucket of which one may be meant for this one.
    """

    values: tuple[Any, ...]
    maybe: str = ""
    elsewhere: tuple[tuple[str, str], ...] = ()


@over_stack
def versionings(stack: Stack) -> Iterator[Placed[Versioning]]:
    """The versioning of each bucket: inline, by a sidecar, or by Object Lock."""
    for bucket in buckets(stack):
        beside = sidecars(stack, bucket, SIDECAR)
        own = [value_at(bucket.inputs, place) for place in (*INLINE, *LOCKED)]
        own += [value_at(sidecar.inputs, "versioningConfiguration[*].status") for sidecar in beside.certain]
        maybe = min((sidecar.name for sidecar in beside.possible), default="")
        known = tuple(value for value in own if value is not None)
        yield bucket, "", Versioning(known, maybe, meant_for(stack, bucket, SIDECAR))


def check(versioning: Versioning) -> Iterator[Violation | Undecided]:
    if any(str(value).lower() in ON for value in versioning.values):
        return
    if unknown := next((value for value in versioning.values if isinstance(value, Unknown)), None):
        yield Undecided("", f"has a versioning that {unknown.why}", unknown.fix)
    elif versioning.maybe:
        yield Undecided("", f"may be the bucket of `{versioning.maybe}`, whose `bucket` is unknown until the update")
    else:
        yield Violation("", "versioning is not enabled", related=versioning.elsewhere)


def _versioning(status: str) -> Resource:
    return construct(SIDECAR, "inbox", bucket="acme-inbox", versioningConfiguration={"status": status})


POLICY = Policy(
    id="s3-missing-versioning",
    title="Bucket keeps no older versions of its objects",
    why=__doc__,
    severity=Severity.MEDIUM,
    enforcement=EnforcementLevel.ADVISORY,
    tags=[Tag.S3, Tag.RELIABILITY],
    controls=controls(
        "nist-800-53-r5/AU-9(2)",
        "nist-800-53-r5/CP-6",
        "nist-800-53-r5/CP-6(1)",
        "nist-800-53-r5/CP-6(2)",
        "nist-800-53-r5/CP-9",
        "nist-800-53-r5/CP-10",
        "nist-800-53-r5/SC-5(2)",
        "nist-800-53-r5/SI-12",
        "nist-800-53-r5/SI-13(5)",
    ),
    fix="Add a `BucketVersioning` for this bucket with the status `Enabled`, and a lifecycle rule for older versions.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-14",
    ],
    bad=reported_at(
        "",
        example(a_bucket()),
        example(a_bucket(), _versioning("Suspended"), note="versioning that is suspended"),
        example(a_bucket(versioning={"enabled": False}), note="switched off inline at the bucket"),
    ),
    good=[
        example(a_bucket(), _versioning("Enabled")),
        example(a_bucket(versioning={"enabled": True}), note="inline at the bucket"),
        example(a_bucket(objectLockEnabled=True), note="Object Lock, which includes versioning"),
    ],
    reads=versionings,
    check=check,
)
