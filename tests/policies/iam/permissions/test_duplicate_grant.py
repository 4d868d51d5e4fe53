from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, construct, deny, document, lambda_role
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.permissions.duplicate_grant import POLICY
from tests.policies.helpers import messages, reported, silent, undecided, violations

OBJECTS = "arn:aws:s3:::data/*"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/a"
REGION = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}


def inline(title: str, *statements: Any, role: str = "worker") -> Resource:
    return construct("aws:iam/rolePolicy:RolePolicy", title, role=role, policy=document(*statements))


def beside(*statements: Any) -> tuple[Resource, ...]:
    first = inline(
        "first",
        allow("s3:GetObject", OBJECTS),
        allow("kms:Decrypt", KEY),
        allow("ec2:DescribeInstances", "*", Condition=REGION),
        allow("s3:ListBucket", "arn:aws:s3:::data", Condition={"StringLike": {"s3:prefix": "in/*"}}),
    )
    return lambda_role("worker"), first, inline("second", *statements)


def under(operator: str, **keys: str) -> dict[str, Any]:
    return {operator: {name.replace("_", ":"): value for name, value in keys.items()}}


test_the_same_action_in_two_documents = reported(
    POLICY,
    "policy.Statement[0]",
    allow("s3:GetObject", OBJECTS),
    allow("S3:getobject", OBJECTS),
    allow("s3:*", ["arn:aws:s3:::data", OBJECTS]),
    allow("s3:GetObject", "arn:aws:s3:::data/in/*"),
    allow("s3:GetObject", "arn:aws:s3:::d*/in/*"),
    allow("s3:GetObject", OBJECTS, Condition=under("Bool", aws_SecureTransport="true")),
    allow("kms:Decrypt", "*", Condition=under("StringEquals", kms_ViaService="s3.eu-west-1.amazonaws.com")),
    allow("ec2:Describe*", "*"),
    allow("s3:ListBucket", "arn:aws:s3:::data"),
    {"Effect": "Allow", "NotAction": "iam:*", "Resource": OBJECTS},
    {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::other/*"},
    of=beside,
)
test_silent = silent(
    POLICY,
    allow("s3:PutObject", OBJECTS),
    allow("s3:GetObject", "arn:aws:s3:::archive/*"),
    allow("s3:GetObject", "arn:aws:s3:::data"),  # the bucket is no object
    deny("s3:GetObject", OBJECTS),
    allow("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/b"),
    allow("ec2:DescribeInstances", "*", Condition=under("StringEquals", aws_RequestedRegion="us-east-1")),
    allow("s3:ListBucket", "arn:aws:s3:::data", Condition=under("StringLike", s3_prefix="out/*")),
    of=beside,
)


def managed(*statements: Any) -> Resource:
    return construct("aws:iam/policy:Policy", "own", name="own", policy=document(*statements))


OWN = "arn:aws:iam::111122223333:policy/own"


@pytest.mark.parametrize(
    "attachment",
    [
        construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", role="worker", policyArn=OWN),
        construct("aws:iam/policyAttachment:PolicyAttachment", "a", roles=["worker"], policyArn=OWN),
        construct(
            "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
            "a",
            roleName="worker",
            policyArns=[OWN],
        ),
    ],
    ids=lambda attachment: attachment.type,
)
def test_a_managed_policy_of_ones_own(attachment: Resource) -> None:
    read = allow("s3:GetObject", OBJECTS)
    assert violations(POLICY, lambda_role("worker"), inline("first", read), managed(read), attachment) == [
        "policy.Statement[0]"
    ]


def test_a_managed_policy_of_aws() -> None:
    attachment = construct(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "a",
        role="worker",
        policyArn="arn:aws:iam::aws:policy/AdministratorAccess",
    )
    assert messages(POLICY, lambda_role("worker"), inline("first", allow("s3:GetObject", OBJECTS)), attachment) == []


def test_documents_of_one_role_resource() -> None:
    policies = [{"name": name, "policy": document(allow("s3:GetObject", OBJECTS))} for name in ("a", "b")]
    (message,) = messages(POLICY, lambda_role("worker", inlinePolicies=policies))
    assert "`inlinePolicies[0].policy`" in message


def test_two_statements_of_one_document_and_two_roles() -> None:
    read = allow("s3:GetObject", OBJECTS)
    assert messages(POLICY, lambda_role("worker"), inline("first", read, read)) == []
    roles = (lambda_role("worker"), lambda_role("other"))
    assert messages(POLICY, *roles, inline("first", read), inline("second", read, role="other")) == []


def test_a_boundary_grants_nothing() -> None:
    role = lambda_role("worker", permissionsBoundary=OWN)
    assert messages(POLICY, role, inline("first", allow("s3:GetObject", OBJECTS)), managed(allow("*", "*"))) == []


def test_an_unknown_resource() -> None:
    unknown = allow("s3:GetObject", UNKNOWN)
    assert undecided(POLICY, *beside(unknown)) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, *beside(allow("s3:PutObject", UNKNOWN))) == []


def test_two_roles_of_one_name_in_two_accounts_are_two() -> None:
    resources = []
    for account in ("444455556666", "444455557777"):
        provider = construct("pulumi:providers:aws", account, allowedAccountIds=[account])
        role = construct("aws:iam/role:Role", f"role{account}", name="worker", provider=provider.urn)
        policy = document(allow("s3:GetObject", OBJECTS))
        granting = construct(
            "aws:iam/rolePolicy:RolePolicy", f"policy{account}", role="worker", policy=policy, provider=provider.urn
        )
        resources += [provider, role, granting]
    assert violations(POLICY, *resources) == []
