"""If the source ARN contains the account, `sourceAccount` adds nothing, or contradicts it.

If the two differ, no invocation matches both and nothing is delivered. Some services, such as SNS, do not send the
account separately, so nothing is delivered either. Where a service's own guide adds the account, the same account in
both is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, permission, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.permission import S3, SOURCES, WITH_ACCOUNT, Permission, permissions

SNS = "sns.amazonaws.com"


def check(granted: Permission) -> Iterator[Judgement]:
    if granted.source_account is None or granted.source_arn is None or granted.service == S3:
        return
    arn = granted.arn
    if arn is None:
        if isinstance(granted.source_arn, Unknown) and _in_arn(granted):
            yield Violation("sourceAccount", "is redundant: the ARN of this service's source contains the account")
        elif isinstance(granted.source_arn, Unknown) and granted.service not in WITH_ACCOUNT:
            yield Undecided(
                "sourceArn", granted.source_arn.why, "Build it from names that the program knows before the update."
            )
    elif not arn.account:
        return
    elif isinstance(granted.source_account, str) and granted.source_account != arn.account:
        yield Violation("sourceAccount", "is not the account in `sourceArn`, so nothing matches both")
    elif granted.service == SNS:
        yield Violation("sourceAccount", "is not sent by SNS, so no message matches; `sourceArn` contains the account")
    elif granted.service not in WITH_ACCOUNT:
        yield Violation("sourceAccount", "is redundant: `sourceArn` contains the account")


def _in_arn(granted: Permission) -> bool:
    return granted.service in SOURCES and granted.service not in WITH_ACCOUNT


def _for(service: str, source: str, account: str | None = "111122223333") -> Resource:
    return permission(principal=f"{service}.amazonaws.com", sourceArn=source, sourceAccount=account)


RULE = "arn:aws:events:eu-west-1:111122223333:rule/nightly"


POLICY = Policy(
    id="lambda-redundant-source-account",
    title="Permission names the account in addition to an ARN that contains it",
    why=__doc__,
    severity=Severity.LOW,
    tags=[Tag.LAMBDA, Tag.CORRECTNESS],
    fix="Leave out `sourceAccount`: the account is compared as a part of `sourceArn`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-lambda-as-subscriber.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html",
    ],
    bad=reported_at(
        "sourceAccount",
        example(_for("events", RULE)),
        example(_for("events", RULE, "444455556666"), note="two different accounts, which no event matches"),
        example(_for("sns", "arn:aws:sns:eu-west-1:111122223333:alarms"), note="SNS, which does not send the account"),
    ),
    good=[
        example(_for("events", RULE, None)),
        example(permission(), note="a bucket's ARN, which has no account"),
        example(
            _for("secretsmanager", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1b2c3"),
            note="Secrets Manager, whose guide adds the account",
        ),
        example(_for("apigateway", "arn:aws:apigateway:eu-west-1::/restapis/a"), note="an ARN without an account"),
    ],
    reads=permissions,
    check=check,
)
