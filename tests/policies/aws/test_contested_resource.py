from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.contested_resource import POLICY
from tests.policies.helpers import messages, outcomes, silent, undecided, violations

BUCKET = Resource("aws:s3/bucket:Bucket", "inbox", {})
NAMED = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox"})
TOPIC = Resource("aws:sns/topic:Topic", "alerts", {})
QUEUE = Resource("aws:sqs/queue:Queue", "jobs", {})
ROLE = Resource("aws:iam/role:Role", "reader", {})
FUNCTION = Resource("aws:lambda/function:Function", "ingest", {})
MANAGED = "arn:aws:iam::aws:policy/AWSLambdaExecute"


def made(token: str, logical: str, origins: dict[str, Resource] | None = None, /, **inputs: Any) -> Resource:
    """A resource; `origins` are the properties that are references to another resource, unknown yet."""
    service, kind = token.split("/")
    unknown = dict.fromkeys(origins or {}, UNKNOWN)
    return Resource(
        f"aws:{service}/{kind[0].lower()}{kind[1:]}:{kind}",
        logical,
        {**unknown, **inputs},
        property_dependencies={name: (each.urn,) for name, each in (origins or {}).items()},
    )


def twice(token: str, origins: dict[str, Resource] | None = None, /, **inputs: Any) -> list[Resource]:
    return [made(token, "first", origins, **inputs), made(token, "second", origins, **inputs)]


PER_BUCKET = (
    "s3/BucketPolicy",
    "s3/BucketNotification",
    "s3/BucketPublicAccessBlock",
    "s3/BucketVersioning",
    "s3/BucketServerSideEncryptionConfiguration",
    "s3/BucketOwnershipControls",
    "s3/BucketLifecycleConfiguration",
    "s3/BucketCorsConfiguration",
    "s3/BucketLogging",
    "s3/BucketWebsiteConfiguration",
    "s3/BucketAcl",
    "s3/BucketAccelerateConfiguration",
    "s3/BucketRequestPaymentConfiguration",
    "s3/BucketObjectLockConfiguration",
    "s3/BucketReplicationConfig",
)


@pytest.mark.parametrize("token", PER_BUCKET)
def test_a_bucket_has_one_of_each(token: str) -> None:
    (outcome,) = outcomes(POLICY, BUCKET, *twice(token, {"bucket": BUCKET}))
    assert (outcome.kind, outcome.resource.name, outcome.path) == ("violation", "second", "bucket")
    assert "`first`" in outcome.message


@pytest.mark.parametrize(
    "stack",
    [
        (
            BUCKET,
            made("s3/BucketPolicy", "first", {"bucket": BUCKET}),
            made("s3/BucketPolicy", "second", {"bucket": BUCKET}),
        ),
        (
            NAMED,
            made("s3/BucketPolicy", "first", {"bucket": NAMED}),
            made("s3/BucketPolicy", "second", bucket="acme-inbox"),
        ),
        (
            NAMED,
            made("s3/BucketPolicy", "first", bucket="arn:aws:s3:::acme-inbox"),
            made("s3/BucketPolicy", "second", bucket="acme-inbox"),
        ),
        tuple(twice("s3/BucketPolicy", bucket="somebody-elses")),
        (
            NAMED,
            made("s3/BucketVersioning", "first", bucket="acme-inbox"),
            made("s3/BucketVersioningV2", "second", {"bucket": NAMED}),
        ),
    ],
    ids=["references", "reference and name", "ARN and name", "a bucket outside", "two tokens of one type"],
)
def test_however_the_bucket_is_named(stack: tuple[Resource, ...]) -> None:
    assert [each.resource.name for each in outcomes(POLICY, *stack)] == ["second"]
    assert violations(POLICY, *stack) == ["bucket"]


@pytest.mark.parametrize(
    "stack",
    [
        (TOPIC, *twice("sns/TopicPolicy", {"arn": TOPIC})),
        (QUEUE, *twice("sqs/QueuePolicy", {"queueUrl": QUEUE})),
        (QUEUE, *twice("sqs/RedrivePolicy", {"queueUrl": QUEUE})),
        twice("kms/KeyPolicy", keyId="1234abcd-12ab-34cd-56ef-1234567890ab"),
        twice("ecr/RepositoryPolicy", repository="acme/ingest"),
        twice("secretsmanager/SecretPolicy", secretArn="arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"),
        (ROLE, *twice("iam/RolePolicyAttachment", {"role": ROLE}, policyArn=MANAGED)),
        (ROLE, *twice("iam/RolePolicy", {"role": ROLE}, name="read")),
        twice(
            "lambda/Permission", function="ingest", statementId="s3", action="lambda:InvokeFunction", principal=UNKNOWN
        ),
        (
            FUNCTION,
            BUCKET,
            *twice(
                "lambda/Permission",
                {"function": FUNCTION, "sourceArn": BUCKET},
                action="lambda:InvokeFunction",
                principal="s3.amazonaws.com",
            ),
        ),
        (FUNCTION, QUEUE, *twice("lambda/EventSourceMapping", {"functionName": FUNCTION, "eventSourceArn": QUEUE})),
        twice("s3/Bucket", bucket="acme-inbox"),
        twice("iam/Role", name="reader"),
        twice("cloudwatch/LogGroup", name="/aws/lambda/ingest"),
        [
            made("s3/BucketObject", "first", bucket="acme", key="a"),
            made("s3/BucketObjectv2", "second", bucket="acme", key="a"),
        ],
    ],
    ids=lambda stack: stack[-1].type.rpartition(":")[2],
)
def test_the_same_thing_twice(stack: list[Resource]) -> None:
    found = outcomes(POLICY, *stack)
    assert [(each.kind, each.resource.name) for each in found] == [("violation", "second")]


