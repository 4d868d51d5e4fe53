"""What the values in a statement of a policy document cannot be.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, and for sign-in
https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from policypack.iam.actions import concerns
from policypack.iam.document import Condition, Principal, Statement
from policypack.iam.globs import has_wildcard
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
}
"""By condition key in lower case, the kind of its values."""
_SIGN_IN = {
    action.lower(): action for action in ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
}
"""The actions that assume a role, by their names in lower case."""
_ORGANIZATIONS = frozenset({"aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid"})
_NOT_TEXTS = ("Null", "Bool", "Ip", "NotIp", "Date", "Numeric", "Binary", "Arn", "NotArn")


def impossible(statement: Statement) -> Iterator[tuple[str, str]]:
    """The values in a statement that cannot be: path in the document, and a clause that quotes no value."""
    for element, texts in (("Resource", statement.resources), ("NotResource", statement.not_resources)):
        yield from ((statement.at(element), clause) for text in texts or () if (clause := _resource(text)))
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


def _resource(text: str) -> str | None:
    return placeholder(text) or arn_problem(text)


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
        return arn_problem(value) if condition.operator.startswith(("Arn", "NotArn")) else None
    if condition.name in _ORGANIZATIONS:
        return (
            None if _ORGANIZATION.fullmatch(value) else f"`{condition.key}` is compared with no id of an organization"
        )
    if condition.name == "kms:viaservice":
        match = _VIA.fullmatch(value)
        known = match is not None and exists(f"{match[1]}.{match[2]}")
        return None if known else "`kms:ViaService` is written as a service in a region: `s3.eu-west-1.amazonaws.com`"
    kind = _KINDS.get(condition.name)
    clause = problem(kind, value) if kind and value else None
    return f"a value for `{condition.key}` {clause}" if clause else None
