"""S3 tests each target when it saves a notification, so the permission of a function has to exist first.

The same holds for the policy document of a queue or topic.

Pulumi creates independent resources in parallel. So the update fails now and then, on a new account more often than on
the author's, and succeeds when it is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.deliveries import admissions
from policypack.core.examples import bucket, example, function, notification, permission, reported_at
from policypack.core.policy import Judgement, Placed, Policy, Severity, Stack, Undecided, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.dependency_graph import comes_after
from policypack.resources.notification import FUNCTIONS, triggers
from policypack.resources.permission import allowing


class Dependency(msgspec.Struct, frozen=True):
    """A notification and a resource that it needs; `perhaps` if it may need another one, which exists earlier."""

    needed: str
    perhaps: bool


@over_stack
def unordered(stack: Stack) -> Iterator[Placed[Dependency]]:
    """Notifications that may be created before what allows S3 to use their targets."""
    yield from _of_functions(stack)
    for delivery, admitted in admissions(stack):
        carriers = admitted[0][1].carriers if delivery.targets.only else ()
        if carriers and not any(comes_after(stack, delivery.notification, carrier) for carrier in carriers):
            needed = f"the policy document `{carriers[0].name}`"
            yield delivery.notification, delivery.path, Dependency(needed, perhaps=False)


def _of_functions(stack: Stack) -> Iterator[Placed[Dependency]]:
    for trigger in triggers(stack, FUNCTIONS):
        functions = trigger.targets
        surely = len(functions.all) < 2 or functions.between
        for named in functions.all or ([None] if functions.foreign else []):
            permissions = allowing(stack, trigger, named)
            if not any(
                grant.external or comes_after(stack, trigger.notification, grant) for grant in permissions.certain
            ):
                earlier = any(comes_after(stack, trigger.notification, grant) for grant in permissions.possible)
                for needed in permissions.certain[:1]:
                    yield (
                        trigger.notification,
                        trigger.path,
                        Dependency(f"the permission `{needed.name}`", earlier or not surely),
                    )


def check(dependency: Dependency) -> Iterator[Judgement]:
    if dependency.perhaps:
        yield Undecided("", f"does not depend on {dependency.needed}, and may need another one")
    else:
        yield Violation("", f"may be created before {dependency.needed} that it needs")


OTHER = permission(title="other", sourceArn="arn:aws:s3:::acme-archive")


POLICY = Policy(
    id="s3-early-notification",
    title="Notification may be created before the permission or policy document it needs",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.S3, Tag.DEPLOYMENT],
    fix="Give the notification `depends_on=[permission]`, or the queue or topic policy, in its resource options.",
    references=[
        "https://www.pulumi.com/docs/iac/concepts/resources/options/dependson/",
        "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketnotification/",
    ],
    bad=reported_at(
        "lambdaFunctions[0].lambdaFunctionArn",
        example(bucket(), function(), permission(), notification(after=(function(),))),
        example(
            bucket(),
            function(),
            permission(),
            OTHER,
            notification(after=(OTHER,)),
            note="it waits for the permission of another bucket",
        ),
    ),
    good=[
        example(bucket(), function(), permission(), notification(after=(function(), permission()))),
        example(bucket(), function(), notification(), note="no permission, which is `s3-missing-invoke-permission`"),
    ],
    reads=unordered,
    check=check,
)
