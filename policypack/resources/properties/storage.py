"""Storage that a property encrypts: a stack in, the setting of each resource out.

The properties and their defaults are those of pulumi-aws, https://www.pulumi.com/registry/packages/aws/api-docs/, and the
storage that AWS encrypts in any case has none here: Aurora since 2026-02-18
(https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.html), serverless databases, buckets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.iam.document_readers import value_at

DEFAULT = "aws:ebs/encryptionByDefault:EncryptionByDefault"
VOLUME = "aws:ebs/volume:Volume"
SNAPSHOT = ("snapshotIdentifier", "restoreToPointInTime")


class Storage(msgspec.Struct, frozen=True):
    """How a type encrypts what it stores."""

    property: str
    absent: bool = False
    """Whether it encrypts if the program leaves the property out."""
    inherits: tuple[str, ...] = ()
    """The properties that name a source, which then decides."""


class Setting(msgspec.Struct, frozen=True):
    """The property that encrypts a resource's storage, whether the program writes it, and whether it does."""

    property: str
    written: bool
    encrypts: bool


STORAGES: Mapping[str, Storage] = {
    "aws:dax/cluster:Cluster": Storage("serverSideEncryption.enabled"),
    "aws:docdb/cluster:Cluster": Storage("storageEncrypted", inherits=(*SNAPSHOT, "globalClusterIdentifier")),
    DEFAULT: Storage("enabled", absent=True),
    VOLUME: Storage("encrypted", inherits=("snapshotId",)),
    "aws:efs/fileSystem:FileSystem": Storage("encrypted"),
    "aws:elasticache/replicationGroup:ReplicationGroup": Storage(
        "atRestEncryptionEnabled", inherits=("globalReplicationGroupId",)
    ),
    "aws:elasticsearch/domain:Domain": Storage("encryptAtRest.enabled"),
    "aws:neptune/cluster:Cluster": Storage(
        "storageEncrypted", inherits=(*SNAPSHOT, "replicationSourceIdentifier", "globalClusterIdentifier")
    ),
    "aws:opensearch/domain:Domain": Storage("encryptAtRest.enabled"),
    "aws:rds/cluster:Cluster": Storage(
        "storageEncrypted", inherits=(*SNAPSHOT, "replicationSourceIdentifier", "globalClusterIdentifier")
    ),
    "aws:rds/instance:Instance": Storage("storageEncrypted", inherits=(*SNAPSHOT, "replicateSourceDb")),
    "aws:redshift/cluster:Cluster": Storage("encrypted", absent=True, inherits=("snapshotIdentifier", "snapshotArn")),
}
"""By type, the property that encrypts its storage."""


def storage_settings(stack: Stack) -> Iterator[Placed[Setting]]:
    """The setting of each resource whose own property decides whether its storage is encrypted."""
    by_default = any(default.inputs.get("enabled") in (None, True, "true") for default in stack.of(DEFAULT))
    for token, storage in STORAGES.items():
        for resource in stack.of(token):
            value = value_at(resource.inputs, storage.property)
            if _by_another(resource, storage) or (token == VOLUME and by_default):
                continue
            if isinstance(value, Unknown):
                yield resource, storage.property, value
            else:
                encrypts = storage.absent if value is None else str(value).lower() == "true"
                yield resource, storage.property, Setting(storage.property, value is not None, encrypts)


def _by_another(resource: Resource, storage: Storage) -> bool:
    """Whether something else decides: the source of a copy, or the engine."""
    engine: Any = resource.inputs.get("engine")
    if any(resource.inputs.get(name) for name in storage.inherits):
        return True
    if resource.type.startswith("aws:rds/"):
        return isinstance(engine, Unknown) or str(engine).startswith("aurora")
    return engine == "valkey" and resource.inputs.get(storage.property) is None
