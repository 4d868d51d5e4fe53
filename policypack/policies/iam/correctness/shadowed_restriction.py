"""A condition on a grant limits nothing while another statement grants the same without it.

IAM allows a request that any one Allow statement allows. The restricted statement reads like protection, and the
request that it was meant to exclude passes by the other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.shadowed_restrictions import shadowed
from policypack.core.examples import allow, bucket_policy, deny, example, reported_at, role_policy
from policypack.core.policy import Policy, Severity, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents


def check(document: PolicyDocument) -> Iterator[Violation]:
    for shadow in shadowed(document):
        keys = " and ".join(f"`{key}`" for key in shadow.keys)
        yield Violation(
            shadow.restricted.at("Condition"),
            f"`{shadow.by.path}` allows `{shadow.action}` here without a condition on {keys}, so this one has no effect",
        )


PARTNER = {"AWS": "arn:aws:iam::444455556666:role/partner"}
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}


def _partner(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::inbox/*", **elements: Any) -> dict[str, Any]:
    return allow(action, resource, Principal=PARTNER, **elements)


POLICY = Policy(
    id="iam-shadowed-restriction",
    title="Condition has no effect beside a grant without it",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.CORRECTNESS, Tag.LEAST_PRIVILEGE],
    fix="Remove the action or the resource from the statement without the condition, or write the restriction as a Deny statement.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Condition",
        example(bucket_policy(_partner(Condition=OFFICE), _partner())),
        example(bucket_policy(_partner(Condition=OFFICE), _partner("s3:Get*", "arn:aws:s3:::*")), note="a wider grant"),
        example(
            bucket_policy(_partner(["s3:GetObject", "s3:PutObject"], Condition=OFFICE), _partner()),
            note="one action of two",
        ),
        example(
            role_policy(
                allow(Condition={**OFFICE, "Bool": {"aws:MultiFactorAuthPresent": "true"}}), allow(Condition=OFFICE)
            ),
            note="one condition of two",
        ),
    ),
    good=[
        example(bucket_policy(_partner(Condition=OFFICE), _partner("s3:GetObjectTagging"))),
        example(
            bucket_policy(_partner(Condition=OFFICE), _partner(resource="arn:aws:s3:::inbox/public/*")), note="a part"
        ),
        example(
            bucket_policy(
                _partner(Condition=OFFICE),
                _partner(),
                deny(
                    "s3:GetObject",
                    "arn:aws:s3:::inbox/*",
                    Principal=PARTNER,
                    Condition={"NotIpAddress": OFFICE["IpAddress"]},
                ),
            ),
            note="a denial that enforces the same restriction",
        ),
        example(
            bucket_policy(_partner(Condition=OFFICE), {**_partner(), "Principal": {"AWS": "444455556666"}}),
            note="an account, whose own policies decide about its roles",
        ),
    ],
    requires=["iam-malformed-document", "iam-ineffective-condition"],
    reads=documents("Condition"),
    check=check,
)
