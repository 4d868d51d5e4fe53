"""Counts and sizes that decide one another: nodes, volumes and units of throughput. Inputs in, places and clauses out.

Sources: https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html (brokers by zone),
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html (failover),
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html (`ProvisionedThroughput`),
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html and
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html (operations by type and size).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from policypack.core.policy import Resource
from policypack.iam.document_readers import values_at

Inputs = Mapping[str, Any]
Clauses = Iterator[tuple[str, str]]

_IOPS = {"gp3": (3000, 80000), "io1": (100, 64000), "io2": (100, 256000)}
"""By type of a volume, the operations in a second that can be provisioned."""
_BY_SIZE = {"gp3": 500, "io1": 50, "io2": 1000}
"""By type of a volume, the most operations for each GiB."""
_THROUGHPUT = (125, 2000)
"""The MiB in a second of `gp3`."""
_FOR_EACH_MIB = 4
"""The operations that `gp3` needs for each MiB in a second."""
_WITHOUT = frozenset({"gp2", "sc1", "st1", "standard"})
_SIZES = {"gp2": (1, 16384), "gp3": (1, 65536), "io1": (4, 16384), "io2": (4, 65536), "sc1": (125, 16384)} | {
    "st1": (125, 16384),
    "standard": (1, 1024),
}
_VOLUMES: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "aws:ebs/volume:Volume": [("", "type", "size")],
    **dict.fromkeys(
        (
            "aws:ec2/instance:Instance",
            "aws:ec2/launchConfiguration:LaunchConfiguration",
            "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
        ),
        (("rootBlockDevice", "volumeType", "volumeSize"), ("ebsBlockDevices[*]", "volumeType", "volumeSize")),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": [("blockDeviceMappings[*].ebs", "volumeType", "volumeSize")],
}
"""By type, the paths of volumes, and the names of their type and size."""
_RESTORED = ("restoreSourceName", "restoreSourceTableArn", "restoreBackupArn")
_CAPACITIES = ("readCapacity", "writeCapacity")


def capacity_problems(resource: Resource) -> Clauses:
    """Counts, sizes and units of a resource that do not go together."""
    for pattern, kind, size in _VOLUMES.get(resource.type, ()):
        for path, volume in values_at(resource.inputs, pattern):
            if isinstance(volume, Mapping):
                place = f"{path}." if path else ""
                yield from ((f"{place}{name}", clause) for name, clause in _volume(volume, kind, size))
    if problems := _BY_TYPE.get(resource.type):
        yield from problems(resource.inputs)


def _volume(volume: Inputs, kind: str, size: str) -> Clauses:
    type_, iops, throughput = volume.get(kind), _count(volume.get("iops")), _count(volume.get("throughput"))
    gibibytes = _count(volume.get(size))
    if not isinstance(type_, str) or type_ not in _SIZES:
        return
    yield from _outside(size, gibibytes, _SIZES[type_], f"GiB as `{type_}`")
    if iops and type_ in _WITHOUT:
        yield "iops", f"is set, and volumes of the type `{type_}` have none"
    elif type_ in _IOPS:
        least, most = _IOPS[type_]
        by_size = max(least, _BY_SIZE[type_] * gibibytes) if gibibytes else most
        if iops and least <= iops <= most and iops > by_size:
            yield "iops", f"is {iops}, and {gibibytes} GiB of `{type_}` have {by_size} at most"
        yield from _outside("iops", iops, _IOPS[type_], f"as `{type_}`")
    if throughput and type_ != "gp3":
        yield "throughput", f"is set, and only volumes of the type `gp3` take it, not `{type_}`"
    elif throughput:
        yield from _outside("throughput", throughput, _THROUGHPUT, "MiB in a second")
        known = volume.get("iops") is None or iops
        most = (iops or _IOPS["gp3"][0]) // _FOR_EACH_MIB
        if known and most < throughput <= _THROUGHPUT[1]:
            yield "throughput", f"is {throughput}, and {iops or _IOPS['gp3'][0]} `iops` have {most} at most"


def _outside(name: str, number: int | None, ends: tuple[int, int], unit: str) -> Clauses:
    if number and not ends[0] <= number <= ends[1]:
        yield name, f"takes {ends[0]} to {ends[1]} {unit}, and is {number}"


def _count(value: Any) -> int | None:
    """A whole number; None of another value, also of none that is known."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    return int(value) if whole else None


def _brokers(inputs: Inputs) -> Clauses:
    brokers = _count(inputs.get("numberOfBrokerNodes"))
    for _, subnets in values_at(inputs, "brokerNodeGroupInfo.clientSubnets"):
        if brokers and isinstance(subnets, list) and subnets and brokers % len(subnets):
            yield "numberOfBrokerNodes", f"takes a multiple of the {len(subnets)} client subnets, and is {brokers}"


def _replicas(inputs: Inputs) -> Clauses:
    failover, zones = inputs.get("automaticFailoverEnabled"), inputs.get("multiAzEnabled")
    sharded = any(inputs.get(name) is not None for name in ("numNodeGroups", "replicasPerNodeGroup", "clusterMode"))
    if failover is True and not sharded and _count(inputs.get("numCacheClusters")) == 1:
        yield "numCacheClusters", "is 1, and `automaticFailoverEnabled` takes 2 or more"
    if zones is True and failover in (None, False):
        yield "multiAzEnabled", "is true, which takes `automaticFailoverEnabled` true"


def _table(inputs: Inputs) -> Clauses:
    mode = inputs.get("billingMode")
    if mode not in (None, "PROVISIONED") or any(inputs.get(name) is not None for name in _RESTORED):
        return
    place = "billingMode" if mode else "readCapacity"
    if lacking := [f"`{name}`" for name in _CAPACITIES if inputs.get(name) is None]:
        yield place, f"is `PROVISIONED`, which takes {' and '.join(lacking)}" if mode else _by_default(lacking)
    for path, index in values_at(inputs, "globalSecondaryIndexes[*]"):
        lacking = [f"`{name}`" for name in _CAPACITIES if isinstance(index, Mapping) and index.get(name) is None]
        if lacking and not (isinstance(index, Mapping) and index.get("onDemandThroughput")):
            yield path, f"has no {' and no '.join(lacking)}, which an index of a table with `PROVISIONED` takes"


def _by_default(lacking: Sequence[str]) -> str:
    names = " and ".join(lacking)
    return f"takes a number beside the default `billingMode`, `PROVISIONED`, and {names} {'are' if len(lacking) > 1 else 'is'} missing"


_BY_TYPE: Mapping[str, Callable[[Inputs], Clauses]] = {
    "aws:dynamodb/table:Table": _table,
    "aws:elasticache/replicationGroup:ReplicationGroup": _replicas,
    "aws:msk/cluster:Cluster": _brokers,
}
