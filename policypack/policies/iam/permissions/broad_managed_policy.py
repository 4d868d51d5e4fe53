"""AWS's policies for full or read-only access open every resource of a service in the account.

Their holder reads, or reads and deletes, the data of every other workload too. Policies for the settings of resources
alone, such as `ViewOnlyAccess` and `SecurityAudit`, are not reported. A review of the stack's own policy documents does
not show it, because the document is AWS's and is attached by its ARN.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, lambda_role, managed_attachment, reported_at
from policypack.core.policy import Policy, Resource, Severity, Stack, Violation, over_stack
from policypack.core.tags import Tag
from policypack.iam.managed import read_services, whole_services
from policypack.policies.iam.permissions.administrator_access import ALLOWS
from policypack.resources.attachments import AttachedDocument, attached_policies


@over_stack
def attached(stack: Stack) -> Iterator[tuple[Resource, str, str]]:
    """The name of each AWS managed policy that is attached, but those for administrators."""
    for resource, attachment in attached_policies(stack):
        if isinstance(attachment, AttachedDocument) and attachment.managed and attachment.managed not in ALLOWS:
            yield resource, attachment.path, attachment.managed


def check(name: str) -> Iterator[Violation]:
    if services := whole_services(name):
        listed = "nearly every service" if "*" in services else ", ".join(f"`{service}`" for service in services)
        yield Violation("", f"`{name}` allows every action of {listed} on every resource of the account")
    elif services := read_services(name):
        listed = ", ".join(f"`{service}`" for service in services)
        yield Violation("", f"`{name}` allows reading all data of {listed} in the account", severity=Severity.MEDIUM)


POLICY = Policy(
    id="iam-broad-managed-policy",
    title="AWS managed policy that opens all of a service is attached",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE],
    fix="Attach a policy of your own that names the actions that the workload calls and its resources.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonS3FullAccess.html",
    ],
    bad=reported_at(
        "policyArn",
        example(managed_attachment("AmazonS3FullAccess")),
        example(managed_attachment("SecretsManagerReadWrite"), note="another name for every action"),
        example(managed_attachment("AmazonS3ReadOnlyAccess"), note="every object of every bucket"),
        example(
            lambda_role("reader", managedPolicyArns=["arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"]),
            path="managedPolicyArns[0]",
            note="attached by the role itself",
        ),
    ),
    good=[
        example(managed_attachment("service-role/AWSLambdaVPCAccessExecutionRole")),
        example(managed_attachment("job-function/ViewOnlyAccess"), note="it reads no data"),
        example(managed_attachment("service-role/AWSGlueServiceRole"), note="AWS writes it for Glue's own role"),
    ],
    subsumes=["lambda-unused-permission"],
    reads=attached,
    check=check,
)
