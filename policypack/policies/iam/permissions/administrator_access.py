"""AWS's managed policies for administrators allow everything, on everything, or the means to allow it to oneself.

A workload that holds one of them turns any flaw in it into the loss of the account. That its document is AWS's own and
is attached by an ARN hides it from whoever reads only what the stack itself allows.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import allow, construct, document, example, reported_at
from policypack.core.policy import Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.attachments import AttachedDocument, Lack, attached_policies

ALLOWS = {
    "AdministratorAccess": "every action there is or will be",
    "IAMFullAccess": "every action of `iam`, by which its holder can give itself all others",
    "PowerUserAccess": "every action of every service but `iam`, `organizations` and `account`",
}
UNTOLD = Unknown(
    "attaches a policy that may be one of AWS's for administrators: which one is known only after the update",
    "Write the policy's ARN, or pass the `arn` of a policy of this stack.",
)


@over_stack
def attached(stack: Stack) -> Iterator[tuple[Resource, str, str | Unknown]]:
    """The name of each AWS managed policy that is attached and whose document is known."""
    for resource, each in attached_policies(stack):
        if isinstance(each, AttachedDocument):
            if each.managed:
                yield resource, each.path, each.managed
        elif each.lacks is Lack.POLICY and not each.policy:
            yield resource, each.path, UNTOLD


def check(name: str) -> Iterator[Violation]:
    if name in ALLOWS:
        yield Violation("", f"`{name}` allows {ALLOWS[name]}")


def _attachment(name: str) -> Resource:
    arn = f"arn:aws:iam::aws:policy/{name}"
    return construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "reader", role="reader", policyArn=arn)


POLICY = Policy(
    id="iam-administrator-access",
    title="AWS's managed policy for administrators is attached",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE],
    fix="Attach a policy of your own that lists the actions that the workload calls.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/IAMFullAccess.html",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html",
    ],
    bad=reported_at(
        "policyArn",
        example(_attachment("AdministratorAccess")),
        example(_attachment("IAMFullAccess"), note="the means to allow oneself the rest"),
        example(_attachment("PowerUserAccess"), note="all services but those for identities"),
        example(
            construct(
                "aws:iam/role:Role",
                "reader",
                assumeRolePolicy=document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})),
                managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"],
            ),
            path="managedPolicyArns[0]",
            note="attached by the role itself",
        ),
    ),
    good=[
        example(_attachment("service-role/AWSLambdaBasicExecutionRole")),
        example(_attachment("ReadOnlyAccess"), note="a wide policy that changes nothing"),
    ],
    reads=attached,
    check=check,
)
