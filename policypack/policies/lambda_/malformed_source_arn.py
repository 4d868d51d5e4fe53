"""A permission's source is an ARN that Lambda compares with the caller's: another text lets nobody in, or too many.

A bucket's name, its id or a URL never equals an ARN, so the invocation is refused. A wildcard lets in every bucket or
rule that anybody makes up a name for.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, permission
from policypack.core.policy import Judgement, Policy, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.permission import S3, Permission, permissions, source_problem

MADE_KNOWN = "Build it from the bucket's name: `arn:aws:s3:::` and the name."
MADE_UP = "AWS makes up the id in it: let the gate resolve it (`--unknown resolve`), or set `unknown: advisory` for this policy."


def check(found: Permission) -> Iterator[Judgement]:
    if isinstance(found.source_arn, Unknown):
        yield Undecided("sourceArn", found.source_arn.why, MADE_KNOWN if found.service == S3 else MADE_UP)
    elif found.source_arn is not None and (problem := source_problem(found.source_arn, found.service)):
        yield Violation("sourceArn", problem)


RULE = "arn:aws:events:eu-west-1:111122223333:rule/nightly"


def _for(service: str, source: str) -> Resource:
    return permission(principal=f"{service}.amazonaws.com", sourceArn=source, sourceAccount=None)


POLICY = Policy(
    id="lambda-malformed-source-arn",
    title="Permission whose source is not the ARN of one source",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.CORRECTNESS, Tag.CROSS_ACCOUNT],
    fix="Pass the `arn` of the one bucket, rule or topic that invokes the function.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html",
    ],
    bad=[
        example(permission(sourceArn="acme-inbox"), path="sourceArn"),
        example(
            permission(sourceArn="arn:aws:s3:::acme-inbox/*"),
            path="sourceArn",
            note="the objects instead of the bucket",
        ),
        example(permission(sourceArn="arn:aws:s3:::*"), path="sourceArn", note="every bucket there is"),
        example(_for("s3", RULE), path="sourceArn", note="a rule's ARN for S3"),
        example(_for("events", "arn:aws:events:eu-west-1:111122223333:rule/*"), path="sourceArn", note="every rule"),
    ],
    good=[
        example(permission()),
        example(_for("events", RULE), note="one rule"),
        example(
            _for("apigateway", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/GET/orders"),
            note="one method of an API, at every stage",
        ),
    ],
    reads=permissions,
    check=check,
)
