from __future__ import annotations

from typing import Any

from policypack.core.examples import CREATED, allow, bucket, construct, deny, document, notification
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3 import early_notification
from policypack.policies.s3.undeliverable_notification import POLICY
from tests.policies.helpers import messages, reported, silent, undecided, violations

S3 = {"Service": "s3.amazonaws.com"}
QUEUE = "arn:aws:sqs:eu-west-1:444455556666:jobs"
TOPIC = "arn:aws:sns:eu-west-1:444455556666:news"
BUCKET = "arn:aws:s3:::acme-inbox"
ROOT = {"AWS": "arn:aws:iam::444455556666:root"}


def sending(action: Any = "sqs:SendMessage", resource: Any = QUEUE, **elements: Any) -> dict[str, Any]:
    condition = {"ArnEquals": {"aws:SourceArn": BUCKET}}
    return allow(action, resource, **{"Principal": S3, "Condition": condition, **elements})


def under(operator: str = "ArnLike", **keys: Any) -> dict[str, Any]:
    return sending(Condition={operator: {name.replace("_", ":"): value for name, value in keys.items()}})


def queue(**inputs: Any) -> Resource:
    return Resource("aws:sqs/queue:Queue", "jobs", {"name": "jobs", **inputs}, outputs={"arn": QUEUE})


def topic(**inputs: Any) -> Resource:
    return Resource("aws:sns/topic:Topic", "news", {"name": "news", **inputs}, outputs={"arn": TOPIC})


def key(*statements: Any) -> Resource:
    policy = {"policy": document(*statements)} if statements else {}
    return Resource(
        "aws:kms/key:Key", "own", {"description": "own", **policy}, outputs={"arn": "arn:aws:kms:::key/own"}
    )


def queue_policy(*statements: Any, of: str = "jobs") -> Resource:
    return construct("aws:sqs/queuePolicy:QueuePolicy", "allow", queueUrl=of, policy=document(*statements))


def to_queue(*after: Resource) -> Resource:
    return notification(after=after, lambdaFunctions=None, queues=[{"queueArn": QUEUE, "events": CREATED}])


def with_queue(*statements: Any) -> tuple[Resource, ...]:
    return bucket(), queue(), queue_policy(*statements), to_queue()


def with_topic(*statements: Any) -> tuple[Resource, ...]:
    policy = construct("aws:sns/topicPolicy:TopicPolicy", "allow", arn=TOPIC, policy=document(*statements))
    sent = notification(lambdaFunctions=None, topics=[{"topicArn": TOPIC, "events": CREATED}])
    return bucket(), topic(), policy, sent


def encrypted(key: Resource) -> tuple[Resource, ...]:
    return bucket(), key, queue(kmsMasterKeyId="arn:aws:kms:::key/own"), queue_policy(sending()), to_queue()


test_a_document_that_does_not_let_s3_in = reported(
    POLICY,
    "queues[0].queueArn",
    sending("sqs:ReceiveMessage"),
    sending(resource=f"{QUEUE}-dead"),
    sending(Principal=ROOT),
    sending(Principal={"Service": "events.amazonaws.com"}),
    under(aws_SourceArn=f"{BUCKET}/*"),
    under(aws_SourceArn="arn:aws:s3:::acme-archive"),
    under("StringEquals", aws_SourceAccount="999988887777"),
    under("IpAddress", aws_SourceIp="203.0.113.0/24"),
    under("StringEquals", aws_PrincipalOrgID="o-a1b2c3d4e5"),
    (sending(), deny("sqs:*", QUEUE, Principal="*")),
    (sending(), deny("sqs:*", "*", Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
    of=with_queue,
)
test_a_document_that_lets_s3_in = silent(
    POLICY,
    sending(),
    sending(["SQS:SendMessage", "sqs:GetQueueUrl"], "*", Principal={"Service": ["sns.amazonaws.com", S3["Service"]]}),
    sending(Principal="*"),
    sending("sqs:*", Condition=None),
    under(aws_SourceArn="arn:aws:s3:*:*:acme-*"),
    under("StringEquals", aws_SourceAccount="444455556666"),
    (sending(), deny("sqs:*", QUEUE, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})),
    (sending(), deny("sqs:DeleteQueue", QUEUE, Principal="*")),
    of=with_queue,
)
test_a_topic_that_does_not_let_s3_in = reported(
    POLICY, "topics[0].topicArn", sending(resource=TOPIC), sending("sns:Subscribe", TOPIC), of=with_topic
)
test_a_topic_that_lets_s3_in = silent(POLICY, sending("SNS:Publish", TOPIC), sending("sns:*", "*"), of=with_topic)

OF_ACCOUNT = allow("kms:*", "*", Principal=ROOT)
test_a_key_that_does_not_let_s3_in = reported(
    POLICY,
    "queues[0].queueArn",
    (key(),),
    (key(OF_ACCOUNT),),
    (key(OF_ACCOUNT, allow("kms:Decrypt", "*", Principal=S3)),),
    (key(OF_ACCOUNT, allow("kms:*", "*", Principal={"Service": "sns.amazonaws.com"})),),
    of=encrypted,
)
test_a_key_that_lets_s3_in = silent(
    POLICY, (key(OF_ACCOUNT, allow(["kms:GenerateDataKey*", "kms:Decrypt"], "*", Principal=S3)),), of=encrypted
)


def test_the_document_of_another_queue() -> None:
    (message,) = messages(POLICY, bucket(), queue(), queue_policy(sending(), of="other"), to_queue())
    assert "has no policy document" in message


def test_an_inline_document() -> None:
    assert messages(POLICY, bucket(), queue(policy=document(sending())), to_queue()) == []


def test_the_keys_of_aws() -> None:
    (message,) = messages(POLICY, bucket(), queue(kmsMasterKeyId="alias/aws/sqs"), queue_policy(sending()), to_queue())
    assert "`alias/aws/sqs`" in message


def test_a_destination_that_is_only_read() -> None:
    read = Resource("aws:sqs/queue:Queue", "jobs", {}, outputs={"arn": QUEUE}, external=True)
    assert messages(POLICY, bucket(), read, to_queue()) == undecided(POLICY, bucket(), read, to_queue()) == []


def test_unknown_values() -> None:
    unread = construct("aws:sqs/queuePolicy:QueuePolicy", "allow", queueUrl="jobs", policy=UNKNOWN)
    assert undecided(POLICY, bucket(), queue(), unread, to_queue()) == ["queues[0].queueArn"]
    assert undecided(POLICY, *with_queue(sending(resource=UNKNOWN))) == ["queues[0].queueArn"]


def test_the_document_exists_before_the_notification() -> None:
    policy, early = queue_policy(sending()), early_notification.POLICY
    assert violations(early, bucket(), queue(), policy, to_queue()) == ["queues[0].queueArn"]
    assert violations(early, bucket(), queue(), policy, to_queue(policy)) == []
    assert violations(early, bucket(), queue(policy=document(sending())), to_queue()) == []
