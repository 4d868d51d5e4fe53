from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from policypack.access.role_sessions import Conditional
from policypack.core.examples import allow, bucket_policy, construct, deny, document, granted, role, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents_of
from policypack.policies.iam.correctness.unsatisfiable_condition import POLICY, check
from tests.policies.helpers import messages, reported, silent, undecided, violations

PARTNER = {"AWS": "arn:aws:iam::444455556666:role/partner"}
OFFICE = {"aws:SourceIp": "203.0.113.0/24"}
OURS = {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}


def of_partner(condition: Any, action: str = "s3:GetObject", principal: Any = PARTNER) -> Resource:
    return bucket_policy(allow(action, Principal=principal, Condition=condition))


def address(*ranges: str) -> dict[str, Any]:
    return {"IpAddress": {"aws:SourceIp": list(ranges)}}


test_an_address_that_no_request_has = reported(
    POLICY,
    "policy.Statement[0].Condition.IpAddress.aws:SourceIp",
    address("172.16.0.0/12", "192.168.1.0/24"),
    address("100.64.0.0/10"),
    address("127.0.0.1/32", "169.254.0.0/16"),
    address("fd00::/8", "fe80::/10", "::1/128"),
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}},
    of=of_partner,
)
test_conditions_that_exclude_each_other = reported(
    POLICY,
    "policy.Statement[0].Condition",
    {"IpAddress": OFFICE, "StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}},
    {"IpAddress": {**OFFICE, "aws:VpcSourceIp": "10.0.0.0/8"}},
    {"IpAddress": OFFICE, "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/25", "203.0.113.128/25"]}},
    {"StringEquals": OURS, "StringLike": {"aws:PrincipalOrgID": "o-b*"}},
    {"StringEquals": OURS, "StringNotEqualsIgnoreCase": {"AWS:PrincipalOrgId": "O-A1B2C3D4E5"}},
    {"StringEquals": OURS, "Null": {"aws:PrincipalOrgID": "true"}},
    {"Bool": {"aws:SecureTransport": "true"}, "BoolIfExists": {"aws:SecureTransport": "false"}},
    {
        "DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"},
        "DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
    },
    {"NumericLessThan": {"s3:max-keys": "5"}, "NumericGreaterThan": {"s3:max-keys": "5"}},
    of=of_partner,
)


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("DateLessThan", "aws:CurrentTime", "2023-01-01T00:00:00Z"),
        ("DateLessThanEquals", "aws:CurrentTime", ["2023-06-30", "2021-01-01T00:00:00+02:00"]),
        ("DateLessThanIfExists", "AWS:currentTime", "2023-01-01"),
        ("DateEquals", "aws:CurrentTime", "2023-01-01T00:00:00.000Z"),
        ("DateLessThan", "aws:EpochTime", "1672531200"),
        ("NumericLessThanEquals", "aws:EpochTime", "1672531200"),
    ],
)
def test_a_time_that_has_passed(effect: str, operator: str, key: str, value: Any) -> None:
    read = {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/*"}
    (violation,) = violations(POLICY, role_policy({**read, "Condition": {operator: {key: value}}}))
    assert violation == f"policy.Statement[0].Condition.{operator}.{key}"


def test_the_day_of_a_limit_is_no_past_day() -> None:
    resource = granted(Condition={"DateLessThan": {"aws:CurrentTime": "2026-05-01T00:00:00Z"}})
    document, *_ = [value for _, value in documents_of(resource) if isinstance(value, PolicyDocument)]
    days = (date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 2))
    assert [bool([*check(Conditional(document, today=day))]) for day in days] == [False, False, True]


test_a_source_of_another_account = reported(
    POLICY,
    "policy.Statement[0].Condition",
    of_partner(
        {
            "ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:news"},
            "StringEquals": {"aws:SourceAccount": "444455556666"},
        },
        principal={"Service": "sns.amazonaws.com"},
    ),
)
test_silent = silent(
    POLICY,
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}},
    {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}},
    {"IpAddressIfExists": OFFICE, "StringEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
    {"StringEquals": OURS, "Null": {"aws:PrincipalOrgID": "false"}},
    {
        "ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"},
        "Null": {"aws:PrincipalOrgPaths": "false"},
    },
    (
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}, "ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}},
        "s3:TagResource",
    ),
    {
        "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
        "DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"},
    },
    *(
        {operator: {key: value}}
        for operator, key, value in (
            ("DateLessThan", "aws:CurrentTime", ["2020-01-01", "2099-01-01"]),
            ("DateLessThan", "aws:CurrentTime", "2099"),
            ("DateLessThan", "aws:EpochTime", "4070908800"),
            ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
            ("DateNotEquals", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
            ("DateLessThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z"),
            ("DateLessThan", "aws:CurrentTime", "${aws:PrincipalTag/until}"),
        )
    ),
    of=of_partner,
)
test_a_value_that_the_caller_never_sends = reported(
    POLICY,
    "policy.Statement[0].Condition.StringEquals.aws:SourceAccount",
    of_partner({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
)
test_a_value_that_the_caller_sends = silent(
    POLICY,
    of_partner({"StringEquals": {"aws:SourceAccount": "111122223333"}}, principal={"Service": "sns.amazonaws.com"}),
    of_partner({"StringEquals": {"aws:SourceOwner": "111122223333"}}, "sns:Publish"),
)
test_addresses_inside_a_vpc = silent(
    POLICY,
    granted("elasticfilesystem:ClientMount", "*", Condition=address("10.0.0.0/8")),
    granted("kafka-cluster:Connect", "*", Condition=address("10.0.0.0/8")),
)


def test_an_unknown_value() -> None:
    statement = deny("s3:*", "*", Principal="*", Condition={"IpAddress": {"aws:SourceIp": UNKNOWN}})
    assert undecided(POLICY, bucket_policy(statement)) == ["policy.Statement[0].Condition.IpAddress.aws:SourceIp"]


ROLE = "arn:aws:iam::111122223333:role/app"
OBJECTS = "arn:aws:s3:::acme-data/*"
NETWORK = {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}
OTHER_NETWORK = {"StringNotEquals": {"aws:SourceVpc": "vpc-1a1b2c3d"}}
FROM = "aws:SourceIp"


def both(allowed: dict[str, Any], *denied: dict[str, Any], **principal: Any) -> Resource:
    """A bucket's document that allows under a condition, and denies everyone under others."""
    allow = {"Effect": "Allow", "Principal": principal or {"AWS": ROLE}, "Action": "s3:GetObject", "Resource": OBJECTS}
    denials = [deny("s3:*", OBJECTS, Principal="*", Condition=condition) for condition in denied]
    return bucket_policy({**allow, "Condition": allowed}, *denials)


@pytest.mark.parametrize(
    "resource",
    [
        both(
            {"IpAddress": {FROM: "203.0.113.0/24"}},
            {"IpAddress": {FROM: "203.0.113.0/25"}},
            {"IpAddress": {FROM: "203.0.113.128/25"}},
        ),
        both(NETWORK, OTHER_NETWORK),
        both({"ArnEquals": {"aws:PrincipalArn": ROLE}}, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}),
        both(
            {"StringEquals": {"aws:SourceAccount": "111122223333"}},
            {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
            Service="logging.s3.amazonaws.com",
        ),
    ],
    ids=range(4),
)
def test_denials_of_all_that_is_allowed(resource: Resource) -> None:
    assert violations(POLICY, resource) == ["policy.Statement[0]"]


test_denials_that_leave_something = silent(
    POLICY,
    both({"IpAddress": {FROM: "203.0.113.0/24"}}, {"IpAddress": {FROM: "203.0.113.0/25"}}),
    both(NETWORK, {"StringNotEquals": {"aws:SourceVpc": ["vpc-1a1b2c3d", "vpc-0a1b2c3d"]}}),
    both({"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:SecureTransport": "false"}}),
    both(NETWORK, {**OTHER_NETWORK, "ArnNotEquals": {"aws:PrincipalArn": ROLE}}),
    both(
        {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        {
            "StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
        Service="logging.s3.amazonaws.com",
    ),
)
test_denials_of_an_unknown_network = undecided(POLICY, both(NETWORK, {"StringNotEquals": {"aws:SourceVpc": UNKNOWN}}))


READ = "arn:aws:s3:::inbox/*"


def of_services(condition: Any, *services: str, effect: str = "Allow", **statement: Any) -> Resource:
    """A role with a condition, that these services assume, `AWS` for another account."""
    names = [f"{service}.amazonaws.com" for service in services if service != "AWS"]
    principals: dict[str, Any] = {"Service": names} | ({"AWS": "111122223333"} if "AWS" in services else {})
    written = [{**allow("s3:GetObject", READ, Condition=condition), "Effect": effect, **statement}]
    if effect == "Deny":
        written.append(allow("s3:GetObject", READ))
    policies = [{"name": "read", "policy": json.dumps(document(*written))}]
    trust = document(allow("sts:AssumeRole", None, Principal=principals))
    return construct("aws:iam/role:Role", "worker", assumeRolePolicy=trust, inlinePolicies=policies)


@pytest.mark.parametrize("service", ["lambda", "ecs-tasks", "states", "ec2", "firehose"])
@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
        {"StringLike": {"aws:username": "*"}},
        {"StringEquals": {"aws:PrincipalType": "User"}},
        {"StringNotEquals": {"aws:PrincipalType": "AssumedRole"}},
        {"Null": {"aws:PrincipalArn": "true"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
        {"StringLike": {"aws:userid": "AIDA*"}},
        {"StringEquals": {"aws:FederatedProvider": "cognito-identity.amazonaws.com"}},
        {"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}},
        {"Null": {"aws:SourceIdentity": "false"}},
    ],
    ids=str,
)
def test_a_key_that_no_service_sends(service: str, condition: Any) -> None:
    assert len(violations(POLICY, of_services(condition, service))) == 1


def test_a_denial_that_always_matches_a_service() -> None:
    denied = of_services({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, "ecs-tasks", effect="Deny")
    assert violations(POLICY, denied) == ["inlinePolicies[0].policy.Statement[1]"]
    assert "a denial matches every request" in messages(POLICY, denied)[0]


@pytest.mark.parametrize(
    "resource",
    [
        of_services({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "lambda", "AWS"),
        of_services({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "AWS"),
        of_services({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, "lambda"),
        of_services({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, "lambda"),
        of_services({"Bool": {"aws:ViaAWSService": "true"}}, "lambda"),
        of_services({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, "ecs-tasks"),
        of_services({"StringEquals": {"aws:SourceAccount": "111122223333"}}, "firehose"),
        of_services({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, "lambda"),
        of_services({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, "lambda"),
        of_services({"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:f"}}, "lambda"),
        of_services({"StringEquals": {"aws:PrincipalTag/team": "web"}}, "lambda"),
        of_services({"StringEquals": {"aws:SourceIdentity": "web-01"}}, "rolesanywhere"),
        of_services({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, "lambda", effect="Deny"),
        of_services({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, "AWS", effect="Deny"),
        of_services({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, "lambda", effect="Deny", Action="iam:*"),
    ],
    ids=lambda resource: str(resource.inputs["inlinePolicies"])[:160],
)
def test_a_session_that_may_meet_it(resource: Resource) -> None:
    assert violations(POLICY, resource) == []


TABLE = "arn:aws:dynamodb:eu-central-1:444455556666:table/orders"
BUCKET = construct("aws:s3/bucket:Bucket", "inbox", bucket="inbox", region="eu-central-1")
ELSEWHERE = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
OTHER_OWNER = {"StringEquals": {"s3:ResourceAccount": "999988887777"}}
INVOKED = "arn:aws:lambda:eu-central-1:444455556666:function:"


def at(condition: Any, *resources: str, service: str = "lambda", action: str = "dynamodb:GetItem") -> Resource:
    return of_services(condition, service, Action=action, Resource=list(resources or [TABLE]))


def in_bucket(condition: Any, *resources: str) -> Resource:
    return of_services(condition, "lambda", Resource=list(resources or [READ]))


@pytest.mark.parametrize(
    "resource",
    [
        at(ELSEWHERE),
        at({"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}),
        at({"StringLike": {"aws:RequestedRegion": "us-*"}}),
        at({"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}),
        at({"StringEquals": {"aws:ResourceAccount": "999988887777"}}, service="ecs-tasks"),
        at(ELSEWHERE, TABLE, f"{TABLE}/index/*"),
        in_bucket(ELSEWHERE),
        in_bucket(OTHER_OWNER),
        in_bucket({"StringNotEquals": {"aws:ResourceAccount": "444455556666"}}),
    ],
    ids=lambda resource: str(resource.inputs["inlinePolicies"])[:160],
)
def test_another_place_than_that_of_the_resource(resource: Resource) -> None:
    assert len(violations(POLICY, BUCKET, resource, account_id="444455556666")) == 1


@pytest.mark.parametrize(
    "resource",
    [
        at({"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}}),
        at({"StringLike": {"aws:RequestedRegion": "eu-*"}}),
        at(ELSEWHERE, "*", action="dynamodb:ListTables"),
        at(ELSEWHERE, TABLE.replace("eu-central-1", "*")),
        at(ELSEWHERE, TABLE, TABLE.replace("eu-central-1", "us-east-1")),
        at(ELSEWHERE, "arn:aws:iam::444455556666:role/app", action="iam:GetRole"),
        in_bucket(ELSEWHERE, "arn:aws:s3:::elsewhere/*"),
        in_bucket(OTHER_OWNER, "arn:aws:s3:::in*/*"),
        in_bucket(OTHER_OWNER, "*"),
        in_bucket({"StringEquals": {"s3:ResourceAccount": "444455556666"}}),
        in_bucket({"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}),
    ],
    ids=lambda resource: str(resource.inputs["inlinePolicies"])[:160],
)
def test_the_place_of_the_resource(resource: Resource) -> None:
    assert violations(POLICY, BUCKET, resource, account_id="444455556666") == []


def user(role: Resource, name: str) -> Resource:
    function = construct("aws:lambda/function:Function", name, name=name)
    return replace(function, outputs={"arn": f"{INVOKED}{name}"}, property_dependencies={"role": (role.urn,)})


@pytest.mark.parametrize(
    ("named", "users", "count"),
    [
        ("other", ["read"], 1),
        ("oth*", ["read", "write"], 1),
        ("read", ["read"], 0),
        ("write", ["read", "write"], 0),
        ("re*", ["read"], 0),
        ("other", [], 0),
    ],
)
def test_a_function_that_does_not_use_the_role(named: str, users: list[str], count: int) -> None:
    role = in_bucket({"ArnLike": {"lambda:SourceFunctionArn": f"{INVOKED}{named}"}})
    role = replace(role, outputs={"arn": "arn:aws:iam::444455556666:role/worker"})
    functions = [user(role, name) for name in users]
    assert len(violations(POLICY, role, *functions, account_id="444455556666")) == count


def let_in(service: str, source: Any, operator: str = "ArnLike") -> Resource:
    return of_partner({operator: {"aws:SourceArn": source}}, principal={"Service": f"{service}.amazonaws.com"})


RULE, TOPIC = "arn:aws:events:eu-west-1:111122223333:rule/nightly", "arn:aws:sns:eu-west-1:111122223333:ops"
test_a_source_of_another_service = reported(
    POLICY,
    "policy.Statement[0].Condition.ArnLike.aws:SourceArn",
    let_in("sns", RULE),
    let_in("events", TOPIC),
    let_in("s3", [RULE, TOPIC]),
    let_in("cloudfront", "arn:aws:s3:::inbox"),
    let_in("scheduler", RULE),
)
test_an_address_without_a_vpc = reported(
    POLICY,
    "policy.Statement[0].Condition",
    {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "Null": {"aws:SourceVpc": "true"}},
    {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "Null": {"aws:SourceVpce": "true"}},
    of=of_partner,
)
test_sources_that_may_be = silent(
    POLICY,
    let_in("sns", TOPIC),
    let_in("events", RULE),
    let_in("events", [RULE, TOPIC]),
    let_in("s3", "arn:aws:s3:::inbox"),
    let_in("sns", "arn:aws:*:eu-west-1:111122223333:*"),
    let_in("sns", "*"),
    let_in("lambda", RULE),
    of_partner({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "Null": {"aws:SourceVpc": "false"}}),
    of_partner({"IpAddressIfExists": {"aws:VpcSourceIp": "10.0.0.0/8"}, "Null": {"aws:SourceVpc": "true"}}),
)


SERVICE = {"Service": "s3.amazonaws.com"}


def certified(condition: Any, service: str = "rolesanywhere") -> Resource:
    """A role that a service assumes, as IAM Roles Anywhere does for who has a certificate."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return role(allow(["sts:AssumeRole", "sts:TagSession"], None, Principal=principal, Condition=condition))


OF_NO_SERVICE = [
    {"IpAddress": OFFICE},
    {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}},
    {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
    {"StringLike": {"aws:userid": "AROA*"}},
    {"StringEquals": {"AWS:UserName": "anna"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:PrincipalTag/team": "shop"}},
    {"Null": {"aws:SourceIdentity": "false"}},
]


@pytest.mark.parametrize("condition", OF_NO_SERVICE)
def test_keys_that_no_service_sends_as_itself(condition: Any) -> None:
    assert len(messages(POLICY, of_partner(condition, principal=SERVICE))) == 1
    assert (
        len(
            messages(
                POLICY, of_partner({**condition, "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::b"}}, principal=SERVICE)
            )
        )
        == 1
    )


test_conditions_that_a_service_may_meet = silent(
    POLICY,
    of_partner({"IpAddressIfExists": OFFICE}, principal=SERVICE),
    of_partner({"NotIpAddress": OFFICE}, principal=SERVICE),
    of_partner({"StringNotEquals": {"aws:PrincipalTag/team": "shop"}}, principal=SERVICE),
    of_partner({"Null": {"aws:userid": "true"}}, principal=SERVICE),
    of_partner({"IpAddress": OFFICE}, principal={**SERVICE, **PARTNER}),
    of_partner({"StringEquals": {"aws:SourceAccount": "111122223333"}}, principal=SERVICE),
    certified(
        {"StringEquals": {"aws:PrincipalTag/x509Subject/O": "Acme", "aws:PrincipalTag/x509SAN/DNS": "a.example"}}
    ),
    certified({"StringLike": {"aws:PrincipalTag/x509Issuer/OU": "ops-*"}}),
    certified({"Null": {"aws:SourceIdentity": "false"}}),
)


def test_no_other_service_sends_a_certificate() -> None:
    named = {"StringEquals": {"aws:PrincipalTag/x509Subject/O": "Acme"}}
    assert len(violations(POLICY, certified(named, "ec2"))) == 1
    assert len(violations(POLICY, certified({"StringEquals": {"aws:username": "anna"}}))) == 1


def tagged(operator: str, key: str, *actions: str, value: Any = "shop", effect: str = "Allow") -> Resource:
    statement = {**allow([*actions], "*", Condition={operator: {key: value}}), "Effect": effect}
    return role_policy(statement)


TAG = "aws:RequestTag/team"


@pytest.mark.parametrize(
    "resource",
    [
        tagged("StringEquals", TAG, "ec2:RebootInstances"),
        tagged("StringLike", "AWS:requesttag/Team", "rds:DeleteDBInstance", "rds:StopDBInstance"),
        tagged("StringEquals", TAG, "sqs:ReceiveMessage", "dynamodb:PutItem", "ec2:DetachVolume"),
        tagged("ForAnyValue:StringEquals", "aws:TagKeys", "sns:Publish", value=["team"]),
        tagged("Null", TAG, "ec2:StartInstances", value="false"),
        tagged("StringEquals", TAG, "secretsmanager:GetSecretValue"),
        tagged("StringEquals", TAG, "kinesis:Describe*"),
        tagged("StringEquals", TAG, "ec2:StopInstances", effect="Deny"),
    ],
    ids=lambda resource: str(resource.inputs["policy"])[:200],
)
def test_tags_in_requests_that_send_none(resource: Resource) -> None:
    assert len(violations(POLICY, resource)) == 1


test_tags_that_a_request_may_send = silent(
    POLICY,
    tagged("StringEquals", TAG, "ec2:RunInstances"),
    tagged("StringEquals", TAG, "ec2:CreateTags", "ec2:TerminateInstances"),
    tagged("StringEquals", TAG, "sqs:*"),
    tagged("StringEquals", TAG, "sqs:CreateQueue", "sqs:TagQueue"),
    tagged("StringEquals", TAG, "kms:ReplicateKey", "polly:PutLexicon", "textract:StartDocumentAnalysis"),
    tagged("StringEquals", TAG, "sts:AssumeRole", "sts:GetFederationToken"),
    tagged("StringEquals", TAG, "ses:SendEmail"),
    tagged("StringEquals", TAG, "sqs:SendMesage"),
    tagged("StringEqualsIfExists", TAG, "ec2:TerminateInstances"),
    tagged("StringNotEquals", TAG, "ec2:TerminateInstances"),
    tagged("Null", TAG, "ec2:TerminateInstances", value="true"),
    tagged("ForAllValues:StringEquals", "aws:TagKeys", "ec2:TerminateInstances", value=["team"]),
    tagged("StringEquals", "aws:ResourceTag/team", "ec2:TerminateInstances"),
    tagged("StringEquals", "aws:PrincipalTag/team", "ec2:TerminateInstances"),
    role_policy(
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*", "Condition": {"StringEquals": {TAG: "shop"}}}
    ),
    role_policy(allow(UNKNOWN, "*", Condition={"StringEquals": {TAG: "shop"}})),
)
