"""Lambda compares a permission's source ARN with the caller's: any other text matches no caller, or too many.

A bucket's name, its ID or a URL never equals an ARN, so Lambda refuses the invocation. A wildcard matches every bucket
or rule that anyone creates with a fitting name.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, permission, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.permission import S3, Permission, permissions, source_problem

FROM_NAME = "Build it from the bucket's name: `arn:aws:s3:::` and the name."
GENERATED = "AWS generates the ID in it: let the gate resolve it (`--unknown resolve`), or set `unknown: advisory` for this policy."


def check(granted: Permission) -> Iterator[Judgement]:
    if isinstance(granted.source_arn, Unknown):
        yield Undecided("sourceArn", granted.source_arn.why, FROM_NAME if granted.service == S3 else GENERATED)
    elif granted.source_arn is not None and (problem := source_problem(granted.source_arn, granted.service)):
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
    bad=reported_at(
        "sourceArn",
        example(permission(sourceArn="acme-inbox")),
        example(permission(sourceArn="arn:aws:s3:::acme-inbox/*"), note="the objects instead of the bucket"),
        example(permission(sourceArn="arn:aws:s3:::*"), note="every bucket"),
        example(_for("s3", RULE), note="a rule's ARN for S3"),
        example(_for("events", "arn:aws:events:eu-west-1:111122223333:rule/*"), note="every rule"),
        example(_for("events", "arn:aws:events:eu-west-1:111122223333:nightly"), note="a rule's ARN without `rule/`"),
    ),
    good=[
        example(permission()),
        example(_for("events", RULE), note="one rule"),
        example(
            _for("apigateway", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/GET/orders"),
            note="one method of an API, at every stage",
        ),
    ],
    subsumes=["s3-missing-invoke-permission"],
    reads=permissions,
    check=check,
)
