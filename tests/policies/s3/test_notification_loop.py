from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import (
    FUNCTION_ARN,
    allow,
    bucket,
    construct,
    deny,
    document,
    execution_role,
    function,
    notification,
    target,
)
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.notification_loop import POLICY
from policypack.resources.attachments import ROLE_ATTACHMENT
from policypack.resources.tokens import ROLE
from tests.policies.helpers import messages, outcomes, reported, silent, undecided, violations

ARN = "lambdaFunctions[0].lambdaFunctionArn"
EVERYTHING = "arn:aws:s3:::acme-inbox/*"


def stack(*statements: Any, entry: Any = None, **inputs: Any) -> tuple[Resource, ...]:
    return (bucket(), *execution_role(*statements, **inputs), function(), notification(entry or target()))


@pytest.mark.parametrize(
    ("statements", "entry"),
    [
        ([allow("s3:PutObject", EVERYTHING)], target()),
        ([allow("s3:*", "*")], target(prefix="in/", suffix=".csv")),
        ([allow("*", "*")], target(events=["s3:ObjectCreated:Copy"])),
        ([allow(["s3:GetObject", "S3:put*"], EVERYTHING)], target(prefix="in/")),
        ([allow("s3:PutObject", "arn:aws:s3:::*/in/*")], target(prefix="in/")),
        ([allow("s3:PutObject", "arn:aws:s3:::acme-inbox/in/done/*")], target(prefix="in/")),
        ([allow("s3:PutObject", "arn:aws:s3:::acme-inbox/in.csv")], target(prefix="in.csv", suffix=".csv")),
        ([allow(None, EVERYTHING, NotAction="s3:DeleteObject")], target()),
        ([allow("s3:PutObject", None, NotResource="arn:aws:s3:::acme-results/*")], target()),
        (
            [
                allow("s3:PutObject", EVERYTHING),
                deny("s3:*", "*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            ],
            target(),
        ),
        ([allow("s3:PutObject", EVERYTHING, Condition={"StringEquals": {"s3:ResourceAccount": "1"}})], target()),
        ([allow("s3:PutObject", "arn:aws-us-gov:s3:::acme-inbox/*")], target()),
    ],
)
def test_a_role_that_may_write_where_its_function_is_invoked_from(statements: list[Any], entry: Any) -> None:
    assert violations(POLICY, *stack(*statements, entry=entry)) == [ARN]
    assert "`read`" in messages(POLICY, *stack(*statements, entry=entry))[0]


test_silent = silent(
    POLICY,
    ([allow("s3:GetObject", EVERYTHING)], target()),
    ([allow("s3:PutObject", "arn:aws:s3:::acme-inbox/out/*")], target(prefix="in/")),
    ([allow("s3:PutObject", "arn:aws:s3:::acme-inbox/*.json")], target(suffix=".csv")),
    ([allow("s3:PutObjectTagging", EVERYTHING)], target()),
    ([allow("s3:PutObject", EVERYTHING), deny("s3:Put*", EVERYTHING)], target()),
    ([allow("s3:*", "*"), deny("s3:*", None, NotResource="arn:aws:s3:::acme-results/*")], target()),
    ([allow("s3:PutObject", None, NotResource=EVERYTHING)], target()),
    ([allow(None, "*", NotAction="s3:*")], target()),
    ([allow("s3:PutObject", "arn:aws:s3:::acme-inbox")], target()),
    of=lambda statements, entry: (*stack(*statements, entry=entry),),
)


def attached(name: str, **inputs: Any) -> tuple[Resource, ...]:
    return (*stack(**inputs), construct(ROLE_ATTACHMENT, "a", role="read", policyArn=f"arn:aws:iam::aws:policy/{name}"))


test_managed_policies_that_write_count = reported(
    POLICY,
    ARN,
    "AmazonS3FullAccess",
    "AdministratorAccess",
    "PowerUserAccess",
    "AWSLambdaExecute",
    of=lambda name: (*attached(name),),
)


def test_managed_policies_that_do_not_write_are_known_and_others_undecided() -> None:
    assert outcomes(POLICY, *attached("service-role/AWSLambdaBasicExecutionRole")) == []
    assert undecided(POLICY, *attached("AWSGlueConsoleFullAccess")) == [ARN]


def test_a_denial_stops_a_managed_policy_too() -> None:
    assert outcomes(POLICY, *attached("AmazonS3FullAccess"), construct("aws:s3/bucketObject:BucketObject", "x")) != []
    denied = (*stack(deny("s3:PutObject", EVERYTHING)), attached("AmazonS3FullAccess")[-1])
    assert outcomes(POLICY, *denied) == []


def test_a_boundary_limits_what_the_role_may() -> None:
    arn = "arn:aws:iam::111122223333:policy/limit"
    writing = stack(allow("s3:*", "*"), permissionsBoundary=arn)

    def limit(*statements: Any) -> Resource:
        return construct("aws:iam/policy:Policy", "limit", name="limit", policy=document(*statements))

    assert violations(POLICY, *writing, limit(allow("s3:*", "*"))) == [ARN]
    assert outcomes(POLICY, *writing, limit(allow("logs:*", "*"))) == []
    assert undecided(POLICY, *writing) == [ARN]


def test_a_bucket_that_pulumi_names_is_told_by_the_beginning() -> None:
    rest = (function(), notification(bucket=UNKNOWN, at="bucket", after=(bucket(None),)))
    assert violations(POLICY, bucket(None), *execution_role(allow("s3:PutObject", "*")), *rest) == [ARN]
    assert violations(
        POLICY, bucket(None), *execution_role(allow("s3:PutObject", "arn:aws:s3:::inbox-*/*")), *rest
    ) == [ARN]
    assert outcomes(POLICY, bucket(None), *execution_role(allow("s3:PutObject", "arn:aws:s3:::results/*")), *rest) == []
    named = execution_role(allow("s3:PutObject", "arn:aws:s3:::inbox-prod/*"))
    assert undecided(POLICY, bucket(None), *named, *rest) == [ARN]


@pytest.mark.parametrize(
    "resources",
    [
        stack(UNKNOWN),
        stack(allow(UNKNOWN, EVERYTHING)),
        stack(allow("s3:PutObject", UNKNOWN)),
        stack(allow("s3:PutObject", [UNKNOWN, "arn:aws:s3:::acme-results/*"])),
        stack(allow("s3:PutObject", EVERYTHING, Condition=UNKNOWN)),
        stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/${aws:PrincipalTag/team}/*")),
        stack(allow("s3:PutObject", EVERYTHING), deny("s3:PutObject", UNKNOWN)),
        stack(allow("s3:PutObject", EVERYTHING), entry=target(events=[UNKNOWN])),
        stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/out/*"), entry=target(prefix=UNKNOWN)),
        (bucket(), function(), notification()),
        (bucket(), construct(ROLE, "read", name="read"), function(), notification(target(f"{FUNCTION_ARN}-2"))),
        (*stack(), construct("aws:iam/rolePolicy:RolePolicy", "p", role="read", policy=UNKNOWN)),
        (*stack(), construct("aws:iam/rolePolicy:RolePolicy", "p", role=UNKNOWN, policy=document(allow("s3:*", "*")))),
    ],
    ids=[
        *("statement", "action", "resource", "one resource", "condition", "variable", "denial", "event", "prefix"),
        *("role elsewhere", "function elsewhere", "document", "attachment"),
    ],
)
def test_what_may_be_a_loop_is_undecided(resources: tuple[Resource, ...]) -> None:
    assert undecided(POLICY, *resources) == [ARN]
    assert violations(POLICY, *resources) == []


def test_what_is_known_to_loop_is_told_beside_what_is_unknown() -> None:
    resources = (*stack(allow("s3:PutObject", EVERYTHING), UNKNOWN), *attached("AWSGlueConsoleFullAccess")[-1:])
    assert violations(POLICY, *resources) == [ARN]
    assert undecided(POLICY, *resources) == []


def test_unknown_parts_that_do_not_decide_are_let_be() -> None:
    assert outcomes(POLICY, *stack(allow("s3:GetObject", UNKNOWN), allow("s3:PutObject", "arn:aws:s3:::other/*"))) == []
    assert outcomes(POLICY, *stack(allow("s3:*", "arn:aws:s3:::other/*"), entry=target(prefix=UNKNOWN))) == []
