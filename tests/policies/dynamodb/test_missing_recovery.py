from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.dynamodb.missing_recovery import POLICY, REPLICA, TABLE
from tests.policies.helpers import reported, silent, undecided_at, violations

ON = {"enabled": True}


def table(inputs: dict[str, Any]) -> Resource:
    return Resource(TABLE, "orders", inputs)


test_off = reported(
    POLICY,
    "pointInTimeRecovery",
    {},
    {"pointInTimeRecovery": {}},
    {"pointInTimeRecovery": {"enabled": False}},
    {"pointInTimeRecovery": {"enabled": "false"}},
    {"pointInTimeRecovery": {"recoveryPeriodInDays": 7}},
    {"pointInTimeRecovery": [{"enabled": False}]},
    {"replicas": [{"regionName": "us-east-1", "pointInTimeRecovery": True}]},
    {"replicas": []},
    of=table,
)
test_on = silent(
    POLICY,
    {"pointInTimeRecovery": ON},
    {"pointInTimeRecovery": {"enabled": "true", "recoveryPeriodInDays": 14}},
    {"pointInTimeRecovery": [ON]},
    {"pointInTimeRecovery": ON, "replicas": [{"regionName": "us-east-1", "pointInTimeRecovery": True}]},
    of=table,
)
test_unknown = undecided_at(
    POLICY,
    "pointInTimeRecovery",
    {"pointInTimeRecovery": UNKNOWN},
    {"pointInTimeRecovery": {"enabled": UNKNOWN}},
    of=table,
)
test_a_replica_of_its_own = silent(
    POLICY,
    Resource(REPLICA, "orders", {"pointInTimeRecovery": True}),
    Resource("aws:dynamodb/globalTable:GlobalTable", "orders", {"replicas": [{"regionName": "us-east-1"}]}),
)


def test_each_replica_is_reported() -> None:
    replicas = [{"regionName": "us-east-1"}, {"regionName": "us-east-2", "pointInTimeRecovery": False}]
    assert violations(POLICY, table({"pointInTimeRecovery": ON, "replicas": replicas})) == [
        "replicas[0].pointInTimeRecovery",
        "replicas[1].pointInTimeRecovery",
    ]
    assert violations(POLICY, Resource(REPLICA, "orders", {})) == ["pointInTimeRecovery"]
