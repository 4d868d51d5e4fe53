"""Windows for backups and maintenance: a type and its inputs in, the places of those that are too short or overlap out.

Sources: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html,
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html,
https://docs.aws.amazon.com/documentdb/latest/developerguide/API_CreateDBCluster.html,
https://docs.aws.amazon.com/neptune/latest/apiref/API_CreateDBCluster.html,
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html,
https://docs.aws.amazon.com/memorydb/latest/APIReference/API_CreateCluster.html,
https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html,
https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationInstance.html and
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_dax_CreateCluster.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_BACKUP, _MAINTENANCE = "preferredBackupWindow", "preferredMaintenanceWindow"
_LEAST: Mapping[str, Mapping[str, int]] = {
    "aws:dax/cluster:Cluster": {"maintenanceWindow": 60},
    "aws:dms/replicationInstance:ReplicationInstance": {_MAINTENANCE: 30},
    "aws:docdb/cluster:Cluster": {_BACKUP: 30, _MAINTENANCE: 30},
    "aws:docdb/clusterInstance:ClusterInstance": {_MAINTENANCE: 30},
    "aws:elasticache/cluster:Cluster": {"maintenanceWindow": 60},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"maintenanceWindow": 60},
    "aws:memorydb/cluster:Cluster": {"maintenanceWindow": 60},
    "aws:neptune/cluster:Cluster": {_BACKUP: 30, _MAINTENANCE: 30},
    "aws:neptune/clusterInstance:ClusterInstance": {_MAINTENANCE: 30},
    "aws:rds/cluster:Cluster": {_BACKUP: 30, _MAINTENANCE: 30},
    "aws:rds/clusterInstance:ClusterInstance": {_MAINTENANCE: 30},
    "aws:rds/instance:Instance": {"backupWindow": 30, "maintenanceWindow": 30},
    "aws:redshift/cluster:Cluster": {_MAINTENANCE: 30},
}
"""By type, its windows with the minutes that each lasts at least. Two windows of a type may not overlap."""
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = 24 * 60
_WEEK = 7 * _DAY
_END = re.compile(r"(?:(sun|mon|tue|wed|thu|fri|sat):)?([01]\d|2[0-3]):([0-5]\d)", re.IGNORECASE | re.ASCII)


def window_length_problems(token: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Windows that are shorter than the service takes, and a window for maintenance during that for backups."""
    least = _LEAST.get(token, {})
    windows = {name: window for name in least if (window := _window(inputs.get(name)))}
    for name, (_, length) in windows.items():
        if length < least[name]:
            yield name, f"takes {least[name]} minutes or more, and lasts {length}"
    if len(least) == len(windows) == 2 and _overlap(*windows.values()):
        first, second = windows
        yield second, f"overlaps with `{first}`, and the service takes no two windows at the same time"


def _window(text: Any) -> tuple[int, int] | None:
    """The minute in the week, or in the day, at which a window begins, and its length; None for another text.

    A window that ends when it begins may stand for all day.
    """
    first, hyphen, last = text.partition("-") if isinstance(text, str) else ("", "", "")
    ends = [_END.fullmatch(end) for end in (first, last)]
    if not hyphen or None in ends or len({bool(end and end[1]) for end in ends}) > 1:
        return None
    start, end = (_DAYS.index((end[1] or "sun").lower()) * _DAY + int(end[2]) * 60 + int(end[3]) for end in ends if end)
    length = (end - start) % (_WEEK if ends[0] and ends[0][1] else _DAY)
    return (start, length) if length else None


def _overlap(daily: tuple[int, int], weekly: tuple[int, int]) -> bool:
    """Whether a window of each day and one of the week have a minute in common."""
    (start, length), (other, other_length) = daily, weekly
    begins = (start - other) % _DAY
    return begins < other_length or (other - start) % _DAY < length
