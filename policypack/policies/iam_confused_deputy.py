"""A document that names an AWS service lets it in for all of its customers, unless it says for whose resources.

The service does what anybody asks of it: with a topic of their own, strangers send to the queue, and with a trail of
their own they write into the bucket. What the service sends about whom it works for has to be asked for; where that is
an ARN without an account, as a bucket's, the account has to be asked for too.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.exposure.confused_deputy import misled
from policypack.access.solver.verdict import Verdict
from policypack.aws.document import PolicyDocument
from policypack.aws.reading import RESOURCE, documents
from policypack.policy import Judgement, Policy, Resource, Severity, Undecided, Violation


def check(document: PolicyDocument) -> Iterator[Judgement]:
    """Yields each statement that lets a service in for anybody, with an example."""
    for answer in misled(document):
        if answer.verdict is Verdict.PUBLIC:
            yield Violation(answer.path, answer.told)
        else:
            yield Undecided(answer.path, "cannot be told to be for one account")


def _queue_policy(**condition: object) -> Resource:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
        **condition,
    }
    return Resource(
        "aws:sqs/queuePolicy:QueuePolicy",
        "orders",
        {
            "queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders",
            "policy": {"Version": "2012-10-17", "Statement": [statement]},
        },
    )


POLICY = Policy(
    id="iam-confused-deputy",
    title="Resource-based policy document lets an AWS service in for everybody",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Ask for the resource that the service works for in `aws:SourceArn`, or for your account in `aws:SourceAccount`; for a bucket, for both.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention",
    ],
    bad=_queue_policy(),
    good=_queue_policy(
        Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"}},
    ),
    reads=documents(kinds=RESOURCE, granting=True),
    check=check,
)
