"""Queues and topics over plain HTTP: one logic for both."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN, Policy, Resource
from policypack.policies.sns import plaintext_transport as sns
from policypack.policies.sqs import plaintext_transport as sqs
from tests.policies.helpers import reported, silent, undecided, undecided_at, violations

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alerts"
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
ROLE = {"AWS": "arn:aws:iam::111122223333:role/worker"}
SERVICES = {"BoolIfExists": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}


def queue(*statements: Any) -> Resource:
    return Resource("aws:sqs/queue:Queue", "jobs", {"name": "jobs", "policy": document(*statements)})


def tls(action: Any = "sqs:*", resource: Any = QUEUE, condition: Any = PLAIN, **elements: Any) -> dict[str, Any]:
    return deny(action, resource, **{"Principal": "*", "Condition": condition, **elements})


test_plain_requests_are_answered = reported(
    sqs.POLICY,
    "",
    (allow("sqs:SendMessage", QUEUE, Principal=ROLE),),
    (tls("sqs:SendMessage"),),
    (tls(resource="arn:aws:sqs:eu-west-1:111122223333:mail"),),
    (tls(condition={"Bool": {"aws:SecureTransport": "true"}}),),
    (tls(condition={**PLAIN, "StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}),),
    (tls(condition={**PLAIN, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),),
    (tls(Principal=ROLE),),
    (tls(Principal=None, NotPrincipal=ROLE),),
    (tls(None, NotAction="sqs:ReceiveMessage"),),
    (tls(resource=None, NotResource=QUEUE),),
    (tls(Effect="Allow"),),
    (tls(condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}}),),
    of=queue,
)
test_plain_requests_are_denied = silent(
    sqs.POLICY,
    (tls(),),
    (tls("*", "*"),),
    (tls("SQS:*"),),
    (tls(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]),),
    (tls("sqs:SendMessage"), tls("sqs:Receive*")),
    (tls(Principal={"AWS": "*"}),),
    (tls(Principal={"AWS": ["*"]}, condition={"Bool": {"AWS:securetransport": [False]}}),),
    (tls(condition={"BoolIfExists": {"aws:SecureTransport": "false"}}),),
    (tls(condition={"StringEquals": {"aws:SecureTransport": "false"}}),),
    (tls(condition={"StringNotEquals": {"aws:SecureTransport": "true"}}),),
    (tls(condition=SERVICES),),
    (tls(None, NotAction="sqs:GetQueueUrl"),),
    (tls(resource="arn:aws:sqs:*:111122223333:jobs"),),
    (tls(resource="arn:aws:sqs:*:*:job*"),),
    (tls(resource=None, NotResource="arn:aws:sqs:eu-west-1:111122223333:mail"),),
    (allow("sqs:SendMessage", QUEUE, Principal=ROLE), tls()),
    (tls(), UNKNOWN),
    of=queue,
)
test_unknown = undecided_at(
    sqs.POLICY, "", (tls(resource=UNKNOWN),), (tls(condition=UNKNOWN),), (tls(UNKNOWN),), (UNKNOWN,), of=queue
)

BESIDE = [
    (sqs.POLICY, "sqs/queue:Queue", "sqs/queuePolicy:QueuePolicy", "queueUrl", tls()),
    (sns.POLICY, "sns/topic:Topic", "sns/topicPolicy:TopicPolicy", "arn", tls("SNS:Publish", TOPIC)),
]


@pytest.mark.parametrize(("policy", "token", "carrier", "name", "statement"), BESIDE)
def test_documents_beside(policy: Policy[Any], token: str, carrier: str, name: str, statement: Any) -> None:
    name_of = {"sqs/queue:Queue": "jobs", "sns/topic:Topic": "alerts"}[token]
    guarded = Resource(f"aws:{token}", "own", {"name": name_of})

    def with_document(raw: Any, *origins: str) -> Resource:
        inputs = {name: UNKNOWN, "policy": raw}
        return Resource(f"aws:{carrier}", "own", inputs, property_dependencies={name: origins})

    fifo = Resource(f"aws:{token}", "other", {"name": "other.fifo"})
    assert violations(policy, guarded) == [""]
    assert violations(policy, guarded, with_document(document(statement), guarded.urn)) == []
    assert violations(policy, fifo, guarded, with_document(document(statement), guarded.urn)) == [""]
    assert undecided(policy, guarded, with_document(UNKNOWN, guarded.urn)) == [""]
    assert undecided(policy, guarded, with_document(document(statement))) == [""]
    assert violations(policy, guarded, with_document(document(allow("sns:Publish")), guarded.urn)) == [""]
