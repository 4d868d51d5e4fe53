"""An AWS service acts for everyone, so a permission for the service alone lets anyone's resources invoke the function.

This is the confused deputy problem: the service invokes the function on anyone's request. The permission has to name
the source. For S3 it has to name the account too, because a bucket's ARN has none and another account can take the name
of a deleted bucket.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.controls import Control
from policypack.core.examples import example, open_permission, reported_at
from policypack.core.policy import Judgement, Policy, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.permission import ACCOUNT_ALONE, S3, SOURCES, Permission, permissions


def check(granted: Permission) -> Iterator[Judgement]:
    if isinstance(granted.principal, Unknown):
        if granted.source_arn is None or granted.source_account is None:
            yield Undecided("principal", granted.principal.why, "Name the service or the account in the program.")
        return
    service = granted.service
    if service is None or granted.organization is not None or granted.token is not None:
        return
    if granted.source_arn is None:
        if granted.source_account is None:
            message = f"lets `{service}` invoke the function for anybody: {_missing(service)}"
            yield Violation("", message, facts=(service, "anybody"))
        elif service not in ACCOUNT_ALONE:
            yield Violation(
                "", f"lets `{service}` invoke the function for everything in the account: `sourceArn` is missing"
            )
    elif granted.source_account is None and _without_account(granted):
        yield Violation(
            "", "names a source by an ARN that has no account, so the name may be anybody's: `sourceAccount` is missing"
        )


def _missing(service: str) -> str:
    if service.endswith(".amazon.com"):
        return "`eventSourceToken` is missing"
    if service in ACCOUNT_ALONE:
        return "`sourceAccount` is missing"
    return "`sourceArn` and `sourceAccount` are missing" if service == S3 else "`sourceArn` is missing"


def _without_account(granted: Permission) -> bool:
    """Whether the source's ARN has no account. For an unknown ARN the service decides.

    The ARN of another service matches no source, which is `lambda-malformed-source-arn`: the right one has an account,
    unless it is a bucket's.
    """
    if isinstance(granted.source_arn, Unknown):
        return granted.service == S3
    if granted.arn is None or granted.arn.account:
        return False
    return granted.service == S3 or granted.arn.service == SOURCES.get(granted.service or "", granted.arn.service)


POLICY = Policy(
    id="lambda-confused-deputy",
    title="Permission lets an AWS service in for everybody",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.CROSS_ACCOUNT, Tag.AWS_FSBP],
    controls=[Control("aws-fsbp/Lambda.1", broader=True)],
    fix="Give the permission the source's `sourceArn`, and for a bucket your account in `sourceAccount`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1",
        "https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html",
    ],
    bad=reported_at(
        "",
        example(open_permission(S3, sourceArn="arn:aws:s3:::acme-inbox")),
        example(open_permission(S3), note="no source at all"),
        example(open_permission(S3, sourceAccount="111122223333"), note="every bucket of the account"),
        example(open_permission("sns.amazonaws.com"), note="another service"),
        example(open_permission("alexa-appkit.amazon.com"), note="a service that sends a token"),
    ),
    good=[
        example(open_permission(S3, sourceArn="arn:aws:s3:::acme-inbox", sourceAccount="111122223333")),
        example(
            open_permission("sns.amazonaws.com", sourceArn="arn:aws:sns:eu-west-1:111122223333:alarms"),
            note="an ARN with the account",
        ),
        example(open_permission("config.amazonaws.com", sourceAccount="111122223333"), note="an account-wide service"),
        example(open_permission(S3, principalOrgId="o-a1b2c3d4e5"), note="one organization"),
        example(open_permission("111122223333"), note="an account instead of a service"),
    ],
    reads=permissions,
    check=check,
)
