from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.contested_resource import POLICY
from tests.policies.helpers import messages, outcomes, reported, silent, undecided, violations

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
        property_dependencies={name: (origin.urn,) for name, origin in (origins or {}).items()},
    )


def twice(token: str, origins: dict[str, Resource] | None = None, /, **inputs: Any) -> list[Resource]:
    return [made(token, "first", origins, **inputs), made(token, "second", origins, **inputs)]


OF_BUCKET = {"bucket": BUCKET}
INVOKE = {"function": "f", "action": "lambda:InvokeFunction", "principal": "s3.amazonaws.com"}
SIDECARS = ["Policy", "Notification", "PublicAccessBlock", "Versioning", "ServerSideEncryptionConfiguration"]
SIDECARS += [
    "OwnershipControls",
    "LifecycleConfiguration",
    "CorsConfiguration",
    "Logging",
    "WebsiteConfiguration",
    "Acl",
]
SIDECARS += ["AccelerateConfiguration", "RequestPaymentConfiguration", "ObjectLockConfiguration", "ReplicationConfig"]


@pytest.mark.parametrize("sidecar", SIDECARS)
def test_a_bucket_has_one_of_each(sidecar: str) -> None:
    (outcome,) = outcomes(POLICY, BUCKET, *twice(f"s3/Bucket{sidecar}", OF_BUCKET))
    assert (outcome.kind, outcome.resource.name, outcome.path) == ("violation", "second", "bucket")
    assert "`first`" in outcome.message


SECOND_POLICY = made("s3/BucketPolicy", "second", bucket="acme-inbox")
VERSIONING = made("s3/BucketVersioning", "first", bucket="acme-inbox")
test_however_the_bucket_is_named = reported(
    POLICY,
    "bucket",
    (NAMED, made("s3/BucketPolicy", "first", {"bucket": NAMED}), SECOND_POLICY),
    twice("s3/BucketPolicy", bucket="somebody-elses"),
    (NAMED, VERSIONING, made("s3/BucketVersioningV2", "second", {"bucket": NAMED})),
)


@pytest.mark.parametrize(
    "stack",
    [
        [TOPIC, *twice("sns/TopicPolicy", {"arn": TOPIC})],
        [QUEUE, *twice("sqs/QueuePolicy", {"queueUrl": QUEUE})],
        [QUEUE, *twice("sqs/RedrivePolicy", {"queueUrl": QUEUE})],
        twice("kms/KeyPolicy", keyId="1234abcd-12ab-34cd-56ef-1234567890ab"),
        twice("ecr/RepositoryPolicy", repository="acme/ingest"),
        twice("secretsmanager/SecretPolicy", secretArn="arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"),
        [ROLE, *twice("iam/RolePolicyAttachment", {"role": ROLE}, policyArn=MANAGED)],
        [ROLE, *twice("iam/RolePolicy", {"role": ROLE}, name="read")],
        twice("lambda/Permission", **{**INVOKE, "statementId": "s3", "principal": UNKNOWN}),
        [FUNCTION, BUCKET, *twice("lambda/Permission", {"function": FUNCTION, "sourceArn": BUCKET}, **INVOKE)],
        [FUNCTION, QUEUE, *twice("lambda/EventSourceMapping", {"functionName": FUNCTION, "eventSourceArn": QUEUE})],
        twice("s3/Bucket", bucket="acme-inbox"),
        twice("iam/Role", name="reader"),
        twice("cloudwatch/LogGroup", name="/aws/lambda/ingest"),
        [
            made(f"s3/BucketObject{old}", name, bucket="acme", key="a")
            for old, name in (("", "first"), ("v2", "second"))
        ],
    ],
    ids=lambda stack: stack[-1].type.rpartition(":")[2],
)
def test_two_resources_that_manage_one_setting(stack: list[Resource]) -> None:
    assert [(outcome.kind, outcome.resource.name) for outcome in outcomes(POLICY, *stack)] == [("violation", "second")]


@pytest.mark.parametrize(
    ("inline", "value", "sidecar"),
    [
        ("policy", "{}", "Policy"),
        ("versioning", {"enabled": True}, "Versioning"),
        ("versionings", [{"enabled": True}], "VersioningV2"),
        ("serverSideEncryptionConfiguration", UNKNOWN, "ServerSideEncryptionConfiguration"),
        ("lifecycleRules", [{}], "LifecycleConfiguration"),
        ("acl", "log-delivery-write", "Acl"),
        ("grants", [{}], "Acl"),
        ("logging", {"targetBucket": "logs"}, "Logging"),
        ("website", {"indexDocument": "index.html"}, "WebsiteConfiguration"),
    ],
)
def test_inline_beside_a_resource_of_its_own(inline: str, value: Any, sidecar: str) -> None:
    bucket = Resource("aws:s3/bucket:Bucket", "inbox", {inline: value})
    stack = (bucket, made(f"s3/Bucket{sidecar}", "sidecar", {"bucket": bucket}))
    assert violations(POLICY, *stack) == ["bucket"]
    assert f"`inbox` sets `{inline}` inline" in messages(POLICY, *stack)[0]


