"""A document that allows outsiders opens the resource to everyone who finds its name, and names can be guessed.

A condition does not help if the caller chooses the value (a referer, a user agent), if the value has a wildcard, or if
requests without the key match. The report shows an example of a request that the Allow and Deny statements of the
document let through together.

An access block is no substitute. With `blockPublicPolicy` AWS refuses the document and the update fails. With
`restrictPublicBuckets` alone, one switch is all that keeps the public out. `stackguard access public` shows what is
still open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policypack.access.exposure.exposure import judge
from policypack.access.exposure.public import exposures, unknown_path
from policypack.access.exposure.reachability import domain_network
from policypack.core.controls import Control
from policypack.core.examples import allow, bucket_policy, deny, example, reported_at
from policypack.core.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, DocumentReader, attached


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each statement that allows outsiders, with an example."""
    for answer in exposures(document):
        if path := unknown_path(document, answer):
            yield Undecided(path)
        else:
            yield from judge(answer, "may be public, which cannot be determined")


@dataclass(frozen=True, slots=True, eq=False)
class ReachableDocuments(DocumentReader):
    """Reads the documents of a resource, except those of an OpenSearch domain that is surely in a VPC."""

    def __call__(self, resource: Resource) -> Iterator[Reading[PolicyDocument]]:
        """The paths of the documents, and each document."""
        every, options = attached(resource), domain_network(resource)
        inside = every and (resource.in_network or (options is not None and not isinstance(options, Unknown)))
        return iter(()) if inside else self.of(every)


def _open(**condition: Any) -> dict[str, Any]:
    return allow(Principal="*", Condition=condition or None)


POLICY = Policy(
    id="iam-public-policy",
    title="Resource-based policy document lets in outsiders",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/S3.2", types=("aws:s3/",)),
        Control("aws-fsbp/S3.3", broader=True, types=("aws:s3/",)),
        Control("aws-fsbp/KMS.5", types=("aws:kms/",)),
        Control("aws-fsbp/SNS.4", types=("aws:sns/",)),
        Control("aws-fsbp/SQS.3", types=("aws:sqs/",)),
    ],
    fix="Name the principals, or limit the caller with a fixed `aws:PrincipalOrgID`, `aws:SourceVpce`, `aws:SourceAccount` or a narrow `aws:SourceIp`.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
    ],
    bad=reported_at(
        "policy.Statement[0]",
        example(bucket_policy(_open())),
        example(
            bucket_policy(_open(StringLike={"aws:Referer": "https://acme.example/*"})), note="a value the caller sets"
        ),
        example(
            bucket_policy(_open(IpAddressIfExists={"aws:SourceIp": "203.0.113.0/24"})),
            note="a condition that matches requests without an address",
        ),
        example(bucket_policy(_open(StringLike={"aws:SourceVpc": "vpc-*"})), note="every VPC, of every account"),
        example(
            bucket_policy(allow(NotPrincipal={"AWS": "arn:aws:iam::111122223333:user/intern"})), note="all but one user"
        ),
    ),
    good=[
        example(bucket_policy(allow(Principal={"AWS": "arn:aws:iam::111122223333:role/reader"}))),
        example(bucket_policy(_open(IpAddress={"aws:SourceIp": "203.0.113.0/24"})), note="everyone from one network"),
        example(bucket_policy(_open(StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})), note="one organization"),
        example(
            bucket_policy(
                _open(),
                deny("s3:*", "*", Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            ),
            note="a grant to all, and a denial of all but one network",
        ),
    ],
    subsumes=[
        "iam-absent-key-allowed",
        "iam-linter-report",
        "iam-open-address",
        "iam-untrusted-account",
        "iam-untrusted-address",
    ],
    reads=ReachableDocuments((), RESOURCE, granting=True),
    check=check,
)
