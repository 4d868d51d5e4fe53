"""A permission's source is an ARN that Lambda compares with the caller's: another text lets nobody in, or too many.

A bucket's name, its id or a URL never equals an ARN, so the invocation is refused. A wildcard lets in every bucket or
rule that anybody makes up a name for.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.aws.permission import S3, Permission, permissions
from policypack.aws.source import source_problem
from policypack.policy import Judgement, Policy, Resource, Severity, Undecided, Unknown, Violation
from policypack.resources.tokens import PERMISSION

MADE_KNOWN = "Build it from the bucket's name: `arn:aws:s3:::` and the name."
MADE_UP = "AWS makes up the id in it: let the gate resolve it (`--unknown resolve`), or set `unknown: advisory` for this policy."

FOR_S3 = {
    "function": "read",
    "action": "lambda:InvokeFunction",
    "principal": "s3.amazonaws.com",
    "sourceAccount": "111122223333",
}


def check(found: Permission) -> Iterator[Judgement]:
    if isinstance(found.source_arn, Unknown):
        yield Undecided("sourceArn", found.source_arn.why, MADE_KNOWN if found.service == S3 else MADE_UP)
    elif found.source_arn is not None and (problem := source_problem(found.source_arn, found.service)):
        yield Violation("sourceArn", problem)


POLICY = Policy(
    id="lambda-malformed-source-arn",
    title="Permission whose source is not the ARN of one source",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Pass the `arn` of the one bucket, rule or topic that invokes the function.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html",
    ],
    bad=Resource(PERMISSION, "read", {**FOR_S3, "sourceArn": "acme-inbox"}),
    good=Resource(PERMISSION, "read", {**FOR_S3, "sourceArn": "arn:aws:s3:::acme-inbox"}),
    reads=permissions,
    check=check,
)
