from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, bucket_policy, deny, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.public_policy import POLICY
from tests.policies.helpers import messages, outcomes, reported, silent, undecided, violations

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


RANGES = [f"{first}.0.0.0/9" for first in (20, 60, 100)]


def _public(document: list[Any]) -> list[tuple[str, str]]:
    resource = bucket_policy(*document)
    return [(outcome.kind.value, outcome.path) for outcome in outcomes(POLICY, resource)]


def test_each_public_statement_is_reported_in_either_order() -> None:
    statements = [allow(Principal="*"), allow("s3:PutObject", Principal="*"), allow(Principal={"AWS": "111122223333"})]
    assert _public(statements) == [("violation", "policy.Statement[0]"), ("violation", "policy.Statement[1]")]
    assert _public(statements[::-1]) == [("violation", "policy.Statement[1]"), ("violation", "policy.Statement[2]")]


def test_statements_that_are_broad_only_together_are_reported_each() -> None:
    narrow = [allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": one}}) for one in RANGES]
    assert _public(narrow[:1]) == []
    assert [path for _, path in _public(narrow)] == [f"policy.Statement[{index}]" for index in range(3)]


def test_a_public_statement_hides_no_undecided_one() -> None:
    unknown = allow("s3:PutObject", Principal=UNKNOWN)
    assert _public([allow(Principal="*"), unknown]) == [
        ("violation", "policy.Statement[0]"),
        ("undecided", "policy.Statement[1].Principal"),
    ]


def test_a_statement_that_is_unknown_as_a_whole_hides_no_other_one() -> None:
    """It may deny what the other one allows."""
    assert _public([UNKNOWN, allow(Principal="*")]) == [
        ("undecided", "policy.Statement[0]"),
        ("undecided", "policy.Statement[1]"),
    ]


def test_the_message_names_what_else_the_statement_lists() -> None:
    (message,) = messages(POLICY, bucket_policy(allow(["s3:GetObject", "s3:PutObject"], Principal="*")))
    assert message.endswith("; it also lists `s3:PutObject`")
    (message,) = messages(POLICY, bucket_policy(allow("s3:*", Principal="*")))
    assert "also lists" not in message


SEARCH = {"policy": "aws:opensearch/domainPolicy:DomainPolicy", "domain": "aws:opensearch/domain:Domain"}
INDEXES = "arn:aws:es:eu-central-1:111122223333:domain/search/*"
ANYONE = document(allow("es:ESHttpGet", INDEXES, Principal={"AWS": "*"}))
SUBNETS = {"subnetIds": ["subnet-0a1b2c3d"]}


def domain(token: str = SEARCH["domain"], **inputs: Any) -> Resource:
    return Resource(token, "search", {"domainName": "search", **inputs})


def its_policy() -> Resource:
    return Resource(SEARCH["policy"], "open", {"domainName": "search", "accessPolicies": ANYONE})


test_security_groups_decide_for_a_domain_in_a_network = silent(
    POLICY,
    domain(accessPolicies=ANYONE, vpcOptions=SUBNETS),
    domain("aws:elasticsearch/domain:Domain", accessPolicies=ANYONE, vpcOptions=SUBNETS),
    domain(accessPolicies=ANYONE, vpcOptions={"subnetIds": [UNKNOWN]}),
)
test_a_domain_on_the_internet = reported(
    POLICY,
    "accessPolicies.Statement[0]",
    domain(accessPolicies=ANYONE),
    domain(accessPolicies=ANYONE, vpcOptions={}),
    its_policy(),
)
