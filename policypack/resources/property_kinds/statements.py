"""What the values in a statement of a policy document cannot be.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, and for sign-in
https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from policypack.core.spelling import similar
from policypack.iam.actions import concerns, every_action
from policypack.iam.document import Condition, Principal, Statement
from policypack.iam.globs import has_wildcard
from policypack.resources.property_kinds.arn_forms import names_nothing, untyped
from policypack.resources.property_kinds.placeholders import placeholder
from policypack.resources.property_kinds.service_principals import correction, exists
from policypack.resources.property_kinds.values import ACCOUNT, arn_problem, problem

_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}")
_VIA = re.compile(r"([a-z0-9-]+)\.[a-z]{2,4}(?:-[a-z]+)+-\d\.(amazonaws\.com(?:\.cn)?)")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("aws:principalaccount", "aws:resourceaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount"),
        "account",
    ),
    **dict.fromkeys(("s3:resourceaccount", "s3:dataaccesspointaccount"), "account"),
    **dict.fromkeys(
        ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "iam:awsservicename", "iam:passedtoservice"),
        "service",
    ),
    **dict.fromkeys(("aws:principalservicename", "aws:principalservicenameslist"), "service"),
    **dict.fromkeys(("aws:sourcearn", "aws:principalarn", "iam:policyarn", "iam:permissionsboundary"), "arn"),
    **dict.fromkeys(("aws:sourcevpcarn", "ecs:cluster", "lambda:functionarn"), "arn"),
    **dict.fromkeys(("ec2:vpc", "ec2:subnet", "lambda:sourcefunctionarn", "lambda:layer"), "arn"),
    **dict.fromkeys(("aws:requestedregion", "ec2:region"), "region"),
    **dict.fromkeys(("aws:sourcevpc", "lambda:vpcids"), "id:vpc"),
    "aws:sourcevpce": "id:vpce",
    "lambda:subnetids": "id:subnet",
    "lambda:securitygroupids": "id:sg",
}
"""By condition key in lower case, the kind of its values."""
_CHOICES: Mapping[str, str] = {
    "aws:principaltype": "Account Anonymous AssumedRole FederatedUser User",
    "ec2:metadatahttpendpoint": "enabled disabled",
    "ec2:metadatahttptokens": "optional required",
    "elasticloadbalancing:scheme": "internal internet-facing",
    "kms:keyorigin": "AWS_KMS AWS_CLOUDHSM EXTERNAL EXTERNAL_KEY_STORE",
    "kms:keyusage": "ENCRYPT_DECRYPT GENERATE_VERIFY_MAC KEY_AGREEMENT SIGN_VERIFY",
    "lambda:functionurlauthtype": "AWS_IAM NONE",
    "s3:authtype": "POST REST-HEADER REST-QUERY-STRING",
    "s3:object-lock-legal-hold": "OFF ON",
    "s3:object-lock-mode": "COMPLIANCE GOVERNANCE",
    "s3:signatureversion": "AWS AWS4-ECDSA-P256-SHA256 AWS4-HMAC-SHA256",
    "s3:x-amz-acl": "authenticated-read aws-exec-read bucket-owner-full-control bucket-owner-read log-delivery-write "
    "private public-read public-read-write",
    "s3:x-amz-metadata-directive": "COPY REPLACE",
    "s3:x-amz-server-side-encryption": "AES256 aws:fsx aws:kms aws:kms:dsse",
    "s3:x-amz-server-side-encryption-customer-algorithm": "AES256",
}
"""By condition key in lower case, all of its values.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html for S3,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable for principals,
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html for KMS, and the references of actions of the
other services.
"""
_SIGN_IN = {
    action.lower(): action for action in ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
}
"""The actions that assume a role, by their names in lower case."""
_ORGANIZATIONS = frozenset({"aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid"})
_ORGANIZATION_PATHS = frozenset({"aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths"})
_NOT_TEXTS = ("Null", "Bool", "Ip", "NotIp", "Date", "Numeric", "Binary", "Arn", "NotArn")


def impossible(statement: Statement) -> Iterator[tuple[str, str]]:
    """The values in a statement that cannot be: path in the document, and a clause that quotes no value."""
    # which resources the actions of a statement have is `iam-mismatched-resource`'s to judge
    every = statement.actions is None or any(map(every_action, statement.actions))
    for element, texts, alone in (
        ("Resource", statement.resources, every),
        ("NotResource", statement.not_resources, True),
    ):
        yield from ((statement.at(element), clause) for text in texts or () if (clause := _resource(text, alone=alone)))
    for element, principals in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
        yield from ((statement.at(element), clause) for one in principals or () if (clause := _principal(one)))
    yield from _unfit_sign_in(statement)
    for condition in statement.conditions:
        clauses = dict.fromkeys(clause for value in condition.values if (clause := _condition(condition, value)))
        yield from ((condition.path, clause) for clause in clauses)


def _unfit_sign_in(statement: Statement) -> Iterator[tuple[str, str]]:
    """Principals of a trust policy that cannot assume the role by the actions that it allows them."""
    assuming = {action for action in _SIGN_IN if concerns(statement, action)} if statement.actions else set()
    for principal in statement.principals or () if statement.allows and assuming else ():
        action = _sign_in(principal)
        if action and action not in assuming:
            yield statement.at("Principal"), f"names a principal that assumes a role by `{_SIGN_IN[action]}` only"


def _sign_in(principal: Principal) -> str:
    """The action by which a principal assumes a role; empty for one that is not certain."""
    if principal.value == "*" or "${" in principal.value:
        return ""
    if principal.type in ("AWS", "Service"):
        return "sts:assumerole"
    if principal.type != "Federated":
        return ""
    return "sts:assumerolewithsaml" if ":saml-provider/" in principal.value else "sts:assumerolewithwebidentity"


def _resource(text: str, *, alone: bool) -> str | None:
    """Why a text names no resource; `alone` if nothing but its form says which it may name."""
    return placeholder(text) or arn_problem(text) or names_nothing(text) or (untyped(text) if alone else None)


def _principal(principal: Principal) -> str | None:
    value = principal.value
    if unfilled := placeholder(value):
        return unfilled
    if principal.type == "Service" and not exists(value) and value != "*":
        return f"names a service principal that does not exist{correction(value)}"
    if principal.type != "AWS" or value == "*" or _UNIQUE_ID.fullmatch(value) or ACCOUNT.fullmatch(value):
        return None
    if "${" in value:
        return None
    if value.startswith("arn:"):
        return arn_problem(value) or (None if problem("arn:iam|arn:sts", value) is None else _NO_PRINCIPAL)
    return _NO_PRINCIPAL


_NO_PRINCIPAL = "names a principal that is neither the id of an account nor the ARN of an identity"


def _condition(condition: Condition, value: str) -> str | None:
    if unfilled := placeholder(value):
        return unfilled
    if condition.operator.startswith(_NOT_TEXTS) or has_wildcard(value) or "${" in value:
        return _pattern(condition, value)
    if condition.name in _ORGANIZATIONS:
        return (
            None if _ORGANIZATION.fullmatch(value) else f"`{condition.key}` is compared with no id of an organization"
        )
    if condition.name in _ORGANIZATION_PATHS:
        below = _ORGANIZATION.fullmatch(value.partition("/")[0]) and value.endswith("/")
        return (
            None
            if below
            else f"a value for `{condition.key}` is no path such as `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`"
        )
    if condition.name in _CHOICES:
        return _choice(condition, value)
    if condition.name == "kms:viaservice":
        match = _VIA.fullmatch(value)
        known = match is not None and exists(f"{match[1]}.{match[2]}")
        return None if known else "`kms:ViaService` is written as a service in a region: `s3.eu-west-1.amazonaws.com`"
    kind = _KINDS.get(condition.name)
    folded = value.lower() if condition.operator.endswith("IgnoreCase") else value
    clause = problem(kind, folded) if kind and value else None
    return f"a value for `{condition.key}` {clause}" if clause else None


def _pattern(condition: Condition, value: str) -> str | None:
    """Why a text of a condition on ARNs, or a pattern, matches no ARN; elsewhere None."""
    if condition.operator.startswith(("Arn", "NotArn")):
        return arn_problem(value) or names_nothing(value) or untyped(value)
    # to a condition on texts, a wildcard before the resource may stand for several parts
    whole = _KINDS.get(condition.name) == "arn" and not has_wildcard(":".join(value.split(":", 5)[:5]))
    return untyped(value) if whole else None


def _choice(condition: Condition, value: str) -> str | None:
    """Why a text is none of the values of a key."""
    choices = _CHOICES[condition.name].split()
    if value in choices or not value:
        return None
    by_fold = {choice.lower(): choice for choice in choices}
    if value.lower() in by_fold and condition.operator.endswith("IgnoreCase"):
        return None
    close = similar(value.lower(), by_fold, cutoff=0.6)
    hint = f"; did you mean `{by_fold[close[0]]}`?" if close else f", which are `{'`, `'.join(choices)}`"
    return f"a value for `{condition.key}` is none of those that a request has{hint}"
