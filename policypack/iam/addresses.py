"""Address ranges as IAM reads them, and their algebra: union, intersection, complement, breadth.

Sources: "IP address condition operators" and "aws:SourceIp" in the IAM User Guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress),
"The meaning of public" in the S3 User Guide
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from netaddr import IPSet

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_IPV6 = re.compile(r"[0-9A-Fa-f:]+(?::[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)?")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+")
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_SHAPE = "must be a CIDR range such as `203.0.113.0/24`, or one address"

BROAD_IPV4 = 2 ** (32 - 8)
"""Addresses in a /8: a grant to more is public."""
BROAD_IPV6 = 2 ** (128 - 32)
"""Addresses in a /32: a grant to more is public."""
EXAMPLES = ("198.51.100.7", "203.0.113.7", "192.0.2.7", "2001:db8::7")
"""Addresses for documentation: RFC 5737 and RFC 3849."""
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""RFC 1918. No request from the internet has these in `aws:SourceIp`."""
UNROUTED = (
    *PRIVATE,
    "0.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/3",
    "::/127",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
)
"""Ranges that the internet does not route: private, shared, loopback, link-local, multicast and reserved ones.

Sources: https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry.
"""


class AddressError(ValueError):
    """Not an address range that IAM accepts. The message is a clause with the accepted forms."""


class Ranges(msgspec.Struct, frozen=True):
    """A set of IPv4 and IPv6 addresses. Immutable; IPv4-mapped IPv6 addresses are their IPv4 addresses."""

    addresses: IPSet

    @staticmethod
    @cache
    def parse(text: str) -> Ranges:
        """The range that one condition value names.

        No prefix means one address; bits after the mask are ignored; netmasks, dashes, zone ids, leading zeros,
        wildcards and policy variables are refused.

        Raises:
            AddressError: `text` is not a range.
        """
        from netaddr import AddrFormatError, IPNetwork, IPSet

        address, slash, prefix = text.strip().partition("/")
        if _IPV4.fullmatch(address):
            longest = 32
        elif ":" in address and _IPV6.fullmatch(address):
            longest = 128
        else:
            raise AddressError(_SHAPE)
        if slash and not (_PREFIX.fullmatch(prefix) and int(prefix) <= longest):
            raise AddressError(f"{_SHAPE}, with a prefix from 0 to {longest}")
        try:
            network = IPNetwork(text.strip()).cidr
        except (AddrFormatError, ValueError) as error:
            raise AddressError(_SHAPE) from error
        mapped = IPNetwork("::ffff:0:0/96")
        if network.version == 6 and network in mapped:
            network = IPNetwork(f"{network.ip.ipv4()}/{network.prefixlen - 96}").cidr
        elif network.version == 6 and mapped in network and network.prefixlen > 32:  # a shorter one is broad
            return Ranges(IPSet([network, IPNetwork("0.0.0.0/0")]))
        return Ranges(IPSet([network]))

    @staticmethod
    def union(parts: Iterable[Ranges]) -> Ranges:
        """The addresses in any of `parts`."""
        from netaddr import IPSet

        return Ranges(IPSet(cidr for part in parts for cidr in part.addresses.iter_cidrs()))

    def __and__(self, other: Ranges) -> Ranges:
        return Ranges(self.addresses & other.addresses)

    def __sub__(self, other: Ranges) -> Ranges:
        return Ranges(self.addresses - other.addresses)

    def __invert__(self) -> Ranges:
        return everything() - self

    def __bool__(self) -> bool:
        return bool(self.addresses)

    def bounds(self) -> list[tuple[int, int]]:
        """The first address of each range and the one after its last, each as IP version and number, in order."""
        parts = sorted((part.version, part.first, part.last + 1) for part in self.addresses.iter_ipranges())
        return [(version, bound) for version, first, after in parts for bound in (first, after)]

    def size(self, version: int) -> int:
        """How many addresses of this IP version (4 or 6) there are."""
        return sum(cidr.size for cidr in self.addresses.iter_cidrs() if cidr.version == version)

    def example(self) -> str:
        """One address in the set, preferably from a documentation range (RFC 5737, RFC 3849).

        Raises:
            AddressError: the set is empty.
        """
        from netaddr import IPAddress, IPSet

        for preferred in EXAMPLES:
            if IPAddress(preferred) in self.addresses:
                return preferred
        public = (self.addresses - IPSet(PRIVATE)) or self.addresses
        for cidr in public.iter_cidrs():
            return str(IPAddress(cidr.first + min(7, cidr.size - 1), cidr.version))
        raise AddressError("must name at least one address")

    def __str__(self) -> str:
        return ", ".join(str(cidr) for cidr in self.addresses.iter_cidrs())


@cache
def everything() -> Ranges:
    """All of IPv4 and IPv6."""
    from netaddr import IPSet

    return Ranges(IPSet(["0.0.0.0/0", "::/0"]))


@cache
def nothing() -> Ranges:
    """No address."""
    from netaddr import IPSet

    return Ranges(IPSet())


@cache
def private() -> Ranges:
    """The RFC 1918 ranges."""
    from netaddr import IPSet

    return Ranges(IPSet(PRIVATE))


def distinguishing_addresses(sets: Sequence[Ranges]) -> list[str]:
    """At least one address for each combination of the sets that an address can be in."""
    from netaddr import IPAddress

    bounds = sorted({(4, 0), (6, 0), *(bound for ranges in sets for bound in ranges.bounds())})
    inside = [
        (version, first + min(7, after - first - 1))
        for (version, first), (following, after) in zip(bounds, [*bounds[1:], (6, 1 << 128)], strict=True)
        if version == following
    ]
    last = bounds[bisect_left(bounds, (6, 0)) - 1][1]
    if last < 1 << 32:
        inside.append((4, last + min(7, (1 << 32) - last - 1)))
    addresses = [
        str(IPAddress(number, version)) for version, number in inside if number < 1 << (32 if version == 4 else 128)
    ]
    return [*EXAMPLES, *sorted(addresses, key=lambda address: address.startswith(("10.", "192.168.", "172.")))]


@lru_cache(maxsize=65536)
def address_number(text: str) -> tuple[int, int] | None:
    """The IP version and the number of an address; None for other texts."""
    from netaddr import INET_PTON, AddrFormatError, IPAddress

    try:
        address = IPAddress(text, flags=INET_PTON) if _ADDRESS.fullmatch(text) else None
    except (AddrFormatError, ValueError):
        return None
    return None if address is None else (address.version, int(address))  # netaddr's `0.0.0.0` and `::` are false


def broad(ranges: Ranges) -> bool:
    """Whether AWS would call a grant to these addresses public: more than a /8 of IPv4, or than a /32 of IPv6.

    The union counts, so `0.0.0.0/1` beside `128.0.0.0/1` is broad. RFC 1918 ranges do not count.
    """
    four, six = ranges.size(4), ranges.size(6)
    if six > BROAD_IPV6 or four > BROAD_IPV4 + private().size(4):
        return True
    return four > BROAD_IPV4 and (ranges - private()).size(4) > BROAD_IPV4
