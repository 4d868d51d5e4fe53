"""New access that follows only from several resources: denials beside identities, other roles, endpoint policies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.comparison import gained
from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.settings import Settings
from tests.access.stacks import BUCKET, BUCKET_POLICY

Resources = tuple[Resource, ...]
ACCOUNT = "444455556666"
SECRET = "arn:aws:s3:::inbox/secret/*"
NEW, UNDECIDED = Verdict.NEW_ACCESS, Verdict.UNDECIDED


def resource(token: str, called: str, /, **inputs: Any) -> Resource:
    return Resource(token, called, inputs, outputs=inputs)


def verdicts(new: Resources, old: Resources) -> list[Verdict]:
    return [gain.answer.verdict for gain in gained(Stack(new, Settings()), Stack(old, Settings()))]


def role(name: str, *statements: Any) -> Resources:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    trust = json.dumps(document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})))
    own = resource("aws:iam/role:Role", name, name=name, assumeRolePolicy=trust)
    own = Resource(own.type, name, own.inputs, outputs={**own.inputs, "arn": arn})
    policy = json.dumps(document(*statements))
    return own, resource("aws:iam/rolePolicy:RolePolicy", f"{name}-policy", role=name, policy=policy)


def bucket(*statements: Any) -> Resources:
    own = resource(BUCKET, "inbox", bucket="inbox", arn="arn:aws:s3:::inbox")
    policy = resource(BUCKET_POLICY, "policy", bucket="inbox", policy=document(*statements))
    return (own, policy) if statements else (own,)


def denied(resources: str = SECRET, principal: Any = "*", **condition: Any) -> Any:
    return deny("s3:GetObject", resources, Principal=principal, **({"Condition": condition} if condition else {}))


def except_role(name: str) -> Any:
    return denied(ArnNotLike={"aws:PrincipalArn": f"arn:aws:iam::*:role/{name}"})


READER = role("reader", allow("s3:GetObject", "arn:aws:s3:::inbox/*"))


@pytest.mark.parametrize(
    ("identity", "old", "new", "expected"),
    [
        (READER, [denied()], [], [NEW]),
        (READER, [denied()], [denied("arn:aws:s3:::inbox/secret/x/*")], [NEW]),
        (READER, [denied(principal={"AWS": ACCOUNT})], [], [NEW]),
        (READER, [denied(principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"})], [], [NEW]),
        (READER, [except_role("admin")], [], [NEW]),
        (READER, [except_role("admin")], [except_role("*")], [NEW]),
        (READER, [denied("*")], [], [NEW]),
        (READER, [denied(StringNotEquals={"aws:PrincipalOrgID": "o-abc"})], [], [UNDECIDED]),
        (READER, [denied(UNKNOWN)], [], [UNDECIDED]),
        (READER, [except_role("reader")], [], []),
        (READER, [denied(principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})], [], []),
        (READER, [denied()], [denied("arn:aws:s3:::inbox/*")], []),
        (READER, [denied()], [denied()], []),
        (role("reader", allow("s3:GetObject", "arn:aws:s3:::other/*")), [denied("*")], [], []),
        (role("reader", allow("s3:*", "*"), deny("s3:GetObject", SECRET)), [denied()], [], []),
        ((), [denied()], [], []),
    ],
)
def test_a_denial_that_goes_is_new_access_for_whom_it_stopped(
    identity: Resources, old: list[Any], new: list[Any], expected: list[Verdict]
) -> None:
    assert verdicts((*identity, *bucket(*new)), (*identity, *bucket(*old))) == expected


def test_a_resource_that_goes_with_its_document_is_no_new_access() -> None:
    assert verdicts(READER, (*READER, *bucket(denied()))) == []


FUNCTION = "aws:lambda/function:Function"


def runs(role: Any) -> Resource:
    return resource(FUNCTION, "f", name="f", role=role)


def named(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (named("reader"), named("elsewhere"), [UNDECIDED]),
        (named("reader"), UNKNOWN, [UNDECIDED]),
        (None, named("elsewhere"), [UNDECIDED]),
        (named("elsewhere"), named("another"), [UNDECIDED]),
        (named("elsewhere"), named("reader"), [UNDECIDED]),
        (named("elsewhere"), named("elsewhere"), []),
        (UNKNOWN, UNKNOWN, []),
        (named("reader"), None, []),
    ],
)
def test_a_move_from_or_to_a_role_outside_the_stack_is_undecided(old: Any, new: Any, expected: list[Verdict]) -> None:
    assert verdicts((*READER, runs(new)), (*READER, runs(old))) == expected


def test_a_role_in_a_nested_property_counts_whatever_its_place_in_a_list() -> None:
    def schedule(*roles: str) -> Resource:
        targets = [{"roleArn": named(name)} for name in roles]
        return resource("aws:scheduler/schedule:Schedule", "s", name="s", targets=targets)

    assert verdicts((schedule("b", "a"),), (schedule("a", "b"),)) == []
    assert verdicts((schedule("a", "c"),), (schedule("a", "b"),)) == [UNDECIDED]


ENDPOINT, SIDECAR = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"


def endpoint(action: str = "", **inputs: Any) -> Resource:
    policy = {"policy": json.dumps(document(allow(action, "*", Principal="*")))} if action else {}
    return resource(SIDECAR if inputs else ENDPOINT, "e", **policy, **inputs)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([endpoint("s3:GetObject")], [endpoint("s3:*")], [UNDECIDED]),
        ([endpoint("s3:GetObject")], [endpoint()], [UNDECIDED]),
        ([endpoint("s3:GetObject", vpcEndpointId="vpce-1")], [], [UNDECIDED]),
        ([endpoint("s3:*")], [endpoint("s3:GetObject")], []),
        ([endpoint()], [endpoint("s3:*")], []),
        ([endpoint("*")], [endpoint()], []),
        ([endpoint("s3:*")], [], []),
    ],
)
def test_what_newly_passes_through_an_endpoint_is_undecided(
    old: list[Resource], new: list[Resource], expected: list[Verdict]
) -> None:
    assert verdicts((*new,), (*old,)) == expected


def _may(*actions: str) -> Resources:
    role = resource("aws:iam/role:Role", "app", name="app")
    return (role, resource("aws:iam/rolePolicy:RolePolicy", "p", role="app", policy=document(allow([*actions], "*"))))


@pytest.mark.parametrize(
    ("written", "wild", "more"),
    [
        (["kms:ReEncryptFrom", "kms:ReEncryptTo"], "kms:ReEncrypt*", "kms:Re*"),
        (["sqs:SendMessage"], "sqs:SendM*", "sqs:S*"),
        (["dynamodb:GetItem", "dynamodb:BatchGetItem"], "dynamodb:*GetItem", "dynamodb:*Item"),
    ],
)
def test_a_wildcard_is_the_same_as_all_actions_of_aws_that_it_matches(written: list[str], wild: str, more: str) -> None:
    assert verdicts(_may(wild), _may(*written)) == verdicts(_may(*written), _may(wild)) == []
    assert verdicts(_may(more), _may(*written)) == [NEW]


def test_everything_in_the_document_of_one_secret_is_that_secret() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:db-AbCdEf"
    secret = Resource("aws:secretsmanager/secret:Secret", "db", {"name": "db"}, outputs={"name": "db", "arn": arn})

    def shared(on: str) -> Resources:
        statement = allow("secretsmanager:GetSecretValue", on, Principal={"AWS": "111122223333"})
        policy = "aws:secretsmanager/secretPolicy:SecretPolicy"
        return (secret, resource(policy, "db", secretArn=arn, policy=document(statement)))

    assert verdicts(shared("*"), shared(arn)) == verdicts(shared(arn), shared("*")) == []


def test_an_access_point_that_leaves_its_vpc_is_open_to_more() -> None:
    arn = "arn:aws:s3:eu-west-1:444455556666:accesspoint/shop"
    shared = document(allow("s3:GetObject", f"{arn}/object/*", Principal={"AWS": "111122223333"}))

    def point(**inputs: Any) -> Resources:
        known = {"name": "shop", "bucket": "inbox", "policy": shared, **inputs}
        return (Resource("aws:s3/accessPoint:AccessPoint", "shop", known, outputs={**known, "arn": arn}),)

    inside = point(vpcConfiguration={"vpcId": "vpc-1"})
    assert verdicts(point(), inside) == [NEW]
    assert verdicts(inside, point()) == verdicts(inside, inside) == []


def test_a_new_policy_that_nothing_attaches_is_no_access_yet() -> None:
    policy = resource("aws:iam/policy:Policy", "read", name="read", policy=document(allow("s3:GetObject")))
    role = resource("aws:iam/role:Role", "app", name="app")
    attachment = resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", role="app", policyArn="read")
    named = replace(policy, outputs={**policy.outputs, "arn": "arn:aws:iam::111122223333:policy/read"})
    arn = replace(attachment, inputs={"role": "app", "policyArn": "arn:aws:iam::111122223333:policy/read"})
    assert verdicts((policy, role), (role,)) == []
    assert verdicts((named, role, arn), (role,)) == [NEW]


ORGANIZATION = {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-a1b2c3d4e5"}


@pytest.mark.parametrize("bus", [None, "orders"])
@pytest.mark.parametrize("condition", [None, ORGANIZATION], ids=["everybody", "an organization"])
def test_a_permission_of_a_bus_and_its_statement_in_the_document_are_one_grant(bus: str | None, condition: Any) -> None:
    named = {"eventBusName": bus} if bus else {}
    arn = f"arn:aws:events:eu-central-1:{ACCOUNT}:event-bus/{bus or 'default'}"
    limits = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION["value"]}}} if condition else {}
    statement = allow("events:PutEvents", arn, Principal="*", **limits)
    stated = resource("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "p", policy=document(statement), **named)
    limited = {"condition": condition} if condition else {}
    granted = resource("aws:cloudwatch/eventPermission:EventPermission", "p", principal="*", **limited, **named)
    assert verdicts((stated,), (granted,)) == verdicts((granted,), (stated,)) == []
    assert NEW in verdicts((stated,), ())
    assert verdicts((granted,), ()) == [NEW]
