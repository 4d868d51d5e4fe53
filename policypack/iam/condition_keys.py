"""Condition keys: their types, in which requests they are present, and which of them name the resource.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from policypack.iam.globs import everything, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policypack.iam.document import Condition

GLOBAL_KEYS = {
    "aws:AssumedRoot": "Bool",
    "aws:CalledVia": "ArrayOfString",
    "aws:CalledViaFirst": "String",
    "aws:CalledViaAWSMCP": "String",
    "aws:CalledViaLast": "String",
    "aws:ChatbotSourceArn": "Arn",
    "aws:CurrentTime": "Date",
    "aws:Ec2InstanceSourcePrivateIPv4": "Ip",
    "aws:Ec2InstanceSourceVpc": "String",
    "aws:EpochTime": "Date/Numeric",
    "aws:FederatedProvider": "String",
    "aws:IsMcpServiceAction": "Bool",
    "aws:MultiFactorAuthAge": "Numeric",
    "aws:MultiFactorAuthPresent": "Bool",
    "aws:PrincipalAccount": "String",
    "aws:PrincipalArn": "Arn",
    "aws:PrincipalIsAWSService": "Bool",
    "aws:PrincipalOrgID": "String",
    "aws:PrincipalOrgMasterAccountId": "String",
    "aws:PrincipalOrgPaths": "ArrayOfString",
    "aws:PrincipalServiceName": "String",
    "aws:PrincipalServiceNamesList": "ArrayOfString",
    "aws:PrincipalTag/*": "String",
    "aws:PrincipalType": "String",
    "aws:referer": "String",
    "aws:RequestedRegion": "String",
    "aws:RequestTag/*": "String",
    "aws:ResourceAccount": "String",
    "aws:ResourceOrgID": "String",
    "aws:ResourceOrgPaths": "ArrayOfString",
    "aws:ResourceTag/*": "String",
    "aws:SecureTransport": "Bool",
    "aws:SourceAccount": "String",
    "aws:SourceArn": "Arn",
    "aws:SourceIdentity": "String",
    "aws:SourceIp": "Ip",
    "aws:SourceOrgID": "String",
    "aws:SourceOrgPaths": "ArrayOfString",
    "aws:SourceOwner": "String",  # deprecated and still in requests of older services, as in SNS's default document
    "aws:SourceVpc": "String",
    "aws:SourceVpcArn": "Arn",
    "aws:SourceVpce": "String",
    "aws:TagKeys": "ArrayOfString",
    "aws:TokenIssueTime": "Date",
    "aws:UserAgent": "String",
    "aws:userid": "String",
    "aws:username": "String",
    "aws:ViaAWSMCPService": "Bool",
    "aws:ViaAWSService": "Bool",
    "aws:VpceAccount": "String",
    "aws:VpceOrgID": "String",
    "aws:VpceOrgPaths": "ArrayOfString",
    "aws:VpcSourceIp": "Ip",
    "ec2:RoleDelivery": "Numeric",
    "ec2:SourceInstanceArn": "Arn",
    "glue:RoleAssumedBy": "String",
    "lambda:SourceFunctionArn": "Arn",
    "ssm:SourceInstanceArn": "Arn",
}
"""Keys of requests to every service and of the sessions that send them, each with the type of its values.

`ArrayOfString` is of keys with several values in one request, for which `ForAllValues` and `ForAnyValue` exist.
"""

SCOPING_KEYS = (
    "*:createaction",
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
"""Patterns of keys, in lower case, that identify resources, new ones, or who is served; others describe caller and network."""

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
AVOIDABLE_KEYS = (
    "aws:federatedprovider",
    "aws:multifactorauth*",
    "aws:principalorg*",
    "aws:principaltag/*",
    "aws:sourceidentity",
    "aws:username",
    "sts:externalid",
)
"""Patterns of keys, in lower case, that a caller may do without: untagged, without MFA, in no organization."""
OPTIONAL_KEYS = ("kms:encryptioncontext*", "kms:viaservice")
"""Patterns of keys, in lower case, that a caller may leave out of a call of an action that has them.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html.
"""
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
SERVICE_SESSION: Mapping[str, tuple[str | None, ...]] = {
    "aws:assumedroot": (None,),
    "aws:chatbotsourcearn": (None,),
    "aws:federatedprovider": (None,),
    "aws:multifactorauthage": (None,),
    "aws:multifactorauthpresent": (None, "false"),
    "aws:principalisawsservice": ("false",),
    "aws:principalservicename": (None,),
    "aws:principalservicenameslist": (None,),
    "aws:principaltype": ("AssumedRole",),
    "aws:sourceidentity": (None,),
    "aws:username": (None,),
    "saml:*": (None,),
    "*.*:*": (None,),
}
"""By pattern of keys, in lower case, what requests have in the sessions of a role that an AWS service assumes.

