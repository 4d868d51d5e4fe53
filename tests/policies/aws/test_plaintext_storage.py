"""Spellings of encrypted storage beyond the card."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Kind, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies.aws.plaintext_storage import POLICY


def kinds(type_: str, **inputs: Any) -> list[Kind]:
    resource = Resource(f"aws:{type_}", "a", urn="urn:pulumi:dev::shop::t::a", inputs=inputs)
    return [outcome.kind for outcome in evaluate([POLICY], Stack((resource,), Settings()))]


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        ("rds/instance:Instance", {"engine": "mysql", "storageEncrypted": "false"}),
        ("rds/cluster:Cluster", {"engine": "postgres"}),
        ("docdb/cluster:Cluster", {}),
        ("neptune/cluster:Cluster", {"storageEncrypted": False}),
        ("redshift/cluster:Cluster", {"encrypted": "false"}),
        ("elasticache/replicationGroup:ReplicationGroup", {"engine": "redis"}),
        ("elasticache/replicationGroup:ReplicationGroup", {"engine": "valkey", "atRestEncryptionEnabled": False}),
        ("dax/cluster:Cluster", {"serverSideEncryption": {"enabled": False}}),
        ("elasticsearch/domain:Domain", {"encryptAtRest": {"enabled": False}}),
    ],
)
def test_storage_that_is_not_encrypted_is_reported(type_: str, inputs: dict[str, Any]) -> None:
    assert kinds(type_, **inputs) == [Kind.VIOLATION]


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        ("rds/instance:Instance", {"storageEncrypted": "true"}),
        ("rds/instance:Instance", {"engine": "aurora-postgresql"}),
        ("rds/instance:Instance", {"snapshotIdentifier": "rds:orders-2026"}),
        ("rds/cluster:Cluster", {"engine": "aurora-mysql", "storageEncrypted": False}),
        ("neptune/cluster:Cluster", {"globalClusterIdentifier": "graph"}),
        ("redshift/cluster:Cluster", {}),
        ("ebs/encryptionByDefault:EncryptionByDefault", {}),
        ("ebs/volume:Volume", {"snapshotId": "snap-0a1b2c3d"}),
        ("elasticache/replicationGroup:ReplicationGroup", {"engine": "valkey"}),
        ("dax/cluster:Cluster", {"serverSideEncryption": {"enabled": True}}),
    ],
)
def test_encrypted_storage_is_not(type_: str, inputs: dict[str, Any]) -> None:
    assert kinds(type_, **inputs) == []


def test_an_unknown_setting_is_undecided() -> None:
    assert kinds("rds/instance:Instance", engine="mysql", storageEncrypted=UNKNOWN) == [Kind.UNDECIDED]
