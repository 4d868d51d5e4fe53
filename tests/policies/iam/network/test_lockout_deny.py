from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, document, role, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.unsatisfiable_condition import POLICY as UNSATISFIABLE
from policypack.policies.iam.network.lockout_deny import POLICY
from tests.policies.helpers import messages, reported, reported_with, silent, undecided, undecided_at, violations

BOTH = ["arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"]
OUTSIDE = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
SPARING = {**OUTSIDE, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}


def everybody(action: Any = "s3:*", resource: Any = BOTH, **condition: Any) -> dict[str, Any]:
    return deny(action, resource, Principal="*", Condition=condition or None)


test_everybody_outside_of_a_network = reported(
    POLICY,
    "policy.Statement[0]",
    everybody(notipaddress={"AWS:SOURCEIP": ["203.0.113.0/24", "198.51.100.0/24"]}),
    everybody(NotIpAddressIfExists={"aws:SourceIp": "203.0.113.0/24"}),
    everybody(StringNotLike={"aws:SourceVpce": ["vpce-0a1b2c3d"]}),
    everybody("*", "*", NotIpAddress={"aws:VpcSourceIp": "10.0.0.0/8"}),
    everybody("s3:GetObject", "arn:aws:s3:::inbox/*", **OUTSIDE),
    everybody(**OUTSIDE, Bool={"aws:SecureTransport": "true"}),
    {**everybody(**OUTSIDE), "Principal": {"AWS": ["*"]}},
    everybody(NotIpAddress={"aws:SourceIp": UNKNOWN}),  # whatever the range, there is no exception
    of=bucket_policy,
)
everything = "denies everything to "
test_everybody = reported_with(
    POLICY,
    (everybody("*", "*"), "policy.Statement[0]", everything),
    (everybody(["s3:GetObject", "S3:*"], "arn:aws:s3:::inbox"), "policy.Statement[0]", everything),
    (everybody("s3:*", "arn:aws:s3:::inbox/*"), "policy.Statement[0]", everything),
    (everybody(IpAddress={"aws:SourceIp": ["0.0.0.0/0", "::/0"]}), "policy.Statement[0]", everything),
    of=bucket_policy,
)
test_silent = silent(
    POLICY,
    everybody(**SPARING),
    everybody(**OUTSIDE, Bool={"aws:ViaAWSService": "false"}),
    everybody(**OUTSIDE, BoolIfExists={"aws:PrincipalIsAWSService": False, "aws:ViaAWSService": False}),
    everybody(**OUTSIDE, ArnNotEquals={"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin"}),
    everybody(**OUTSIDE, StringNotLike={"aws:userid": ["AROAEXAMPLE:*", "111122223333"]}),
    everybody(**OUTSIDE, StringNotEqualsIfExists={"aws:PrincipalTag/network-exempt": "true"}),
    everybody(StringNotEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
    everybody(NumericLessThan={"s3:TlsVersion": "1.2"}),
    everybody(IpAddress={"aws:SourceIp": "198.51.100.0/24"}),
    everybody("s3:DeleteObject", "arn:aws:s3:::inbox/*"),
    everybody("s3:*", "arn:aws:s3:::inbox/private/*"),
    allow(Principal="*", Condition=OUTSIDE),
    allow(UNKNOWN, UNKNOWN, Principal=UNKNOWN, Condition=UNKNOWN),
    of=bucket_policy,
)
test_an_unknown_exception = undecided_at(
    POLICY, "policy.Statement[0].Condition.ArnNotEquals", everybody(**OUTSIDE, ArnNotEquals=UNKNOWN), of=bucket_policy
)


def test_two_ranges_without_an_address_in_common() -> None:
    elsewhere = {**SPARING, "NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    (message,) = messages(POLICY, bucket_policy(everybody(**SPARING), everybody("s3:Get*", **elsewhere)))
    assert "`Statement[0]`" in message
    overlapping = {**SPARING, "NotIpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.128/25"]}}
    assert messages(POLICY, bucket_policy(everybody(**SPARING), everybody(**overlapping))) == []
    other_action = everybody("s3:PutObject", **elsewhere)
    assert messages(POLICY, bucket_policy(everybody("s3:GetObject", **SPARING), other_action)) == []


