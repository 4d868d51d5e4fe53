"""A function that anybody may invoke does its work, with its role, for anybody, at the account's expense.

A permission for `*` opens it to every AWS account, and a function URL without authorization to the whole internet. A
layer that is shared with `*` gives away the code in it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.aws.meaning import PERMISSION
from policypack.aws.permission import permission
from policypack.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation

FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"
LAYER_PERMISSION = "aws:lambda/layerVersionPermission:LayerVersionPermission"


class Door(msgspec.Struct, frozen=True):
    """What may let everybody in: the property that says so, its value, the value that opens, and whether it is limited."""

    path: str
    value: str | Unknown | None
    opening: str
    limited: bool
    message: str


def doors(resource: Resource) -> Iterator[Reading[Door]]:
    """What a permission, a function URL or a layer's permission opens."""
    inputs = resource.inputs
    if resource.type == PERMISSION:
        found = permission(resource)
        limited = any(each is not None for each in (found.source_arn, found.source_account, found.organization))
        message = "lets everybody invoke the function, without a source, an account or an organization"
        yield "", Door("principal", found.principal, "*", limited, message)
    elif resource.type == LAYER_PERMISSION:
        limited = inputs.get("organizationId") not in (None, "")
        yield "", Door("principal", inputs.get("principal"), "*", limited, "lets every account use the layer")
    elif resource.type == FUNCTION_URL:
        message = "opens the function's URL to the whole internet, without authorization"
        yield "", Door("authorizationType", inputs.get("authorizationType"), "NONE", limited=False, message=message)


def check(door: Door) -> Iterator[Judgement]:
    if door.limited:
        return
    if isinstance(door.value, Unknown):
        yield Undecided(door.path, door.value.why, door.value.fix)
    elif door.value == door.opening:
        yield Violation(door.path, door.message)


POLICY = Policy(
    id="lambda-public-invoke",
    title="Function that anybody may invoke",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Name the service, account or organization that may invoke it, and set a URL's `authorizationType` to `AWS_IAM`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1",
    ],
    bad=Resource(PERMISSION, "partners", {"function": "read", "action": "lambda:InvokeFunction", "principal": "*"}),
    good=Resource(
        PERMISSION,
        "partners",
        {
            "function": "read",
            "action": "lambda:InvokeFunction",
            "principal": "*",
            "principalOrgId": "o-a1b2c3d4e5",
        },
    ),
    reads=doors,
    check=check,
)
