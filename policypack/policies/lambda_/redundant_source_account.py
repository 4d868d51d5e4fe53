"""Where the source's ARN carries the account, `sourceAccount` says it twice: at best nothing, at worst the two differ.

When they differ no invocation matches both, and nothing is delivered. Some services, SNS among them, do not tell Lambda
the account apart from the ARN, and then nothing is delivered either.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, permission, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.permission import ACCOUNT_ALONE, S3, SOURCES, Permission, permissions

SNS = "sns.amazonaws.com"


def check(found: Permission) -> Iterator[Judgement]:
    if found.source_account is None or found.source_arn is None or found.service == S3:
        return
    arn = found.arn
    if arn is None:
        if isinstance(found.source_arn, Unknown) and _carried(found):
            yield Violation("sourceAccount", "is redundant: the ARN of this service's source carries the account")
        elif isinstance(found.source_arn, Unknown):
            yield Undecided("sourceArn", found.source_arn.why, "Build it from names that the program knows.")
    elif not arn.account:
        return
    elif isinstance(found.source_account, str) and found.source_account != arn.account:
        yield Violation("sourceAccount", "is not the account in `sourceArn`, so nothing matches both")
    elif found.service == SNS:
        yield Violation("sourceAccount", "is not told by SNS, so no message matches; `sourceArn` carries the account")
    else:
        yield Violation("sourceAccount", "is redundant: `sourceArn` carries the account")


def _carried(found: Permission) -> bool:
    return found.service in SOURCES and found.service not in ACCOUNT_ALONE


def _for(service: str, source: str, account: str | None = "111122223333") -> Resource:
    return permission(principal=f"{service}.amazonaws.com", sourceArn=source, sourceAccount=account)


RULE = "arn:aws:events:eu-west-1:111122223333:rule/nightly"


POLICY = Policy(
    id="lambda-redundant-source-account",
    title="Permission names the account beside an ARN that carries it",
    why=__doc__,
    severity=Severity.LOW,
    tags=[Tag.LAMBDA, Tag.CORRECTNESS],
    fix="Leave out `sourceAccount`: the account is compared as a part of `sourceArn`.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-lambda-as-subscriber.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    ],
    bad=reported_at(
        "sourceAccount",
        example(_for("events", RULE)),
        example(_for("events", RULE, "444455556666"), note="two accounts, of which no event has both"),
        example(
            _for("sns", "arn:aws:sns:eu-west-1:111122223333:alarms"), note="a service that does not send the account"
        ),
    ),
    good=[
        example(_for("events", RULE, None)),
        example(permission(), note="a bucket's ARN, which has no account"),
        example(_for("apigateway", "arn:aws:apigateway:eu-west-1::/restapis/a"), note="an ARN without an account"),
    ],
    reads=permissions,
    check=check,
)
