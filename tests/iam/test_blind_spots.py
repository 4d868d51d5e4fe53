"""Problems that Parliament misses or misjudges, and our policies that report them."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy, deny, role, role_policy
from policypack.core.policy import Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES

OBJECTS = "arn:aws:s3:::inbox/*"
NEW = "s3:UpdateObjectEncryption"


def policies(resource: Resource) -> set[str]:
    return {outcome.policy.id for outcome in evaluate(POLICIES, Stack((resource,), Settings()))}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


IDENTITY = {
    "every action": ("iam-wildcard-action", allow("*", OBJECTS)),
    "every resource of every action": ("iam-wildcard-resource", allow("*", "*")),
    "an Allow with NotAction": ("iam-wildcard-action", allow(None, OBJECTS, NotAction="iam:*")),
    "an Allow with NotResource": ("iam-wildcard-resource", allow("s3:GetObject", None, NotResource=OBJECTS)),
    "an unknown action in NotAction": ("iam-unknown-action", deny(None, OBJECTS, NotAction="s3:GetObjekt")),
    "an action newer than its data": (
        "iam-mismatched-resource",
        allow("s3:UpdateObjectEncryption", "arn:aws:s3:::inbox"),
    ),
    "alternatives, none of which fits": ("iam-mismatched-resource", allow("s3:GetObject", "arn:aws:s3:::inbox")),
    "a wildcard, nothing of which fits": ("iam-mismatched-resource", allow("s3:GetObject*", "arn:aws:s3:::inbox")),
    "a resource that no action is for": (
        "iam-mismatched-resource",
        allow("s3:GetObject", [OBJECTS, "arn:aws:sqs:*:*:q"]),
    ),
    "an action without resources": ("iam-mismatched-resource", allow("s3:ListAllMyBuckets", "arn:aws:s3:::inbox")),
    "a key beside every action": (
        "iam-ineffective-condition",
        deny("*", "*", **when("StringEquals", "aws:Nothing", "x")),
    ),
    "a key beside NotAction": (
        "iam-ineffective-condition",
        deny(None, "*", NotAction="s3:*", **when("StringEquals", "s3:prefixes", "x")),
    ),
    "a key of another type": (
        "iam-ineffective-condition",
        deny("*", "*", **when("StringEquals", "aws:ViaAWSService", "x")),
    ),
    "a wildcard in an equality": (
        "iam-ineffective-condition",
        deny("*", "*", **when("StringEquals", "aws:userid", "A*")),
    ),
    "an invalid date": (
        "iam-malformed-document",
        deny(NEW, "*", **when("DateLessThan", "aws:CurrentTime", "soon")),
    ),
    "Null with another value": ("iam-ineffective-condition", deny(NEW, "*", **when("Null", "aws:SourceVpc", "maybe"))),
    "a set that may be empty": (
        "iam-absent-key-allowed",
        allow(**when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-1/*")),
    ),
    "invalid IPv6": ("iam-invalid-address", allow(**when("IpAddress", "aws:SourceIp", "2001:db8::/129"))),
    "all of IPv6": ("iam-open-address", allow(**when("IpAddress", "aws:SourceIp", "::/0"))),
    "characters in a Sid": ("iam-malformed-document", allow(Sid="read it")),
}


@pytest.mark.parametrize(("policy", "statement"), IDENTITY.values(), ids=IDENTITY)
def test_of_an_identity_based_document(policy: str, statement: dict[str, Any]) -> None:
    assert policy in policies(role_policy(statement))


RESOURCE = {
    "every principal": ("iam-public-policy", allow(Principal="*")),
    "NotPrincipal": ("iam-public-policy", allow(NotPrincipal={"AWS": "111122223333"})),
    "an invalid principal": ("iam-malformed-document", allow(Principal={"AWS": "bob"})),
}


@pytest.mark.parametrize(("policy", "statement"), RESOURCE.values(), ids=RESOURCE)
def test_of_a_resource_based_document(policy: str, statement: dict[str, Any]) -> None:
    assert policy in policies(bucket_policy(statement))


def test_of_a_trust_policy() -> None:
    assert "iam-open-trust" in policies(
        role({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})
    )
