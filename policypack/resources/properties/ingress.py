"""Rules of security groups, in each resource that can have them; a stack in, the rules that the internet matches out.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html (`-1` is every protocol, and every port).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.policy import UNKNOWN, Placed, Resource, Stack, Unknown
from policypack.resources.properties.addresses import internet, undecided
from policypack.resources.references import referrers, resolve_all

GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
"""Types with rules in `ingress`."""
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
"""A rule in either direction, by `type`."""
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
ADDRESSES = ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6")
PREFIX_LISTS = ("prefixListIds", "prefixListId")
PROTOCOLS: Mapping[str, str] = {
    "-1": "all",
    "1": "icmp",
    "6": "tcp",
    "17": "udp",
    "50": "esp",
    "51": "ah",
    "58": "icmpv6",
}
"""Names of protocol numbers. Source: https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml."""
LAST_PORT = 65535


class Ingress(msgspec.Struct, frozen=True):
    """Traffic that a rule lets in from the internet: a protocol and its first and last port."""

    protocol: str
    first: int
    last: int


def open_ingress(stack: Stack) -> Iterator[Placed[Ingress]]:
    """What each rule lets in from the internet, at the property that names it. Rules for other sources are left out.

    Other stacks' prefix lists and AWS's own, such as CloudFront's, are not judged.
    """
    for resource in stack.of(*GROUPS, RULE, INGRESS_RULE):
        for place, rule in _rules(resource):
            where = _from_internet(stack, resource, place, rule)
            if isinstance(where, Unknown):
                yield resource, place, where
            elif where is not None:
                yield resource, *_traffic(where, place, rule)


def _rules(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if resource.type not in GROUPS:
        if resource.type == INGRESS_RULE or resource.inputs.get("type") == "ingress":
            yield "", resource.inputs
        return
    rules = resource.inputs.get("ingress")
    if isinstance(rules, Unknown) and undecided(resource, "ingress", rules):
        yield "ingress", {"cidrBlocks": rules}
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield f"ingress[{index}]", rule


def _from_internet(stack: Stack, resource: Resource, place: str, rule: Mapping[str, Any]) -> str | Unknown | None:
    """The path of the property by which the internet matches a rule; None if it does not."""
    cidrs, unknown = [], False
    for name in (*ADDRESSES, *PREFIX_LISTS):
        value, top = rule.get(name), place.partition("[")[0] or name
        unknown |= name in ADDRESSES and undecided(resource, top, value)
        values = value if isinstance(value, list) else [value]
        for index, item in enumerate(values):
            path = _join(place, f"{name}[{index}]" if value is values else name)
            ranges = _entries(stack, resource, top, item) if name in PREFIX_LISTS else [item]
            cidrs += [(path, cidr) for cidr in ranges if isinstance(cidr, str)]
    widest = internet([cidr for _, cidr in cidrs])
    if widest is None:
        return UNKNOWN if unknown else None
    return cidrs[widest][0] if widest >= 0 else place or cidrs[0][0].partition("[")[0]


def _entries(stack: Stack, resource: Resource, name: str, value: Any) -> Sequence[Any]:
    """The ranges of a prefix list of the stack."""
    (resolved,) = resolve_all(stack, resource, name, [value], PREFIX_LIST)
    ranges = []
    for prefix_list in resolved.resources:
        entries = prefix_list.inputs.get("entries")
        ranges += [entry.get("cidr") for entry in entries or () if isinstance(entry, Mapping)] if entries else []
        separate = referrers(stack, prefix_list, PREFIX_LIST_ENTRY, "prefixListId")
        ranges += [entry.inputs.get("cidr") for entry in separate]
    return ranges


def _traffic(where: str, place: str, rule: Mapping[str, Any]) -> tuple[str, Ingress | Unknown]:
    """The protocol and the ports of a rule; the ends of a range count in either order."""
    named = "ipProtocol" if "ipProtocol" in rule else "protocol"
    protocol, first, last = (rule.get(name) for name in (named, "fromPort", "toPort"))
    if isinstance(protocol, Unknown):
        return _join(place, named), protocol
    protocol = str(protocol).strip().lower()
    protocol = PROTOCOLS.get(protocol, protocol)
    if protocol in {"tcp", "udp"}:
        for name, port in (("fromPort", first), ("toPort", last)):
            if isinstance(port, Unknown):
                return _join(place, name), port
        ports = [_port(first, 0), _port(last, LAST_PORT)]
        return where, Ingress(protocol, min(ports), max(ports))
    return where, Ingress(protocol, 0, LAST_PORT)


def _port(value: Any, default: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else default


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
