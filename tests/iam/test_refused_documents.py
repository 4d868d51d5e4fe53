"""Documents that AWS refuses, each with the place of the problem, and look-alikes that it accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.access.exposure.public import public
from policypack.access.solver.verdict import Verdict, refusal
from policypack.core.examples import allow, document
from policypack.core.policy import Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.iam.actions import expand, services
from policypack.iam.document import PolicyDocument
from policypack.iam.element_forms import PARTITIONS, refused_action, refused_resource
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind
from policypack.policies import POLICIES
from policypack.policies.iam.correctness.malformed_document import POLICY as MALFORMED
from stackguard.access.lines import asked_diff, asked_public
from tests.policies.helpers import violations

INLINE, MANAGED, ROLE = "aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy", "aws:iam/role:Role"
BUCKET_POLICY, TOPIC_POLICY = "aws:s3/bucketPolicy:BucketPolicy", "aws:sns/topicPolicy:TopicPolicy"
QUEUE_POLICY, KEY_POLICY = "aws:sqs/queuePolicy:QueuePolicy", "aws:kms/keyPolicy:KeyPolicy"
API_POLICY = "aws:apigateway/restApiPolicy:RestApiPolicy"
ACCOUNT = "111122223333"
PARTNER = {"AWS": ACCOUNT}
ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}


def identity(raw: Any, token: str = INLINE) -> PolicyDocument:
    return parse(raw, DocumentKind.IDENTITY, token)


def owned(token: str, statement: dict[str, Any]) -> PolicyDocument:
    return parse(document(statement), DocumentKind.RESOURCE, token)


def trust(**elements: Any) -> PolicyDocument:
    return parse(document({**ASSUME, **elements}), DocumentKind.TRUST, ROLE)


def places(parsed: PolicyDocument) -> list[str]:
    return [path.removeprefix("Statement[0].") for path, _ in parsed.problems]


ACTIONS = {
    "GetObject": "no colon",
    "s3.GetObject": "a dot for the colon",
    "**": "two asterisks",
    "s3:Get:Object": "two colons",
    "s3::GetObject": "a colon twice",
    "arn:aws:s3:::inbox": "an ARN",
    ":GetObject": "no service",
    "s 3:GetObject": "a space in the service",
    "s3_:GetObject": "an underscore in the service",
    "s3*:GetObject": "a wildcard in the service",
    "*:GetObject": "every service",
    "${aws:PrincipalTag/service}:Get": "a policy variable",
}


@pytest.mark.parametrize("action", ACTIONS, ids=ACTIONS.values())
@pytest.mark.parametrize("element", ["Action", "NotAction"])
def test_an_action_that_iam_refuses(element: str, action: str) -> None:
    assert places(identity(document({**allow(None), element: action}))) == [element]
    assert places(identity(document({**allow(None), element: ["s3:GetObject", action]}))) == [f"{element}[1]"]


@pytest.mark.parametrize(
    "action",
    [
        "*",
        "*:*",
        "s3:*",
        "S3:GETOBJECT",
        "s3:Get?bject",
        "s3:ListObjects",
        "s4:Get",
        "execute-api:Invoke",
        "iam: get user",
    ],
)
def test_an_action_that_iam_accepts(action: str) -> None:
    """Actions and services that do not exist are accepted."""
    assert places(identity(document(allow(action)))) == []


RESOURCES = {
    "inbox/*": "a name",
    "s3": "a word",
    "": "nothing",
    "aws:s3:::inbox": "no prefix",
    "arm:aws:s3:::inbox": "another prefix",
    "arn:awss:s3:::inbox": "a partition that does not exist",
    "arn:AWS:s3:::inbox": "a partition in upper case",
    "arn::s3:::inbox": "no partition",
    "arn:${AWS::Partition}:s3:::inbox": "a placeholder for the partition",
    "arn:s3:::inbox": "the partition left out",
    "arn:*": "no service",
    "arn:aws": "a partition alone",
    "arn:aws:": "a partition and a colon",
    "arn:aws::::inbox": "an empty service",
    "arn:aws:*:::inbox": "every service",
    "arn:aws:s?:::inbox": "a wildcard in the service",
    "arn:aws:s 3:::inbox": "a space in the service",
    "arn:aws:s3::inbox": "a colon too few",
    "arn:aws:s3::inbox/*": "a colon too few before a wildcard",
    "arn:aws:sqs::jobs": "parts too few",
    "arn:aws:s3:eu-west-1::inbox/*": "a region in a bucket's ARN",
    "arn:aws:s3:us-west-2:111122223333:inbox": "a region and an account in a bucket's ARN",
    "arn:aws:s3": "a service alone",
    "arn:aws:iam:us-east-1:111122223333:role/reader": "a region in a role's ARN",
    "arn:aws:iam::111122223333:reader": "no type of IAM's resources",
    "arn:aws:iam::111122223333:roles/reader": "another type",
    "arn:aws:iam::111122223333:role": "a type alone",
    "arn:aws:iam::111122223333:*/reader": "every type",
}


@pytest.mark.parametrize("resource", RESOURCES, ids=RESOURCES.values())
@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_a_resource_that_iam_refuses(element: str, resource: str) -> None:
    assert places(identity(document({**allow(resource=None), element: resource}))) == [element]


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:s3:::inbox/${aws:username}/*",
        "arn:*:s3:::inbox",
        "arn:aws*:s3:::inbox",
        "arn:aws-us-gov:s3:::inbox",
        "arn:aws:s3:::*",
        "arn:aws:s3:*:*:*",
        "arn:aws:s3:us-west-2:111122223333:accesspoint/point/object/*",
        "arn:aws:s3::111122223333:accesspoint/point",
        "arn:aws:s3:eu-west-1:*:storage-lens/*",
        "arn:aws:iam::*:*",
        "arn:aws:iam::*",
        "arn:aws:s3:*",
        "arn:aws:iam:*:*:role/reader",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
        "arn:aws:logs:*",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/index/*",
        "arn:aws:ec2:region:account-id:instance/*",
        "arn:aws:s33:::inbox",
        "arn:aws:execute-api:eu-west-1:*:a1b2/*/GET/a::b",
        "arn:aws:s3:::inbox/ü/名",
    ],
)
def test_a_resource_that_aws_accepts(resource: str) -> None:
    """Services, regions and accounts that do not exist are accepted."""
    assert refused_resource(resource) is None


@pytest.mark.parametrize(
    ("top", "place"),
    [
        ({"Id": ["inbox"]}, "Id"),
        ({"Id": {}}, "Id"),
        ({"Id": 7}, "Id"),
        ({"Version": "2013-10-17"}, "Version"),
        ({"Version": 20121017}, "Version"),
        ({"Version": ["2012-10-17"]}, "Version"),
        ({"version": "2012-10-17"}, "version"),
        ({"Statements": []}, "Statements"),
        ({"Statement": []}, "Statement"),
        ({"Statement": None}, "Statement"),
        ({"Statement": "Allow"}, "Statement"),
        ({"Statement": [[allow()]]}, "Statement[0]"),
        ({"Statement": [None]}, "Statement[0]"),
    ],
)
def test_a_document_that_iam_refuses(top: dict[str, Any], place: str) -> None:
    assert places(identity({**document(allow()), **top})) == [place]


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_a_managed_policy_has_the_version_of_2012(version: dict[str, str]) -> None:
    raw = {**version, "Statement": allow()}
    assert places(identity(raw, MANAGED)) == ["Version"]
    assert places(identity(raw)) == []
    assert refusal(identity(raw)) is None


STATEMENTS: list[tuple[dict[str, Any], str]] = [
    ({"Effect": "allow"}, "Effect"),
    ({"Effect": "ALLOW"}, "Effect"),
    ({"Effect": True}, "Effect"),
    ({"Effect": ["Allow"]}, "Effect"),
    ({"Effect": None}, "Effect"),
    ({"Sid": "read-inbox"}, "Sid"),
    ({"Sid": "read inbox"}, "Sid"),
    ({"Sid": "read_inbox"}, "Sid"),
    ({"Sid": 1}, "Sid"),
    ({"Sid": {}}, "Sid"),
    ({"Actions": "s3:GetObject"}, "Actions"),
    ({"resource": "*"}, "resource"),
    ({"Conditions": {}}, "Conditions"),
    ({"NotAction": "s3:*"}, "NotAction"),
    ({"NotResource": "*"}, "NotResource"),
    ({"Action": []}, "Action"),
    ({"Action": ""}, "Action"),
    ({"Action": {"s3": "GetObject"}}, "Action"),
    ({"Action": 1}, "Action"),
    ({"Action": [["s3:GetObject"]]}, "Action[0]"),
    ({"Resource": []}, "Resource"),
    ({"Resource": [True]}, "Resource[0]"),
    ({"Resource": [None]}, "Resource[0]"),
    ({"Resource": ["*", {}]}, "Resource[1]"),
    ({"Principal": "*"}, "Principal"),
    ({"Condition": []}, "Condition"),
    ({"Condition": "a"}, "Condition"),
    ({"Condition": [{"Bool": {"aws:SecureTransport": "true"}}]}, "Condition"),
    ({"Condition": {"Bool": "true"}}, "Condition.Bool"),
    ({"Condition": {"Bool": []}}, "Condition.Bool"),
    ({"Condition": {"StringMatches": {"aws:x": "a"}}}, "Condition.StringMatches"),
    ({"Condition": {"aws:SourceIp": {"IpAddress": "192.0.2.0/24"}}}, "Condition.aws:SourceIp"),
    ({"Condition": {"NullIfExists": {"aws:x": "true"}}}, "Condition.NullIfExists"),
    ({"Condition": {"ForAnyValue::StringLike": {"aws:x": "a"}}}, "Condition.ForAnyValue::StringLike"),
    ({"Condition": {"ForSomeValue:StringLike": {"aws:x": "a"}}}, "Condition.ForSomeValue:StringLike"),
    ({"Condition": {"StringLike": {"aws:x": {}}}}, "Condition.StringLike.aws:x"),
    ({"Condition": {"StringLike": {"aws:x": None}}}, "Condition.StringLike.aws:x"),
    ({"Condition": {"StringLike": {"aws:x": [["a"]]}}}, "Condition.StringLike.aws:x"),
    ({"Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}, "Condition.DateLessThan.aws:CurrentTime"),
    ({"Condition": {"DateLessThan": {"aws:CurrentTime": "01.02.2026"}}}, "Condition.DateLessThan.aws:CurrentTime"),
    ({"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-13-01"}}}, "Condition.DateLessThan.aws:CurrentTime"),
    ({"Condition": {"DateEquals": {"aws:EpochTime": "9223372036854775808"}}}, "Condition.DateEquals.aws:EpochTime"),
]


@pytest.mark.parametrize(("elements", "place"), STATEMENTS, ids=lambda value: json.dumps(value)[:60])
def test_a_statement_that_iam_refuses(elements: dict[str, Any], place: str) -> None:
    assert places(identity(document({**allow(), **elements}))) == [place]


@pytest.mark.parametrize(
    "elements",
    [
        {"Sid": ""},
        {"Sid": "ReadInbox2"},
        {"Resource": ["*", None]},
        {"Condition": {}},
        {"Condition": {"NoOperator": {}}},
        {"Condition": {"StringLike": {}}},
        {"Condition": {"StringLike": {"aws:nothing": []}}},
        {"Condition": {"StringLike": {"colour": "red"}}},
        {"Condition": {"stringlike": {"AWS:sourcevpc": "vpc-1"}}},
        {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}},
        {"Condition": {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": 10}}},
        *(
            {"Condition": {"DateGreaterThan": {"aws:CurrentTime": moment}}}
            for moment in ("2026-01-31T00:00:00Z", "2026-01-31T23:59:59.5+01:00", "2026", "2026-1", "1767225600", "01T")
        ),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_statement_that_iam_accepts(elements: dict[str, Any]) -> None:
    parsed = identity(document({**allow(), **elements}))
    assert (parsed.problems, refusal(parsed)) == ((), None)


def test_texts_that_are_no_document() -> None:
    plain = json.dumps(document(allow()))
    sid_twice = plain.replace('"Effect"', '"Sid": "A", "Sid": "B", "Effect"')
    for text in ("", "policy", "\ufeff" + plain, plain[:-1], json.dumps(plain), f"[{plain}]", sid_twice, "NaN"):
        assert identity(text).problems
    assert places(identity(document(allow(Sid="A"), allow(Sid="A")))) == ["Statement[1].Sid"]
    assert places(identity(document(allow(Sid=""), allow(Sid="")))) == []


def test_characters() -> None:
    """IAM and KMS take characters up to U+00FF; S3 takes all."""
    latin, cyrillic = allow(resource="arn:aws:s3:::inbox/\u00fc/*"), allow(resource="arn:aws:s3:::inbox/\u0436/*")
    assert places(identity(document(latin))) == []
    assert places(identity(document(cyrillic))) == [""]
    assert places(identity(json.dumps(document(cyrillic)))) == [""]
    assert places(owned(BUCKET_POLICY, {**cyrillic, "Principal": PARTNER})) == []
    key = allow("kms:Decrypt", "*", Principal=PARTNER, Sid="\u0436")
    assert places(owned(KEY_POLICY, key)) == [""]


PRINCIPALS: list[tuple[Any, str]] = [
    ("everyone", "Principal"),
    (ACCOUNT, "Principal"),
    (["*"], "Principal"),
    ({}, "Principal"),
    ({"aws": "*"}, "Principal.aws"),
    ({"User": "ann"}, "Principal.User"),
    ({"*": "*"}, "Principal.…"),
    ({"AWS": "ann"}, "Principal.AWS"),
    ({"AWS": "11112222333"}, "Principal.AWS"),
    ({"AWS": 111122223333}, "Principal.AWS"),
    ({"AWS": "1111-2222-3333"}, "Principal.AWS"),
    ({"AWS": []}, "Principal.AWS"),
    ({"AWS": "arn:aws:s3:::inbox"}, "Principal.AWS"),
    ({"AWS": "arn:awss:iam::111122223333:root"}, "Principal.AWS"),
    ({"AWS": "arn:aws::iam::111122223333:root"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam:111122223333:root"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam:eu-west-1:111122223333:root"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam::11112222333:role/reader"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam::ACCOUNT:root"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam::111122223333:*"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam::111122223333:role/*"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam::*:root"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam::111122223333:group/readers"}, "Principal.AWS"),
    ({"AWS": "arn:aws:iam::111122223333:user/${aws:username}"}, "Principal.AWS"),
    ({"AWS": "*.amazonaws.com"}, "Principal.AWS"),
    ({"Service": "lambda"}, "Principal.Service"),
    ({"Service": "*.amazonaws.com"}, "Principal.Service"),
    ({"Service": "https://lambda.amazonaws.com"}, "Principal.Service"),
    ({"Service": "arn:aws:iam::111122223333:root"}, "Principal.Service"),
    ({"Federated": "google"}, "Principal.Federated"),
    ({"Federated": "https://accounts.google.com"}, "Principal.Federated"),
    ({"Federated": "arn:aws:iam::111122223333:provider/office"}, "Principal.Federated"),
    ({"CanonicalUser": "arn:aws:iam::111122223333:root"}, "Principal.CanonicalUser"),
]


@pytest.mark.parametrize(("principal", "place"), PRINCIPALS, ids=lambda value: json.dumps(value)[:60])
def test_a_principal_that_aws_refuses(principal: Any, place: str) -> None:
    assert places(owned(BUCKET_POLICY, allow(Principal=principal))) == [place]
    assert public(owned(BUCKET_POLICY, allow(Principal=principal))).verdict is Verdict.INVALID
    assert places(trust(Principal=principal)) == [place]


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": [ACCOUNT, "arn:aws:iam::111122223333:root"]},
        {"AWS": "arn:aws-cn:iam::111122223333:role/team/reader"},
        {"AWS": "arn:aws:iam::111122223333:user/ann+a=b,c.d@e-f_g"},
        {"AWS": "arn:aws:sts::111122223333:assumed-role/reader/session"},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"},
        {"AWS": "AROAEXAMPLEID1234567"},
        {"Service": ["states.eu-west-1.amazonaws.com", "logs.amazonaws.com.cn"]},
        {"Federated": "cognito-identity.amazonaws.com"},
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
        {"AWS": ACCOUNT, "Service": "logs.amazonaws.com"},
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_principal_that_aws_accepts(principal: Any) -> None:
    assert places(owned(BUCKET_POLICY, allow(Principal=principal))) == []


@pytest.mark.parametrize(
    ("elements", "place"),
    [
        ({"Resource": "*"}, "Resource"),
        ({"Action": "s3:GetObject"}, "Action"),
        ({"Action": "iam:PassRole"}, "Action"),
        ({"Action": "*"}, "Action"),
        ({"Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdendity"]}, "Action[1]"),
        ({"Sid": "let lambda in"}, "Sid"),
    ],
)
def test_a_trust_policy_that_iam_refuses(elements: dict[str, Any], place: str) -> None:
    assert places(trust(**elements)) == [place]


def test_trust_policies_that_iam_accepts() -> None:
    for action in ("sts:AssumeRole", "STS:assumerole", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]):
        assert places(trust(Action=action)) == []
    assert places(parse({"Statement": ASSUME}, DocumentKind.TRUST, ROLE)) == []


@pytest.mark.parametrize(
    ("token", "action", "places_reported"),
    [
        (BUCKET_POLICY, "sqs:SendMessage", ["Action"]),
        (BUCKET_POLICY, "S3:GetObject", []),
        (BUCKET_POLICY, "s3express:CreateSession", []),
        (BUCKET_POLICY, "*", []),
        (TOPIC_POLICY, "sqs:SendMessage", ["Action"]),
        (TOPIC_POLICY, "SNS:Publish", []),
        (QUEUE_POLICY, "s3:GetObject", ["Action"]),
        (QUEUE_POLICY, "SQS:SendMessage", []),
        (KEY_POLICY, "kms:*", []),
    ],
)
def test_actions_of_another_service(token: str, action: str, places_reported: list[str]) -> None:
    assert places(owned(token, allow(action, "*", Principal=PARTNER))) == places_reported


def test_rules_of_iam_that_other_services_do_not_have() -> None:
    assert places(owned(BUCKET_POLICY, allow(Principal=PARTNER, Sid="let the partner in"))) == []
    assert places(owned(API_POLICY, allow("execute-api:Invoke", "execute-api:/*", Principal="*"))) == []


@given(
    st.sampled_from(sorted(services())).flatmap(
        lambda service: st.sampled_from(sorted(expand(f"{service}:*"), key=str))
    )
)
def test_every_action_and_resource_of_the_reference_is_accepted(action: Any) -> None:
    assert refused_action(str(action)) is None
    for kind in action.formats:
        if kind.head[2] != "*":
            assert refused_resource(":".join((*kind.head, kind.tail))) is None


WORDS = st.text("abz019-", min_size=1, max_size=8)


@given(st.sampled_from(PARTITIONS), WORDS, WORDS, WORDS, st.text(max_size=12))
def test_arns_of_six_parts(partition: str, service: str, region: str, account: str, tail: str) -> None:
    """They are accepted for every service but IAM and S3, and never without the prefix or with another partition."""
    arn = f"{partition}:{service}:{region}:{account}:{tail}"
    assert refused_resource(f"arn:{arn}") is None or service in ("iam", "s3")
    assert refused_resource(arn)
    assert refused_resource(f"arn:x{arn}")


@given(st.text())
def test_every_text_has_an_answer(text: str) -> None:
    for reason in (refused_action(text), refused_resource(text)):
        assert reason is None or text not in reason or len(text) < 20


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Actions": "s3:GetObject", "Resource": "*"},
        allow("iam:*", "arn:awss:iam::111122223333:role/*"),
        allow("*", "*", Sid="every-thing"),
        allow(["*", "iam::PassRole"], "*"),
        {**allow("*", "*"), "Condition": {"StringMatch": {"aws:PrincipalOrgID": "o-1"}}},
    ],
    ids=json.dumps,
)
def test_a_refused_document_gets_no_other_report(statement: dict[str, Any]) -> None:
    raw = json.dumps(document(statement))
    holder = Resource(INLINE, "reader", {"role": "reader", "policy": raw})
    reported = {outcome.policy.id for outcome in evaluate(POLICIES, Stack((holder,), Settings()))}
    assert reported == {"iam-malformed-document"}
    assert asked_public({"type": "identity", "document": raw}).verdict is Verdict.INVALID
    assert asked_public({"type": INLINE, "document": raw}).verdict is Verdict.INVALID
    everything = document(allow("*", "*"))
    assert asked_diff({"old": everything, "new": raw}).verdict is Verdict.INVALID
    assert asked_diff({"old": raw, "new": everything}).verdict is Verdict.INVALID


def test_a_refused_document_opens_nothing() -> None:
    bad = document(allow("s3:GetObject", "arn:aws:s3::inbox/*", Principal="*"))
    inbox = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})
    policy = Resource(BUCKET_POLICY, "inbox", {"bucket": "inbox", "policy": bad})
    reported = {outcome.policy.id for outcome in evaluate(POLICIES, Stack((inbox, policy), Settings()))}
    assert "iam-malformed-document" in reported
    assert not reported & {"iam-public-policy", "iam-confused-deputy", "iam-mismatched-resource"}


def test_a_sample_has_placeholders_for_its_accounts() -> None:
    """Documents that are compared without their resource may be samples, and lack a `Version`."""
    old = {"Statement": allow(Principal={"AWS": "arn:aws:iam::ACCOUNT:root"})}
    new = {"Statement": allow("s3:*", Principal={"AWS": "arn:aws:iam::ACCOUNT:root"})}
    assert asked_diff({"old": old, "new": new}).verdict is Verdict.NEW_ACCESS
    assert asked_diff({"old": {"Statement": allow()}, "new": {"Statement": allow()}}).verdict is Verdict.NO_NEW_ACCESS
    queue = allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:jobs", Principal=PARTNER)
    assert asked_diff({"old": document(queue), "new": document(queue)}).verdict is Verdict.NO_NEW_ACCESS


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Actions", "Action"), ("resource", "Resource"), ("effect", "Effect"), ("Principals", "Principal")],
)
def test_a_misspelt_element_is_one_problem(wrong: str, right: str) -> None:
    statement = {
        **allow("sqs:SendMessage", "arn:aws:sqs:eu-central-1:111122223333:jobs"),
        "Principal": {"AWS": "111122223333"},
    }
    statement[wrong] = statement.pop(right)
    queue = Resource("aws:sqs/queuePolicy:QueuePolicy", "jobs", {"policy": json.dumps(document(statement))})
    assert violations(MALFORMED, queue) == [f"policy.Statement[0].{wrong}"]


def test_a_misspelt_element_beside_another_that_is_missing_is_two_problems() -> None:
    raw = json.dumps(document({"Effect": "Allow", "Actions": "s3:GetObject"}))
    holder = Resource(INLINE, "reader", {"role": "reader", "policy": raw})
    assert violations(MALFORMED, holder) == ["policy.Statement[0].Actions", "policy.Statement[0].Resource"]


def test_a_misspelt_list_of_statements_is_one_problem() -> None:
    raw = json.dumps({"Version": "2012-10-17", "Statements": [allow("s3:GetObject", "arn:aws:s3:::inbox/*")]})
    assert violations(MALFORMED, Resource(INLINE, "reader", {"role": "reader", "policy": raw})) == ["policy.Statements"]
