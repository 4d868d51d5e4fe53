from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.sns.missing_encryption import POLICY
from tests.policies.helpers import outcomes, violations


def topic(**inputs: Any) -> Resource:
    return Resource("aws:sns/topic:Topic", "alerts", inputs)


@pytest.mark.parametrize(
    "resource",
    [topic(), topic(kmsMasterKeyId=None)],
    ids=["nothing", "none"],
)
def test_unencrypted(resource: Resource) -> None:
    assert violations(POLICY, resource) == ["kmsMasterKeyId"]


@pytest.mark.parametrize(
    "resource",
    [
        topic(kmsMasterKeyId="arn:aws:kms:eu-west-1:111122223333:key/1"),
        topic(kmsMasterKeyId=UNKNOWN),
        Resource("aws:sns/topicPolicy:TopicPolicy", "alerts", {"arn": UNKNOWN}),
    ],
    ids=["own key", "key known later", "no topic"],
)
def test_silent(resource: Resource) -> None:
    assert outcomes(POLICY, resource) == []