def test_a_name_in_the_state_is_the_reference_of_another() -> None:
    role = Resource("aws:iam/role:Role", "reader", {"name": "reader-prod"})
    attachments = (
        made("iam/RolePolicyAttachment", "first", {"role": role}, policyArn=MANAGED),
        made("iam/RolePolicyAttachment", "second", role="reader-prod", policyArn=MANAGED),
    )
    assert [each.resource.name for each in outcomes(POLICY, role, *attachments)] == ["second"]


@pytest.mark.parametrize(
    ("inline", "value", "token", "naming"),
    [
        ("policy", "{}", "s3/BucketPolicy", "bucket"),
        ("versioning", {"enabled": True}, "s3/BucketVersioning", "bucket"),
        ("versionings", [{"enabled": True}], "s3/BucketVersioningV2", "bucket"),
        ("serverSideEncryptionConfiguration", UNKNOWN, "s3/BucketServerSideEncryptionConfiguration", "bucket"),
        ("lifecycleRules", [{}], "s3/BucketLifecycleConfiguration", "bucket"),
        ("acl", "log-delivery-write", "s3/BucketAcl", "bucket"),
        ("grants", [{}], "s3/BucketAcl", "bucket"),
        ("logging", {}, "s3/BucketLogging", "bucket"),
        ("website", {"indexDocument": "index.html"}, "s3/BucketWebsiteConfiguration", "bucket"),
    ],
)
def test_inline_beside_a_resource_of_its_own(inline: str, value: Any, token: str, naming: str) -> None:
    value = value or {"targetBucket": "logs"}
    bucket = Resource("aws:s3/bucket:Bucket", "inbox", {inline: value})
    stack = (bucket, made(token, "sidecar", {naming: bucket}))
    assert violations(POLICY, *stack) == [naming]
    assert f"`inbox` sets `{inline}` inline" in messages(POLICY, *stack)[0]


@pytest.mark.parametrize(
    "stack",
    [
        (made("sns/Topic", "alerts", policy="{}"), made("sns/TopicPolicy", "sidecar", {"arn": TOPIC})),
        (made("sqs/Queue", "jobs", policy=UNKNOWN), made("sqs/QueuePolicy", "sidecar", {"queueUrl": QUEUE})),
        (
            made("iam/Role", "reader", managedPolicyArns=[MANAGED]),
            made("iam/RolePolicyAttachment", "sidecar", {"role": ROLE}, policyArn=MANAGED),
        ),
        (
            made("iam/Role", "reader", inlinePolicies=[{"name": "a"}]),
            made("iam/RolePolicy", "sidecar", {"role": ROLE}, name="b"),
        ),
    ],
    ids=["topic", "queue", "attached policies", "inline policies"],
)
def test_inline_elsewhere(stack: tuple[Resource, ...]) -> None:
    assert [each.resource.name for each in outcomes(POLICY, *stack)] == ["sidecar"]


def test_security_group_rules_of_the_other_direction_are_no_contest() -> None:
    group = made("ec2/SecurityGroup", "web", egress=[{"protocol": "-1"}])
    rules = [
        made("ec2/SecurityGroupRule", kind, {"securityGroupId": group}, type=kind) for kind in ("ingress", "egress")
    ]
    assert [each.resource.name for each in outcomes(POLICY, group, *rules)] == ["egress"]


