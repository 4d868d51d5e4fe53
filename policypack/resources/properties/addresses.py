"""CIDR ranges of network settings; the ranges in, the internet in them out.

EC2 normalizes what it is given: bits after the mask are ignored, and a prefix may have leading zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from policypack.core.policy import Resource
from policypack.core.values import has_unknown
from policypack.iam.addresses import AddressError, Ranges, broad

LOCAL_IPV6 = ("fc00::/7", "fe80::/10")
"""Addresses that no host on the internet has: RFC 4193 and RFC 4291."""


def internet(cidrs: Sequence[str]) -> int | None:
    """The index of the first range that is as wide as the internet, -1 if only all together are, None if they are not.

    A range that is none (EC2 refuses it) counts for nothing.
    """
    parts = [_parsed(cidr) for cidr in cidrs]
    alone = (index for index, part in enumerate(parts) if _wide([part]))
    return next(alone, -1 if _wide(parts) else None)


def undecided(resource: Resource, path: str, addresses: Any) -> bool:
    """Whether addresses are unknown that may be the internet.

    An address that is computed from a resource of the stack is that resource's own: a network's range, an Elastic IP.
    """
    return has_unknown(addresses) and not resource.property_dependencies.get(path.partition(".")[0].partition("[")[0])


def _parsed(cidr: str) -> Ranges | None:
    address, slash, prefix = cidr.strip().partition("/")
    try:
        return Ranges.parse(f"{address}{slash}{int(prefix) if prefix.isascii() and prefix.isdigit() else prefix}")
    except AddressError:
        return None


def _wide(parts: Iterable[Ranges | None]) -> bool:
    ranges = [part for part in parts if part]
    return bool(ranges) and broad(Ranges.union(ranges) - _local())


@cache
def _local() -> Ranges:
    return Ranges.union(map(Ranges.parse, LOCAL_IPV6))
