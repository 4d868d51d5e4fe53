"""A document that Parliament objects to says something else than its author meant, or says it wastefully wide.

IAM accepts a condition on a key that the request never carries, an action on a resource of another kind, or a test that
is true when nothing was sent. Nothing fails: the grant is missing when it is needed, or is there when it should not be.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.aws.document import PolicyDocument
from policypack.aws.linter import lint
from policypack.aws.reading import documents
from policypack.policy import Policy, Resource, Severity, Violation


def check(document: PolicyDocument) -> Iterator[Violation]:
    for report in lint(document):
        yield Violation(report.path, f"{report.reason} (`{report.issue}`, {report.severity})")


POLICY = Policy(
    id="iam-linter-report",
    title="Parliament objects to a policy document",
    why=__doc__,
    severity=Severity.MEDIUM,
    fix="Write actions, resources and condition keys that belong together by the Service Authorization Reference.",
    references=[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html",
        "https://github.com/duo-labs/parliament",
    ],
    bad=Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "reader",
        {
            "role": "reader",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::inbox/*",
                        "Condition": {"StringEquals": {"s3:prefix": "in/"}},
                    }
                ],
            },
        },
    ),
    good=Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "reader",
        {
            "role": "reader",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/in/*"},
                ],
            },
        },
    ),
    reads=documents("Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"),
    check=check,
)
