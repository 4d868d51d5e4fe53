"""ARNs in policy documents that have the form of no resource: where nothing but the form says what they name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import allow, deny, role_policy
from policypack.core.policy import Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.policies.iam.correctness.mismatched_resource import POLICY as MISMATCHED
from tests.policies.helpers import messages, silent, violations

HERE = "eu-north-1:444455556666"
QUEUE = f"arn:aws:sqs:{HERE}:parcels"


def spared(*arns: str) -> Resource:
    return role_policy(deny("*", None, NotResource=list(arns)))


def sent_by(arn: Any, operator: str = "ArnLike", key: str = "aws:SourceArn") -> Resource:
    return role_policy(allow("sqs:SendMessage", QUEUE, Condition={operator: {key: arn}}))


def everything_on(*arns: str) -> Resource:
    return role_policy(deny("*", list(arns)))


UNTYPED = [
    f"arn:aws:dynamodb:{HERE}:parcels",
    f"arn:aws:logs:{HERE}:/ecs/parcels",
    f"arn:aws:logs:{HERE}:/ecs/*",
    f"arn:aws:lambda:{HERE}:pack*",
    "arn:aws:lambda:*:*:pack",
    f"arn:aws:secretsmanager:{HERE}:carrier-token",
    f"arn:aws:kinesis:{HERE}:scans",
    f"arn:aws:ecs:{HERE}:depot",
    f"arn:aws:eks:{HERE}:depot",
    "arn:aws:cloudfront::444455556666:E2QWRUHAPOMQZL",
]
TYPED = [
    f"arn:aws:dynamodb:{HERE}:table/parcels",
    f"arn:aws:dynamodb:{HERE}:ta*",
    f"arn:aws:logs:{HERE}:log-group:/ecs/parcels:*",
    f"arn:aws:logs:{HERE}:log*",
    f"arn:aws:logs:{HERE}:*",
    f"arn:aws:lambda:{HERE}:*pack",
    "arn:aws:lambda:*:*:f?nction:pack",
    f"arn:aws:lambda:{HERE}:event-source-mapping:0aa1b2c3-0000-4000-8000-000000000000",
    f"arn:aws:secretsmanager:{HERE}:secret:carrier-token-??????",
    f"arn:aws:codepipeline:{HERE}:release",
    f"arn:aws:sns:{HERE}:parcels",
    QUEUE,
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::444455556666:role/depot",
    "arn:aws:cloudfront::444455556666:distribution/E2QWRUHAPOMQZL",
    "arn:aws:s3:::parcels/*",
    f"arn:aws:newservice:{HERE}:parcels",
    "arn:aws:dynamodb:${aws:RequestedRegion}:444455556666:table/${aws:username}",
    "arn:*:dynamodb:*:*:parcels",
    "arn:aws:*:*:*:parcels",
]


@pytest.mark.parametrize("arn", UNTYPED)
def test_an_arn_without_its_type(arn: str) -> None:
    assert violations(POLICY, spared(QUEUE, arn)) == ["policy.Statement[0].NotResource"]
    assert violations(POLICY, everything_on(arn)) == ["policy.Statement[0].Resource"]
    assert violations(POLICY, sent_by(arn)) != []
    assert violations(POLICY, sent_by([QUEUE, arn], "ArnNotEquals")) != []


@pytest.mark.parametrize("arn", TYPED)
def test_an_arn_with_its_type(arn: str) -> None:
    for resource in (spared(arn), everything_on(arn), sent_by(arn), sent_by(arn, "ArnNotLike")):
        assert violations(POLICY, resource) == []


def test_actions_that_name_a_service_leave_it_to_the_policy_about_them() -> None:
    resource = role_policy(allow("dynamodb:DeleteItem", UNTYPED[0]))
    assert violations(POLICY, resource) == []
    assert violations(MISMATCHED, resource) == ["policy.Statement[0].Action"]


def test_patterns_of_texts() -> None:
    assert violations(POLICY, sent_by(f"arn:aws:lambda:{HERE}:pack*", "StringLike")) != []


test_a_wildcard_of_a_text_stands_for_several_parts = silent(
    POLICY,
    sent_by("arn:aws:lambda:*:*:pack*", "StringLike"),
    sent_by("arn:aws:lambda:*:pack", "StringLike"),
    sent_by("*:role/depot", "StringLike", "aws:PrincipalArn"),
    sent_by("arn:aws:iam::444455556666:*", "StringLike", "aws:PrincipalArn"),
    sent_by(f"arn:aws:lambda:{HERE}:pack*", "StringLike", "aws:PrincipalTag/owner"),
)


@given(st.text("abcdefghij-_/:.", max_size=20), st.sampled_from(["table/", "log-group:", "function:", "secret:"]))
def test_a_type_is_never_reported_as_missing(name: str, kind: str) -> None:
    service = {"table/": "dynamodb", "log-group:": "logs", "function:": "lambda", "secret:": "secretsmanager"}[kind]
    said = messages(POLICY, sent_by(f"arn:aws:{service}:{HERE}:{kind}x{name}"))
    assert not [message for message in said if "without the type" in message]
