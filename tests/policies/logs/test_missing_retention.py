from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.logs.missing_retention import POLICY
from tests.policies.helpers import outcomes, undecided, violations


def group(outputs: dict[str, Any] | None = None, **inputs: Any) -> Resource:
    return Resource("aws:cloudwatch/logGroup:LogGroup", "ingest", inputs, outputs=outputs or {})


@pytest.mark.parametrize(
    "resource",
    [group(outputs={"retentionInDays": 0})],
    ids=["zero in the state"],
)
def test_kept_for_ever(resource: Resource) -> None:
    assert violations(POLICY, resource) == ["retentionInDays"]


@pytest.mark.parametrize(
    "resource",
    [
        group(logGroupClass="INFREQUENT_ACCESS", retentionInDays=365),
        Resource("aws:cloudwatch/logStream:LogStream", "ingest", {}),
    ],
)
def test_silent(resource: Resource) -> None:
    assert outcomes(POLICY, resource) == []


def test_an_unknown_retention_is_undecided() -> None:
    assert undecided(POLICY, group(retentionInDays=UNKNOWN)) == ["retentionInDays"]
