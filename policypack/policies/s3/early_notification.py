"""S3 tries to invoke the function as it saves a notification, so the permission must be there before.

Pulumi creates side by side what does not depend on each other: the update fails now and then, on a fresh account
more often than on the author's, and passes when it is started again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.core.examples import bucket, example, function, notification, permission
from policypack.core.policy import Judgement, Placed, Policy, Severity, Stack, Undecided, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.graph import comes_after
from policypack.resources.notification import triggers
from policypack.resources.permission import allowing


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


OTHER = permission(title="other", sourceArn="arn:aws:s3:::acme-archive")


POLICY = Policy(
    id="s3-early-notification",
    title="Notification may be created before the permission it needs",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.S3, Tag.DEPLOYMENT],
    fix="Give the notification `depends_on=[permission]` in its resource options.",
    references=[
        "https://www.pulumi.com/docs/iac/concepts/resources/options/dependson/",
        "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketnotification/",
    ],
    bad=[
        example(
            bucket(),
            function(),
            permission(),
            notification(after=(function(),)),
            path="lambdaFunctions[0].lambdaFunctionArn",
        ),
        example(
            bucket(),
            function(),
            permission(),
            OTHER,
            notification(after=(OTHER,)),
            path="lambdaFunctions[0].lambdaFunctionArn",
            note="it waits for the permission of another bucket",
        ),
    ],
    good=[
        example(bucket(), function(), permission(), notification(after=(function(), permission()))),
        example(bucket(), function(), notification(), note="no permission, which is `s3-missing-invoke-permission`"),
    ],
    reads=unordered,
    check=check,
)
