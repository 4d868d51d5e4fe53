"""Address ranges as IAM reads them, and their algebra: union, intersection, complement, breadth.

Sources: "IP address condition operators" and "aws:SourceIp" in the IAM User Guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress),
"The meaning of public" in the S3 User Guide
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from policypack.core.caches import bounded_cache

if TYPE_CHECKING:
    from netaddr import IPNetwork

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_IPV6 = re.compile(r"[0-9A-Fa-f:]+(?::[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)?")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+")
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_SHAPE = "must be a CIDR range such as `203.0.113.0/24`, or one address"

IPV6 = 1 << 32
"""The number of the first IPv6 address: all addresses are numbered, those of IPv4 first."""
_END = IPV6 + (1 << 128)
_MAPPED = 0xFFFF
"""The first 96 bits of IPv4-mapped IPv6 addresses."""
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

    bounds: tuple[int, ...] = ()
    """The number of the first address of each range and the one after its last, in order; no two ranges touch."""

    @staticmethod
    @bounded_cache(65536)
    def parse(text: str) -> Ranges:
        """The range that one condition value names.

        No prefix means one address; bits after the mask are ignored; netmasks, dashes, zone ids, leading zeros,
        wildcards and policy variables are refused.

        Raises:
            AddressError: `text` is not a range.
        """
        from netaddr import AddrFormatError, IPNetwork

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
        if network.version == 4:
            return Ranges((network.first, network.last + 1))
        if network.first >> 32 == _MAPPED and network.prefixlen >= 96:
            return Ranges((network.first - (_MAPPED << 32), network.last + 1 - (_MAPPED << 32)))
        range_ = Ranges((IPV6 + network.first, IPV6 + network.last + 1))
        if network.prefixlen > 32 and network.first <= _MAPPED << 32 <= network.last:  # a shorter one is broad
            return Ranges.union([Ranges((0, IPV6)), range_])
        return range_

    @staticmethod
    def union(parts: Iterable[Ranges]) -> Ranges:
        """The addresses in any of `parts`."""
        bounds: list[int] = []
        for first, after in sorted(pair for part in parts for pair in part):
            if not bounds or first > bounds[-1]:
                bounds += (first, after)
            elif after > bounds[-1]:
                bounds[-1] = after
        return Ranges(tuple(bounds))

    def __and__(self, other: Ranges) -> Ranges:
        return ~Ranges.union((~self, ~other))

    def __sub__(self, other: Ranges) -> Ranges:
        return ~Ranges.union((~self, other))

    def __invert__(self) -> Ranges:
        bounds = self.bounds
        after = bounds[1:] if bounds[:1] == (0,) else (0, *bounds)
        return Ranges(after[:-1] if after[-1:] == (_END,) else (*after, _END))

    def __bool__(self) -> bool:
        return bool(self.bounds)

    def __contains__(self, number: int | None) -> bool:
        return number is not None and bisect_right(self.bounds, number) % 2 == 1

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.bounds[::2], self.bounds[1::2], strict=True)

    def size(self, version: int) -> int:
        """How many addresses of this IP version (4 or 6) there are."""
        if version == 4:
            return sum(min(after, IPV6) - min(first, IPV6) for first, after in self)
        return sum(max(after, IPV6) - max(first, IPV6) for first, after in self)

    def example(self) -> str:
        """One address in the set, preferably from a documentation range (RFC 5737, RFC 3849).

        Raises:
            AddressError: the set is empty.
        """
        for preferred in EXAMPLES:
            if address_number(preferred) in self:
                return preferred
        for cidr in ((self - private()) or self).cidrs():
            return str(cidr[min(7, cidr.size - 1)])
        raise AddressError("must name at least one address")

    def cidrs(self) -> Iterator[IPNetwork]:
        """The CIDR ranges, as few as possible, in order."""
        from netaddr import IPAddress, iprange_to_cidrs

        for version, start, end in ((4, 0, IPV6), (6, IPV6, _END)):
            for first, after in self:
                if max(first, start) < min(after, end):
                    bounds = max(first, start) - start, min(after, end) - 1 - start
                    yield from iprange_to_cidrs(*(IPAddress(number, version) for number in bounds))

    def __str__(self) -> str:
        return ", ".join(map(str, self.cidrs()))


@cache
def everything() -> Ranges:
    """All of IPv4 and IPv6."""
    return Ranges((0, _END))


def nothing() -> Ranges:
    """No address."""
    return Ranges()


@cache
def private() -> Ranges:
    """The RFC 1918 ranges."""
    return Ranges.union(map(Ranges.parse, PRIVATE))


def distinguishing_addresses(sets: Sequence[Ranges]) -> list[str]:
    """At least one address for each combination of the sets that an address can be in."""
    from netaddr import IPAddress

    bounds = sorted({0, IPV6, _END, *(bound for ranges in sets for bound in ranges.bounds)})
    inside = [first + min(7, after - first - 1) for first, after in pairwise(bounds)]
    addresses = [str(IPAddress(number, 4) if number < IPV6 else IPAddress(number - IPV6, 6)) for number in inside]
    return [*EXAMPLES, *sorted(addresses, key=lambda address: address.startswith(("10.", "192.168.", "172.")))]


@bounded_cache(65536)
def address_number(text: str) -> int | None:
    """The number of an address, of which those of IPv6 follow those of IPv4; None for other texts."""
    from netaddr import INET_PTON, AddrFormatError, IPAddress

    try:
        address = IPAddress(text, flags=INET_PTON) if _ADDRESS.fullmatch(text) else None
    except (AddrFormatError, ValueError):
        return None
    return None if address is None else int(address) + (IPV6 if address.version == 6 else 0)


def broad(ranges: Ranges) -> bool:
    """Whether AWS would call a grant to these addresses public: more than a /8 of IPv4, or than a /32 of IPv6.

    The union counts, so `0.0.0.0/1` beside `128.0.0.0/1` is broad. RFC 1918 ranges do not count.
    """
    four, six = ranges.size(4), ranges.size(6)
    if six > BROAD_IPV6 or four > BROAD_IPV4 + private().size(4):
        return True
    return four > BROAD_IPV4 and (ranges - private()).size(4) > BROAD_IPV4
