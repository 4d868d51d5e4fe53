"""Grants of every action, in the spellings that mean the same."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.wildcard_action import POLICY
from tests.policies.helpers import allow, bucket_policy, deny, document, role, role_policy, undecided, violations

ROOT = {"AWS": "arn:aws:iam::111122223333:root"}


def key(*statements: dict[str, Any]) -> Resource:
    return Resource("aws:kms/key:Key", "key", {"policy": document(*statements)})


@pytest.mark.parametrize("pattern", ["*", "**", "*:*", "s3:*", "S3:*", "s3:**", "s3:?*", ["s3:GetObject", "sqs:*"]])
def test_spellings(pattern: object) -> None:
    assert violations(POLICY, role_policy(allow(), allow(pattern))) == ["policy.Statement[1].Action"]


@pytest.mark.parametrize(
    "resource",
    [
        bucket_policy(allow("s3:*", Principal=ROOT)),
        role({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:*"}),
        key(allow("kms:*", "*", Principal="*")),
        key(allow("*", "*", Principal=ROOT)),
    ],
)
def test_resource_based_documents(resource: Resource) -> None:
    assert len(violations(POLICY, resource)) == 1


@pytest.mark.parametrize(
    "resource",
    [
        role_policy(allow("s3:?")),
        role_policy(deny(None, "*", NotAction=["s3:GetObject"])),
        key(allow("kms:*", "*", Principal={"AWS": "111122223333"})),
        Resource("aws:organizations/policy:Policy", "full", {"content": document(allow("*", "*"))}),
    ],
)
def test_silent(resource: Resource) -> None:
    assert violations(POLICY, resource) == undecided(POLICY, resource) == []


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow(UNKNOWN))) == ["policy.Statement[0].Action"]
    assert undecided(POLICY, key(allow("kms:*", "*", Principal={"AWS": UNKNOWN}))) == ["policy.Statement[0].Principal"]
    assert undecided(POLICY, role_policy(allow(resource=UNKNOWN))) == []
