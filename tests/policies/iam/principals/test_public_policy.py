from __future__ import annotations

from policypack.core.examples import allow, bucket_policy, deny, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.public_policy import POLICY
from tests.policies.helpers import messages, reported, silent, undecided, violations

test_outsiders_are_allowed = reported(
    POLICY,
    "policy.Statement[0]",
    allow(Principal={"AWS": ["arn:aws:iam::111122223333:root", "*"]}),
    allow(["s3:GetObject", UNKNOWN], Principal="*"),
    of=bucket_policy,
)
test_no_outsider_is_allowed = silent(
    POLICY,
    [allow(Principal={"AWS": "444455556666"})],
    [deny("s3:*", "*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})],
    [allow(Principal={"AWS": "111122223333"}, resource=UNKNOWN), deny("s3:*", UNKNOWN, Principal="*")],
    of=lambda statements: bucket_policy(*statements),
)


def test_every_type_that_grants_is_judged() -> None:
    statement = allow("sqs:SendMessage", "*", Principal="*")
    queue = Resource("aws:sqs/queuePolicy:QueuePolicy", "inbox", {"queueUrl": "q", "policy": document(statement)})
    bucket = Resource("aws:s3/bucketV2:BucketV2", "inbox", {"policy": document(allow(Principal="*"))})
    assert violations(POLICY, queue, bucket) == ["policy.Statement[0]"] * 2


def test_the_message_shows_a_request() -> None:
    (message,) = messages(
        POLICY, bucket_policy(allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "::/0"}}))
    )
    assert "from 2001:db8::7, may `s3:GetObject` on `arn:aws:s3:::inbox/x`" in message


def test_an_unknown_that_decides() -> None:
    assert undecided(POLICY, bucket_policy(allow(Principal={"AWS": UNKNOWN}))) == ["policy.Statement[0].Principal.AWS"]
    assert undecided(POLICY, bucket_policy(allow(Principal="*", Condition=UNKNOWN))) == [
        "policy.Statement[0].Condition"
    ]
    unknown = Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "inbox", "policy": UNKNOWN})
    assert undecided(POLICY, unknown) == ["policy"]
