"""Actions and resources that do not belong together."""

from __future__ import annotations

from policypack.core.examples import allow, bucket_policy, deny, document, role, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.mismatched_resource import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

BUCKET, OBJECTS = "arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"
ACTION, RESOURCE = "policy.Statement[0].Action", "policy.Statement[0].Resource"


def test_neither_fits_the_other() -> None:
    for statement in (
        allow("s3:ListAllMyBuckets", BUCKET),
        allow("sqs:SendMessage", "arn:aws:sns:eu-west-1:111122223333:dead"),
        allow("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:inbox/*"),
    ):
        assert violations(POLICY, role_policy(statement)) == [ACTION]
    assert violations(POLICY, bucket_policy(deny("s3:PutObject", BUCKET, Principal="*"))) == [ACTION]
    assert violations(POLICY, role_policy(allow("s3:ListBucket", [BUCKET, OBJECTS]))) == [RESOURCE]


def test_a_wrong_arn_is_reported_once() -> None:
    for action, resource in (
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:111122223333:resize"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:eu-central-1:111122223333:orders"),
    ):
        assert violations(POLICY, role_policy(allow(action, resource))) == [ACTION]


def test_an_arn_without_its_last_part_is_reported_at_the_resource() -> None:
    for resource in ("arn:aws:sns:eu-west-1:111122223333", ["arn:aws:sns", "arn:aws:sns:eu-west-1:111122223333"]):
        assert violations(POLICY, role_policy(allow("sns:Publish", resource))) == [RESOURCE]
    mixed = allow("sns:Publish", ["arn:aws:sns:eu-west-1:111122223333", "arn:aws:sqs:eu-west-1:111122223333:dead"])
    assert violations(POLICY, role_policy(mixed)) == [ACTION]


def test_the_message_quotes_what_the_action_needs() -> None:
    [message] = messages(POLICY, role_policy(allow("sqs:SendMessage", BUCKET)))
    assert message.endswith("`sqs:SendMessage` needs `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`")


test_silent = silent(
    POLICY,
    allow("s3:*", [BUCKET, OBJECTS]),
    allow("*", OBJECTS),
    allow("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in/object/*"),
    allow("s3:GetObject", "arn:*:s3:::inbox*"),
    allow("ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/x"),
    allow("ec2:RunInstances", ["arn:aws:ec2:*::image/*", "arn:aws:ec2:*:*:instance/*"]),
    allow(None, OBJECTS, NotAction="s3:ListBucket"),
    allow("s3:ListBucket", None, NotResource=OBJECTS),
    allow("s3:GetObjects", OBJECTS),
    allow("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
    allow("apigateway:GET", "arn:aws:apigateway:*::/apis"),
    allow("s3:GetObject", [OBJECTS, UNKNOWN]),
    of=role_policy,
)
test_documents_without_resources = silent(POLICY, role(allow("sts:AssumeRole", None, Principal="*")))


def test_unknown() -> None:
    assert RESOURCE in undecided(POLICY, role_policy(allow("s3:GetObject", [BUCKET, UNKNOWN])))
    assert violations(POLICY, role_policy(allow(["s3:GetObject", UNKNOWN], BUCKET))) == [ACTION]


CLUSTER = "arn:aws:kafka:eu-central-1:111122223333:cluster/orders/6f1c2d3e-0000-4000-8000-0123456789ab-3"
PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}


def cluster_policy(action: object, resource: str = CLUSTER) -> Resource:
    statement = allow(action, resource, Principal=PARTNER)
    return Resource("aws:msk/clusterPolicy:ClusterPolicy", "orders", {"policy": document(statement)})


test_an_action_without_types_in_the_policy_of_its_resource = silent(
    POLICY,
    cluster_policy(["kafka:CreateVpcConnection", "kafka:GetBootstrapBrokers", "kafka:DescribeClusterV2"]),
    cluster_policy("kafka:GetBootstrapBrokers"),
)


def test_elsewhere_such_an_action_is_on_everything() -> None:
    assert violations(POLICY, role_policy(allow("kafka:GetBootstrapBrokers", CLUSTER))) == [ACTION]
    assert violations(POLICY, cluster_policy("kafka:ListClusters")) == [ACTION]
    assert violations(POLICY, bucket_policy(allow("s3:ListAllMyBuckets", BUCKET, Principal=PARTNER))) == [ACTION]
    assert violations(POLICY, cluster_policy("kafka:GetBootstrapBrokers", "arn:aws:sqs:eu-west-1:111122223333:a")) == [
        ACTION
    ]


MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:approval"
GROUP = "arn:aws:network-firewall:eu-west-1:111122223333:stateless-rulegroup/web"
ANSWERS = ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"]


def shared(*actions: str, on: str = GROUP) -> Resource:
    statement = allow([*actions], on, Principal={"AWS": "444455556666"})
    inputs = {"resourceArn": on, "policy": document(statement)}
    return Resource("aws:networkfirewall/resourcePolicy:ResourcePolicy", "web", inputs)


test_what_guides_document_beyond_the_reference = silent(
    POLICY,
    role_policy(allow(ANSWERS, MACHINE)),
    role_policy(allow("states:SendTask*", MACHINE)),
    shared("network-firewall:ListRuleGroups", "network-firewall:CreateFirewallPolicy"),
    shared("network-firewall:ListRuleGroups"),
)


def test_what_no_guide_documents() -> None:
    assert violations(POLICY, role_policy(allow(ANSWERS[0], MACHINE.replace(":states:", ":sqs:")))) == [ACTION]
    assert violations(POLICY, role_policy(allow("network-firewall:ListRuleGroups", GROUP))) == [ACTION]
    assert violations(POLICY, shared("network-firewall:ListContainerAssociations")) == [ACTION]


def test_a_list_that_guides_grant_on_a_stream_is_silent_beside_its_other_actions() -> None:
    stream = "arn:aws:dynamodb:eu-central-1:444455556666:table/orders/stream/*"
    both = role_policy(allow(["dynamodb:GetRecords", "dynamodb:ListStreams"], stream))
    assert violations(POLICY, both) == []
    assert violations(POLICY, role_policy(allow("dynamodb:ListStreams", stream))) == ["policy.Statement[0].Action"]
