from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.access.exposure.public import exposure, public
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

CASES = Path(__file__).parent.parent / "cases"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET = "arn:aws:s3:::inbox"
BOTH = [BUCKET, f"{BUCKET}/*"]
OUTSIDE = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}


def judge(*statements: Any, token: str = BUCKET_POLICY, **top: Any) -> Answer:
    return public(parse({**document(*statements), **top}, DocumentKind.RESOURCE, token))


def anyone(*args: Any, **elements: Any) -> dict[str, Any]:
    return allow(*args, **{"Principal": "*", **elements})


def labelled(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads((CASES / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("case", labelled("address-cases.json"))
def test_documented_case(case: dict[str, Any]) -> None:
    answer = public(parse(json.dumps(case["policy"]), DocumentKind.RESOURCE, BUCKET_POLICY))
    assert (answer.verdict.value.replace("-", "_"), case["why"]) == (case["expect"], case["why"])
    assert (answer.witness is not None) == (case["expect"] == "public")


RECOMMENDED = {
    "allow_all_deny_notip_principalisaws_ifexists": "public",
    "allow_ipv4_mapped_all": "public",
    "allow_256_slash8": "public",
    "allow_lowercase_operator": "not-public",
    "allow_stringequals_cidr": "invalid",
    "allow_userid_role_star": "not-public",
    "allow_empty_ip_list": "invalid",
    "allow_leading_zero_octet": "invalid",
    "allow_sourcearn_other_bucket": "not-public",
    "json_number_as_ip": "invalid",
}


@pytest.mark.parametrize("case", labelled("address-cases-undocumented.json"))
def test_case_that_aws_leaves_open_gets_the_recommended_answer(case: dict[str, Any]) -> None:
    answer = public(parse(json.dumps(case["policy"]), DocumentKind.RESOURCE, BUCKET_POLICY))
    assert answer.verdict == RECOMMENDED[case["name"]]


def test_the_reason_names_what_would_pin_a_service() -> None:
    exempt = {**OUTSIDE, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    answer = judge(anyone(), deny("s3:*", BOTH, Principal="*", Condition=exempt))
    assert answer.witness is not None
    assert "service" in str(answer.witness)
    assert "`aws:SourceAccount`" in answer.why


def test_the_witness_is_a_request_in_words() -> None:
    answer = judge(anyone(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}))
    assert (
        str(answer.witness) == "anyone on the internet, from 198.51.100.7, may `s3:GetObject` on `arn:aws:s3:::inbox/x`"
    )


def test_the_witness_names_an_action_that_exists_on_that_resource() -> None:
    answer = judge(anyone("s3:*", BOTH), deny("s3:*", f"{BUCKET}/*", Principal="*"))
    assert answer.witness is not None
    assert answer.witness.resource == BUCKET
    assert answer.witness.action.startswith("s3:GetBucket")


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["arn:aws:iam::111122223333:root", "*"]},
        {"Service": "*"},
        {"Federated": "accounts.google.com"},
        {"Service": "sns.amazonaws.com", "AWS": ["*"]},
    ],
)
def test_open_principal(principal: Any) -> None:
    assert judge(allow(Principal=principal)).verdict is Verdict.PUBLIC