ATTACHED = made("iam/RolePolicyAttachment", "sidecar", {"role": ROLE}, policyArn=MANAGED)
RENAMED = Resource("aws:iam/role:Role", "reader", {"name": "reader-prod"})
test_inline_in_a_role_and_names_in_the_state = reported(
    POLICY,
    "role",
    (made("iam/Role", "reader", managedPolicyArns=[MANAGED]), ATTACHED),
    (made("iam/Role", "reader", inlinePolicies=[{"name": "a"}]), made("iam/RolePolicy", "b", {"role": ROLE}, name="b")),
    (RENAMED, ATTACHED, made("iam/RolePolicyAttachment", "second", role="reader-prod", policyArn=MANAGED)),
)


def test_inline_in_a_topic_or_queue() -> None:
    topic = made("sns/TopicPolicy", "sidecar", {"arn": TOPIC})
    assert violations(POLICY, made("sns/Topic", "alerts", policy="{}"), topic) == ["arn"]
    queue = made("sqs/QueuePolicy", "sidecar", {"queueUrl": QUEUE})
    assert violations(POLICY, made("sqs/Queue", "jobs", policy=UNKNOWN), queue) == ["queueUrl"]


def test_security_group_rules_of_the_other_direction_are_no_contest() -> None:
    group = made("ec2/SecurityGroup", "web", egress=[{"protocol": "-1"}])
    rules = [
        made("ec2/SecurityGroupRule", kind, {"securityGroupId": group}, type=kind) for kind in ("ingress", "egress")
    ]
    assert [outcome.resource.name for outcome in outcomes(POLICY, group, *rules)] == ["egress"]


A, B, OUTBOX = (
    made("s3/BucketPolicy", "a", OF_BUCKET),
    made("s3/BucketVersioning", "b", OF_BUCKET),
    made("s3/Bucket", "o"),
)
test_silent = silent(
    POLICY,
    (BUCKET, A, B),
    (made("s3/BucketPolicy", "a", bucket="inbox"), made("s3/BucketPolicy", "b", bucket="outbox")),
    (BUCKET, OUTBOX, A, made("s3/BucketPolicy", "b", {"bucket": OUTBOX})),
    (ROLE, *(made("iam/RolePolicyAttachment", arn, {"role": ROLE}, policyArn=arn) for arn in (MANAGED, f"{MANAGED}2"))),
    (ROLE, *twice("iam/RolePolicy", {"role": ROLE})),
    tuple(made("lambda/Permission", name, **INVOKE, sourceArn=f"arn:aws:s3:::{name}") for name in "ab"),
    (made("s3/Bucket", "inbox", acl="private", versioning=None, corsRules=[]), made("s3/BucketAcl", "a", OF_BUCKET), B),
    (made("s3/Bucket", "outbox", versioning={"enabled": True}), BUCKET, B),
    tuple(
        made("lambda/Permission", f"p{alias}", {"function": FUNCTION}, statementId="s3", qualifier=alias)
        for alias in (None, "live")
    ),
    (NAMED, made("s3/BucketPolicy", "lost", bucket=UNKNOWN)),
)


def test_names_may_repeat_in_another_account_or_region() -> None:
    east, home = (Resource("pulumi:providers:aws", name, {}) for name in ("east", "home"))
    queues = [
        Resource("aws:sqs/queue:Queue", region.name, {"name": "jobs"}, provider=region.urn) for region in (east, home)
    ]
    regions = [
        made("sqs/Queue", f"in-{region}", name="jobs", region=region) for region in ("eu-west-1", "eu-central-1")
    ]
    assert outcomes(POLICY, east, home, *queues, *regions) == []


def test_bucket_names_may_not() -> None:
    east, home = (Resource("pulumi:providers:aws", name, {}) for name in ("east", "home"))
    buckets = [
        Resource("aws:s3/bucket:Bucket", region.name, {"bucket": "acme"}, provider=region.urn)
        for region in (east, home)
    ]
    assert violations(POLICY, east, home, *buckets) == ["bucket"]


