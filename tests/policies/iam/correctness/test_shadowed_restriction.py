from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, bucket_policy, deny, document, role_policy
from policypack.core.policy import Resource
from policypack.policies.iam.correctness.shadowed_restriction import POLICY
from tests.policies.helpers import messages, reported, silent

PARTNER = {"AWS": "arn:aws:iam::444455556666:role/partner"}
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
KEY = "arn:aws:iam::111122223333:role/app"


def beside(*others: dict[str, Any]) -> Resource:
    return bucket_policy(allow(Principal=PARTNER, Condition=OFFICE), *others)


def partner(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::inbox/*", **elements: Any) -> dict[str, Any]:
    return allow(action, resource, **{"Principal": PARTNER, **elements})


test_beside_a_grant_without_it = reported(
    POLICY,
    "policy.Statement[0].Condition",
    partner(),
    partner(["s3:PutObject", "s3:Get*"]),
    partner(Principal="*"),
    partner(Principal={"AWS": [PARTNER["AWS"], "arn:aws:iam::444455556666:role/other"]}),
    partner(Condition={"Bool": {"aws:SecureTransport": ["true", "false"]}}),
    of=beside,
)
test_silent = silent(
    POLICY,
    partner("s3:PutObject"),
    partner(resource="arn:aws:s3:::inbox/public/*"),
    partner(Principal={"AWS": "arn:aws:iam::444455556666:role/other"}),
    partner(Principal={"AWS": "arn:aws:iam::444455556666:root"}),
    partner(Condition={"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}),
    of=beside,
)
test_roles = silent(
    POLICY,
    role_policy(
        allow("s3:ListBucket", "arn:aws:s3:::inbox", Condition={"StringEquals": {"s3:prefix": ["", "home/"]}}),
        allow("s3:ListBucket", "arn:aws:s3:::inbox", Condition={"StringLike": {"s3:prefix": "home/${aws:username}/*"}}),
    ),
    role_policy(
        allow(
            "ec2:CreateSecurityGroup",
            ["arn:aws:ec2:*:*:security-group/*", "arn:aws:ec2:*:*:vpc/*"],
            Condition={"StringEquals": {"aws:RequestTag/team": "a"}},
        ),
        allow("ec2:CreateSecurityGroup", "arn:aws:ec2:*:*:vpc/*"),
    ),
    role_policy(
        allow("ec2:Describe*", "*"),
        allow(
            ["ec2:StartInstances", "ec2:DescribeInstances"],
            "*",
            Condition={"StringEquals": {"aws:ResourceTag/team": "a"}},
        ),
    ),
    Resource(
        "aws:kms/keyPolicy:KeyPolicy",
        "key",
        {
            "policy": document(
                allow("kms:*", "*", Principal={"AWS": "arn:aws:iam::111122223333:root"}),
                allow(
                    "kms:Decrypt",
                    "*",
                    Principal={"AWS": KEY},
                    Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
                ),
            )
        },
    ),
)


def test_a_denial_with_the_same_effect() -> None:
    outside = {"NotIpAddress": OFFICE["IpAddress"], "Bool": {"aws:ViaAWSService": "false"}}
    denial = deny("s3:GetObject", "arn:aws:s3:::inbox/*", Principal="*", Condition=outside)
    assert messages(POLICY, beside(partner(), denial)) == []


def test_the_condition_without_effect_is_named() -> None:
    with_mfa = {**OFFICE, "Bool": {"aws:MultiFactorAuthPresent": "true"}}
    (message,) = messages(POLICY, role_policy(allow(Condition=with_mfa), allow(Condition=OFFICE)))
    assert "`aws:MultiFactorAuthPresent`" in message
    assert "`Statement[1]`" in message