test_silent = silent(
    POLICY,
    {
        "two kinds": (
            BUCKET,
            made("s3/BucketPolicy", "a", {"bucket": BUCKET}),
            made("s3/BucketVersioning", "b", {"bucket": BUCKET}),
        ),
        "two names": (made("s3/BucketPolicy", "a", bucket="inbox"), made("s3/BucketPolicy", "b", bucket="outbox")),
        "two references": (
            BUCKET,
            made("s3/Bucket", "outbox"),
            made("s3/BucketPolicy", "a", {"bucket": BUCKET}),
            made("s3/BucketPolicy", "b", {"bucket": made("s3/Bucket", "outbox")}),
        ),
        "two policies": (
            ROLE,
            made("iam/RolePolicyAttachment", "a", {"role": ROLE}, policyArn=MANAGED),
            made("iam/RolePolicyAttachment", "b", {"role": ROLE}, policyArn=f"{MANAGED}2"),
        ),
        "made-up names": (ROLE, *twice("iam/RolePolicy", {"role": ROLE})),
        "two sources": (
            made(
                "lambda/Permission",
                "a",
                function="f",
                action="lambda:InvokeFunction",
                principal="s3.amazonaws.com",
                sourceArn="arn:aws:s3:::a",
            ),
            made(
                "lambda/Permission",
                "b",
                function="f",
                action="lambda:InvokeFunction",
                principal="s3.amazonaws.com",
                sourceArn="arn:aws:s3:::b",
            ),
        ),
        "inline defaults": (
            made("s3/Bucket", "inbox", acl="private", versioning=None, corsRules=[]),
            made("s3/BucketAcl", "a", {"bucket": BUCKET}),
            made("s3/BucketVersioning", "b", {"bucket": BUCKET}),
        ),
        "another's inline": (
            made("s3/Bucket", "outbox", versioning={"enabled": True}),
            BUCKET,
            made("s3/BucketVersioning", "b", {"bucket": BUCKET}),
        ),
        "an alias": (
            made("lambda/Permission", "a", {"function": FUNCTION}, statementId="s3"),
            made("lambda/Permission", "b", {"function": FUNCTION}, statementId="s3", qualifier="live"),
        ),
    },
)


def test_names_may_repeat_in_another_account_or_region() -> None:
    east, home = (Resource("pulumi:providers:aws", name, {}) for name in ("east", "home"))
    queues = [Resource("aws:sqs/queue:Queue", each.name, {"name": "jobs"}, provider=each.urn) for each in (east, home)]
    regions = [
        made("sqs/Queue", f"in-{region}", name="jobs", region=region) for region in ("eu-west-1", "eu-central-1")
    ]
    assert outcomes(POLICY, east, home, *queues, *regions) == []


def test_bucket_names_may_not() -> None:
    east, home = (Resource("pulumi:providers:aws", name, {}) for name in ("east", "home"))
    buckets = [
        Resource("aws:s3/bucket:Bucket", each.name, {"bucket": "acme"}, provider=each.urn) for each in (east, home)
    ]
    assert violations(POLICY, east, home, *buckets) == ["bucket"]


def test_names_computed_from_one_source_are_undecided() -> None:
    pet = Resource("random:index/randomPet:RandomPet", "pet")
    stack = (pet, *twice("s3/BucketPolicy", {"bucket": pet}))
    assert violations(POLICY, *stack) == []
    assert undecided(POLICY, *stack) == ["bucket"]


def test_names_computed_from_two_sources_are_two_names() -> None:
    pets = [Resource("random:index/randomPet:RandomPet", name) for name in ("cat", "dog")]
    policies = [made("s3/BucketPolicy", each.name, {"bucket": each}) for each in pets]
    assert outcomes(POLICY, *pets, *policies) == []


def test_a_name_that_nobody_can_trace_is_undecided_once() -> None:
    named = made("s3/BucketPolicy", "named", bucket="acme-inbox")
    for stack in (
        (named, made("s3/BucketPolicy", "lost", bucket=UNKNOWN)),
        (made("s3/BucketPolicy", "lost", bucket=UNKNOWN), named),
    ):
        (outcome,) = outcomes(POLICY, *stack)
        assert (outcome.kind, outcome.resource.name) == ("undecided", "lost")
        assert "`named`" in outcome.message


def test_a_single_resource_of_an_unknown_bucket_is_no_contest() -> None:
    assert outcomes(POLICY, NAMED, made("s3/BucketPolicy", "lost", bucket=UNKNOWN)) == []


def test_an_untraced_sidecar_beside_an_inline_setting_is_undecided() -> None:
    bucket = made("s3/Bucket", "inbox", bucket="acme-inbox", policy="{}")
    assert undecided(POLICY, bucket, made("s3/BucketPolicy", "lost", bucket=UNKNOWN)) == ["bucket"]


def test_known_contests_come_before_unknown_ones() -> None:
    stack = (*twice("s3/BucketPolicy", bucket="acme-inbox"), made("s3/BucketPolicy", "lost", bucket=UNKNOWN))
    assert [(each.kind, each.resource.name) for each in outcomes(POLICY, *stack)] == [
        ("violation", "second"),
        ("undecided", "lost"),
    ]


def test_the_order_of_registration_changes_nothing() -> None:
    first, second = twice("s3/BucketPolicy", bucket="acme-inbox")
    (one,), (two,) = outcomes(POLICY, first, second), outcomes(POLICY, second, first)
    assert (one.resource, one.message) == (two.resource, two.message)
