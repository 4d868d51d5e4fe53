"""A document that names an AWS service lets it in for all of its customers, unless it says for whose resources.

The service does what anybody asks of it: with a topic of their own, strangers send to the queue, and with a trail of
their own they write into the bucket. What the service sends about whom it works for has to be asked for; where that is
an ARN without an account, as a bucket's, the account has to be asked for too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.exposure.confused_deputy import misled
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, bucket_policy, construct, document, example
from policypack.core.policy import Judgement, Policy, Resource, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, documents


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each statement that lets a service in for anybody, with an example."""
    for answer in misled(document):
        if answer.verdict is Verdict.PUBLIC:
            yield Violation(answer.path, answer.message)
        else:
            yield Undecided(answer.path, "cannot be told to be for one account")


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
    title="Resource-based policy document lets an AWS service in for everybody",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.CROSS_ACCOUNT],
    fix="Ask for the resource that the service works for in `aws:SourceArn`, or for your account in `aws:SourceAccount`; for a bucket, for both.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention",
    ],
    bad=[
        example(_queue_policy(), path="policy.Statement[0]"),
        example(
            _queue_policy(Bool={"aws:SecureTransport": "true"}),
            path="policy.Statement[0]",
            note="a condition about something else",
        ),
        example(
            _queue_policy(ArnLike={"aws:SourceArn": "arn:aws:sns:eu-west-1:*:orders"}),
            path="policy.Statement[0]",
            note="a topic of that name in any account",
        ),
        example(
            _from_bucket(ArnLike={"aws:SourceArn": "arn:aws:s3:::acme-inbox"}),
            path="policy.Statement[0]",
            note="a bucket's ARN, which has no account",
        ),
    ],
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
    requires=["iam-malformed-document"],
    reads=documents(kinds=RESOURCE, granting=True),
    check=check,
)
