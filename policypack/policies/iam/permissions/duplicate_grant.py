"""Two documents of one role that grant the same action contradict each other, and the wider one wins.

Whoever narrows or removes one of them changes nothing, because the other still grants the action. A condition on one
does not restrict what the other grants without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.duplicate_grants import DuplicateGrant, duplicate_grants
from policypack.core.examples import allow, construct, deny, document, example, lambda_role, reported_at
from policypack.core.policy import Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag


def check(grant: DuplicateGrant) -> Iterator[Violation]:
    yield Violation("", grant.message, related=grant.related)


OBJECTS = "arn:aws:s3:::acme-inbox/*"


def _policy(title: str, *statements: Any) -> Resource:
    return construct("aws:iam/rolePolicy:RolePolicy", title, role="worker", policy=document(*statements))


def _two(statement: Any) -> tuple[Resource, ...]:
    return lambda_role("worker"), _policy("first", allow("s3:GetObject", OBJECTS)), _policy("second", statement)


def _attached(arn: str) -> Resource:
    return construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "own", role="worker", policyArn=arn)


POLICY = Policy(
    id="iam-duplicate-grant",
    title="Two documents of one role grant the same action",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.CORRECTNESS, Tag.LEAST_PRIVILEGE],
    fix="Grant the action in one of the two documents only.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
    ],
    bad=reported_at(
        "policy.Statement[0]",
        example(*_two(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-inbox/in/*"))),
        example(*_two(allow("s3:Get*", "arn:aws:s3:::*")), note="a wider one"),
        example(
            *_two(allow("s3:GetObject", OBJECTS, Condition={"Bool": {"aws:SecureTransport": "true"}})),
            note="a condition that the other lacks",
        ),
        example(
            *_two(allow("s3:PutObject", OBJECTS)),
            construct("aws:iam/policy:Policy", "third", name="third", policy=document(allow("s3:PutObject", OBJECTS))),
            _attached("arn:aws:iam::111122223333:policy/third"),
            note="a customer managed policy beside an inline one",
        ),
    ),
    good=[
        example(*_two(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/in/*"))),
        example(*_two(allow("s3:GetObject", "arn:aws:s3:::acme-archive/*")), note="another bucket"),
        example(*_two(deny("s3:GetObject", "arn:aws:s3:::acme-inbox/secret/*")), note="a denial"),
        example(
            lambda_role("worker"),
            _policy("first", allow("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/app:*")),
            _attached("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"),
            note="an AWS managed policy",
        ),
    ],
    requires=["iam-malformed-document"],
    reads=over_stack(duplicate_grants),
    check=check,
)
