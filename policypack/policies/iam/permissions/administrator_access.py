"""AWS's managed policies for administrators allow everything, or allow their holder to grant itself everything.

With one of them, any flaw in a workload can cost the whole account. A review of the stack's own policy documents does
not show it, because the document is AWS's and is attached by its ARN.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.controls import Control
from policypack.core.examples import example, lambda_role, managed_attachment, reported_at
from policypack.core.policy import Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.attachments import AttachedDocument, Unread, attached_policies

ALLOWS = {
    "AdministratorAccess": "every action there is or will be",
    "IAMFullAccess": "every action of `iam`, by which its holder can give itself all others",
    "PowerUserAccess": "every action of every service but `iam`, `organizations` and `account`",
}
UNKNOWN_POLICY = Unknown(
    "attaches a policy that may be one of AWS's for administrators: which one is known only after the update",
    "Write the policy's ARN, or pass the `arn` of a policy of this stack.",
)


@over_stack
def attached(stack: Stack) -> Iterator[tuple[Resource, str, str | Unknown]]:
    """The name of each AWS managed policy that is attached and whose document is known."""
    for resource, attachment in attached_policies(stack):
        if isinstance(attachment, AttachedDocument):
            if attachment.managed:
                yield resource, attachment.path, attachment.managed
        elif attachment.reason is Unread.POLICY and not attachment.policy:
            yield resource, attachment.path, UNKNOWN_POLICY


def check(name: str) -> Iterator[Violation]:
    if name in ALLOWS:
        yield Violation("", f"`{name}` allows {ALLOWS[name]}")


POLICY = Policy(
    id="iam-administrator-access",
    title="AWS's managed policy for administrators is attached",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE],
    controls=[Control("cis-aws-5.0/1.15", broader=True)],
    fix="Attach a policy of your own that lists the actions that the workload calls.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/IAMFullAccess.html",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html",
    ],
    bad=reported_at(
        "policyArn",
        example(managed_attachment("AdministratorAccess")),
        example(managed_attachment("IAMFullAccess"), note="it lets its holder grant itself the rest"),
        example(managed_attachment("PowerUserAccess"), note="all services except those for identities"),
        example(
            lambda_role("reader", managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
            path="managedPolicyArns[0]",
            note="attached by the role itself",
        ),
    ),
    good=[
        example(managed_attachment("service-role/AWSLambdaBasicExecutionRole")),
        example(managed_attachment("ReadOnlyAccess"), note="a wide policy that only reads"),
    ],
    subsumes=["iam-privilege-escalation", "lambda-unused-permission"],
    reads=attached,
    check=check,
)
