"""A grant on every resource of a type also covers resources of others, today and in the future.

A function that may read `*` can read every bucket in the account, including the one with the payroll, so a bug in it or
a stolen session affects all of them. Actions that AWS cannot limit to resources, such as `s3:ListAllMyBuckets`,
need `*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from policypack.core.controls import Control
from policypack.core.examples import allow, bucket_policy, example, granted, reported_at
from policypack.core.policy import Policy, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.actions import Action, alike_in_resources, every_action, expand
from policypack.iam.anywhere import anywhere
from policypack.iam.condition_keys import scopes
from policypack.iam.document import Statement
from policypack.iam.document_readers import IDENTITY, statements
from policypack.iam.globs import everything, has_wildcard

_CREATED: Mapping[str, re.Pattern[str]] = {
    "logs:CreateLogGroup": re.compile(r"arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:(?:log-group:)?\*(?::\*)?"),
    "iam:CreateVirtualMFADevice": re.compile(r"arn:aws[a-z-]*:iam::(?:[0-9]{12}|\*):mfa/\*"),
}
"""By action, the patterns of what it creates in the own account, under names that nobody knows before.

Lambda's console lets every function create log groups in one account and region, and users who manage their MFA devices
choose the names of them. Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html.
"""


def check(statement: Statement) -> Iterator[Violation | Undecided]:
    if not statement.allows or scopes(statement.conditions):
        return
    if statement.not_resources is not None:
        wide: Violation | None = Violation("NotResource", "allows the actions on every resource but those named")
    else:
        wide = _wide(statement, tuple(filter(has_wildcard, statement.resources or ())))
    if wide and "Condition" in statement.unknown:
        yield Undecided("Condition")
    elif wide:
        yield wide
    elif "Resource" in statement.unknown and _wide(statement, ("*",)):
        yield Undecided("Resource")


def _wide(statement: Statement, resources: tuple[str, ...]) -> Violation | None:
    """What the statement allows on every resource of a kind."""
    if not resources:
        return None
    if statement.actions is None or any(map(every_action, statement.actions)):
        anything = any(everything(resource) or resource.startswith("arn:*") for resource in resources)
        return Violation("Resource", "allows actions of every service on every resource") if anything else None
    names = sorted(
        str(action)
        for alike in alike_in_resources(statement.actions)
        if alike[0].everywhere(resources)
        for action in filter(narrowable, alike)
        if not _only_creates(action, resources)
    )
    if not names:
        return None
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    wide = tuple(pattern for pattern in statement.actions if not {*map(str, expand(pattern))}.isdisjoint(names))
    patterns = "" if any(map(everything, resources)) else f" that matches `{'`, `'.join(resources[:3])}`"
    return Violation(
        "Resource",
        f"allows {', '.join(f'`{name}`' for name in names[:3])}{more} on every resource{patterns}",
        facts=(),
        parts=wide,
    )


def _only_creates(action: Action, resources: tuple[str, ...]) -> bool:
    """Whether an action creates what cannot be named before, and the patterns match nothing else of its kind."""
    own = _CREATED.get(str(action))
    others = tuple(resource for resource in resources if own and not own.fullmatch(resource))
    return own is not None and not action.everywhere(others)


def narrowable(action: Action) -> bool:
    """Whether AWS can limit it to resources, and that matters. A single type that a call may leave out does not count."""
    if action.level == "List" or anywhere(action):
        return False
    return bool(action.required or len(action.optional) > 1)


POLICY = Policy(
    id="iam-wildcard-resource",
    title="Policy document allows an action on every resource",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/KMS.1", partly=True, broader=True, types=("aws:iam/policy:",)),
        Control(
            "aws-fsbp/KMS.2",
            partly=True,
            broader=True,
            types=(
                "aws:iam/rolePolicy:",
                "aws:iam/userPolicy:",
                "aws:iam/groupPolicy:",
                "aws:iam/role:",
            ),
        ),
    ],
    fix="Name the resources, such as `arn:aws:s3:::inbox/*`, or narrow them by a condition such as `aws:ResourceTag`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Resource",
        example(granted("s3:GetObject", "*")),
        example(granted("s3:GetObject", "arn:aws:s3:::*"), note="every bucket there is"),
        example(granted("s3:Get*", ["arn:aws:s3:::inbox/*", "*"]), note="beside a resource that is named"),
        example(granted("kms:Decrypt", "arn:aws:kms:*:*:key/*"), note="every key, spelled out"),
        example(
            granted(resource=None, NotResource="arn:aws:s3:::payroll/*"),
            path="policy.Statement[0].NotResource",
            note="all but the named resources",
        ),
        example(
            granted("ec2:TerminateInstances", "*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
            note="a condition about something else",
        ),
    ),
    good=[
        example(granted()),
        example(granted("s3:GetObject", "arn:aws:s3:::inbox-*/*"), note="a wildcard within a name"),
        example(
            granted(["s3:ListAllMyBuckets", "ec2:DescribeInstances", "cloudwatch:PutMetricData"], "*"),
            note="actions that AWS cannot narrow",
        ),
        example(
            granted(["dynamodb:DescribeTable", "kms:DescribeKey", "cloudwatch:DescribeAlarms"], "*"),
            note="actions that read settings only",
        ),
        example(
            granted("ec2:TerminateInstances", "*", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}),
            note="a condition that narrows the resources",
        ),
        example(
            granted("logs:CreateLogGroup", "arn:aws:logs:eu-west-1:111122223333:*"),
            note="the creation of log groups in one account and region, as Lambda's console allows it",
        ),
        example(
            granted("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
            note="an MFA device, whose name its user chooses",
        ),
        example(
            granted(
                "ec2:CreateTags",
                "arn:aws:ec2:eu-west-1:111122223333:instance/*",
                Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}},
            ),
            note="tags for what another call creates",
        ),
        example(
            bucket_policy(allow("s3:GetObject", "*", Principal={"AWS": "111122223333"})),
            note="a bucket policy, which applies to its bucket only",
        ),
    ],
    requires=["iam-malformed-document"],
    subsumes=["iam-unscoped-list", "iam-pass-role-anywhere", "lambda-unused-permission", "s3-notification-loop"],
    reads=statements("Action", "NotAction", kinds=IDENTITY),
    check=check,
)
