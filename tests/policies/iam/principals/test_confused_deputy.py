from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, document, lambda_role
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.confused_deputy import POLICY
from policypack.policies.iam.principals.public_policy import POLICY as PUBLIC
from tests.policies.helpers import silent, undecided, undecided_at, violations

ACCOUNT = "111122223333"
TRAIL = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/all"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
BUCKET = {"Service": "s3.amazonaws.com"}


def let(principal: Any = SERVICE, condition: Any = None, **elements: Any) -> dict[str, Any]:
    return {**allow("s3:PutObject", Principal=principal, Condition=condition), **elements}


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        ({"Service": ["config.amazonaws.com", "delivery.logs.amazonaws.com"], "AWS": ACCOUNT}, None),
        (SERVICE, {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),
        (SERVICE, {"StringLike": {"aws:SourceAccount": "*"}}),
        (SERVICE, {"StringNotEquals": {"aws:SourceAccount": "444455556666"}}),
        (BUCKET, {"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::acme-inbox", TRAIL]}}),
        (BUCKET, {"ArnLike": {"aws:SourceArn": UNKNOWN}}),
    ],
)
def test_a_service_for_everyone(principal: Any, condition: Any) -> None:
    resource = bucket_policy(let(principal, condition))
    assert violations(POLICY, resource) == ["policy.Statement[0]"]
    assert violations(PUBLIC, resource) == undecided(POLICY, resource) == []


OTHERS = {"StringNotEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}
ASKED = {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}, "Null": {"aws:SourceAccount": "false"}}
test_a_service_for_one_account = silent(
    POLICY,
    [let(SERVICE, {"ArnEquals": {"aws:SourceArn": TRAIL}})],
    [let(SERVICE, {"StringLike": {"AWS:SOURCEARN": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}})],
    [let(SERVICE, {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}})],
    [let(SERVICE, {"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}})],
    [let(SERVICE, {"StringEquals": {"AWS:SourceOwner": ACCOUNT}})],
    [let(SERVICE, {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}})],
    [let(SERVICE, {"ArnEquals": {"aws:SourceArn": UNKNOWN}})],
    [let(SERVICE, {"StringEquals": {"aws:SourceAccount": UNKNOWN}})],
    [let(SERVICE, {"StringEquals": {"aws:SourceAccount": ACCOUNT}}, Action=UNKNOWN)],
    [let({"Service": "logdelivery.elasticloadbalancing.amazonaws.com"})],
    [let({"AWS": ACCOUNT})],
    [let(), deny("s3:*", "*", Principal="*", Condition=OTHERS)],
    [let(), deny("s3:*", "*", Principal="*", Condition=ASKED)],
    of=lambda statements: bucket_policy(*statements),
)
test_an_unknown_that_decides = undecided_at(
    POLICY, "policy.Statement[0]", let(Action=UNKNOWN), let(SERVICE, UNKNOWN), of=bucket_policy
)


def test_a_denial_of_other_actions_does_not_count() -> None:
    others = deny("s3:Get*", "*", Principal="*", Condition=OTHERS)
    assert violations(POLICY, bucket_policy(let(), others)) == ["policy.Statement[0]"]


def test_an_encryption_context_limits_the_caller() -> None:
    def logs(condition: Any) -> Resource:
        statement = allow("kms:Decrypt", "*", Principal={"Service": "logs.amazonaws.com"}, Condition=condition)
        return Resource("aws:kms/key:Key", "logs", {"policy": document(statement)})

    key = "kms:EncryptionContext:aws:logs:arn"
    assert violations(POLICY, logs({"ArnLike": {key: f"arn:aws:logs:eu-west-1:{ACCOUNT}:*"}})) == []
    assert undecided(POLICY, logs({"ArnLike": {key: UNKNOWN}})) == []
    assert violations(POLICY, logs({"ArnLike": {key: "arn:aws:logs:*:*:*"}})) == ["policy.Statement[0]"]
    assert violations(POLICY, logs({"StringEquals": {"kms:EncryptionContext:app": "x"}})) == ["policy.Statement[0]"]


def test_a_trust_document_is_another_matter() -> None:
    assert violations(POLICY, lambda_role("r")) == []


SHARED = ["arn:aws:glue:eu-west-1:111122223333:catalog", "arn:aws:glue:eu-west-1:111122223333:table/*/*"]


def catalog(service: str) -> Resource:
    statement = allow("glue:ShareResource", SHARED, Principal={"Service": service})
    return Resource("aws:glue/resourcePolicy:ResourcePolicy", "catalog", {"policy": document(statement)})


def test_sharing_of_what_is_the_customers_own() -> None:
    assert violations(POLICY, catalog("ram.amazonaws.com")) == []
    assert violations(POLICY, catalog("config.amazonaws.com")) == ["policy.Statement[0]"]
