from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.examples import allow, construct, document
from policypack.core.policy import UNKNOWN, Kind, Resource
from policypack.policies.lambda_.unused_permission import POLICY
from tests.evaluation.test_places import outcomes as placed_outcomes
from tests.gate.test_narrower import blocking
from tests.policies.helpers import messages, outcomes, reported_with, silent, undecided, violations
from tests.policies.lambda_.test_missing_permission import CODE, LOGS, PUT, stack

IN = "policy.Statement[1]"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

test_what_is_over = reported_with(
    POLICY,
    (stack(allow(None, "*", NotAction="iam:*")), f"{IN}.NotAction", "allows more than is called"),
    (stack(PUT, allow("xray:PutTraceSegments", "*")), "policy.Statement[2].Action", "allows `xray:PutTraceSegments`"),
)
test_silent = silent(
    POLICY,
    stack(PUT, allow("s3:*", "*", Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})),
    stack(allow("s3:*", "*"), runtime="nodejs22.x"),
)


def test_a_call_that_cannot_be_resolved_makes_it_undecided_and_names_the_line() -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client(event["service"]).run()
    """
    spare = stack(allow("s3:GetObject", "arn:aws:s3:::acme/*"), text=text)
    assert violations(POLICY, *spare) == []
    (outcome,) = outcomes(POLICY, *spare)
    assert undecided(POLICY, *spare) == [f"{IN}.Action"]
    assert "`app.py:4` makes a client of a service whose name is not a constant" in outcome.message


def test_an_unknown_resource_is_undecided() -> None:
    assert undecided(POLICY, *stack(allow("s3:PutObject", UNKNOWN))) == [f"{IN}.Resource"]


def aws_policy(name: str) -> Resource:
    return construct(ATTACHMENT, "all", role="read", policyArn=f"arn:aws:iam::aws:policy/{name}")


def test_a_managed_policy_that_is_not_read_is_undecided() -> None:
    newer = aws_policy("NewerAccess")
    assert undecided(POLICY, *stack(PUT), newer) == [""]
    assert "`NewerAccess`, which is not in the table of 20" in outcomes(POLICY, *stack(PUT), newer)[0].message


def test_a_managed_policy_that_is_wider_than_the_code_is_reported_in_one_line() -> None:
    (report,) = outcomes(POLICY, *stack(PUT), aws_policy("AmazonS3FullAccess"))
    assert (report.kind, report.path) == (Kind.VIOLATION, "policyArn")
    assert "every action of `s3`, `s3-object-lambda`, of which only `s3:PutObject` is called" in report.message
    (report,) = outcomes(POLICY, *stack(PUT), aws_policy("AmazonSQSReadOnlyAccess"))
    assert report.message.endswith("actions of `sqs`, of which none is called")


test_managed_policies_for_functions_and_telemetry_are_silent = silent(
    POLICY,
    *(
        (*stack(PUT), aws_policy(name))
        for name in (
            "service-role/AWSLambdaBasicExecutionRole",
            "service-role/AWSLambdaVPCAccessExecutionRole",
            "service-role/AWSLambdaSQSQueueExecutionRole",
            "AWSXRayDaemonWriteAccess",
            "CloudWatchLambdaInsightsExecutionRolePolicy",
        )
    ),
)


READ = """
    import boto3
    def handler(event, context):
        boto3.client("s3").get_object(Bucket="acme", Key="out/a")
