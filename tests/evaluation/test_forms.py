"""What AWS reads alike has one fingerprint, whatever the spelling; what it reads in another way has another one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from policypack.core.policy import Kind, Policy, Resource
from policypack.evaluation.places import fingerprint
from policypack.evaluation.placing.forms import addresses, element
from policypack.policies import POLICIES
from tests.evaluation.test_places import allow, outcomes, prints, role_policy

Statement = dict[str, Any]


def listed(value: Any) -> list[Any]:
    return [*value] if isinstance(value, list) else [value]


def with_actions(statement: Statement) -> Statement:
    """Each action twice, once in another letter case."""
    actions = {key: listed(statement[key]) for key in ("Action", "NotAction") if key in statement}
    return statement | {key: [*map(str.swapcase, texts), *texts] for key, texts in actions.items()}


def with_principals(statement: Statement) -> Statement:
    """Everyone as an object, and accounts by their numbers."""
    principal = statement.get("Principal")
    if principal == "*" and statement["Effect"] == "Allow":
        return statement | {"Principal": {"AWS": ["*"]}}
    if not isinstance(principal, dict) or "AWS" not in principal:
        return statement
    numbers = [text.split(":")[4] if text.endswith(":root") else text for text in listed(principal["AWS"])]
    return statement | {"Principal": {**principal, "AWS": numbers}}


def with_conditions(edit: Callable[[str, str, list[Any]], tuple[str, str, Any]]) -> Callable[[Statement], Statement]:
    def edited(statement: Statement) -> Statement:
        conditions: dict[str, Any] = {}
        for operator, keys in statement.get("Condition", {}).items():
            if not isinstance(keys, dict):
                return statement
            for key, values in keys.items():
                operator_, key_, values_ = edit(operator, key, listed(values))
                conditions.setdefault(operator_, {})[key_] = values_
        return statement | {"Condition": conditions} if conditions else statement

    return edited


def of_json(operator: str, key: str, values: list[Any]) -> tuple[str, str, Any]:
    """Booleans and numbers as JSON has them."""
    if operator.startswith(("Bool", "Null")):
        values = [{"true": True, "false": False}.get(str(value).lower(), value) for value in values]
    if operator.startswith("Numeric"):
        values = [int(value) if str(value).isdecimal() else value for value in values]
    return operator, key, values


SPELLINGS: Mapping[str, Callable[[Statement], Statement]] = {
    "actions": with_actions,
    "principals": with_principals,
    "keys": with_conditions(lambda operator, key, values: (operator, key.swapcase(), values)),
    "operators": with_conditions(lambda operator, key, values: (operator.swapcase(), key, values)),
    "repetition": with_conditions(lambda operator, key, values: (operator, key, values * 2)),
    "JSON": with_conditions(of_json),
}


def rewritten(value: Any, spelling: Callable[[Statement], Statement]) -> Any:
    """A value in whose documents the statements have another spelling."""
    if isinstance(value, dict):
        statement = value.get("Effect") in ("Allow", "Deny") and all(
            isinstance(text, str) for key in ("Action", "NotAction") for text in listed(value.get(key, ""))
        )
        return spelling(value) if statement else {key: rewritten(item, spelling) for key, item in value.items()}
    if isinstance(value, list):
        return [rewritten(item, spelling) for item in value]
    if type(value) is str and value.startswith("{"):
        try:
            return json.dumps(rewritten(json.loads(value), spelling))
        except ValueError:
            return value
    return value


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_another_spelling_of_a_document_is_no_other_violation(policy: Policy[Any], spelling: str) -> None:
    for example in policy.bad:
        edited = [
            replace(resource, inputs=rewritten(dict(resource.inputs), SPELLINGS[spelling]))
            for resource in example.resources
        ]
        if example.note == "a key that JSON keeps only once" or edited == list(example.resources):
            continue
        before, after = (
            Counter(
                fingerprint(outcome)
                for outcome in outcomes(*resources, policy=policy.id)
                if outcome.kind is not Kind.ERROR
            )
            for resources in (example.resources, edited)
        )
        assert after == before, example.note


def resource(token: str, **inputs: Any) -> Resource:
    return Resource(token, "it", inputs, f"urn:pulumi:dev::shop::{token}::it")


KEY, LOGS, TABLE = "aws:kms/key:Key", "aws:cloudwatch/logGroup:LogGroup", "aws:dynamodb/table:Table"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
PASSWORDS = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"
SERVER, NOTEBOOK = "aws:transfer/server:Server", "aws:sagemaker/notebookInstance:NotebookInstance"
CLUSTER, REPLICA = "aws:eks/cluster:Cluster", {"regionName": "eu-central-1"}
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@pytest.mark.parametrize(
    ("policy", "token", "written"),
    [
        ("kms-missing-rotation", KEY, {"enableKeyRotation": False}),
        ("kms-missing-rotation", KEY, {"enableKeyRotation": "false"}),
        ("logs-missing-retention", LOGS, {"retentionInDays": 0}),
        *(("s3-open-access-block", BLOCK, {name: False}) for name in SWITCHES),
        ("aws-plaintext-storage", "aws:ebs/volume:Volume", {"encrypted": False}),
        ("aws-plaintext-storage", "aws:opensearch/domain:Domain", {"encryptAtRest": {"enabled": False}}),
        ("dynamodb-missing-recovery", TABLE, {"pointInTimeRecovery": {"enabled": False}}),
        ("sns-missing-encryption", "aws:sns/topic:Topic", {"kmsMasterKeyId": ""}),
        ("iam-weak-password-policy", PASSWORDS, {"minimumPasswordLength": 6, "requireSymbols": False}),
        ("aws-public-endpoint", SERVER, {"endpointType": "PUBLIC"}),
        ("aws-public-endpoint", NOTEBOOK, {"directInternetAccess": "Enabled"}),
        ("aws-public-endpoint", CLUSTER, {"vpcConfig": {"endpointPublicAccess": True}}),
        ("s3-missing-versioning", "aws:s3/bucket:Bucket", {"versioning": {"enabled": False}}),
    ],
)
def test_a_default_is_one_violation_spelled_out_or_left_out(policy: str, token: str, written: Any) -> None:
    before = Counter(prints(resource(token), policy=policy))
    assert before
    assert Counter(prints(resource(token, **written), policy=policy)) == before


def test_a_default_in_an_item_of_a_list_does_not_count() -> None:
    def of(**replica: Any) -> list[str]:
        return prints(resource(TABLE, replicas=[REPLICA | replica]), policy="dynamodb-missing-recovery")

    assert of() == of(pointInTimeRecovery=False) != of(regionName="eu-west-3")


def test_a_weaker_value_is_another_violation() -> None:
    def of(**inputs: Any) -> set[str]:
        return {*prints(resource(PASSWORDS, **inputs), policy="iam-weak-password-policy")}

    assert of(minimumPasswordLength=8) != of()
    assert of(passwordReusePrevention=5) != of()


def opened(*ranges: str) -> list[str]:
    ports = {"protocol": "tcp", "fromPort": 22, "toPort": 22}
    rules = [{**ports, "ipv6CidrBlocks" if ":" in text else "cidrBlocks": [text]} for text in ranges]
    return prints(resource("aws:ec2/securityGroup:SecurityGroup", ingress=rules), policy="ec2-open-ingress")


@pytest.mark.parametrize(
    ("usual", "other"), [("::/0", "0:0::0/0"), ("0.0.0.0/0", "0.0.0.0/00"), ("0.0.0.0/1", "9.8.7.6/1")]
)
def test_a_range_is_one_source_in_any_spelling(usual: str, other: str) -> None:
    assert opened(usual) == opened(other)
    assert opened(usual)


def test_another_range_is_another_source() -> None:
    assert opened("0.0.0.0/0") != opened("0.0.0.0/1") != opened("128.0.0.0/1")
    for text in ("10.0.0.0/33", "10.0.0/8", "files/7", "a/8", "1.2.3.4:80/9", "10.0.0.0", "/0"):
        assert addresses(text) == text


def test_a_condition_has_one_form() -> None:
    usual = element("Condition", {"Bool": {"aws:SecureTransport": "true"}, "NumericLessThan": {"s3:max-keys": "10"}})
    for value in (True, [True], "True", ["true", "true"]):
        condition = {"numericlessthan": {"s3:Max-Keys": [10.0]}, "BOOL": {"AWS:securetransport": value}}
        assert element("Condition", condition) == usual
    ranges = element("Condition", {"IpAddress": {"aws:SourceIp": ["203.0.113.7", "10.0.0.5/8"]}})
    assert element("Condition", {"IpAddress": {"aws:sourceip": ["10.0.0.0/8", "203.0.113.7/32"]}}) == ranges
    likes = [{name: {"aws:SourceArn": "arn:aws:s3:::a"}} for name in ("ArnLike", "ArnEquals")]
    assert element("Condition", likes[0]) == element("Condition", likes[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:SecureTransport": "false"}}),
        ({"StringEquals": {"s3:prefix": "a"}}, {"StringEquals": {"s3:prefix": "A"}}),
        ({"StringLike": {"aws:PrincipalArn": "a"}}, {"ArnLike": {"aws:PrincipalArn": "a"}}),
        ({"StringEquals": {"s3:prefix": "a"}}, {"StringEqualsIfExists": {"s3:prefix": "a"}}),
        ({"StringEquals": {"aws:PrincipalTag/a": "x"}}, {"StringEquals": {"aws:PrincipalTag/b": "x"}}),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, {"NumericLessThan": {"s3:max-keys": "100"}}),
        ({"StringEquals": {"s3:prefix": "10"}}, {"StringEquals": {"s3:prefix": "10.0"}}),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"IpAddress": {"aws:SourceIp": "10.0.0.0"}}),
        (
            {"StringEquals": {"s3:prefix": "a", "S3:PREFIX": "b"}},
            {"StringEquals": {"s3:prefix": "b"}},
        ),
    ],
)
def test_another_condition_is_another_violation(one: Any, other: Any) -> None:
    before, after = (prints(role_policy(allow("s3:*", "*", Condition=condition))) for condition in (one, other))
    assert before != after


TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"


def public(principal: Any, *more: Statement) -> set[str]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement, *more]})
    return {*prints(resource(TOPIC_POLICY, arn="a", policy=policy), policy="iam-public-policy")}


def test_everyone_is_everyone_in_an_allow_statement_only() -> None:
    star = public("*")
    assert star
    assert public({"AWS": "*"}) == public({"AWS": ["*"]}) == star
    assert public({"AWS": ["*", "arn:aws:iam::111122223333:role/x"]}) == star
    assert public({"AWS": "*", "Service": "s3.amazonaws.com"}) != star
    denials = [
        {"Effect": "Deny", "Principal": principal, "Action": "sns:Publish", "Resource": "arn:aws:sns:*:*:private"}
        for principal in ("*", {"AWS": "*"})
    ]
    assert public("*", denials[0]) != public("*", denials[1]), "a denial of `*` also denies AWS services"
