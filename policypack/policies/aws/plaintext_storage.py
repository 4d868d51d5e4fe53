"""Whoever gets hold of the storage reads it: a snapshot that is shared by mistake, a disk or a copy of it.

With encryption, reading also needs the permission to use the key, which is logged and can be withdrawn. It costs nothing
to speak of, and most storage can only be encrypted when it is created: later it has to be copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import construct, example
from policypack.core.policy import EnforcementLevel, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.properties.storage import DEFAULT, VOLUME, Setting, storage_settings


def check(setting: Setting) -> Iterator[Violation]:
    if not setting.encrypts:
        state = "is false" if setting.written else "is missing"
        yield Violation("", f"`{setting.property}` {state}: what is stored is not encrypted")


def _database(**inputs: Any) -> Resource:
    return construct("aws:rds/instance:Instance", "orders", engine="postgres", instanceClass="db.t4g.micro", **inputs)


def _volume(**inputs: Any) -> Resource:
    return construct(VOLUME, "data", availabilityZone="eu-west-1a", size=20, **inputs)


def _files(**inputs: Any) -> Resource:
    return construct("aws:efs/fileSystem:FileSystem", "shared", creationToken="shared", **inputs)


def _domain(**inputs: Any) -> Resource:
    return construct("aws:opensearch/domain:Domain", "search", engineVersion="OpenSearch_2.19", **inputs)


POLICY = Policy(
    id="aws-plaintext-storage",
    title="Database, volume or file system that is not encrypted",
    why=__doc__,
    severity=Severity.MEDIUM,
    enforcement=EnforcementLevel.ADVISORY,
    tags=[Tag.AWS, Tag.ENCRYPTION, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/DocumentDB.1", types=("aws:docdb/cluster:",)),
        Control("aws-fsbp/DynamoDB.3", types=("aws:dax/cluster:",)),
        Control("aws-fsbp/EC2.3", partly=True, types=("aws:ebs/volume:",)),
        Control("aws-fsbp/EC2.7", types=("aws:ebs/encryptionByDefault:",)),
        Control("aws-fsbp/EFS.1", partly=True, types=("aws:efs/fileSystem:",)),
        Control("aws-fsbp/EFS.8", types=("aws:efs/fileSystem:",)),
        Control("aws-fsbp/ElastiCache.4", types=("aws:elasticache/replicationGroup:",)),
        Control("aws-fsbp/ES.1", types=("aws:elasticsearch/domain:",)),
        Control("aws-fsbp/Neptune.1", types=("aws:neptune/cluster:",)),
        Control("aws-fsbp/Opensearch.1", types=("aws:opensearch/domain:",)),
        Control("aws-fsbp/RDS.3", types=("aws:rds/instance:",)),
        Control("aws-fsbp/RDS.27", partly=True, types=("aws:rds/cluster:",)),
        Control("aws-fsbp/Redshift.10", types=("aws:redshift/cluster:",)),
        Control("cis-aws-5.0/2.2.1", types=("aws:rds/instance:",)),
        Control("cis-aws-5.0/2.3.1", types=("aws:efs/fileSystem:",)),
        Control("cis-aws-5.0/5.1.1", partly=True, types=("aws:ebs/encryptionByDefault:",)),
    ],
    fix="Set the property to true; data that is there already has to be copied into new storage.",
    references=[
        "https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-3",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-3",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-7",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/efs-controls.html#efs-8",
    ],
    bad=[
        example(_database(), path="storageEncrypted"),
        example(_database(storageEncrypted=False), path="storageEncrypted", note="encryption switched off"),
        example(_volume(), path="encrypted", note="a volume"),
        example(construct(DEFAULT, "ebs", enabled=False), path="enabled", note="the account's default for volumes"),
        example(_files(), path="encrypted", note="a file system"),
        example(_domain(), path="encryptAtRest.enabled", note="a search domain"),
    ],
    good=[
        example(_database(storageEncrypted=True)),
        example(_database(replicateSourceDb="orders-primary"), note="a replica, which is as its source"),
        example(_volume(encrypted=True), note="a volume"),
        example(
            _volume(), construct(DEFAULT, "ebs", enabled=True), note="a volume, where the account encrypts each one"
        ),
        example(_files(encrypted=True), note="a file system"),
        example(_domain(encryptAtRest={"enabled": True}), note="a search domain"),
    ],
    reads=over_stack(storage_settings),
    check=check,
)
