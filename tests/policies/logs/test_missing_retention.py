from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.logs.missing_retention import POLICY
from tests.policies.helpers import reported, silent, undecided


def group(outputs: dict[str, Any] | None = None, **inputs: Any) -> Resource:
    return Resource("aws:cloudwatch/logGroup:LogGroup", "ingest", inputs, outputs=outputs or {})


test_kept_for_ever = reported(POLICY, "retentionInDays", {"zero in the state": group(outputs={"retentionInDays": 0})})
test_silent = silent(
    POLICY,
    group(logGroupClass="INFREQUENT_ACCESS", retentionInDays=365),
    Resource("aws:cloudwatch/logStream:LogStream", "ingest", {}),
)


def test_an_unknown_retention_is_undecided() -> None:
    assert undecided(POLICY, group(retentionInDays=UNKNOWN)) == ["retentionInDays"]