"""


def test_a_role_that_two_functions_share_is_held_to_what_both_need() -> None:
    both = allow(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], "arn:aws:s3:::acme/out/*")
    role, policy, function = stack(both)
    other = stack(text=READ)[2]
    logging = {**other.inputs, "loggingConfig": {"logGroup": "/aws/lambda/read"}}
    second = Resource(other.type, "second", {**logging, "name": "second"})
    reports = messages(POLICY, role, policy, function, second)
    assert set(reports) == {
        "allows `s3:DeleteObject`, which is never called",
        "allows `s3:GetObject` on more of `arn:aws:s3:::acme/out/*` than it is called on, for example on `arn:aws:s3:::acme/out/example`",
    }
    foreign = Resource(other.type, "second", {**second.inputs, "runtime": "nodejs22.x"})
    assert violations(POLICY, role, policy, function, foreign) == []
    assert (
        "`second`, which has the same role or managed policy"
        in outcomes(POLICY, role, policy, function, foreign)[0].message
    )


def test_a_role_that_another_service_assumes_may_need_more() -> None:
    role, policy, function = stack(allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::acme/out/*"))
    trust = document({"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"})
    shared = Resource(role.type, role.name, {**role.inputs, "assumeRolePolicy": trust})
    assert violations(POLICY, shared, policy, function) == []
    assert (
        "`states.amazonaws.com`, which may assume the role too" in outcomes(POLICY, shared, policy, function)[0].message
    )


def test_a_managed_policy_of_two_roles_is_held_to_what_both_need() -> None:
    arn = "arn:aws:iam::111122223333:policy/both"
    both = document(allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::acme/out/*"))
    policy = Resource("aws:iam/policy:Policy", "both", {"name": "both", "policy": both}, outputs={"arn": arn})
    resources = []
    for name, text in (("read", CODE), ("second", READ.replace('"out/a"', '"out/" + event["a"]'))):
        function = stack(text=text)[2]
        resources += [
            construct("aws:iam/role:Role", name, name=name),
            construct(ATTACHMENT, name, role=name, policyArn=arn),
            Resource(
                function.type,
                name,
                {**function.inputs, "name": name, "role": arn.replace("policy/both", f"role/{name}")},
            ),
        ]
    assert outcomes(POLICY, policy, *resources) == []
    assert "allows `s3:GetObject`, which is never called" in messages(POLICY, policy, *resources[:3])


IDLE = """
    def handler(event, context):
        return None
