"""A document that lets in outsiders opens the resource to everybody who finds its name, and names are guessed.

A condition is no protection when the caller chooses the value (a referer, a user agent), when the value has a
wildcard, or when a request that lacks the key passes. What the document allows and what it denies are put together
here, and an example of a request that comes through is shown.

An access block does not excuse it: with `blockPublicPolicy` AWS refuses the document, so the update fails, and with
`restrictPublicBuckets` alone one switch is all that keeps the public out. `stackguard access public` tells what is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.exposure.public import exposure
from policypack.access.solver.verdict import Verdict
from policypack.aws.document import PolicyDocument
from policypack.aws.reading import RESOURCE, documents
from policypack.policy import Judgement, Policy, Resource, Severity, Undecided, Violation


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields the statement that lets in outsiders, with an example."""
    answer = exposure(document)
    if answer.verdict is Verdict.PUBLIC:
        yield Violation(answer.path, answer.told)
    elif answer.verdict is Verdict.UNDECIDED:
        inside = [path for _, path in document.unknowns if path.startswith(answer.path)]
        yield Undecided(inside[0]) if inside else Undecided(answer.path, "cannot be told public or not")


def _bucket_policy(principal: str) -> Resource:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-inbox/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "acme-inbox", "policy": document})


POLICY = Policy(
    id="iam-public-policy",
    title="Resource-based policy document lets in outsiders",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Name the principals, or pin the caller with a fixed `aws:PrincipalOrgID`, `aws:SourceVpce`, `aws:SourceAccount` or a narrow `aws:SourceIp`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
    ],
    bad=_bucket_policy("*"),
    good=_bucket_policy("arn:aws:iam::111122223333:role/reader"),
    reads=documents(kinds=RESOURCE, granting=True),
    check=check,
)
