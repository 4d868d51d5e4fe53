"""A bucket that invokes a function, as a person writes it: the parts, each to be replaced by a variant."""

from __future__ import annotations

from typing import Any

from policypack.aws.holders import ROLE_POLICY
from policypack.aws.notification import NOTIFICATION
from policypack.policy import Resource
from policypack.resources.tokens import FUNCTION, PERMISSION, ROLE
from tests.policies.helpers import document

ACCOUNT = "111122223333"
FUNCTION_ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:read"
BUCKET_ARN = "arn:aws:s3:::acme-inbox"
CREATED = ["s3:ObjectCreated:*"]


def resource(
    token: str, title: str, /, *depends_on: Resource, at: str = "", parent: str = "", **inputs: Any
) -> Resource:
    """A resource that depends on others, by the property `at` or by its options."""
    urns = tuple(each.urn for each in depends_on)
    given = {name: value for name, value in inputs.items() if value is not None}
    by_property = {at: urns} if at else {}
    return Resource(token, title, given, parent=parent, dependencies=urns, property_dependencies=by_property)


def bucket(name: Any = "acme-inbox") -> Resource:
    """The bucket; None lets Pulumi name it."""
    return resource("aws:s3/bucket:Bucket", "inbox", bucket=name)


def function(name: Any = "read", *, title: str = "read", **inputs: Any) -> Resource:
    """The function with its role."""
    return resource(FUNCTION, title, name=name, role=f"arn:aws:iam::{ACCOUNT}:role/read", **inputs)


def role(*statements: Any, **inputs: Any) -> tuple[Resource, Resource]:
    """The role, and its inline policy."""
    return (
        resource(ROLE, "read", name="read", **inputs),
        resource(ROLE_POLICY, "read", role="read", policy=document(*statements)),
    )


def permission(*depends_on: Resource, at: str = "", title: str = "may", **inputs: Any) -> Resource:
    """S3's permission; None leaves a part out."""
    given = {
        "function": "read",
        "action": "lambda:InvokeFunction",
        "principal": "s3.amazonaws.com",
        "sourceArn": BUCKET_ARN,
        "sourceAccount": ACCOUNT,
        **inputs,
    }
    return resource(PERMISSION, title, *depends_on, at=at, **given)


def target(arn: Any = FUNCTION_ARN, events: Any = None, prefix: Any = None, suffix: Any = None) -> dict[str, Any]:
    """One entry of `lambdaFunctions`."""
    given = {"lambdaFunctionArn": arn, "events": events or CREATED, "filterPrefix": prefix, "filterSuffix": suffix}
    return {name: value for name, value in given.items() if value is not None}


def notification(*targets: Any, after: tuple[Resource, ...] = (), at: str = "", **inputs: Any) -> Resource:
    """The notification, created after the resources that it depends on."""
    given = {"bucket": "acme-inbox", "lambdaFunctions": list(targets) or [target()], **inputs}
    return resource(NOTIFICATION, "inbox", *after, at=at, **given)
