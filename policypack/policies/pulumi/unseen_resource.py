"""A program creates resources in a function passed to `apply`, and the preview cannot run that function to its end.

No preview shows what it would create: a bucket that is public if a VPC has a certain name, or a role for each output of
another stack. None of it is judged. This is reported once for each place, because silence would look like a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from policypack.core.examples import construct, example
from policypack.core.policy import (
    ROOT_TYPE,
    Placed,
    Policy,
    Position,
    Resource,
    Severity,
    Stack,
    Undecided,
    Unknown,
    Unseen,
    over_stack,
)
from policypack.core.tags import Tag


@over_stack
def unseen_resources(stack: Stack) -> Iterator[Placed[Unseen]]:
    """The stack, once for each place where it constructs resources that are not seen."""
    root = next(stack.of(ROOT_TYPE), Resource(ROOT_TYPE, "stack", custom=False))
    for unseen in stack.unseen:
        blamed = replace(root, position=unseen.position, property_dependencies={"": unseen.waits_for})
        yield blamed, "", Unknown(unseen.why, unseen.fix)


def check(unseen: Unseen) -> Iterator[Undecided]:
    yield Undecided("", unseen.why, unseen.fix)


FIX = (
    "Construct resources outside of `apply`, from values that the program knows before the update, or give the missing "
    "value with `--mock FILE`; to accept what is not seen here, set this policy's `enforcement` to `advisory`."
)


STACK = Resource(ROOT_TYPE, "shop-prod", custom=False)
UNSEEN = """\
vpc = aws.ec2.get_vpc_output(default=True)
vpc.id.apply(lambda vpc_id: vpc_id != "vpc-0a1b2c3d" and aws.s3.Bucket("logs"))
"""


POLICY = Policy(
    id="pulumi-unseen-resource",
    title="Resources that were not seen",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.PULUMI, Tag.VISIBILITY],
    fix=FIX,
    references=[
        "https://www.pulumi.com/docs/iac/concepts/inputs-outputs/apply/",
        "https://www.pulumi.com/docs/iac/concepts/inputs-outputs/",
    ],
    bad=[
        example(
            STACK,
            path="",
            unseen=[
                Unseen(
                    Position("__main__.py", 7),
                    "constructs resources in a function given to `apply` that needs `id` of `aws:ec2/getVpc:getVpc`, which "
                    "only the cloud knows, and `__main__.py:7` compares it",
                    "Give it with `--mock FILE`: `- {token: 'aws:ec2/getVpc:getVpc', result: {id: <text>}}` under `functions:`.",
                    function="aws:ec2/getVpc:getVpc",
                )
            ],
            program=UNSEEN,
        )
    ],
    good=[example(STACK, construct("aws:s3/bucket:Bucket", "logs"))],
    reads=unseen_resources,
    check=check,
)