None is a request without the key. A key with a domain in its name, as `accounts.google.com:sub`, is of an identity
provider. Source: the availability of each key at
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html.
"""
OF_A_CERTIFICATE: Mapping[str, frozenset[str]] = {
    "aws:principaltag/*": frozenset({"rolesanywhere"}),
    "aws:sourceidentity": frozenset({"rolesanywhere"}),
}
"""By pattern of keys, in lower case, the services, by first part of their principal, that send a caller's certificate so.

Source: https://docs.aws.amazon.com/rolesanywhere/latest/userguide/attribute-mappping-and-trust-policy.html.
"""
OF_ONE_SERVICE: Mapping[str, frozenset[str]] = {
    "aws:ec2instancesourceprivateipv4": frozenset({"ec2"}),
    "aws:ec2instancesourcevpc": frozenset({"ec2"}),
    "ec2:roledelivery": frozenset({"ec2"}),
    "ec2:sourceinstancearn": frozenset({"ec2"}),
    "glue:roleassumedby": frozenset({"glue"}),
    "lambda:sourcefunctionarn": frozenset({"lambda", "edgelambda"}),
    "ssm:sourceinstancearn": frozenset({"ec2", "ssm"}),
}
"""Keys, in lower case, of the sessions of some services only, by the first part of their principals."""
DIRECT_CALL: Mapping[str, tuple[str | None, ...]] = {
    "aws:calledvia*": (None,),
    "aws:viaawsservice": ("false",),
    "kms:viaservice": (None,),
}
"""By pattern of keys, what a request has that no service sends on a caller's behalf."""
SERVICE_CALL = (
    *("aws:sourceip", "aws:vpcsourceip", "aws:userid", "aws:username", "aws:multifactorauth*", "aws:tokenissuetime"),
    *(
        "aws:principalarn",
        "aws:principaltag/*",
        "aws:federatedprovider",
        "aws:sourceidentity",
        "aws:assumedroot",
        "aws:chatbotsourcearn",
    ),
    *("aws:calledvia*", "saml:*", "*.*:*", *OF_ONE_SERVICE, *sorted(NETWORK_KEYS)),
)
"""Patterns of keys, in lower case, that no request has which a service sends as itself, rather than in a role's session.

It has no address, no VPC and no session. Source: as of `SERVICE_SESSION`.
"""
ALWAYS_SENT = frozenset({"aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport"})
"""Present in every request."""
SIGNED_ONLY = ("aws:principal", "aws:username", "aws:federatedprovider", "aws:multifactorauth", "aws:tokenissuetime")
"""Prefixes of further keys that only a signed request has."""
ACCOUNT = re.compile(r"\d{12}")
"""The number of an account."""


def of_a_certificate(name: str, services: Iterable[str]) -> bool:
    """Whether one of the services, by first part of its principal, sends a key in lower case for a caller's certificate."""
    senders = (users for pattern, users in OF_A_CERTIFICATE.items() if matches(pattern, name))
    return any(not users.isdisjoint(services) for users in senders)


@cache
def global_type(key: str) -> str | None:
    """The type of a key of requests to every service; None for other keys. Case does not count."""
    return next((kind for pattern, kind in GLOBAL_KEYS.items() if matches(pattern, key, ignore_case=True)), None)


def requires_key(condition: Condition) -> bool:
    """Whether a condition matches only requests that have its key with one of its values."""
    optional = (condition.if_exists or condition.qualifier == "ForAllValues") and not condition.present
    return not (condition.negated or condition.operator == "Null" or optional) and bool(condition.values)


def scopes(conditions: Iterable[Condition]) -> bool:
    """Whether one of the conditions narrows the resources of a statement, as tags do."""
    scoping = (condition for condition in conditions if _scoping(condition.name))
    return any(narrows(condition) or _requires_tag(condition) for condition in scoping)


def narrows(condition: Condition) -> bool:
    """Whether a condition matches only requests that have its key with one of its values, none of which is `*`."""
    return requires_key(condition) and not any(everything(value) for value in condition.values)


def _requires_tag(condition: Condition) -> bool:
    """Whether the condition matches only resources that have a tag, whatever its value."""
    if "resourcetag/" not in condition.name:
        return False
    if condition.operator == "Null" and condition.qualifier != "ForAllValues":
        return bool(condition.values) and all(value.lower() == "false" for value in condition.values)
    return condition.operator == "StringLike" and requires_key(condition)


@cache
def _scoping(name: str) -> bool:
    return any(matches(pattern, name) for pattern in SCOPING_KEYS)
