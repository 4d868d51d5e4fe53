"""S3 tries to invoke the function as it saves a notification, so the permission must be there before.

Pulumi creates side by side what does not depend on each other: the update fails now and then, on a fresh account
more often than on the author's, and passes when it is started again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.aws.notification import NOTIFICATION, triggers
from policypack.aws.order import comes_after
from policypack.aws.permission import allowing
from policypack.policy import Judgement, Placed, Policy, Resource, Severity, Stack, Undecided, Violation, over_stack
from policypack.resources.tokens import FUNCTION, PERMISSION


class Order(msgspec.Struct, frozen=True):
    """A notification and a permission that it needs; `perhaps` where it may need another, which is there before."""

    permission: str
    perhaps: bool


@over_stack
def unordered(stack: Stack) -> Iterator[Placed[Order]]:
    """Notifications that are not created after any permission that lets them invoke their function."""
    for trigger in triggers(stack):
        means = trigger.functions
        surely = len(means.all) < 2 or means.between
        for named in means.all or ([None] if means.foreign else []):
            found = allowing(stack, trigger, named)
            if not any(each.external or comes_after(stack, trigger.notification, each) for each in found.certain):
                earlier = any(comes_after(stack, trigger.notification, each) for each in found.possible)
                for permission in found.certain[:1]:
                    yield trigger.notification, trigger.path, Order(permission.name, earlier or not surely)


def check(order: Order) -> Iterator[Judgement]:
    if order.perhaps:
        yield Undecided("", f"does not depend on the permission `{order.permission}`, and may need another one")
    else:
        yield Violation("", f"may be created before the permission `{order.permission}` that it needs")


def _stack(*dependencies: str) -> list[Resource]:
    permission = Resource(
        PERMISSION,
        "read",
        {
            "function": "read",
            "action": "lambda:InvokeFunction",
            "principal": "s3.amazonaws.com",
            "sourceArn": "arn:aws:s3:::acme-inbox",
            "sourceAccount": "111122223333",
        },
    )
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:read"
    target = {"lambdaFunctionArn": arn, "events": ["s3:ObjectCreated:*"]}
    urns = {"function": Resource(FUNCTION, "read").urn, "permission": permission.urn}
    return [
        Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox"}),
        Resource(FUNCTION, "read", {"name": "read"}),
        permission,
        Resource(
            NOTIFICATION,
            "inbox",
            {"bucket": "acme-inbox", "lambdaFunctions": [target]},
            dependencies=tuple(urns[each] for each in dependencies),
        ),
    ]


POLICY = Policy(
    id="s3-early-notification",
    title="Notification may be created before the permission it needs",
    why=__doc__,
    severity=Severity.MEDIUM,
    fix="Give the notification `depends_on=[permission]` in its resource options.",
    references=[
        "https://www.pulumi.com/docs/iac/concepts/resources/options/dependson/",
        "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketnotification/",
    ],
    bad=_stack("function"),
    good=_stack("function", "permission"),
    reads=unordered,
    check=check,
)
