"""S3 accepts plain HTTP unless the bucket policy denies it, so anyone on the network path can read and change objects.

Signed requests are readable too, so an attacker can replay them until they expire. Only a denial of every action, for
everyone, on the bucket and its objects prevents this. A condition on `s3:TlsVersion` alone does not, because a plain
HTTP request does not have that key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.transport import Guard, answers_plaintext, guards
from policypack.core.controls import controls
from policypack.core.examples import ACCOUNT, Example, allow, bucket_policy, deny, example, reported_at
from policypack.core.examples import bucket as a_bucket
from policypack.core.policy import Policy, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.resources.tokens import BUCKET_TYPES


def check(guarded: Guard) -> Iterator[Violation | Undecided]:
    yield from answers_plaintext(guarded, "bucket", "s3:*")


BOTH = ("arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*")
ENCRYPTED = {"Bool": {"aws:SecureTransport": "true"}}


def _denying(
    *resources: str, operator: str = "Bool", key: str = "aws:SecureTransport", value: Any = "false", note: str = ""
) -> Example:
    statement = deny("s3:*", list(resources), Principal="*", Condition={operator: {key: value}})
    return example(a_bucket("inbox"), bucket_policy(statement), note=note)


POLICY = Policy(
    id="s3-plaintext-transport",
    title="Bucket that answers plain HTTP",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.ENCRYPTION, Tag.AWS_FSBP],
    controls=controls("aws-fsbp/S3.5", "cis-aws-5.0/2.1.1"),
    fix="Deny `s3:*` to `*` on the bucket and on its objects when `aws:SecureTransport` is `false`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport",
    ],
    bad=reported_at(
        "",
        _denying("arn:aws:s3:::inbox/*"),
        example(a_bucket("inbox"), note="no bucket policy at all"),
        _denying(
            *BOTH,
            operator="NumericLessThan",
            key="s3:TlsVersion",
            value="1.2",
            note="a plain HTTP request has no TLS version",
        ),
        _denying(*BOTH, value="true", note="the condition is inverted (it denies HTTPS)"),
        example(
            a_bucket("inbox"),
            bucket_policy(allow("s3:*", list(BOTH), Principal={"AWS": ACCOUNT}, Condition=ENCRYPTED)),
            note="a grant with the condition denies nobody",
        ),
    ),
    good=[
        _denying(*BOTH),
        _denying("arn:aws:s3:::inbox*", note="one pattern for the bucket and its objects"),
        _denying(
            *BOTH,
            operator="NumericLessThanIfExists",
            key="s3:TlsVersion",
            value="1.2",
            note="a request without a TLS version matches too",
        ),
        _denying(*BOTH, operator="StringEquals", note="another operator with the same effect"),
    ],
    requires=["iam-malformed-document"],
    reads=guards("aws:s3/bucketPolicy:BucketPolicy", "bucket", *BUCKET_TYPES),
    check=check,
)