def test_names_computed_from_one_source_are_undecided() -> None:
    pet = Resource("random:index/randomPet:RandomPet", "pet")
    stack = (pet, *twice("s3/BucketPolicy", {"bucket": pet}))
    assert violations(POLICY, *stack) == []
    assert undecided(POLICY, *stack) == ["bucket"]


def test_names_computed_from_two_sources_are_two_names() -> None:
    pets = [Resource("random:index/randomPet:RandomPet", name) for name in ("cat", "dog")]
    policies = [made("s3/BucketPolicy", pet.name, {"bucket": pet}) for pet in pets]
    assert outcomes(POLICY, *pets, *policies) == []


def test_a_name_of_unknown_origin_is_undecided_once() -> None:
    named = made("s3/BucketPolicy", "named", bucket="acme-inbox")
    for stack in (
        (named, made("s3/BucketPolicy", "lost", bucket=UNKNOWN)),
        (made("s3/BucketPolicy", "lost", bucket=UNKNOWN), named),
    ):
        (outcome,) = outcomes(POLICY, *stack)
        assert (outcome.kind, outcome.resource.name) == ("undecided", "lost")
        assert "`named`" in outcome.message


def test_an_untraced_sidecar_beside_an_inline_setting_is_undecided() -> None:
    bucket = made("s3/Bucket", "inbox", bucket="acme-inbox", policy="{}")
    assert undecided(POLICY, bucket, made("s3/BucketPolicy", "lost", bucket=UNKNOWN)) == ["bucket"]


def test_known_contests_come_before_unknown_ones() -> None:
    stack = (*twice("s3/BucketPolicy", bucket="acme-inbox"), made("s3/BucketPolicy", "lost", bucket=UNKNOWN))
    assert [(outcome.kind, outcome.resource.name) for outcome in outcomes(POLICY, *stack)] == [
        ("violation", "second"),
        ("undecided", "lost"),
    ]


def test_the_order_of_registration_changes_nothing() -> None:
    first, second = twice("s3/BucketPolicy", bucket="acme-inbox")
    (forward,), (backward,) = outcomes(POLICY, first, second), outcomes(POLICY, second, first)
    assert (forward.resource, forward.message) == (backward.resource, backward.message)


def test_permissions_with_different_ids_do_not_undo_each_other() -> None:
    ids = [made("lambda/Permission", title, statementId=title, **INVOKE) for title in ("first", "second")]
    (message,) = messages(POLICY, *ids)
    assert message == "`first` already manages the same permission; deleting one leaves the other in force"


WEB = Resource("aws:iam/role:Role", "web", {})
POLICIES = Resource("aws:iam/policy:Policy", "reports", {})
INLINE = Resource("aws:iam/rolePolicy:RolePolicy", "own", {"role": "web"})


@pytest.mark.parametrize(
    ("whole", "addition"),
    [
        (
            made("iam/PolicyAttachment", "all", {"policyArn": POLICIES}, roles=["web"]),
            made("iam/UserPolicyAttachment", "b", {"policyArn": POLICIES}, user="ann"),
        ),
        (
            made("iam/PolicyAttachment", "all", roles=["web"], policyArn=MANAGED),
            made("iam/Role", "b", managedPolicyArns=[MANAGED]),
        ),
        (
            made("iam/RolePoliciesExclusive", "all", {"roleName": WEB}, policyNames=["one"]),
            made("iam/RolePolicy", "b", {"role": WEB}, name="two"),
        ),
        (
            made("iam/RolePoliciesExclusive", "all", {"roleName": WEB}, policyNames=["one"]),
            made("iam/RolePolicy", "b", {"role": WEB}),
        ),
        (
            made("iam/UserPolicyAttachmentsExclusive", "all", userName="ann", policyArns=[]),
            made("iam/UserPolicyAttachment", "b", user="ann", policyArn=MANAGED),
        ),
        (
            made("iam/GroupMembership", "all", group="devs", users=["ann"]),
            made("iam/UserGroupMembership", "b", user="bob", groups=["ops", "devs"]),
        ),
    ],
)
def test_what_a_resource_removes_from_a_set_that_it_owns_is_reported(whole: Resource, addition: Resource) -> None:
    (message,) = messages(POLICY, POLICIES, WEB, whole, addition)
    assert message.startswith("`all` already manages every")
    assert "removes" in message