def test_everyone_but_one_principal() -> None:
    assert judge(allow(NotPrincipal={"AWS": "arn:aws:iam::111122223333:root"})).verdict is Verdict.PUBLIC


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "111122223333"},
        {"AWS": "arn:aws:iam::111122223333:root"},
        {"AWS": ["arn:aws:iam::111122223333:role/reader", "AIDAEXAMPLE"]},
        {"Service": "cloudtrail.amazonaws.com"},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
        {"Federated": "arn:aws:iam::111122223333:saml-provider/office"},
    ],
)
def test_fixed_principal(principal: Any) -> None:
    assert judge(allow(Principal=principal)).verdict is Verdict.NOT_PUBLIC


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringEquals": {"AWS:PrincipalAccount": "111122223333"}},
        {"StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}},
        {"StringEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d", "vpce-0b1b2c3d"]}},
        {"StringLike": {"aws:SourceVpc": "vpc-0a1b2c3d"}},
        {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:inbox"}},
        {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}},
        {"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:111122223333:accesspoint/*"}},
        {"StringLike": {"aws:userid": ["AROAEXAMPLE:*", "AIDAEXAMPLE"]}},
        {"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}, "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"Null": {"aws:PrincipalOrgID": "false"}, "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    ],
)
def test_anyone_within_a_limit(condition: Any) -> None:
    assert judge(anyone(Condition=condition)).verdict is Verdict.NOT_PUBLIC


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringLike": {"aws:PrincipalOrgID": "*"}},
        {"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}},
        {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
        {"IpAddress": {"aws:SourceIp": "54.240.143.77/0"}},
        {"IpAddress": {"aws:SourceIp": "2600::/16"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"aws:PrincipalOrgID": "false"}},
        {"StringEquals": {"aws:PrincipalTag/team": "data"}},
        {"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
        {"StringEquals": {"s3:prefix": ["", "home/"]}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}},
        {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    ],
)
def test_anyone_within_no_limit(condition: Any) -> None:
    assert judge(anyone(Condition=condition)).verdict is Verdict.PUBLIC


def test_a_wildcard_beside_a_fixed_account_is_public_for_s3_only() -> None:
    """S3 calls a value with a wildcard not fixed; elsewhere the account in the ARN settles who calls."""
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:*"}}
    queue = anyone("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:inbox", Condition=condition)
    assert judge(queue, token="aws:sqs/queuePolicy:QueuePolicy").verdict is Verdict.NOT_PUBLIC
    answer = judge(anyone(Condition=condition))
    assert answer.verdict is Verdict.PUBLIC
    assert "S3 counts no value with a wildcard as fixed" in answer.why
    assert "whoever fits the wildcard" in str(answer.witness), "an example that does not claim too much"


def test_a_queue_that_a_named_bucket_notifies() -> None:
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:inbox"}}
    queue = anyone("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:inbox", Condition=condition)
    assert judge(queue, token="aws:sqs/queuePolicy:QueuePolicy").verdict is Verdict.NOT_PUBLIC


def test_the_witness_avoids_a_denial() -> None:
    via_service = {**OUTSIDE, "Bool": {"aws:ViaAWSService": "false"}}
    answer = judge(anyone(), deny("s3:*", "*", Principal="*", Condition=via_service))
    assert "with `aws:ViaAWSService` `true`" in str(answer.witness)


@pytest.mark.parametrize(
    "denial",
    [
        deny("*", "*", Principal="*", Condition=OUTSIDE),
        deny("s3:*", f"{BUCKET}/*", Principal={"AWS": "*"}, Condition=OUTSIDE),
        deny("s3:Get*", f"{BUCKET}*", Principal="*", Condition=OUTSIDE),
        deny("S3:getobject", f"{BUCKET}/?*", Principal="*", Condition=OUTSIDE),
        deny("s3:*", "*", NotPrincipal={"AWS": "arn:aws:iam::111122223333:root"}, Principal=None, Condition=OUTSIDE),
        deny("s3:*", "*", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        deny("s3:*", "*", Principal="*", Condition={"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d"}}),
        deny("s3:*", "*", Principal="*", Condition={"NotIpAddressIfExists": {"AWS:sourceip": ["203.0.113.0/24"]}}),
        {**deny(None, "*", Principal="*", Condition=OUTSIDE), "NotAction": "s3:ListBucket"},
        {**deny("s3:*", None, Principal="*", Condition=OUTSIDE), "NotResource": BUCKET},
        deny("s3:*", "*", Principal="*"),
    ],
)
def test_a_denial_that_takes_the_opening_away(denial: Any) -> None:
    assert judge(anyone(), denial).verdict is Verdict.NOT_PUBLIC


@pytest.mark.parametrize(
    "denial",
    [
        deny("s3:PutObject", "*", Principal="*", Condition=OUTSIDE),
        deny("s3:*", f"{BUCKET}/private/*", Principal="*", Condition=OUTSIDE),
        deny("s3:*", "*", Principal={"AWS": "arn:aws:iam::111122223333:root"}, Condition=OUTSIDE),
        deny("s3:*", "*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        deny(
            "s3:*", "*", Principal="*", Condition={**OUTSIDE, "StringNotLike": {"aws:Referer": "https://a.example/*"}}
        ),
        deny("s3:*", "*", Principal="*", Condition={**OUTSIDE, "Bool": {"aws:ViaAWSService": "false"}}),
        deny("s3:*", "*", Principal="*", Condition={**OUTSIDE, "Null": {"aws:SourceIp": "false"}}),
        deny("s3:*", "*", Principal="*", Condition={"StringNotEqualsIfExists": {"aws:Referer": "https://a.example/"}}),
        deny("s3:*", "*", Principal="*", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}),
        {**deny(None, "*", Principal="*", Condition=OUTSIDE), "NotAction": "s3:GetObject"},
        {**deny("s3:*", None, Principal="*", Condition=OUTSIDE), "NotResource": f"{BUCKET}/*"},
    ],
)
def test_a_denial_that_leaves_an_opening(denial: Any) -> None:
    assert judge(anyone(), denial).verdict is Verdict.PUBLIC


