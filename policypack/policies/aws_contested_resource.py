"""Two resources that manage the same thing undo each other: AWS keeps one setting, and whichever comes last wins.

Nothing fails. The bucket policy that was reviewed is replaced by another one at the next update, and half of the
notifications never arrive. The same goes for a setting that a bucket or role has inline and by a resource of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.aws.contests import contests
from policypack.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack


class Contested(msgspec.Struct, frozen=True):
    """What is managed twice, and by which resource first."""

    thing: str
    first: str
    inline: str


@over_stack
def contested(stack: Stack) -> Iterator[Placed[Contested]]:
    """Each resource that manages what another one manages already."""
    for contest in contests(stack):
        value = Contested(contest.thing, contest.first.name, contest.inline)
        why = f"may name what `{contest.first.name}` manages already, and is not known yet"
        yield contest.later, contest.path, value if contest.certain else Unknown(why)


def check(contested: Contested) -> Iterator[Violation]:
    how = f"sets `{contested.inline}` inline" if contested.inline else f"manages {contested.thing} already"
    yield Violation("", f"`{contested.first}` {how}; changing or deleting either undoes the other")


POLICY = Policy(
    id="aws-contested-resource",
    title="Two resources manage the same thing",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Keep one of the two, and write into it what both were meant to say.",
    references=[
        "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketnotification/",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html",
    ],
    bad=[
        Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox"}),
        Resource("aws:s3/bucketVersioning:BucketVersioning", "on", {"bucket": "acme-inbox"}),
        Resource("aws:s3/bucketVersioning:BucketVersioning", "off", {"bucket": "acme-inbox"}),
    ],
    good=[
        Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox"}),
        Resource("aws:s3/bucketVersioning:BucketVersioning", "on", {"bucket": "acme-inbox"}),
    ],
    reads=contested,
    check=check,
)
