"""A document that allows an AWS service allows it for every AWS customer, unless a condition says for whose resources.

The service acts on anyone's request: with a topic of their own, strangers send messages to your queue, and with a trail
of their own they write to your bucket. The document has to check the source that the service sends. If that is an ARN
without an account, such as a bucket's, it has to check the account too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.exposure.confused_deputy import misled
from policypack.access.exposure.exposure import judge
from policypack.core.examples import allow, bucket_policy, construct, document, example, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, documents


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each statement that allows a service for any account, with an example."""
    for answer in misled(document):
        yield from judge(answer, "allows a service, and for which accounts cannot be determined")


ORDERS = "arn:aws:sqs:eu-west-1:111122223333:orders"
URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"


def _queue_policy(**condition: Any) -> Resource:
    sns = {"Service": "sns.amazonaws.com"}
    statement = allow("sqs:SendMessage", ORDERS, Principal=sns, Condition=condition or None)
    return construct("aws:sqs/queuePolicy:QueuePolicy", "orders", queueUrl=URL, policy=document(statement))


def _from_bucket(**condition: Any) -> Resource:
    s3 = {"Service": "s3.amazonaws.com"}
    return bucket_policy(allow("s3:PutObject", Principal=s3, Condition=condition))


POLICY = Policy(
    id="iam-confused-deputy",
    title="Resource-based policy document allows an AWS service for every customer",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.CROSS_ACCOUNT],
    fix="Require the resource that the service acts for in `aws:SourceArn`, or your account in `aws:SourceAccount`; for a bucket, require both.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention"
    ],
    bad=reported_at(
        "policy.Statement[0]",
        example(_queue_policy()),
        example(_queue_policy(Bool={"aws:SecureTransport": "true"}), note="a condition about something else"),
        example(
            _queue_policy(ArnLike={"aws:SourceArn": "arn:aws:sns:eu-west-1:*:orders"}), note="a topic in any account"
        ),
        example(_from_bucket(ArnLike={"aws:SourceArn": "arn:aws:s3:::acme-inbox"}), note="an ARN without an account"),
    ),
    good=[
        example(_queue_policy(ArnEquals={"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"})),
        example(_queue_policy(StringEquals={"aws:SourceAccount": "111122223333"}), note="by the account"),
        example(_queue_policy(StringEquals={"aws:SourceOrgID": "o-a1b2c3d4e5"}), note="by the organization"),
        example(
            _from_bucket(
                ArnLike={"aws:SourceArn": "arn:aws:s3:::acme-inbox"}, StringEquals={"aws:SourceAccount": "111122223333"}
            ),
            note="a bucket and its account",
        ),
    ],
    requires=["iam-malformed-document", "iam-public-policy"],
    reads=documents(kinds=RESOURCE, granting=True),
    check=check,
)
