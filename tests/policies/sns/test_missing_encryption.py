from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.sns.missing_encryption import POLICY
from tests.policies.helpers import reported, silent


def topic(**inputs: Any) -> Resource:
    return Resource("aws:sns/topic:Topic", "alerts", inputs)


test_unencrypted = reported(POLICY, "kmsMasterKeyId", {"nothing": topic(), "none": topic(kmsMasterKeyId=None)})
test_silent = silent(
    POLICY,
    {
        "own key": topic(kmsMasterKeyId="arn:aws:kms:eu-west-1:111122223333:key/1"),
        "key known later": topic(kmsMasterKeyId=UNKNOWN),
        "no topic": Resource("aws:sns/topicPolicy:TopicPolicy", "alerts", {"arn": UNKNOWN}),
    },
)
