"""Rules of security groups, network ACLs and Lightsail's firewalls, in each resource that can have them; a stack in, what they let in out.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html (`-1` is every protocol, and every port),
https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html (the first rule that matches decides, and replies
to requests need the ephemeral ports).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.policy import UNKNOWN, Placed, Reference, Resource, Stack, Unknown
from policypack.resources.properties.addresses import internet, outermost, undecided
from policypack.resources.references import referrers, resolve, resolve_all

GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
"""Types with rules in `ingress`."""
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
"""A rule in either direction, by `type`."""
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ACL = "aws:ec2/networkAcl:NetworkAcl"
"""A network ACL with its rules in `ingress`. A VPC's default one is open by design, and left out."""
ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
INSTANCE_PORTS = "aws:lightsail/instancePublicPorts:InstancePublicPorts"
"""The firewall of a Lightsail instance: https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_PortInfo.html."""
ADMINISTRATION = (22, 3389)
"""The ports that a network ACL should close to the internet.

Source: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-21.
"""
EPHEMERAL = (1024, 60999)
"""The first and the last port of ranges for replies, at the least."""
PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
ADDRESSES = ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6", "cidrBlock", "ipv6CidrBlock", "cidrs", "ipv6Cidrs")
PREFIX_LISTS = ("prefixListIds", "prefixListId")
OTHER_SOURCES = (
    "securityGroups",
    "sourceSecurityGroupId",
    "referencedSecurityGroupId",
    "cidrListAliases",
    "self",
)
"""Properties of a rule for other sources."""
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
    filtered: bool = False
    """Whether security groups decide too: the rule is a network ACL's."""
    opened: tuple[str, ...] = ()
    """All sources of the rule: addresses, and ids or URNs of lists and groups; of a network ACL also the open ports."""

    def includes(self, port: int) -> bool:
        """Whether a TCP port is among them."""
        return self.protocol in {"all", "tcp"} and self.first <= port <= self.last


def open_ingress(stack: Stack) -> Iterator[Placed[Ingress]]:
    """What each rule lets in from the internet, at the property that names it. Rules for other sources are left out.

    Other stacks' prefix lists and AWS's own, such as CloudFront's, are not judged.
    """
    for resource in stack.of(*GROUPS, RULE, INGRESS_RULE, INSTANCE_PORTS):
        for place, rule in _rules(resource):
            yield from ((resource, *traffic) for traffic in _from_internet(stack, resource, place, rule))
    for resource in stack.of(ACL, ACL_RULE):
        for place, rule in _rules(resource):
            for path, traffic in _from_internet(stack, resource, place, rule) if _allows(rule) else ():
                if isinstance(traffic, Unknown):
                    yield resource, path, traffic
                elif ports := _administered(stack, resource, rule, path, traffic):
                    opened = (*traffic.opened, *map(str, ports))
                    yield resource, path, msgspec.structs.replace(traffic, opened=opened)


def _allows(rule: Mapping[str, Any]) -> bool:
    """Whether a network ACL's rule allows traffic."""
    return str(rule.get("ruleAction", rule.get("action"))).lower() == "allow"


def _administered(
    stack: Stack, resource: Resource, rule: Mapping[str, Any], path: str, traffic: Ingress
) -> Sequence[int]:
    """The ports of administration that a network ACL's rule opens and no earlier rule of its closes."""
    if traffic.first >= EPHEMERAL[0] and traffic.last >= EPHEMERAL[1]:
        return ()
    acl = resource if resource.type == ACL else resolve(stack, resource, "networkAclId", ACL).only
    carriers = [acl, *referrers(stack, acl, ACL_RULE, "networkAclId")] if acl else []
    denied = [
        earlier
        for carrier in carriers
        for place, other in _rules(carrier)
        if not _allows(other) and _number(other) < _number(rule)
        for where, earlier in _from_internet(stack, carrier, place, other)
        if isinstance(earlier, Ingress) and where.rpartition(".")[2] == path.rpartition(".")[2]
    ]
    return [
        port
        for port in ADMINISTRATION
        if traffic.includes(port) and not any(earlier.includes(port) for earlier in denied)
    ]


