from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, construct
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.untrusted_account import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

OURS = {"trusted_accounts": ("111122223333",)}


def trusting(principal: Any) -> Resource:
    return bucket_policy(allow(Principal=principal))


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws-us-gov:iam::999999999999:user/jane"},
        {"AWS": "arn:aws:sts::999999999999:assumed-role/deploy/session"},
    ],
)
def test_another_account_is_reported(principal: Any) -> None:
    assert messages(POLICY, trusting(principal), **OURS) == [
        "allows account `999999999999`, which is not a trusted account"
    ]


test_looks_alike = silent(
    POLICY,
    trusting({"AWS": "111122223333"}),
    trusting({"AWS": "arn:aws:iam::111122223333:role/reader"}),
    trusting("*"),
    trusting({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}),
    **OURS,
)


def test_the_account_of_the_stack_is_trusted() -> None:
    key = Resource("aws:kms/key:Key", "k", outputs={"arn": "arn:aws:kms:eu-west-1:444455556666:key/k"})
    root = trusting({"AWS": "arn:aws:iam::444455556666:root"})
    assert violations(POLICY, key, root, trusted_accounts=("777788889999",)) == []
    assert violations(POLICY, root, trusted_accounts=("777788889999",)) == ["policy.Statement[0].Principal"]


def test_nothing_is_judged_without_the_setting() -> None:
    assert violations(POLICY, trusting({"AWS": "999999999999"})) == []


def test_an_unknown_principal_is_undecided() -> None:
    assert undecided(POLICY, trusting({"AWS": UNKNOWN}), **OURS) == ["policy.Statement[0].Principal.AWS"]


OUTSIDE = "999999999999"
ARN = f"arn:aws:iam::{OUTSIDE}:role/loader"


def of(token: str, **inputs: Any) -> Resource:
    return construct(f"aws:{token}", "shared", **inputs)


GRANTS = [
    ("principal", of("lambda/permission:Permission", function="f", action="lambda:InvokeFunction", principal=ARN)),
    ("principal", of("lambda/layerVersionPermission:LayerVersionPermission", layerName="l", principal=OUTSIDE)),
    ("principal", of("cloudwatch/eventPermission:EventPermission", principal=OUTSIDE, statementId="them")),
    ("accountId", of("ec2/amiLaunchPermission:AmiLaunchPermission", imageId="ami-0a", accountId=OUTSIDE)),
    ("granteePrincipal", of("kms/grant:Grant", keyId="k", granteePrincipal=ARN, operations=["Decrypt"])),
    ("principal", of("ram/principalAssociation:PrincipalAssociation", resourceShareArn="s", principal=OUTSIDE)),
    (
        "principalArn",
        of(
            "ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple",
            vpcEndpointServiceId="vpce-svc-0a",
            principalArn=f"arn:aws:iam::{OUTSIDE}:root",
        ),
    ),
    ("sharedAccounts[1]", of("rds/snapshotCopy:SnapshotCopy", sharedAccounts=["111122223333", OUTSIDE])),
]


@pytest.mark.parametrize(("path", "resource"), GRANTS, ids=lambda value: value if isinstance(value, str) else "")
def test_grants_that_are_no_documents_are_reported(path: str, resource: Resource) -> None:
    assert violations(POLICY, resource, **OURS) == [path]
    assert violations(POLICY, resource, trusted_accounts=(*OURS["trusted_accounts"], OUTSIDE)) == []
    assert violations(POLICY, resource) == []


test_grants_to_others_are_silent = silent(
    POLICY,
    of("lambda/permission:Permission", function="f", action="lambda:InvokeFunction", principal="s3.amazonaws.com"),
    of("lambda/permission:Permission", function="f", principal="sns.amazonaws.com", sourceAccount=OUTSIDE),
    of("lambda/layerVersionPermission:LayerVersionPermission", layerName="l", principal="*", organizationId="o-0a"),
    of("ec2/amiLaunchPermission:AmiLaunchPermission", imageId="ami-0a", group="all"),
    of(
        "ram/principalAssociation:PrincipalAssociation",
        resourceShareArn="s",
        principal=f"arn:aws:organizations::{OUTSIDE}:organization/o-0a1b2c3d4e",
    ),
    of("kms/grant:Grant", keyId="k", granteePrincipal="arn:aws:iam::111122223333:role/app", operations=["Decrypt"]),
    **OURS,
)


def test_a_grant_to_what_the_stack_creates_is_silent() -> None:
    role = of("iam/role:Role", assumeRolePolicy="{}")
    grant = construct(
        "aws:kms/grant:Grant",
        "use",
        role,
        at="granteePrincipal",
        keyId="k",
        granteePrincipal=UNKNOWN,
        operations=["Sign"],
    )
    assert undecided(POLICY, role, grant, **OURS) == []


def test_a_grant_to_an_unknown_account_is_undecided() -> None:
    grant = of("kms/grant:Grant", keyId="k", granteePrincipal=UNKNOWN, operations=["Sign"])
    assert undecided(POLICY, grant, **OURS) == ["granteePrincipal"]
