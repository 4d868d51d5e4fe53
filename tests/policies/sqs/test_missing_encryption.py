from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.sqs.missing_encryption import POLICY
from tests.policies.helpers import outcomes, undecided, violations


def queue(outputs: dict[str, Any] | None = None, **inputs: Any) -> Resource:
    return Resource("aws:sqs/queue:Queue", "jobs", inputs, outputs=outputs or {})


@pytest.mark.parametrize(
    "resource",
    [
        queue(sqsManagedSseEnabled="false"),
        queue(fifoQueue=True, sqsManagedSseEnabled=False, kmsDataKeyReusePeriodSeconds=300),
        queue(outputs={"sqsManagedSseEnabled": False, "kmsMasterKeyId": ""}),
    ],
    ids=["off in text", "reuse period without a key", "older than the default"],
)
def test_unencrypted(resource: Resource) -> None:
    assert violations(POLICY, resource) == ["sqsManagedSseEnabled"]


@pytest.mark.parametrize(
    "resource",
    [
        queue(sqsManagedSseEnabled=True),
        queue(sqsManagedSseEnabled=False, kmsMasterKeyId=UNKNOWN),
        queue(kmsMasterKeyId="alias/jobs", outputs={"sqsManagedSseEnabled": False}),
        Resource("aws:sqs/queuePolicy:QueuePolicy", "jobs", {"sqsManagedSseEnabled": False}),
    ],
    ids=["on", "key known later", "key in the state", "no queue"],
)
def test_silent(resource: Resource) -> None:
    assert outcomes(POLICY, resource) == []


def test_an_unknown_switch_is_undecided() -> None:
    assert undecided(POLICY, queue(sqsManagedSseEnabled=UNKNOWN)) == ["sqsManagedSseEnabled"]
