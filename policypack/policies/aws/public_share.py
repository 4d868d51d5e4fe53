"""Anyone can copy a resource that is shared with everybody, and ending the share does not delete the copies.

A snapshot contains the whole database, and an image contains the keys that were left on its disk. Every account can
list shared snapshots, images and documents, so an attacker does not even have to guess a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.exposure.exposure import judge
from policypack.access.exposure.sharing import ALLOWED_PRINCIPAL, shares
from policypack.access.solver.verdict import Answer
from policypack.core.controls import Control
from policypack.core.examples import construct, example
from policypack.core.policy import Policy, Reading, Resource, Severity
from policypack.core.tags import Tag


def shared(resource: Resource) -> Iterator[Reading[Answer]]:
    """Each value that may share the resource; functions have their own policy."""
    if not resource.type.startswith("aws:lambda/"):
        yield from shares(resource)


def _snapshot(account: str) -> Resource:
    names = {"dbInstanceIdentifier": "orders", "dbSnapshotIdentifier": "orders-2026"}
    return construct("aws:rds/snapshot:Snapshot", "orders", **names, sharedAccounts=[account])


def _bus(principal: str, **inputs: Any) -> Resource:
    bus = "aws:cloudwatch/eventPermission:EventPermission"
    return construct(bus, "partners", principal=principal, statementId="partners", **inputs)


def _allowed(principal: str) -> Resource:
    return construct(ALLOWED_PRINCIPAL, "orders", vpcEndpointServiceId="vpce-svc-0a1b2c3d", principalArn=principal)


POLICY = Policy(
    id="aws-public-share",
    title="Snapshot, image, event bus, document or endpoint service shared with everybody",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.AWS, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    controls=[
        Control(
            "aws-fsbp/RDS.1",
            types=(
                "aws:rds/snapshot",
                "aws:rds/clusterSnapshot",
            ),
        ),
        Control("aws-fsbp/SSM.4", types=("aws:ssm/document:",)),
    ],
    fix="Name the accounts or the organization that it is shared with.",
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html",
        "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    ],
    bad=[
        example(_snapshot("all"), path="sharedAccounts[0]"),
        example(
            construct("aws:ec2/amiLaunchPermission:AmiLaunchPermission", "web", imageId="ami-0a1b2c3d", group="all"),
            path="group",
            note="a machine image",
        ),
        example(
            construct(
                "aws:ssm/document:Document",
                "patch",
                documentType="Command",
                content='{"schemaVersion": "2.2", "description": "Patch", "mainSteps": []}',
                permissions={"type": "Share", "account_ids": "All"},
            ),
            path="permissions.account_ids",
            note="a Systems Manager document",
        ),
        example(_bus("*"), path="principal", note="an event bus"),
        example(_allowed("*"), path="principalArn", note="a VPC endpoint service"),
    ],
    good=[
        example(_snapshot("444455556666")),
        example(
            _bus("*", condition={"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-a1b2c3d4e5"}),
            note="everyone in one organization",
        ),
        example(
            construct(
                "aws:ec2/amiLaunchPermission:AmiLaunchPermission",
                "web",
                imageId="ami-0a1b2c3d",
                accountId="444455556666",
            ),
            note="an image for one account",
        ),
        example(_allowed("arn:aws:iam::444455556666:root"), note="an endpoint service for one account"),
    ],
    reads=shared,
    check=judge,
)
