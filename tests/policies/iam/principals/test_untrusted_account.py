from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, bucket_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.untrusted_account import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

OURS = {"trusted_accounts": ("111122223333",)}


def trusting(principal: Any) -> Resource:
    return bucket_policy(allow(Principal=principal))


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws-us-gov:iam::999999999999:user/jane"},
        {"AWS": "arn:aws:sts::999999999999:assumed-role/deploy/session"},
    ],
)
def test_another_account_is_reported(principal: Any) -> None:
    assert messages(POLICY, trusting(principal), **OURS) == [
        "allows account `999999999999`, which is not a trusted account"
    ]


test_looks_alike = silent(
    POLICY,
    trusting({"AWS": "111122223333"}),
    trusting({"AWS": "arn:aws:iam::111122223333:role/reader"}),
    trusting("*"),
    trusting({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}),
    **OURS,
)


def test_the_account_of_the_stack_is_trusted() -> None:
    key = Resource("aws:kms/key:Key", "k", outputs={"arn": "arn:aws:kms:eu-west-1:444455556666:key/k"})
    root = trusting({"AWS": "arn:aws:iam::444455556666:root"})
    assert violations(POLICY, key, root, trusted_accounts=("777788889999",)) == []
    assert violations(POLICY, root, trusted_accounts=("777788889999",)) == ["policy.Statement[0].Principal"]


def test_nothing_is_judged_without_the_setting() -> None:
    assert violations(POLICY, trusting({"AWS": "999999999999"})) == []


def test_an_unknown_principal_is_undecided() -> None:
    assert undecided(POLICY, trusting({"AWS": UNKNOWN}), **OURS) == ["policy.Statement[0].Principal.AWS"]
