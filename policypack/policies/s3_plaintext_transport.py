"""S3 answers plain HTTP unless the bucket's policy says otherwise, and whoever is on the way reads and alters objects.

Signed requests travel in the open too, so a listener can replay them while they last. Only a denial of every action,
for everybody, on the bucket and its objects closes this; a condition on `s3:TlsVersion` alone does not, since a plain
request has no such key.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.transport import covers_bucket, denied_in_plaintext, may_deny
from policypack.aws.bucket import buckets, sidecars
from policypack.aws.document import PolicyDocument
from policypack.aws.reading import RESOURCE, documents_of
from policypack.policy import (
    Judgement,
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
from policypack.resources.naming import physical_name

BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"


class Guard(msgspec.Struct, frozen=True):
    """One bucket, and the documents that may deny requests to it."""

    bucket: str | None
    """The name, where it is known."""
    documents: tuple[PolicyDocument | Unknown, ...]
    possible: bool
    """Whether there is a bucket policy of which nobody can tell whether it is this bucket's."""


@over_stack
def guards(stack: Stack) -> Iterator[Placed[Guard]]:
    """Each bucket with its own `policy` and its bucket policies."""
    for bucket in buckets(stack):
        beside = sidecars(stack, bucket, BUCKET_POLICY)
        found = [document for each in (bucket, *beside.certain) for _, document in documents_of(each, RESOURCE)]
        yield bucket, "", Guard(physical_name(bucket), tuple(found), bool(beside.possible))


def check(guard: Guard) -> Iterator[Judgement]:
    read = [each for each in guard.documents if isinstance(each, PolicyDocument)]
    if any(covers_bucket(denied_in_plaintext(each), guard.bucket) for each in read):
        return
    if len(read) < len(guard.documents) or guard.possible:
        yield Undecided("", "has a bucket policy that is known only after the update")
    elif any(may_deny(each) for each in read):
        yield Undecided("", "has a bucket policy of which a part that decides is known only after the update")
    elif any(each.problems and not each.statements for each in read):
        return  # `iam-malformed-document` reports it
    elif any(denied_in_plaintext(each) for each in read):
        yield Violation("", "is denied to plain HTTP in part only: the denial must name the bucket and its `/*`")
    else:
        yield Violation("", "answers plain HTTP: no bucket policy denies everybody when `aws:SecureTransport` is false")


def _stack(*resources: str) -> list[Resource]:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return [
        Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox"}),
        Resource(BUCKET_POLICY, "inbox", {"bucket": "acme-inbox", "policy": document}),
    ]


POLICY = Policy(
    id="s3-plaintext-transport",
    title="Bucket that answers plain HTTP",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Deny `s3:*` to `*` on the bucket and on its objects when `aws:SecureTransport` is `false`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport",
    ],
    bad=_stack("arn:aws:s3:::acme-inbox/*"),
    good=_stack("arn:aws:s3:::acme-inbox", "arn:aws:s3:::acme-inbox/*"),
    reads=guards,
    check=check,
)
