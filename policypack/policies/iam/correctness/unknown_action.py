"""A statement with an action that AWS does not have does nothing.

In an Allow statement the call fails in production, and the quick repair is often a wildcard. In a Deny statement, or in
`NotAction`, the intended protection is missing. Actions that AWS has withdrawn, or never documents, are reported
as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.core.examples import deny, example, granted, reported_at, role_policy
from policypack.core.policy import Policy, Severity, Violation
from policypack.core.spelling import similar
from policypack.core.tags import Tag
from policypack.iam.actions import exists, matches_some, names, services
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents
from policypack.iam.globs import has_wildcard
from policypack.iam.parliament.engine import recognized

MOST_HINTS = 20
"""The actions of one document for which the one that is probably meant is looked for."""


def check(document: PolicyDocument) -> Iterator[Violation]:
    unknown = (
        (statement.at(element), pattern)
        for statement in document.statements
        for element, patterns in (("Action", statement.actions), ("NotAction", statement.not_actions))
        for pattern in patterns or ()
        if not matches_some(pattern)
    )
    for count, (path, pattern) in enumerate(unknown):
        yield Violation(path, f"`{pattern}` {_problem(pattern, hinting=count < MOST_HINTS)}")


def _problem(pattern: str, *, hinting: bool) -> str:
    service, _, name = pattern.partition(":")
    if recognized(pattern):
        return "is no longer in AWS's reference of actions: AWS has withdrawn or renamed it"
    if not has_wildcard(service) and not exists(service):
        return f"names a service that AWS's reference does not have{_hint(service.lower(), services(), '') if hinting else ''}"
    return f"is not in AWS's reference of actions{_hint(name, names(service), f'{service}:') if hinting else ''}"


def _hint(name: str, known: Iterable[str], prefix: str) -> str:
    close = similar(name, known, cutoff=0.75)
    return f"; did you mean `{prefix}{close[0]}`?" if close else ""


POLICY = Policy(
    id="iam-unknown-action",
    title="Policy document names an action that AWS does not document",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.CORRECTNESS],
    fix="Write the action as the Service Authorization Reference lists it, such as `s3:ListBucket` for listing objects.",
    references=[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Action",
        example(granted("s3:GetObjects")),
        example(granted("s3:ListObjects"), note="an API operation that is no action: `s3:ListBucket` is"),
        example(granted("dynamo:GetItem"), note="a service by another name"),
        example(
            role_policy(deny(None, "*", NotAction="iam:GetUsers")),
            path="policy.Statement[0].NotAction",
            note="an exception that matches nothing",
        ),
        example(granted("evidently:ListProjects"), note="an action that AWS has withdrawn"),
    ),
    good=[
        example(granted()),
        example(granted("S3:GETOBJECT"), note="upper and lower case make no difference"),
        example(granted("s3:Get*"), note="a wildcard that matches some action"),
        example(
            granted("apigateway:GET", "arn:aws:apigateway:eu-west-1::/apis"),
            note="a service whose actions are HTTP methods",
        ),
    ],
    requires=["iam-malformed-document"],
    subsumes=BY_CORRECTIONS,
    reads=documents("Action", "NotAction"),
    check=check,
)
