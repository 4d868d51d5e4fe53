"""The addresses that may touch objects: CIDR ranges, refused when they are malformed, useless or broad."""

from __future__ import annotations

import json
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_interface, ip_network

Network = IPv4Network | IPv6Network

BROADEST = {4: 8, 6: 32}
"""The shortest prefix per IP version that S3 does not call public.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
"""

NEVER_SEEN = tuple(
    ip_network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "::ffff:0:0/96")
)
"""`aws:SourceIp` contains only public addresses, and IPv4 addresses as IPv4."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """The networks in a JSON list of CIDR ranges, which is how Pulumi hands over a YAML list.

    Raises:
        ValueError: it is not such a list, a range is wrong, or the ranges together are broad.
    """
    try:
        cidrs = json.loads(text)
    except json.JSONDecodeError:
        cidrs = None
    if not isinstance(cidrs, list) or not cidrs or not all(isinstance(cidr, str) for cidr in cidrs):
        raise ValueError("is not a list of CIDR ranges: write at least one, such as `- 203.0.113.0/24`")
    networks = tuple(_parse_network(cidr, index) for index, cidr in enumerate(cidrs))
    _refuse_broad(4, collapse_addresses(network for network in networks if isinstance(network, IPv4Network)))
    _refuse_broad(6, collapse_addresses(network for network in networks if isinstance(network, IPv6Network)))
    return networks


def _parse_network(cidr: str, index: int) -> Network:
    _, _, prefix = cidr.partition("/")
    try:
        interface = ip_interface(cidr)
    except ValueError:
        raise ValueError(f"[{index}] is not a CIDR range: write one such as `203.0.113.0/24`") from None
    if not prefix.isdecimal():
        raise ValueError(
            f"[{index}] has no prefix length: write `{interface.ip}/{interface.max_prefixlen}` for one address"
        )
    network = interface.network
    if interface.ip != network.network_address:
        raise ValueError(f"[{index}] has bits set after its prefix: write `{network}`")
    _refuse_broad(network.version, [network])
    if any(network.version == unseen.version and network.overlaps(unseen) for unseen in NEVER_SEEN):
        raise ValueError(f"[{index}] holds addresses that S3 never sees: write the public ones that callers leave from")
    return network


def _refuse_broad(version: int, networks: Iterable[Network]) -> None:
    most = BROADEST[version]
    if sum(2**-network.prefixlen for network in networks) > 2**-most:
        raise ValueError(f"covers more IPv{version} addresses than a /{most}, which S3 calls public: narrow it")