@pytest.mark.parametrize("key", ["aws:SourceVpc", "aws:SourceVpce"])
def test_a_request_through_an_endpoint_has_its_vpc(key: str) -> None:
    elsewhere = deny("s3:*", "*", Principal="*", Condition={"ForAnyValue:NotIpAddress": OUTSIDE["NotIpAddress"]})
    services = deny("s3:*", "*", Principal="*", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}})
    assert judge(anyone(Condition={"Null": {key: "true"}}), elsewhere, services).verdict is Verdict.NOT_PUBLIC
    answer = judge(anyone(Condition={"Null": {key: "false"}}), elsewhere, services)
    assert "a VPC endpoint of their own" in str(answer.witness)


def test_ranges_add_up_over_statements() -> None:
    low, high = (anyone(Condition={"IpAddress": {"aws:SourceIp": cidr}}) for cidr in ("54.0.0.0/8", "55.0.0.0/8"))
    assert judge(low).verdict is Verdict.NOT_PUBLIC
    assert judge(low, high).verdict is Verdict.PUBLIC


@pytest.mark.parametrize(
    "statement",
    [
        allow(Principal=UNKNOWN),
        allow(Principal={"AWS": [UNKNOWN, "111122223333"]}),
        anyone(Condition=UNKNOWN),
        anyone(Condition={"StringEquals": UNKNOWN}),
        anyone(Condition={"StringEquals": {"aws:SourceVpce": UNKNOWN}}),
        anyone(Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", UNKNOWN]}}),
        {**anyone(), "Effect": UNKNOWN},
        UNKNOWN,
    ],
)
def test_an_unknown_decides(statement: Any) -> None:
    assert judge(statement).verdict is Verdict.UNDECIDED


def test_an_unknown_denial_decides() -> None:
    assert judge(anyone(), deny("s3:*", UNKNOWN, Principal="*")).verdict is Verdict.UNDECIDED
    assert judge(anyone(), UNKNOWN).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "statement",
    [
        allow(UNKNOWN, UNKNOWN, Principal={"AWS": "111122223333"}),
        anyone(Condition={"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d", "aws:PrincipalOrgID": UNKNOWN}}),
        deny("s3:*", UNKNOWN, Principal="*"),
    ],
)
def test_an_unknown_that_cannot_open(statement: Any) -> None:
    assert judge(statement).verdict is Verdict.NOT_PUBLIC


def test_an_unknown_that_cannot_close() -> None:
    """A grant to everybody stays one whatever the second range turns out to be."""
    assert judge(anyone(Condition={"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", UNKNOWN]}})).verdict is Verdict.PUBLIC
    assert judge(anyone(["s3:GetObject", UNKNOWN])).verdict is Verdict.PUBLIC


def test_a_variable_in_a_denial_decides() -> None:
    condition = {"StringNotEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}}
    assert judge(anyone(), deny("s3:*", "*", Principal="*", Condition=condition)).verdict is Verdict.UNDECIDED


def test_the_owners_organization_is_no_outsiders() -> None:
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}
    closing = deny("s3:*", "*", Principal="*", Condition=condition)
    assert judge(anyone(Condition={"Null": {"aws:PrincipalOrgID": "false"}}), closing).verdict is Verdict.NOT_PUBLIC


def test_a_document_without_version_is_judged() -> None:
    statement = {
        "Principal": {"Federated": "graph.facebook.com"},
        "Resource": "*",
        "Action": "s3:PutObject",
        "Effect": "Allow",
    }
    assert public(parse({"Statement": [statement]}, DocumentKind.RESOURCE, BUCKET_POLICY)).verdict is Verdict.PUBLIC


def test_a_malformed_document_is_invalid_and_its_opening_is_still_seen() -> None:
    parsed = parse(document({**anyone(), "Pricipal": "*"}), DocumentKind.RESOURCE, BUCKET_POLICY)
    assert public(parsed).verdict is Verdict.INVALID
    assert exposure(parsed).verdict is Verdict.PUBLIC


def test_one_denial_under_many_conditions_is_decided() -> None:
    tags = {f"aws:PrincipalTag/{index}": "a*" for index in range(16)}
    closing = deny("s3:*", "*", Principal="*", Condition={"StringLikeIfExists": dict.fromkeys(tags, "*")})
    assert judge(anyone(Condition={"StringLike": tags}), closing).verdict is Verdict.NOT_PUBLIC


def test_too_many_conditions_are_undecided() -> None:
    """Each of many keys runs into one of two denials, so that no combination of values is as good as another."""
    closing = [
        deny("s3:*", "*", Principal="*", Condition={operator: {f"aws:PrincipalTag/{index}": "a*"}})
        for index in range(16)
        for operator in ("StringLike", "StringNotLike")
    ]
    assert judge(anyone(), *closing).verdict is Verdict.UNDECIDED


