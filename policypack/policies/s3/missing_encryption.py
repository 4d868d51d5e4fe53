"""A bucket without its own default encryption uses AWS's default: a key that AWS owns and that you cannot revoke.

AWS has encrypted every new object with SSE-S3 since January 2023, so nothing is stored unencrypted. What is missing is
the decision who controls the key, and whether its use is logged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.core.controls import controls
from policypack.core.examples import bucket as a_bucket
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Undecided, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.bucket import buckets, meant_for, sidecars

SIDECAR = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
INLINE = ("serverSideEncryptionConfiguration", "serverSideEncryptionConfigurations")
DEFAULT = "applyServerSideEncryptionByDefault"


class Encryption(msgspec.Struct, frozen=True):
    """Whether a bucket's default encryption is set; `maybe` names a sidecar that may belong to another bucket.

    `elsewhere` are those of another bucket of which one may be meant for this one.
    """

    written: bool
    maybe: str = ""
    elsewhere: tuple[tuple[str, str], ...] = ()


@over_stack
def encryptions(stack: Stack) -> Iterator[Placed[Encryption]]:
    """The default encryption of each bucket, inline or by a sidecar."""
    for bucket in buckets(stack):
        beside = sidecars(stack, bucket, SIDECAR)
        inline = any(_names_algorithm(bucket.inputs.get(name)) for name in INLINE)
        written = inline or any(_names_algorithm(sidecar.inputs.get("rules")) for sidecar in beside.certain)
        maybe = "" if written else min((sidecar.name for sidecar in beside.possible), default="")
        yield bucket, "", Encryption(written, maybe, meant_for(stack, bucket, SIDECAR))


def _names_algorithm(value: Any) -> bool:
    """Whether a rule somewhere in here sets the default; a rule may also only switch the bucket key.

    An unknown value counts as set: only the key is unknown.
    """
    if isinstance(value, Mapping):
        return value.get(DEFAULT) is not None or any(_names_algorithm(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_names_algorithm(inner) for inner in value)
    return isinstance(value, Unknown)


def check(encryption: Encryption) -> Iterator[Violation | Undecided]:
    if encryption.maybe:
        yield Undecided("", f"may be the bucket of `{encryption.maybe}`, whose `bucket` is unknown until the update")
    elif not encryption.written:
        yield Violation("", "no default encryption is written for this bucket", related=encryption.elsewhere)


KMS = {DEFAULT: {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/inbox"}}


def _encryption(rule: dict[str, Any]) -> Resource:
    return construct(SIDECAR, "inbox", bucket="acme-inbox", rules=[rule])


POLICY = Policy(
    id="s3-missing-encryption",
    title="Bucket has no default encryption of its own",
    why=__doc__,
    severity=Severity.LOW,
    tags=[Tag.S3, Tag.ENCRYPTION],
    controls=controls("nist-800-53-r5/SC-13", "nist-800-53-r5/SC-28", "nist-800-53-r5/SC-28(1)"),
    fix="Add a `BucketServerSideEncryptionConfiguration` for this bucket, preferably with `aws:kms` and your own key.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html",
    ],
    bad=reported_at(
        "",
        example(a_bucket()),
        example(a_bucket(), _encryption({"bucketKeyEnabled": True}), note="a bucket key without a default"),
    ),
    good=[
        example(a_bucket(), _encryption(KMS)),
        example(a_bucket(), _encryption({DEFAULT: {"sseAlgorithm": "AES256"}}), note="SSE-S3, if it is explicit"),
        example(a_bucket(serverSideEncryptionConfiguration={"rule": KMS}), note="inline at the bucket"),
    ],
    reads=encryptions,
    check=check,
)