def _number(rule: Mapping[str, Any]) -> int:
    return _port(rule.get("ruleNumber", rule.get("ruleNo")), LAST_PORT)


def _rules(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if resource.type not in (*GROUPS, ACL, INSTANCE_PORTS):
        inwards = {RULE: resource.inputs.get("type") == "ingress", ACL_RULE: resource.inputs.get("egress") is not True}
        if inwards.get(resource.type, True):
            yield "", resource.inputs
        return
    name = "portInfos" if resource.type == INSTANCE_PORTS else "ingress"
    rules = resource.inputs.get(name)
    if isinstance(rules, Unknown) and undecided(resource, name, rules):
        yield name, {"cidrBlocks": rules, "action": "allow"}
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield f"{name}[{index}]", rule


def _from_internet(
    stack: Stack, resource: Resource, place: str, rule: Mapping[str, Any]
) -> Iterator[tuple[str, Ingress | Unknown]]:
    """What a rule is about if the internet matches it, at the property by which it does."""
    cidrs, unknown = [], ""
    for name in (*ADDRESSES, *PREFIX_LISTS):
        value, top = rule.get(name), place.partition("[")[0] or name
        if not unknown and name in ADDRESSES and undecided(resource, top, value):
            unknown = name
        values = value if isinstance(value, list) else [value]
        for index, item in enumerate(values):
            path = _join(place, f"{name}[{index}]" if value is values else name)
            ranges = _entries(stack, resource, top, item) if name in PREFIX_LISTS else [item]
            if not unknown and name in PREFIX_LISTS and not all(isinstance(cidr, str) for cidr in ranges):
                unknown = name
            cidrs += [(path, cidr) for cidr in ranges if isinstance(cidr, str)]
    widest = internet([cidr for _, cidr in cidrs])
    if widest is not None:
        where = cidrs[widest][0] if widest >= 0 else place or cidrs[0][0].partition("[")[0]
        opened = tuple(sorted({*outermost(cidr for _, cidr in cidrs), *_sources(resource, place, rule)}))
        yield _traffic(where, place, rule, opened, filtered=resource.type in (ACL, ACL_RULE))
    elif unknown:
        yield place or unknown, UNKNOWN


def _sources(resource: Resource, place: str, rule: Mapping[str, Any]) -> Iterator[str]:
    """The sources that a rule names by id, or by the resources that an unknown id is of."""
    for name in (*PREFIX_LISTS, *OTHER_SOURCES):
        value = rule.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Unknown):
                yield from resource.property_dependencies.get(place.partition("[")[0] or name, (name,))
            elif item not in (None, "", False):
                yield item.urn if isinstance(item, Reference) else name if item is True else str(item)


def _entries(stack: Stack, resource: Resource, name: str, value: Any) -> Sequence[Any]:
    """The ranges of a prefix list of the stack, and an unknown one that may be the internet."""
    (resolved,) = resolve_all(stack, resource, name, [value], PREFIX_LIST)
    ranges = []
    for prefix_list in resolved.resources:
        entries = prefix_list.inputs.get("entries")
        listed = entries if isinstance(entries, list) else [entries]
        cidrs = [entry.get("cidr") if isinstance(entry, Mapping) else entry for entry in listed]
        ranges += [cidr for cidr in cidrs if isinstance(cidr, str) or undecided(prefix_list, "entries", cidr)]
        for entry in referrers(stack, prefix_list, PREFIX_LIST_ENTRY, "prefixListId"):
            cidr = entry.inputs.get("cidr")
            ranges += [cidr] if isinstance(cidr, str) or undecided(entry, "cidr", cidr) else []
    return ranges


def _traffic(
    where: str, place: str, rule: Mapping[str, Any], opened: tuple[str, ...], *, filtered: bool
) -> tuple[str, Ingress | Unknown]:
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
        return where, Ingress(protocol, min(ports), max(ports), filtered, opened)
    return where, Ingress(protocol, 0, LAST_PORT, filtered, opened)


def _port(value: Any, default: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else default


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