@pytest.mark.parametrize(
    ("whole", "addition"),
    [
        (
            made("iam/PolicyAttachment", "all", roles=["web"], policyArn=MANAGED),
            made("iam/RolePolicyAttachment", "b", role="web", policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ),
        (
            made("iam/RolePoliciesExclusive", "all", roleName="web", policyNames=["one"]),
            made("iam/RolePolicy", "b", role="web", name="one"),
        ),
        (made("iam/RolePoliciesExclusive", "all", {"policyNames": INLINE}, roleName="web"), INLINE),
        (
            made("iam/RolePolicyAttachmentsExclusive", "all", {"policyArns": POLICIES}, roleName="web"),
            made("iam/RolePolicyAttachment", "b", {"policyArn": POLICIES}, role="web"),
        ),
        (
            made("iam/RolePoliciesExclusive", "all", roleName="web", policyNames=[]),
            made("iam/RolePolicy", "b", role="batch", name="one"),
        ),
        (
            made("iam/GroupMembership", "all", group="devs", users=["ann"]),
            made("iam/UserGroupMembership", "b", user="ann", groups=["devs"]),
        ),
    ],
)
def test_what_the_owner_of_a_set_names_is_not_contested(whole: Resource, addition: Resource) -> None:
    assert outcomes(POLICY, POLICIES, WEB, whole, addition) == []


def record(title: str, name: Any, zone: str = "ACME.com.") -> Resource:
    zones = {"zoneId": Resource("aws:route53/zone:Zone", zone, {"name": zone})}
    return made("route53/Record", title, zones, name=name, type="A")


@pytest.mark.parametrize(
    ("first", "second", "contested"),
    [
        ("api", "api.acme.com", True),
        ("API", "api.acme.com.", True),
        ("", "acme.com", True),
        ("*.api", "*.api.acme.com", True),
        ("api", "api", True),
        ("api", "acme.com", False),
        ("api.com", "api", False),
        ("", "www", False),
        ("api", "api.example.com", False),
    ],
)
def test_a_name_without_that_of_the_zone_is_relative_to_it(first: str, second: str, *, contested: bool) -> None:
    zone = Resource("aws:route53/zone:Zone", "ACME.com.", {"name": "ACME.com."})
    assert len(messages(POLICY, zone, record("a", first), record("b", second))) == contested


TABLE = Resource("aws:ec2/routeTable:RouteTable", "rt", {})
FLAT = {"type": "A", "zoneId": "Z1"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            made("ec2/Route", "a", {"routeTableId": TABLE}, destinationCidrBlock="0.0.0.0/0", gatewayId="igw-1"),
            made("ec2/Route", "b", {"routeTableId": TABLE}, destinationCidrBlock="0.0.0.0/0", natGatewayId="nat-1"),
        ),
        (
            made("route53/Record", "a", name="API.acme.com", **FLAT),
            made("route53/Record", "b", name="api.acme.com.", **FLAT),
        ),
        (
            made("cloudwatch/EventTarget", "a", rule="nightly", targetId="t"),
            made("cloudwatch/EventTarget", "b", rule="nightly", targetId="t", eventBusName="default"),
        ),
        (
            made("lambda/Alias", "a", functionName="f", name="live"),
            made("lambda/Alias", "b", functionName="f", name="live"),
        ),
        (
            made("ec2/MainRouteTableAssociation", "a", vpcId="vpc-1"),
            made("ec2/MainRouteTableAssociation", "b", vpcId="vpc-1"),
        ),
        (made("iam/AccountPasswordPolicy", "a"), made("iam/AccountPasswordPolicy", "b")),
        (
            made("ec2/NetworkAclRule", "a", networkAclId="acl-1", ruleNumber=100),
            made("ec2/NetworkAclRule", "b", networkAclId="acl-1", ruleNumber=100, egress=False),
        ),
    ],
)
def test_what_aws_has_once_is_contested(first: Resource, second: Resource) -> None:
    assert len(messages(POLICY, TABLE, first, second)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            made("ec2/Route", "a", {"routeTableId": TABLE}, destinationCidrBlock="0.0.0.0/0"),
            made("ec2/Route", "b", {"routeTableId": TABLE}, destinationIpv6CidrBlock="::/0"),
        ),
        (
            made("route53/Record", "a", name="api.acme.com", setIdentifier="blue", **FLAT),
            made("route53/Record", "b", name="api.acme.com", setIdentifier="green", **FLAT),
        ),
        (
            made("cloudwatch/EventTarget", "a", rule="nightly"),
            made("cloudwatch/EventTarget", "b", rule="nightly"),
        ),
        (
            made("ec2/NetworkAclRule", "a", networkAclId="acl-1", ruleNumber=100),
            made("ec2/NetworkAclRule", "b", networkAclId="acl-1", ruleNumber=100, egress=True),
        ),
    ],
)
def test_what_aws_has_several_times_is_not_contested(first: Resource, second: Resource) -> None:
    assert outcomes(POLICY, TABLE, first, second) == []
