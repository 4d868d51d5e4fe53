"""A document with a Parliament finding does not mean what its author intended, or it allows more than necessary.

IAM accepts a condition on a key that the request never contains, an action on a resource of another type, or a test
that is true when a key is absent. Nothing fails: the grant is missing when it is needed, or present when it should
not be.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.core.examples import example, granted, role
from policypack.core.policy import Policy, Severity, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents
from policypack.iam.parliament.linter import lint

ABOUT_CONDITIONS = ("MISMATCHED_TYPE", "UNKNOWN_CONDITION", "NOT_LINTED")
"""What the issues begin with that make `iam-ineffective-condition` superfluous at their place."""

REPEATED = {
    "RESOURCE_STAR": "iam-wildcard-resource",
    "UNKNOWN_ACTION": "iam-unknown-action",
    "UNKNOWN_PREFIX": "iam-unknown-action",
}
"""By issue, the policy of ours that reports each of its causes."""
ABOUT_ALL_ACTIONS = "RESOURCE_STAR"
"""The issue whose message lists actions of the statement, with what their wildcards match."""


def check(document: PolicyDocument) -> Iterator[Violation]:
    for report in lint(document):
        message = f"{report.reason} (`{report.issue}`, {report.severity})"
        about_condition = report.issue.startswith(ABOUT_CONDITIONS)
        facts = (report.issue,) if report.issue == ABOUT_ALL_ACTIONS else None
        repeats = REPEATED.get(report.issue, "")
        yield Violation(report.path, message, excuses=about_condition, facts=facts, repeats=repeats)


POLICY = Policy(
    id="iam-linter-report",
    title="Parliament objects to a policy document",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.CORRECTNESS],
    fix="Use actions, resources and condition keys that the Service Authorization Reference lists together.",
    references=[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html",
        "https://github.com/duo-labs/parliament",
    ],
    bad=[
        example(
            granted(Condition={"StringEquals": {"s3:prefix": "in/"}}), path="policy.Statement[0].Condition.StringEquals"
        ),
        example(
            granted(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
            path="policy.Statement[0].Condition.Bool",
            note="a test that is true when the key is absent",
        ),
    ],
    good=[
        example(granted(resource="arn:aws:s3:::inbox/in/*")),
        example(granted("s3:Get*"), note="a wildcard that fits its resource"),
        example(granted(Condition={"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}), note="an IPv6 range"),
        example(
            role({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}),
            note="a trust policy, which has no resource",
        ),
    ],
    requires=[
        "iam-malformed-document",
        "iam-invalid-address",
        "iam-unknown-action",
        "iam-mismatched-resource",
        "iam-wildcard-resource",
        "iam-absent-key-allowed",
    ],
    subsumes=BY_CORRECTIONS,
    reads=documents("Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"),
    check=check,
)