@pytest.mark.parametrize(
    "condition", [{"Bool": {"aws:SecureTransport": "true"}}, {"BoolIfExists": {"aws:SecureTransport": True}}]
)
def test_denials_of_https(condition: dict[str, Any]) -> None:
    assert violations(POLICY, bucket_policy(everybody(**condition))) == ["policy.Statement[0]"]
    blocked = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    assert messages(POLICY, bucket_policy(everybody(**condition, **blocked))) == []


NETWORK = {"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}
EXCEPT_ADMIN = {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin"}}


@pytest.mark.parametrize(
    "conditions",
    [
        [{**SPARING}, {**NETWORK, "Bool": {"aws:ViaAWSService": "false"}}],
        [{**OUTSIDE, **EXCEPT_ADMIN}, {**NETWORK, **EXCEPT_ADMIN}],
        [{"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}, EXCEPT_ADMIN],
        [{"Bool": {"aws:SecureTransport": value}} for value in ("false", "true")],
        [{"StringNotEquals": {"s3:x-amz-server-side-encryption": value}} for value in ("aws:kms", "AES256")],
        [
            {**EXCEPT_ADMIN, "NotIpAddress": {"aws:SourceIp": ranges}}
            for ranges in (["203.0.113.0/25", "192.0.2.0/24"], ["192.0.2.0/24", "198.51.100.0/24"], ["203.0.113.0/24"])
        ],
    ],
    ids=str,
)
def test_denials_that_together_leave_nobody(conditions: list[dict[str, Any]]) -> None:
    *_, last = violations(POLICY, bucket_policy(*(everybody(**condition) for condition in conditions)))
    assert last == f"policy.Statement[{len(conditions) - 1}]"


@pytest.mark.parametrize(
    "conditions",
    [
        [{**SPARING, **NETWORK}],
        [{**SPARING, **NETWORK}, {"Bool": {"aws:SecureTransport": "false"}}],
        [SPARING, SPARING],
        [{**OUTSIDE, **EXCEPT_ADMIN}, EXCEPT_ADMIN],
        [
            {**OUTSIDE, **EXCEPT_ADMIN},
            {**NETWORK, "StringNotEquals": {"aws:SourceVpc": "vpc-1", "aws:PrincipalTag/team": "x"}},
        ],
        [
            {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
            {"Bool": {"aws:SecureTransport": "false"}},
        ],
    ],
    ids=str,
)
def test_denials_that_leave_somebody(conditions: list[dict[str, Any]]) -> None:
    assert violations(POLICY, bucket_policy(*(everybody(**condition) for condition in conditions))) == []


def test_a_range_that_no_request_comes_from() -> None:
    private = everybody(**{**SPARING, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    assert violations(POLICY, bucket_policy(private)) == ["policy.Statement[0]"]


ALICE, ADMIN = "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:role/admin"
SESSION = "arn:aws:sts::111122223333:assumed-role/admin/deploy"


@pytest.mark.parametrize("exempted", [ALICE, ADMIN, SESSION, [ALICE, ADMIN], [ADMIN, "444455556666"]], ids=str)
def test_an_exempted_identity_without_its_account(exempted: Any) -> None:
    denial = {**deny("s3:*", BOTH), "NotPrincipal": {"AWS": exempted}}
    assert violations(POLICY, bucket_policy(denial)) == ["policy.Statement[0]"]
    assert violations(POLICY, bucket_policy(denial, denial)) == ["policy.Statement[0]", "policy.Statement[1]"]


@pytest.mark.parametrize(
    "exempted",
    [
        {"AWS": [ALICE, "arn:aws:iam::111122223333:root"]},
        {"AWS": [ADMIN, SESSION, "111122223333"]},
        {"AWS": "arn:aws:iam::111122223333:root"},
        {"AWS": "111122223333"},
    ],
    ids=str,
)
def test_an_exempted_identity_with_its_account(exempted: Any) -> None:
    denial = {**deny("s3:*", BOTH), "NotPrincipal": exempted}
    assert violations(POLICY, bucket_policy(denial)) == []


@pytest.mark.parametrize(
    ("condition", "paths"),
    [
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, ["policy.Statement[0]"]),
        ({"DateGreaterThanEquals": {"aws:CurrentTime": ["2099-01-01", "2021-06-30"]}}, ["policy.Statement[0]"]),
        ({"DateGreaterThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}, []),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, []),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}, "Bool": {"aws:SecureTransport": "false"}}, []),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}, **EXCEPT_ADMIN}, []),
    ],
    ids=str,
)
def test_a_date_in_the_past(condition: dict[str, Any], paths: list[str]) -> None:
    assert violations(POLICY, bucket_policy(everybody(**condition))) == paths


def test_an_identitys_own_denials() -> None:
    both = [
        deny("*", "*", Condition={"NotIpAddress": {"aws:SourceIp": ranges}})
        for ranges in ("203.0.113.0/24", "198.51.100.0/24")
    ]
    assert violations(POLICY, role_policy(*both)) == ["policy.Statement[1]"]
    assert violations(POLICY, role_policy(both[0])) == []


def test_an_endpoints_document_locks_nobody_out_of_the_resource() -> None:
    endpoint = Resource("aws:ec2/vpcEndpoint:VpcEndpoint", "s3", {"policy": document(everybody("*", "*"))})
    assert messages(POLICY, endpoint) == []


def test_an_unknown_principal() -> None:
    whom = {**everybody(**OUTSIDE), "Principal": UNKNOWN}
    assert undecided(POLICY, bucket_policy(whom)) == ["policy.Statement[0].Principal"]


LAMBDA = {"Service": "lambda.amazonaws.com"}
ASSUMED = allow("sts:AssumeRole", None, Principal=LAMBDA)
test_a_trust_policy_that_denies_all_that_it_allows = reported(
    POLICY,
    "assumeRolePolicy.Statement[1]",
    [ASSUMED, deny("sts:AssumeRole", None, Principal="*")],
    [ASSUMED, deny("sts:*", None, Principal={"AWS": "*"})],
    [ASSUMED, deny("sts:AssumeRole", None, Principal=LAMBDA)],
    of=lambda statements: role(*statements),
)
test_a_policy_that_denies_all_that_it_allows = reported(
    POLICY,
    "policy.Statement[1]",
    [allow("s3:GetObject", "arn:aws:s3:::inbox/*"), deny("s3:*", "*")],
    [allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::inbox/*"), deny("s3:Get*", "*"), deny("s3:Put*", "*")],
    of=lambda statements: role_policy(*statements),
)
test_a_denial_that_leaves_a_part = silent(
    POLICY,
    role(ASSUMED),
    role(ASSUMED, deny("sts:TagSession", None, Principal="*")),
    role(ASSUMED, deny("sts:AssumeRole", None, Principal={"Service": "ec2.amazonaws.com"})),
    role(
        ASSUMED,
        deny(
            "sts:AssumeRole",
            None,
            Principal="*",
            Condition={"StringNotEquals": {"aws:SourceAccount": "111122223333"}},
        ),
    ),
    role_policy(deny("*", "*")),
    role_policy(allow("s3:*", "*"), deny("s3:Delete*", "*")),
    role_policy(allow("s3:GetObject", "arn:aws:s3:::inbox/*"), deny("s3:GetObject", "arn:aws:s3:::inbox/private/*")),
    role_policy(allow(UNKNOWN, "*"), deny("s3:GetObject", "*")),
)


APP, JOB = (f"arn:aws:iam::111122223333:role/{name}" for name in ("app", "service-role/job"))
OWN = {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}
ANNA = "arn:aws:iam::111122223333:user/people/anna"


def to(principal: Any, action: Any = "sqs:SendMessage", **elements: Any) -> dict[str, Any]:
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    return allow(action, "*", Principal=named, **elements)


def not_to(action: Any = "sqs:*", principal: Any = "*", **condition: Any) -> dict[str, Any]:
    return deny(action, "*", Principal=principal, Condition=condition)


def queue(*statements: dict[str, Any]) -> Resource:
    return Resource("aws:sqs/queuePolicy:QueuePolicy", "jobs", {"queueUrl": "jobs", "policy": document(*statements)})


SNS = {"Service": "sns.amazonaws.com"}
test_a_condition_that_all_who_are_allowed_meet = reported(
    POLICY,
    "policy.Statement[1]",
    (to(APP), not_to(**OWN)),
    (to([APP, ANNA]), not_to(**OWN)),
    (to("111122223333"), not_to(**OWN)),
    (to("arn:aws:iam::111122223333:root"), not_to(StringLike={"aws:PrincipalAccount": "1111*"})),
    (to(APP), not_to(ArnEquals={"aws:PrincipalArn": APP})),
    (to(JOB), not_to(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/service-role/*"})),
    (to([APP, JOB]), not_to(StringNotEquals={"aws:PrincipalArn": ANNA})),
    (to(APP), not_to(StringEquals={"aws:PrincipalType": "AssumedRole"})),
    (to(ANNA), not_to(StringNotEquals={"aws:PrincipalType": ["AssumedRole", "Account"]})),
    (to(ANNA), not_to(StringLike={"aws:username": "an*"})),
    (to(APP), not_to(StringLike={"aws:userid": "AROA*"})),
    (to(APP), not_to(Bool={"aws:PrincipalIsAWSService": "false"})),
    (to(SNS), not_to(Bool={"aws:PrincipalIsAWSService": "true"})),
    (to(SNS), not_to(StringNotEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})),
    (to(APP), not_to("sqs:SendMessage", {"AWS": APP}, **OWN)),
    (to(APP), not_to(**OWN, StringLike={"aws:PrincipalArn": "*/app"}), to(SNS)),
    of=queue,
)


TOGETHER = "denies everyone, together with `Statement[0]`, except callers that all of them exempt"


@pytest.mark.parametrize(
    "other",
    [{"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, {"StringNotEquals": {"aws:SourceVpce": "vpce-0f9e8d7c"}}],
)
def test_two_networks_that_do_not_overlap_are_one_lockout(other: dict[str, Any]) -> None:
    for pair in ([OUTSIDE, other], [other, OUTSIDE]):
        assert messages(POLICY, bucket_policy(*(everybody(**one) for one in pair))) == [TOGETHER]


def test_denials_that_do_not_lock_out_together_are_reported_each() -> None:
    overlapping = everybody(NotIpAddress={"aws:SourceIp": ["198.51.100.0/24", "203.0.113.0/24"]})
    apart = everybody(StringNotEquals={"aws:SourceVpce": "vpce-0f9e8d7c"})
    elsewhere = {**apart, "Resource": "arn:aws:s3:::other/*"}
    for second in (overlapping, elsewhere):
        alone = messages(POLICY, bucket_policy(everybody(**OUTSIDE), second))
        assert ["is outside of your network" in message for message in alone] == [True, True]
    third = messages(POLICY, bucket_policy(everybody(**OUTSIDE), apart, {**elsewhere, "Action": "s3:PutObject"}))
    assert third == [TOGETHER, third[1]]
    assert "`aws:SourceVpce` is outside of your network" in third[1]
    sparing = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}}
    exempting = everybody(StringNotEquals={"aws:SourceVpce": "vpce-0f9e8d7c"}, **sparing)
    both = messages(POLICY, bucket_policy(everybody(**OUTSIDE), exempting))
    assert both == [both[0], TOGETHER]
    assert "`aws:SourceIp` is outside of your network" in both[0]
    assert len(set(messages(POLICY, bucket_policy(everybody(**OUTSIDE), everybody(**OUTSIDE))))) == 1


def test_denials_that_together_exclude_all_who_are_allowed() -> None:
    each = [not_to(ArnEquals={"aws:PrincipalArn": principal}) for principal in (APP, JOB)]
    (message,) = messages(POLICY, queue(to([APP, JOB]), *each))
    assert "`Statement[0]`" in message
    assert "`Statement[1]`" in message
    assert violations(POLICY, queue(to([APP, JOB]), *each)) == ["policy.Statement[2]"]


test_a_condition_that_some_who_are_allowed_do_not_meet = silent(
    POLICY,
    (to(APP), not_to(StringNotEquals={"aws:PrincipalAccount": "111122223333"})),
    (to(APP), not_to(StringEquals={"aws:PrincipalAccount": "444455556666"})),
    (to([APP, JOB]), not_to(ArnEquals={"aws:PrincipalArn": APP})),
    (to("111122223333"), not_to(ArnEquals={"aws:PrincipalArn": APP})),
    (to("111122223333"), not_to(StringEquals={"aws:PrincipalType": "AssumedRole"})),
    (to("111122223333"), not_to(StringNotEquals={"aws:PrincipalType": ["AssumedRole", "User", "Account"]})),
    (to(APP), to(ANNA), not_to(ArnEquals={"aws:PrincipalArn": APP})),
    (to(APP), not_to("sqs:DeleteMessage", **OWN)),
    (to(APP, "sqs:*"), not_to("sqs:SendMessage", **OWN)),
    (to(APP), not_to(**OWN, Bool={"aws:SecureTransport": "false"})),
    (to(APP), not_to(principal={"AWS": "444455556666"}, **OWN)),
    (to(APP), not_to(StringEquals={"aws:PrincipalType": "User"})),
    (to(APP), not_to(StringLike={"aws:userid": "AROAEXAMPLEID:*"})),
    (to(APP), not_to(StringEqualsIfExists={"aws:PrincipalTag/team": "shop"})),
    (to(APP), not_to(StringNotEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})),
    (to(APP), not_to(ArnEquals={"aws:PrincipalArn": UNKNOWN})),
    (to(SNS), not_to(**OWN)),
    (to(SNS), not_to(Bool={"aws:PrincipalIsAWSService": "false"})),
    (to("*"), not_to(**OWN)),
    (to(UNKNOWN), not_to(**OWN)),
    (not_to(**OWN),),
    of=queue,
)


def key(*statements: dict[str, Any], kind: str = "Key", **inputs: Any) -> Resource:
    lowered = f"{kind[0].lower()}{kind[1:]}"
    return Resource(f"aws:kms/{lowered}:{kind}", "orders", {"policy": document(*statements), **inputs})


MANAGING = to("arn:aws:iam::111122223333:root", "kms:*")
USING = to(APP, ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"])
BYPASS = "bypassPolicyLockoutSafetyCheck"
test_a_key_that_nobody_may_manage = reported(
    POLICY,
    "policy",
    key(USING),
    key(USING, kind="KeyPolicy"),
    key(USING, kind="ReplicaKey"),
    key(USING, kind="ExternalKey", **{BYPASS: False}),
    key(to("111122223333", ["kms:Create*", "kms:Describe*", "kms:Get*"]), USING),
    key(to(SNS, "kms:*"), USING),
    key({"Effect": "Allow", "Principal": {"AWS": ANNA}, "NotAction": "kms:Put*", "Resource": "*"}),
    key(MANAGING, deny("kms:PutKeyPolicy", "*", Principal="*")),
    key(MANAGING, not_to("kms:Put*", StringLike={"aws:PrincipalArn": "*"})),
)
test_a_key_that_somebody_may_manage = silent(
    POLICY,
    key(MANAGING, USING),
    key(to(ANNA, "kms:PutKeyPolicy"), USING),
    key(to(ANNA, "KMS:put*"), USING),
    key(to(ANNA, "*")),
    key(to("*", "kms:*", Condition={"StringEquals": {"kms:CallerAccount": "111122223333"}})),
    key(to(ANNA, "kms:Put*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    key({"Effect": "Allow", "Principal": {"AWS": ANNA}, "NotAction": "kms:Delete*", "Resource": "*"}),
    key({"Effect": "Allow", "NotPrincipal": {"AWS": APP}, "Action": "kms:*", "Resource": "*"}),
    key(MANAGING, deny("kms:PutKeyPolicy", "*", Principal={"AWS": APP})),
    key(MANAGING, not_to("kms:PutKeyPolicy", ArnNotEquals={"aws:PrincipalArn": ANNA})),
    key(USING, **{BYPASS: True}),
    key(USING, **{BYPASS: "true"}),
    key(USING, **{BYPASS: UNKNOWN}),
    key(to(ANNA, UNKNOWN)),
    key(to(UNKNOWN, "kms:*")),
    key(to(ANNA, "kms:*", Condition=UNKNOWN)),
    Resource("aws:kms/key:Key", "orders", {}),
    queue(USING),
)


METHODS = "arn:aws:execute-api:eu-central-1:111122223333:k3x9/*"


def api(*statements: dict[str, Any]) -> Resource:
    return Resource("aws:apigateway/restApi:RestApi", "orders", {"policy": document(*statements)})


def called_by_all(*denials: dict[str, Any], action: Any = "execute-api:Invoke") -> Resource:
    return api(allow(action, METHODS, Principal="*"), *denials)


INVOKING = {"NotIpAddress": {"aws:SourceIp": ["198.51.100.0/24", "192.0.2.0/24"]}}
PRIVATE = {"StringNotEquals": {"aws:SourceVpce": "vpce-0f1e2d3c4b5a69788"}}

test_calls_of_an_api_are_no_administration = silent(
    POLICY,
    called_by_all(everybody("execute-api:Invoke", METHODS, **INVOKING)),
    called_by_all(everybody(["EXECUTE-API:invoke", "execute-api:Manage*"], METHODS, **PRIVATE)),
    Resource(
        "aws:vpclattice/authPolicy:AuthPolicy",
        "orders",
        {"policy": document(everybody("vpc-lattice-svcs:Invoke", "*", StringNotEquals={"aws:SourceVpc": "vpc-9"}))},
    ),
)
test_two_denials_of_calls_leave_nobody = reported(
    POLICY,
    "policy.Statement[2]",
    called_by_all(
        everybody("execute-api:Invoke", METHODS, **INVOKING), everybody("execute-api:Invoke", METHODS, **PRIVATE)
    ),
)
test_what_services_send_is_no_call_of_an_endpoint = reported(
    POLICY,
    "policy.Statement[0]",
    api(everybody(["execute-api:Invoke", "apigateway:*"], "*", **INVOKING)),
    Resource("aws:sqs/queue:Queue", "jobs", {"policy": document(everybody("sqs:SendMessage", "*", **INVOKING))}),
    Resource("aws:sns/topic:Topic", "t", {"policy": document(everybody("sns:Publish", "*", **PRIVATE))}),
)


def test_denials_that_leave_nobody_are_the_only_report() -> None:
    refused = everybody("execute-api:Invoke", METHODS, **INVOKING), everybody("execute-api:Invoke", METHODS, **PRIVATE)
    inside = allow("execute-api:Invoke", METHODS, Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert violations(POLICY, api(inside, *refused)) == ["policy.Statement[2]"]
    assert violations(UNSATISFIABLE, api(inside, *refused)) == []


def test_an_inverted_condition_on_plain_http_is_called_that() -> None:
    (message,) = messages(POLICY, bucket_policy(everybody(Bool={"aws:SecureTransport": "true"})))
    assert message.endswith("; it is plain HTTP for which `aws:SecureTransport` is `false`")
    (message,) = messages(POLICY, bucket_policy(everybody(IpAddress={"aws:SourceIp": "0.0.0.0/0"})))
    assert ";" not in message
