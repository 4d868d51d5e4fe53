"""A public ACL gives the bucket or the object to the internet, or to everybody who has any AWS account at all.

It works beside the bucket policy: whoever reviews only policy documents sees nothing. "Authenticated users" means
every AWS customer, not the users of this account. Where ACLs are off or blocked AWS refuses it, and the update fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.exposure.acl import Grant, grants
from policypack.policy import Policy, Resource, Severity, Violation


def check(grant: Grant) -> Iterator[Violation]:
    if lets := grant.lets:
        yield Violation("", lets.answer.told)


POLICY = Policy(
    id="s3-public-acl",
    title="ACL gives access to the public",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Leave ACLs off (`BucketOwnershipControls` with `BucketOwnerEnforced`), and grant access by bucket policy.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
    ],
    bad=Resource("aws:s3/bucketAcl:BucketAcl", "inbox", {"bucket": "acme-inbox", "acl": "public-read"}),
    good=Resource("aws:s3/bucketAcl:BucketAcl", "inbox", {"bucket": "acme-inbox", "acl": "private"}),
    reads=grants,
    check=check,
)
