"""Who may invoke a function by a Lambda permission, which is one statement of the function's document.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html and, for a function's URL,
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html.
"""

from __future__ import annotations

from typing import Any

import msgspec

from policypack.access.exposure.exposure import Exposure
from policypack.access.exposure.outsiders import STRANGER
from policypack.access.exposure.public import exposure
from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Resource, Unknown
from policypack.iam.document import VERSIONS, PolicyDocument
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind
from policypack.resources.permission import SERVICE_SUFFIXES, permission
from policypack.resources.tokens import PERMISSION

WITHOUT_SIGNATURE = "NONE"
FUNCTION_ARN = "arn:aws:lambda:*:*:function:{}"
URL_ACTION = "lambda:invokefunctionurl"
URL_AUTH = "lambda:FunctionUrlAuthType"
FIXED = {"sourceAccount": "111122223333", "principalOrgId": "o-a1b2c3d4e5"}
"""Stand-ins for an unknown account or organization: whatever its value, it is one account or one organization."""


def invoking(resource: Resource) -> Exposure:
    """Who may invoke the function by a permission, with the property that decides it."""
    granted = permission(resource)
    answer = exposure(permission_document(resource))
    undecided = answer.verdict is Verdict.UNDECIDED and not isinstance(granted.principal, Unknown)
    if answer.witness is not None:
        # Lambda accepts requests without a signature only through a URL that requires none.
        through_url = str(granted.action).lower() == URL_ACTION and granted.url_auth in (None, WITHOUT_SIGNATURE)
        outsider = answer.witness.outsider if through_url else STRANGER.label
        witness = msgspec.structs.replace(answer.witness, outsider=outsider, resource=_function(resource))
        answer = msgspec.structs.replace(answer, witness=witness)
    return Exposure(resource, "sourceArn" if undecided else "principal", msgspec.structs.replace(answer, path=""))


def permission_document(resource: Resource, function: str | None = None, *, signed: bool = False) -> PolicyDocument:
    """The document of one permission.

    Args:
        resource: the permission.
        function: the function's name, if it is known however it is written.
        signed: whether who needs no signature at the function's URL counts as allowed with one, too.
    """
    granting = statement(resource, function)
    if signed and permission(resource).url_auth == WITHOUT_SIGNATURE:
        del granting["Condition"]["StringEquals"][URL_AUTH]
    statements = [granting]
    return parse({"Version": VERSIONS[0], "Statement": statements}, DocumentKind.RESOURCE, PERMISSION)


def statement(resource: Resource, function: str | None = None) -> dict[str, Any]:
    """The statement that a permission adds to the document of a function, which is written or has this name."""
    granted = permission(resource)
    switched = str(resource.inputs.get("invokedViaFunctionUrl")).lower() == "true"
    required: dict[str, dict[str, Any]] = {
        "ArnLike": {"AWS:SourceArn": granted.source_arn},
        "StringEquals": {
            "AWS:SourceAccount": _fixed(granted.source_account, "sourceAccount"),
            "aws:PrincipalOrgID": _fixed(granted.organization, "principalOrgId"),
            "lambda:EventSourceToken": _known(granted.token),
            URL_AUTH: _known(granted.url_auth),
        },
        "Bool": {"lambda:InvokedViaFunctionUrl": "true" if switched else None},
    }
    conditions = {
        operator: known
        for operator, keys in required.items()
        if (known := {key: value for key, value in keys.items() if value is not None})
    }
    return {
        "Effect": "Allow",
        "Principal": _principal(granted.principal),
        "Action": _known(granted.action) or "lambda:InvokeFunction",
        "Resource": FUNCTION_ARN.format(function) if function else _function(resource),
        **({"Condition": conditions} if conditions else {}),
    }


def _principal(value: str | Unknown | None) -> Any:
    if isinstance(value, Unknown) or value == "*":
        return value
    kind = "Service" if str(value).endswith(SERVICE_SUFFIXES) else "AWS"
    return {kind: value or "000000000000"}


def _fixed(value: str | Unknown | None, name: str) -> str | None:
    return FIXED[name] if isinstance(value, Unknown) else value


def _known(value: str | Unknown | None) -> str | None:
    """The value of a part that does not identify a caller, such as an action; None if it is unknown."""
    return None if isinstance(value, Unknown) else value


def _function(resource: Resource) -> str:
    function = resource.inputs.get("function")
    if isinstance(function, str) and function.startswith("arn:"):
        return function
    name = function if isinstance(function, str) and function else f"{resource.name}-1a2b3c4"
    return FUNCTION_ARN.format(name)
