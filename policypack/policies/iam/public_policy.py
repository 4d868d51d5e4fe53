"""A document that lets in outsiders opens the resource to everybody who finds its name, and names are guessed.

A condition is no protection when the caller chooses the value (a referer, a user agent), when the value has a
wildcard, or when a request that lacks the key passes. What the document allows and what it denies are put together
here, and an example of a request that comes through is shown.

An access block does not excuse it: with `blockPublicPolicy` AWS refuses the document, so the update fails, and with
`restrictPublicBuckets` alone one switch is all that keeps the public out. `stackguard access public` tells what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.exposure.public import exposure
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, bucket_policy, deny, example
from policypack.core.policy import Judgement, Policy, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, documents


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields the statement that lets in outsiders, with an example."""
    answer = exposure(document)
    if answer.verdict is Verdict.PUBLIC:
        yield Violation(answer.path, answer.message)
    elif answer.verdict is Verdict.UNDECIDED:
        inside = [path for _, path in document.unknowns if path.startswith(answer.path)]
        yield Undecided(inside[0]) if inside else Undecided(answer.path, "cannot be told public or not")


def _open(**condition: Any) -> dict[str, Any]:
    return allow(Principal="*", Condition=condition or None)


POLICY = Policy(
    id="iam-public-policy",
    title="Resource-based policy document lets in outsiders",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.PUBLIC_ACCESS],
    fix="Name the principals, or pin the caller with a fixed `aws:PrincipalOrgID`, `aws:SourceVpce`, `aws:SourceAccount` or a narrow `aws:SourceIp`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
    ],
    bad=[
        example(bucket_policy(_open()), path="policy.Statement[0]"),
        example(
            bucket_policy(_open(StringLike={"aws:Referer": "https://acme.example/*"})),
            path="policy.Statement[0]",
            note="a value that the caller chooses",
        ),
        example(
            bucket_policy(_open(IpAddressIfExists={"aws:SourceIp": "203.0.113.0/24"})),
            path="policy.Statement[0]",
            note="a condition that holds without an address",
        ),
        example(
            bucket_policy(_open(StringLike={"aws:SourceVpc": "vpc-*"})),
            path="policy.Statement[0]",
            note="every VPC, of every account",
        ),
        example(
            bucket_policy(allow(NotPrincipal={"AWS": "arn:aws:iam::111122223333:user/intern"})),
            path="policy.Statement[0]",
            note="everybody but one",
        ),
    ],
    good=[
        example(bucket_policy(allow(Principal={"AWS": "arn:aws:iam::111122223333:role/reader"}))),
        example(bucket_policy(_open(IpAddress={"aws:SourceIp": "203.0.113.0/24"})), note="everybody from one network"),
        example(
            bucket_policy(_open(StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})),
            note="everybody in one organization",
        ),
        example(
            bucket_policy(
                _open(),
                deny("s3:*", "*", Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            ),
            note="a grant to all, and a denial of all but one network",
        ),
    ],
    reads=documents(kinds=RESOURCE, granting=True),
    check=check,
)
