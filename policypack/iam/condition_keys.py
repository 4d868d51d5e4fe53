"""Condition keys: which are in every request, and which say what a statement is about.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from policypack.iam.globs import everything, matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policypack.iam.document import Condition

GLOBAL_KEYS = (
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaAWSMCP",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:IsMcpServiceAction",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgMasterAccountId",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag/*",
    "aws:PrincipalType",
    "aws:referer",
    "aws:RequestedRegion",
    "aws:RequestTag/*",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag/*",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:userid",
    "aws:username",
    "aws:ViaAWSMCPService",
    "aws:ViaAWSService",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpcSourceIp",
    "ec2:RoleDelivery",
    "ec2:SourceInstanceArn",
    "glue:RoleAssumedBy",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceArn",
)
"""Keys of requests to every service, and of the sessions that send them."""

MULTIVALUED = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:vpceorgpaths",
    }
)
"""Global keys with several values in one request, for which `ForAllValues` and `ForAnyValue` are made."""

SCOPING_KEYS = (
    "*:requesttag/*",
    "*:resourcetag/*",
    "aws:calledvia*",
    "cloudformation:stackname",
    "cloudwatch:namespace",
    "dynamodb:leadingkeys",
    "ec2:instance*",
    "ec2:subnet",
    "ec2:vpc",
    "ecs:cluster",
    "ecs:service",
    "ecs:task",
    "iam:awsservicename",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "kms:encryptioncontext:*",
    "kms:grantisforawsresource",
    "kms:requestalias",
    "kms:resourcealiases",
    "kms:viaservice",
    "lambda:functionarn",
    "lambda:sourcefunctionarn",
    "rds:*tag/*",
    "s3:accesspointtag/*",
    "s3:buckettag/*",
    "s3:dataaccesspointarn",
    "s3:existingobjecttag/*",
    "s3:prefix",
    "secretsmanager:name",
    "secretsmanager:secretid",
    "sns:endpoint",
    "sns:protocol",
)
"""Keys that say which resources, or on whose behalf, in lower case; the others say who asks, from where or how."""

CALLER_KEYS = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:userid",
        "kms:calleraccount",
    }
)
"""Present when the caller signed the request."""
NETWORK_KEYS = frozenset(
    {"aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"}
)
"""Present when the request came through a VPC endpoint."""
SERVICE_KEYS = frozenset(
    {
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
    }
)
"""Present when an AWS service calls."""
ALWAYS_SENT = frozenset({"aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport"})
"""Present in every request."""
SIGNED_ONLY = ("aws:principal", "aws:username", "aws:federatedprovider", "aws:multifactorauth", "aws:tokenissuetime")
"""What the names of further keys begin with that only a signed request has."""
ACCOUNT = re.compile(r"\d{12}")
"""The number of an account."""


@cache
def is_global(key: str) -> bool:
    """Whether this is a key of requests to every service. Case does not count."""
    return any(matches(pattern, key, ignore_case=True) for pattern in GLOBAL_KEYS)


def narrows(condition: Condition) -> bool:
    """Whether a condition holds only for requests that carry its key with one of some values, none of which is `*`."""
    positive = not condition.negated and condition.operator != "Null" and not condition.if_exists
    if not positive or condition.qualifier == "ForAllValues" or not condition.values:
        return False
    return not any(everything(value) for value in condition.values)


def scopes(conditions: Iterable[Condition]) -> bool:
    """Whether one of the conditions narrows which resources a statement is about, as tags do."""
    return any(_scoping(condition.name) and (narrows(condition) or _wants_tag(condition)) for condition in conditions)


def _wants_tag(condition: Condition) -> bool:
    """Whether only resources that have a tag are meant, whatever its value."""
    if "resourcetag/" not in condition.name or condition.if_exists or condition.qualifier == "ForAllValues":
        return False
    if condition.operator == "Null":
        return bool(condition.values) and all(value.lower() == "false" for value in condition.values)
    return condition.operator == "StringLike" and bool(condition.values)


@cache
def _scoping(name: str) -> bool:
    return any(matches(pattern, name) for pattern in SCOPING_KEYS)
