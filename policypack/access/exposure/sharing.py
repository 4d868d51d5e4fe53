"""Properties by which a resource is shared with everyone, without a policy document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.exposure.exposure import CLOSED, public_grant
from policypack.access.exposure.outsiders import ANYONE, STRANGER, Outsider
from policypack.access.solver.verdict import Answer
from policypack.core.policy import Reading, Resource, Unknown
from policypack.iam.document_readers import values_at

FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"
LAYER_PERMISSION = "aws:lambda/layerVersionPermission:LayerVersionPermission"
EVENT_PERMISSION = "aws:cloudwatch/eventPermission:EventPermission"
ENDPOINT_SERVICE = "aws:ec2/vpcEndpointService:VpcEndpointService"
ALLOWED_PRINCIPAL = "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple"
_FIELD = re.compile(r"\{(\w+)\}")


class Share(msgspec.Struct, frozen=True):
    """A property that shares a resource."""

    path: str
    """The property, such as `sharedAccounts[*]`."""
    everyone: str
    """The value that means everyone, in lower case."""
    action: str
    """The action that everyone may then do."""
    resource: str
    """The ARN of what is shared, with the names of the properties that have its parts."""
    source: str
    unless: str = ""
    """A property that narrows the grant if it is set."""
    switch: bool = False
    """Whether the property is a setting instead of a list of grantees."""
    who: Outsider = STRANGER
    why: str = "it is shared with every AWS account"


_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html"


def _snapshot(cluster: str, name: str) -> Share:
    action = f"rds:RestoreDB{cluster or 'Instance'}From{'' if cluster else 'DB'}Snapshot"
    kind = "cluster-snapshot" if cluster else "snapshot"
    return Share("sharedAccounts[*]", "all", action, f"arn:aws:rds:*:*:{kind}:{{{name}}}", _RDS)


def _endpoint_service(path: str, service: str, unless: str = "") -> Share:
    return Share(
        path,
        "*",
        "ec2:CreateVpcEndpoint",
        f"arn:aws:ec2:*:*:vpc-endpoint-service/{{{service}}}",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
        unless=unless,
        why="every AWS account may connect to it",
    )


SHARES: Mapping[str, Share] = {
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": Share(
        "group",
        "all",
        "ec2:RunInstances",
        "arn:aws:ec2:*::image/{imageId}",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html",
    ),
    "aws:imagebuilder/distributionConfiguration:DistributionConfiguration": Share(
        "distributions[*].amiDistributionConfiguration.launchPermission.userGroups[*]",
        "all",
        "ec2:RunInstances",
        "arn:aws:ec2:*::image/{name}",
        "https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LaunchPermissionConfiguration.html",
    ),
    "aws:rds/snapshot:Snapshot": _snapshot("", "dbSnapshotIdentifier"),
    "aws:rds/snapshotCopy:SnapshotCopy": _snapshot("", "targetDbSnapshotIdentifier"),
    "aws:rds/clusterSnapshot:ClusterSnapshot": _snapshot("Cluster", "dbClusterSnapshotIdentifier"),
    "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy": _snapshot("Cluster", "targetDbClusterSnapshotIdentifier"),
    "aws:ssm/document:Document": Share(
        "permissions.account_ids",
        "all",
        "ssm:GetDocument",
        "arn:aws:ssm:*:*:document/{name}",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html",
    ),
    # the owner accepts or rejects each connection to a service that requires acceptance
    ENDPOINT_SERVICE: _endpoint_service("allowedPrincipals[*]", "id", unless="acceptanceRequired"),
    ALLOWED_PRINCIPAL: _endpoint_service("principalArn", "vpcEndpointServiceId"),
    EVENT_PERMISSION: Share(
        "principal",
        "*",
        "events:PutEvents",
        "arn:aws:events:*:*:event-bus/{eventBusName}",
        "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html",
        unless="condition",
        why="its principal is every AWS account, without a condition",
    ),
    LAYER_PERMISSION: Share(
        "principal",
        "*",
        "lambda:GetLayerVersion",
        "arn:aws:lambda:*:*:layer:{layerName}:{versionNumber}",
        "https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html",
        unless="organizationId",
        why="its principal is every AWS account, without an organization",
    ),
    FUNCTION_URL: Share(
        "authorizationType",
        "none",
        "lambda:InvokeFunctionUrl",
        "arn:aws:lambda:*:*:function:{functionName}",
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        switch=True,
        who=ANYONE,
        # the provider adds the statements that a URL needs beside it, for `*`
        why="its URL requires no authorization, and pulumi-aws adds the permissions that make it public",
    ),
}
"""By type token. Docdb, Neptune and Redshift snapshots have no such property, and EBS snapshots only take account ids."""


def shares(resource: Resource) -> Iterator[Reading[Answer]]:
    """Each value that may share the resource, and the verdict on it."""
    share = SHARES.get(resource.type)
    if share is None:
        return
    if resource.inputs.get(share.unless) not in (None, "", [], False):
        yield share.unless, CLOSED
        return
    for path, value in values_at(resource.inputs, share.path):
        if isinstance(value, Unknown):
            yield path, value
        elif value is not None:
            grant = public_grant(share.who, share.action, _arn(share.resource, resource), share.why)
            yield path, grant if str(value).strip().lower() == share.everyone else CLOSED


def _arn(pattern: str, resource: Resource) -> str:
    """The ARN with the parts that are known; a part that is an ARN itself replaces it all."""
    parts = {name: resource.inputs.get(name) for name in _FIELD.findall(pattern)}
    for value in parts.values():
        if isinstance(value, str) and value.startswith("arn:"):
            return value
    return _FIELD.sub(lambda field: _text(parts[field[1]], resource.name), pattern)


def _text(value: Any, instead: str) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value) if isinstance(value, str | int) and value != "" else instead
