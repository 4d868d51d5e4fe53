from __future__ import annotations

from typing import Any

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
from tests.policies.helpers import outcomes, reported, silent, undecided, undecided_at, violations

ARN = "lambdaFunctions[0].lambdaFunctionArn"
EVERYTHING = "arn:aws:s3:::acme-inbox/*"


def stack(*statements: Any, entry: Any = None, **inputs: Any) -> tuple[Resource, ...]:
    return (bucket(), *execution_role(*statements, **inputs), function(), notification(entry or target()))


SECURE = deny("s3:*", "*", Condition={"Bool": {"aws:SecureTransport": "false"}})
test_a_role_that_may_write_to_what_invokes_its_function = reported(
    POLICY,
    ARN,
    stack(allow("s3:*", "*"), entry=target(prefix="in/", suffix=".csv")),
    stack(allow("*", "*"), entry=target(events=["s3:ObjectCreated:Copy"])),
    stack(allow(["s3:GetObject", "S3:put*"], EVERYTHING), entry=target(prefix="in/")),
    stack(allow("s3:PutObject", "arn:aws:s3:::*/in/*"), entry=target(prefix="in/")),
    stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/in/done/*"), entry=target(prefix="in/")),
    stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/in.csv"), entry=target(prefix="in.csv", suffix=".csv")),
    stack(allow(None, EVERYTHING, NotAction="s3:DeleteObject")),
    stack(allow("s3:PutObject", None, NotResource="arn:aws:s3:::acme-results/*")),
    stack(allow("s3:PutObject", EVERYTHING), SECURE),
    stack(allow("s3:PutObject", EVERYTHING, Condition={"StringEquals": {"s3:ResourceAccount": "1"}})),
    stack(allow("s3:PutObject", "arn:aws-us-gov:s3:::acme-inbox/*")),
)
test_silent = silent(
    POLICY,
    stack(allow("s3:GetObject", EVERYTHING)),
    stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/*.json"), entry=target(suffix=".csv")),
    stack(allow("s3:PutObjectTagging", EVERYTHING)),
    stack(allow("s3:PutObject", EVERYTHING), deny("s3:Put*", EVERYTHING)),
    stack(allow("s3:*", "*"), deny("s3:*", None, NotResource="arn:aws:s3:::acme-results/*")),
    stack(allow("s3:PutObject", None, NotResource=EVERYTHING)),
    stack(allow(None, "*", NotAction="s3:*")),
    stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox")),
    stack(allow("s3:GetObject", UNKNOWN), allow("s3:PutObject", "arn:aws:s3:::other/*")),
    stack(allow("s3:*", "arn:aws:s3:::other/*"), entry=target(prefix=UNKNOWN)),
)


def attached(name: str, **inputs: Any) -> tuple[Resource, ...]:
    return (*stack(**inputs), construct(ROLE_ATTACHMENT, "a", role="read", policyArn=f"arn:aws:iam::aws:policy/{name}"))


WRITING = ["AmazonS3FullAccess", "AdministratorAccess", "PowerUserAccess", "AWSLambdaExecute"]
test_managed_policies_that_write_count = reported(POLICY, ARN, *map(attached, WRITING))


def test_managed_policies_that_do_not_write_are_known_and_others_undecided() -> None:
    assert outcomes(POLICY, *attached("service-role/AWSLambdaBasicExecutionRole")) == []
    assert undecided(POLICY, *attached("NewerAccess")) == [ARN]
    assert outcomes(POLICY, *attached("AmazonS3ReadOnlyAccess")) == []


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


def test_a_bucket_that_pulumi_names_is_known_by_the_beginning_of_its_name() -> None:
    def named(resource: str) -> tuple[Resource, ...]:
        notice = notification(bucket=UNKNOWN, at="bucket", after=(bucket(None),))
        return (bucket(None), *execution_role(allow("s3:PutObject", resource)), function(), notice)

    assert violations(POLICY, *named("*")) == violations(POLICY, *named("arn:aws:s3:::inbox-*/*")) == [ARN]
    assert outcomes(POLICY, *named("arn:aws:s3:::results/*")) == []
    assert undecided(POLICY, *named("arn:aws:s3:::inbox-prod/*")) == [ARN]


test_what_may_be_a_loop_is_undecided = undecided_at(
    POLICY,
    ARN,
    stack(UNKNOWN),
    stack(allow(UNKNOWN, EVERYTHING)),
    stack(allow("s3:PutObject", UNKNOWN)),
    stack(allow("s3:PutObject", [UNKNOWN, "arn:aws:s3:::acme-results/*"])),
    stack(allow("s3:PutObject", EVERYTHING, Condition=UNKNOWN)),
    stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/${aws:PrincipalTag/team}/*")),
    stack(allow("s3:PutObject", EVERYTHING), deny("s3:PutObject", UNKNOWN)),
    stack(allow("s3:PutObject", EVERYTHING), entry=target(events=[UNKNOWN])),
    stack(allow("s3:PutObject", "arn:aws:s3:::acme-inbox/out/*"), entry=target(prefix=UNKNOWN)),
    (bucket(), construct(ROLE, "read", name="read"), function(), notification(target(f"{FUNCTION_ARN}-2"))),
    (*stack(), construct("aws:iam/rolePolicy:RolePolicy", "p", role="read", policy=UNKNOWN)),
    (*stack(), construct("aws:iam/rolePolicy:RolePolicy", "p", role=UNKNOWN, policy=document(allow("s3:*", "*")))),
)


def test_a_role_of_another_stack_is_judged_by_what_this_stack_attaches_to_it() -> None:
    assert outcomes(POLICY, bucket(), function(), notification()) == []
    theirs = Resource(
        ROLE, "read", {}, outputs={"name": "read", "arn": "arn:aws:iam::111122223333:role/read"}, external=True
    )
    run = (bucket(), theirs, function(), notification())
    ours = construct("aws:iam/rolePolicy:RolePolicy", "p", role="read", policy=document(allow("s3:*", "*")))
    assert outcomes(POLICY, *run) == []
    assert violations(POLICY, *run, ours) == [ARN]


def test_a_known_loop_is_reported_beside_unknown_values() -> None:
    resources = (*stack(allow("s3:PutObject", EVERYTHING), UNKNOWN), *attached("AWSGlueConsoleFullAccess")[-1:])
    assert violations(POLICY, *resources) == [ARN]
    assert undecided(POLICY, *resources) == []
