from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.sqs.missing_encryption import POLICY
from tests.policies.helpers import reported, silent, undecided


def queue(outputs: dict[str, Any] | None = None, **inputs: Any) -> Resource:
    return Resource("aws:sqs/queue:Queue", "jobs", inputs, outputs=outputs or {})


test_unencrypted = reported(
    POLICY,
    "sqsManagedSseEnabled",
    {
        "off in text": queue(sqsManagedSseEnabled="false"),
        "reuse period without a key": queue(
            fifoQueue=True, sqsManagedSseEnabled=False, kmsDataKeyReusePeriodSeconds=300
        ),
        "older than the default": queue(outputs={"sqsManagedSseEnabled": False, "kmsMasterKeyId": ""}),
    },
)
test_silent = silent(
    POLICY,
    {
        "on": queue(sqsManagedSseEnabled=True),
        "key known later": queue(sqsManagedSseEnabled=False, kmsMasterKeyId=UNKNOWN),
        "key in the state": queue(kmsMasterKeyId="alias/jobs", outputs={"sqsManagedSseEnabled": False}),
        "no queue": Resource("aws:sqs/queuePolicy:QueuePolicy", "jobs", {"sqsManagedSseEnabled": False}),
    },
)


def test_an_unknown_switch_is_undecided() -> None:
    assert undecided(POLICY, queue(sqsManagedSseEnabled=UNKNOWN)) == ["sqsManagedSseEnabled"]