"""
ALLOWED = json.dumps(document(LOGS, PUT))
each_order = pytest.mark.parametrize("order", [1, -1])


def worker(name: str, text: str, **role: Any) -> list[Resource]:
    """A role and the function that runs with it."""
    function = stack(text=text, loggingConfig={"logGroup": "/aws/lambda/read"})[2]
    arn = f"arn:aws:iam::111122223333:role/{name}"
    return [
        construct("aws:iam/role:Role", name, name=name, **role),
        Resource(function.type, name, {**function.inputs, "name": name, "role": arn}),
    ]


def inline(name: str, policy: Any = ALLOWED) -> Resource:
    """An inline policy of the role of that name."""
    return construct("aws:iam/rolePolicy:RolePolicy", name, role=name, policy=policy)


def managed(name: str, policy: Any = ALLOWED) -> Resource:
    """A managed policy with a known ARN."""
    return Resource("aws:iam/policy:Policy", name, {"name": name, "policy": policy}, outputs={"arn": arn_of(name)})


def arn_of(name: str) -> str:
    """The ARN of a managed policy of the stack."""
    return f"arn:aws:iam::111122223333:policy/{name}"


def attached(name: str, policy: str = "") -> Resource:
    """An attachment of a managed policy to the role of that name."""
    return construct(ATTACHMENT, name, role=name, policyArn=arn_of(policy or name))


def blamed(*resources: Resource) -> set[tuple[str, str]]:
    """The type and name of every resource with a violation; nothing is undecided."""
    reports = outcomes(POLICY, *resources)
    assert [report.message for report in reports if report.kind is Kind.UNDECIDED] == []
    return {(report.resource.type.rpartition(":")[2], report.resource.name) for report in reports}


@each_order
def test_of_two_inline_policies_with_one_text_the_unused_one_is_blamed(order: int) -> None:
    writer = [*worker("writer", CODE), inline("writer")]
    idle = [*worker("idle", IDLE), inline("idle")]
    assert blamed(*[*writer, *idle][::order]) == {("RolePolicy", "idle")}


@each_order
def test_of_two_managed_policies_with_one_text_the_unused_one_is_blamed(order: int) -> None:
    writer = [*worker("writer", CODE), managed("writer"), attached("writer")]
    idle = [*worker("idle", IDLE), managed("idle"), attached("idle")]
    assert blamed(*[*writer, *idle][::order]) == {("Policy", "idle")}


@pytest.mark.parametrize("policy", [ALLOWED, document(LOGS, PUT)], ids=["text", "object"])
@each_order
def test_of_three_functions_whose_roles_share_a_document_each_idle_one_is_blamed(policy: Any, order: int) -> None:
    inlined = [*worker("inline", IDLE), inline("inline", policy)]
    within = worker("within", IDLE, inlinePolicies=[{"name": "within", "policy": policy}])
    writer = [*worker("writer", CODE), managed("writer", policy), attached("writer")]
    resources = [*writer, *inlined, *within][::order]
    assert blamed(*resources) == {("RolePolicy", "inline"), ("Role", "within")}
    assert set(violations(POLICY, *resources)) == {
        "policy.Statement[1].Action",
        "inlinePolicies[0].policy.Statement[1].Action",
    }


@each_order
def test_of_three_inline_policies_with_one_text_both_idle_ones_are_blamed(order: int) -> None:
    workers = [[*worker(name, text), inline(name)] for name, text in (("one", IDLE), ("writer", CODE), ("two", IDLE))]
    assert blamed(*[resource for worker_resources in workers[::order] for resource in worker_resources]) == {
        ("RolePolicy", "one"),
        ("RolePolicy", "two"),
    }


def test_of_managed_policies_in_a_list_the_one_that_only_idle_roles_have_is_blamed() -> None:
    writer = worker("writer", CODE, managedPolicyArns=[arn_of("writer")])
    idle = worker("idle", IDLE, managedPolicyArns=[arn_of("idle")])
    also = worker("also", IDLE, managedPolicyArns=[arn_of("idle")])
    policies = [managed("writer"), managed("idle")]
    assert blamed(*policies, *writer, *idle, *also) == {("Policy", "idle")}
    assert blamed(*policies[::-1], *also, *idle, *writer) == {("Policy", "idle")}


def test_a_managed_policy_that_a_writer_may_have_is_kept() -> None:
    maybe = Resource(ATTACHMENT, "maybe", {"role": "writer", "policyArn": UNKNOWN})
    resources = [*worker("writer", CODE), *worker("idle", IDLE), managed("shared"), attached("idle", "shared"), maybe]
    names = [outcome.resource.name for outcome in outcomes(POLICY, *resources) if outcome.kind is Kind.VIOLATION]
    assert "shared" not in names


ANN = [
    construct("aws:iam/user:User", "ann", name="ann"),
    construct("aws:iam/userPolicyAttachment:UserPolicyAttachment", "ann", user="ann", policyArn=arn_of("shared")),
]
BATCH = [construct("aws:iam/role:Role", "batch", name="batch"), attached("batch", "shared")]


@pytest.mark.parametrize("other", [BATCH, ANN], ids=["another role", "a user"])
def test_a_managed_policy_that_somebody_else_has_may_be_needed_there(other: list[Resource]) -> None:
    idle = [*worker("idle", IDLE), managed("shared"), attached("idle", "shared"), inline("idle")]
    reports = outcomes(POLICY, *idle, *other)
    kinds = {(report.resource.type.rpartition(":")[2], report.kind) for report in reports}
    assert kinds == {("Policy", Kind.UNDECIDED), ("RolePolicy", Kind.VIOLATION)}
    words = " ".join(report.message for report in reports)
    assert f"unless it is for `{other[0].name}`, which has the same managed policy" in words


def test_a_managed_policy_may_be_needed_by_a_service_that_assumes_another_functions_role() -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    idle = [*worker("idle", IDLE), attached("idle", "shared")]
    also = [*worker("also", IDLE, assumeRolePolicy=document(trust)), attached("also", "shared")]
    assert violations(POLICY, managed("shared"), *idle, *also) == []
    assert violations(POLICY, managed("shared"), *idle, *worker("also", IDLE), attached("also", "shared")) != []


def test_what_a_service_does_with_a_key_for_the_caller_is_used() -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client("ssm").get_parameter(Name="/app/token", WithDecryption=True)
            boto3.client("dynamodb").put_item(TableName="orders", Item={})
    """
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234"
    token = construct("aws:ssm/parameter:Parameter", "token", name="/app/token", type="SecureString", keyId=key)
    encryption = {"enabled": True, "kmsKeyArn": key}
    orders = construct("aws:dynamodb/table:Table", "orders", name="orders", serverSideEncryption=encryption)
    calls = [
        allow("ssm:GetParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/app/token"),
        allow("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"),
    ]
    used = stack(*calls, allow(["kms:Decrypt", "kms:GenerateDataKey"], key), text=text)
    assert outcomes(POLICY, *used, token, orders) == []
    spare = stack(*calls, allow("kms:Sign", key), text=text)
    assert messages(POLICY, *spare, token, orders) == ["allows `kms:Sign`, which is never called"]