PRINCIPALS = st.sampled_from(["*", {"AWS": "*"}, {"AWS": "111122223333"}, {"Federated": "graph.facebook.com"}])
CIDRS = st.sampled_from(["0.0.0.0/0", "::/0", "203.0.113.0/24", "54.0.0.0/8", "128.0.0.0/1"])
CONDITIONS = st.dictionaries(
    st.sampled_from(["IpAddress", "NotIpAddress", "IpAddressIfExists"]),
    st.fixed_dictionaries({"aws:SourceIp": st.lists(CIDRS, min_size=1, max_size=2)}),
    max_size=2,
)
STATEMENTS = st.builds(
    lambda effect, principal, action, resource, condition: {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    },
    st.sampled_from(["Allow", "Deny"]),
    PRINCIPALS,
    st.sampled_from(["s3:GetObject", "s3:*", ["s3:PutObject", "s3:GetObject"]]),
    st.sampled_from([f"{BUCKET}/*", f"{BUCKET}/a/*", BOTH]),
    CONDITIONS,
)


@given(st.lists(STATEMENTS, min_size=1, max_size=4), STATEMENTS)
def test_a_denial_never_opens_and_a_grant_never_closes(statements: list[Any], more: Any) -> None:
    before, after = judge(*statements).verdict, judge(*statements, more).verdict
    if more["Effect"] == "Deny":
        assert not (before is Verdict.NOT_PUBLIC and after is Verdict.PUBLIC)
    else:
        assert not (before is Verdict.PUBLIC and after is Verdict.NOT_PUBLIC)


@given(st.permutations(range(3)), st.lists(STATEMENTS, min_size=3, max_size=3))
def test_the_order_of_statements_does_not_matter(order: list[int], statements: list[Any]) -> None:
    assert judge(*statements).verdict is judge(*(statements[index] for index in order)).verdict


def test_variables_in_resources_and_conditions_of_a_denial() -> None:
    own = "arn:aws:s3:::inbox/${aws:username}/*"
    spared = {**deny("s3:*", None, Principal="*"), "NotResource": own}
    assert judge(anyone(), spared).verdict is Verdict.UNDECIDED
    only = deny("s3:*", "*", Principal="*", Condition={"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}})
    assert judge(anyone(), only).verdict is Verdict.PUBLIC
    also_fixed = {"StringNotEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "${aws:ResourceOrgID}"]}}
    assert judge(anyone(), deny("s3:*", "*", Principal="*", Condition=also_fixed)).verdict is Verdict.NOT_PUBLIC
    missing = deny("s3:*", "*", Principal="*", Condition={"StringEqualsIfExists": {"aws:Referer": "${aws:username}"}})
    assert judge(anyone(), missing).verdict is Verdict.UNDECIDED


def test_a_document_of_2008_has_no_variables() -> None:
    statement = anyone(Condition={"StringLike": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}})
    assert judge(statement, Version="2008-10-17").verdict is Verdict.NOT_PUBLIC
    assert judge(statement).verdict is Verdict.PUBLIC
    assert judge(statement, Version=UNKNOWN).verdict is Verdict.PUBLIC


@pytest.mark.parametrize("element", ["NotAction", "NotResource", "NotPrincipal"])
def test_an_unknown_exception_decides(element: str) -> None:
    statement = {**anyone(), element: UNKNOWN}
    del statement[element.removeprefix("Not")]
    assert judge(statement).verdict is Verdict.UNDECIDED


def test_a_value_that_differs_in_case_alone_is_tried() -> None:
    but_in_case = {"StringEqualsIgnoreCase": {"aws:Referer": "b"}, "StringNotEquals": {"aws:Referer": "b"}}
    answer = judge(anyone(Condition=but_in_case))
    assert answer.verdict is Verdict.PUBLIC
    assert "with `aws:Referer` `B`" in str(answer.witness)


def test_an_example_has_one_value_of_a_key_where_one_is_enough() -> None:
    answer = judge(anyone(Condition={"ForAnyValue:StringLike": {"aws:TagKeys": "a*"}}))
    assert str(answer.witness).endswith("with `aws:TagKeys` `a`")


def test_each_wildcard_principal_is_denied_by_itself() -> None:
    roots, services = {"AWS": "arn:aws:iam::*:root"}, {"Service": "*"}
    both = allow(Principal={**roots, **services})

    def verdict(*denials: Any) -> Verdict:
        statements = document(both, *(deny("s3:*", "*", Principal=principal) for principal in denials))
        return exposure(parse(statements, DocumentKind.RESOURCE, BUCKET_POLICY)).verdict

    assert verdict(roots) is Verdict.PUBLIC
    assert verdict(roots, services) is Verdict.NOT_PUBLIC
