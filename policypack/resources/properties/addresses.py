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
PACKAGES = frozenset({"aws", "awsx", "aws-native", "eks"})
"""Those whose resources have addresses of their own."""
KEEPERS = (
    "aws:ssm/parameter:",
    "aws:secretsmanager/",
    "aws:cloudformation/",
    "aws:lambda/invocation:",
    "aws:appconfig/",
    "aws:dynamodb/tableItem:",
    "aws:s3/bucketObject",
    "aws:ec2/managedPrefixList",
    "aws-native:ssm:Parameter",
    "aws-native:secretsmanager:",
    "aws-native:cloudformation:",
)
"""The beginnings of types that keep or compute a value of any kind."""


def internet(cidrs: Sequence[str]) -> int | None:
    """The index of the first range that is as wide as the internet, -1 if only all together are, None if they are not.

    A range that is none (EC2 refuses it) counts for nothing.
    """
    parts = [_parsed(cidr) for cidr in cidrs]
    alone = (index for index, part in enumerate(parts) if _wide([part]))
    return next(alone, -1 if _wide(parts) else None)


def outermost(cidrs: Iterable[str]) -> list[str]:
    """The ranges without those inside of another one that is as wide as the internet by itself: they open nothing more."""
    parsed = {cidr: _parsed(cidr) for cidr in cidrs}
    wide = [part for part in parsed.values() if part and _wide([part])]
    return [
        cidr
        for cidr, part in parsed.items()
        if part is None or not any(other - part and not part - other for other in wide)
    ]


def undecided(resource: Resource, path: str, addresses: Any) -> bool:
    """Whether addresses are unknown that may be the internet.

    An address that is computed from AWS resources of the stack is their own: a network's range, an Elastic IP. What another
    stack or a program answers, or a parameter keeps, is anything.
    """
    origins = resource.property_dependencies.get(path.partition(".")[0].partition("[")[0], ())
    return has_unknown(addresses) and not (origins and all(map(_has_addresses, origins)))


def _has_addresses(urn: str) -> bool:
    token = urn.split("::")[2].rpartition("$")[2]
    return token.partition(":")[0] in PACKAGES and not token.startswith(KEEPERS)


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