@pytest.mark.parametrize("source", ["kinesis", "dynamodb"])
def test_awss_roles_for_event_sources_list_streams_everywhere(source: str) -> None:
    arn = f"arn:aws:{source}:eu-west-1:111122223333:{'stream/a' if source == 'kinesis' else 'table/a/stream/b'}"
    mapping = "aws:lambda/eventSourceMapping:EventSourceMapping"
    reading = construct(mapping, "source", functionName="read", eventSourceArn=arn)
    assert outcomes(POLICY, *stack(PUT, allow(f"{source}:ListStreams", "*")), reading) == []
    assert violations(POLICY, *stack(PUT, allow(f"{source}:ListStreams", "*"))) == ["policy.Statement[2].Action"]


@pytest.mark.parametrize("label", ["/stream/2026-03-01T09:00:00.000", ""])
def test_a_role_reads_streams_of_any_label_of_the_source_table_only(label: str) -> None:
    head = "arn:aws:dynamodb:eu-west-1:111122223333:table"
    mapping = "aws:lambda/eventSourceMapping:EventSourceMapping"
    reading = construct(mapping, "source", functionName="read", eventSourceArn=f"{head}/posts{label}")
    actions = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"]
    for named in ("posts/stream/*", "posts/stream/2026-*"):
        assert outcomes(POLICY, *stack(PUT, allow(actions, f"{head}/{named}")), reading) == []
    for wider in ("*/stream/*", "posts*", "posts-archive/stream/*"):
        assert violations(POLICY, *stack(PUT, allow(actions, f"{head}/{wider}")), reading) != []


def test_a_role_is_passed_by_a_call_of_another_service() -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client("mediaconvert").create_job(Role=event["role"], Settings={})
    """
    passing = allow("iam:PassRole", "arn:aws:iam::111122223333:role/convert")
    assert violations(POLICY, *stack(allow("mediaconvert:CreateJob", "*"), passing, text=text)) == []
    assert violations(POLICY, *stack(PUT, passing)) == ["policy.Statement[2].Action"]


MORE = """
    import boto3
    def handler(event, context):
        s3 = boto3.client("s3")
        s3.put_object(Bucket="acme", Key="out/a", Body=b"")
        s3.get_object(Bucket="acme", Key="out/a")
"""
LESS = MORE.replace('s3.get_object(Bucket="acme", Key="out/a")', "pass")
BROAD = allow("s3:*", "arn:aws:s3:::acme/*")
BROADER = allow(["s3:*", "sqs:*"], "arn:aws:s3:::acme/*")


@pytest.mark.parametrize(
    ("before", "after", "blocks"),
    [
        (stack(BROAD, text=LESS), stack(BROAD, text=MORE), False),
        (stack(allow("S3:*", "arn:aws:s3:::acme/*"), text=LESS), stack(BROAD, text=MORE), False),
        (stack(BROAD, text=MORE), stack(BROAD, text=LESS), True),
        (stack(BROAD, text=MORE), stack(BROADER, text=MORE), True),
        (stack(allow("s3:Put*", "arn:aws:s3:::acme/*"), text=LESS), stack(BROAD, text=MORE), True),
        (stack(BROAD, text=LESS), stack(allow("s3:*", "*"), text=MORE), True),
        (
            (*stack(text=LESS), aws_policy("AmazonS3FullAccess")),
            (*stack(text=MORE), aws_policy("AmazonS3FullAccess")),
            False,
        ),
        (
            (*stack(text=MORE), aws_policy("AmazonS3FullAccess")),
            (*stack(text=LESS), aws_policy("AmazonS3FullAccess")),
            True,
        ),
    ],
)
def test_code_that_uses_more_of_a_grant_fits_the_baseline(
    *, before: tuple[Resource, ...], after: tuple[Resource, ...], blocks: bool
) -> None:
    old, new = (placed_outcomes(*resources, policy=POLICY.id) for resources in (before, after))
    assert old
    assert not blocking(old, old)
    assert bool(blocking(old, new)) is blocks, [outcome.message for outcome in blocking(old, new)]
