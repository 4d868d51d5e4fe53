"""A statement that allows `*`, or every action of a service, also grants what AWS adds in the future.

One leaked credential then costs the account: its holder can read any secret, create users, and switch off the logs that
would show it. `NotAction` in an Allow statement does the same by exclusion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import (
    ACCOUNT,
    allow,
    construct,
    deny,
    document,
    example,
    granted,
    reported_at,
    role_policy,
)
from policypack.core.policy import Policy, Resource, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.actions import whole_service
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument, Principal, Statement
from policypack.iam.document_readers import documents
from policypack.iam.tables import DocumentKind

ROOT = re.compile(r"(\d{12})|arn:aws[-a-z]*:iam::(\d{12}):root")


def check(document: PolicyDocument) -> Iterator[Violation | Undecided]:
    for statement in document.statements:
        if not statement.allows:
            continue
        if statement.not_actions is not None:
            yield Violation(statement.at("NotAction"), "allows every action of every service but those named")
        for pattern in filter(whole_service, statement.actions or ()):
            if not _for_own_account(document, statement, pattern):
                yield Violation(statement.at("Action"), _too_much(pattern))
            elif "Principal" in statement.unknown:
                yield Undecided(statement.at("Principal"))


def _too_much(pattern: str) -> str:
    service, colon, _ = pattern.partition(":")
    of = f"of `{service.lower()}` " if colon and service.strip("*?") else ""
    return f"`{pattern}` allows every action {of}there is or will be"


def _for_own_account(document: PolicyDocument, statement: Statement, pattern: str) -> bool:
    """Whether a document leaves its resource to the IAM policies of an account: the key's, or the one in the ARNs.

    It is the default of a key policy, and the statement `__owner_statement` of SQS's console.
    """
    service = pattern.partition(":")[0].lower()
    accounts = _accounts(statement.principals)
    if document.kind is not DocumentKind.RESOURCE or accounts is None:
        return False
    if document.type.startswith("aws:kms/"):
        return service == "kms"
    arns = [Arn.parse(resource) for resource in statement.resources or ()]
    owners = {arn.account if arn and arn.service == service else "" for arn in arns}
    return len(owners) == 1 and "Resource" not in statement.unknown and accounts <= owners


def _accounts(principals: tuple[Principal, ...] | None) -> set[str] | None:
    """The ids of the accounts that the known principals are; None if one is no account."""
    roots = [principal.type == "AWS" and ROOT.fullmatch(principal.value) for principal in principals or ()]
    return None if principals is None or not all(roots) else {root[1] or root[2] for root in roots if root}


def _key(statement: dict[str, Any]) -> Resource:
    return construct("aws:kms/key:Key", "inbox", policy=document(statement))


POLICY = Policy(
    id="iam-wildcard-action",
    title="Policy document allows every action of a service, or of all",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/IAM.1", broader=True, types=("aws:iam/policy:",)),
        Control("aws-fsbp/IAM.21", types=("aws:iam/policy:",)),
        Control("cis-aws-5.0/1.15", broader=True, types=("aws:iam/",)),
    ],
    fix="List the actions that the workload calls, such as `s3:GetObject`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Action",
        example(granted("s3:*")),
        example(granted("*"), note="every action of every service"),
        example(granted(["s3:GetObject", "sqs:?*"]), note="another spelling, next to a named action"),
        example(
            granted(None, NotAction="iam:*"), path="policy.Statement[0].NotAction", note="all but the named actions"
        ),
        example(
            _key(allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"})),
            note="a key policy for a role",
        ),
    ),
    good=[
        example(granted()),
        example(granted("s3:Get*"), note="a wildcard that is narrower than the service"),
        example(role_policy(deny("*", "*", Condition={"Bool": {"aws:SecureTransport": "false"}})), note="a denial"),
        example(
            _key(allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
            note="the default of a key policy, which leaves the key to the account's IAM policies",
        ),
        example(
            construct(
                "aws:sqs/queuePolicy:QueuePolicy",
                "jobs",
                queueUrl=f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs",
                policy=document(
                    allow(
                        "SQS:*",
                        f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs",
                        Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    )
                ),
            ),
            note="the owner's statement of SQS's console, which leaves the queue to the account's IAM policies",
        ),
        example(
            construct(
                "aws:ec2/vpcEndpoint:VpcEndpoint",
                "s3",
                vpcId="vpc-0a1b2c3d",
                serviceName="com.amazonaws.eu-west-1.s3",
                policy=document(allow("*", "*", Principal="*")),
            ),
            note="a document that only narrows what others grant",
        ),
    ],
    subsumes=[
        "iam-duplicate-grant",
        "iam-wildcard-resource",
        "iam-unscoped-list",
        "iam-pass-role-anywhere",
        "iam-privilege-escalation",
        "lambda-unused-permission",
        "s3-notification-loop",
    ],
    reads=documents("Action", "NotAction", granting=True),
    check=check,
)
