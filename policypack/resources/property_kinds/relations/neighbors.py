"""Values that another resource of the stack excludes: a stack in, resources with the places of such values and clauses out.

Only resources of the stack are compared. A range, a zone or a mode that is not known excludes nothing, and neither does
one that an option ignores, which may be otherwise in the cloud.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html (`InvalidSubnet.Range` and
`InvalidSubnet.Conflict`), https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html,
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from policypack.core.policy import Resource, Stack, Unknown
from policypack.resources.references import resolve, resolve_all, sidecars_of

Found = Iterator[tuple[Resource, str, str]]

VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
BALANCER, LISTENER = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener"
HTTP_API, HTTP_ROUTE = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/route:Route"
_BALANCERS = (BALANCER, "aws:alb/loadBalancer:LoadBalancer")
_SECONDARY = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
_IPAM = ("ipv4IpamPoolId", "ipv4NetmaskLength")
_GROUPS = (
    "aws:dms/replicationSubnetGroup:ReplicationSubnetGroup",
    "aws:docdb/subnetGroup:SubnetGroup",
    "aws:neptune/subnetGroup:SubnetGroup",
    "aws:rds/subnetGroup:SubnetGroup",
)
"""Types whose subnets are in two zones at least."""
_ZONE = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d[a-z]")
"""A zone of a region; local zones have a place between its region and its letter."""
_PROTOCOLS = {
    "application": frozenset({"HTTP", "HTTPS"}),
    "gateway": frozenset({"GENEVE"}),
    "network": frozenset({"QUIC", "TCP", "TCP_QUIC", "TCP_UDP", "TLS", "UDP"}),
}
"""By type of a load balancer, the protocols of its listeners."""
_ALL_PROTOCOLS = frozenset().union(*_PROTOCOLS.values())
_ROUTE_KEY = re.compile(r"\$default|[A-Z]+ /\S*")


def neighbor_problems(stack: Stack) -> Found:
    """The values that another resource excludes."""
    yield from _ranges(stack)
    for token in _GROUPS:
        for resource in stack.of(token):
            yield from _zones(stack, resource, "subnetIds")
    for resource in stack.of(*_BALANCERS):
        if resource.inputs.get("loadBalancerType") in (None, "application"):
            yield from _zones(stack, resource, "subnets")
    yield from _listeners(stack)
    yield from _routes(stack)


def _ranges(stack: Stack) -> Found:
    """Subnets that are outside of their VPC, and those that overlap with another one of it."""
    by_vpc: dict[str, list[tuple[IPv4Network, Resource]]] = defaultdict(list)
    for subnet in stack.of(SUBNET):
        network, vpc = _range(subnet), resolve(stack, subnet, "vpcId", VPC).only
        text = subnet.inputs.get("vpcId")
        if network is None or not (vpc or isinstance(text, str)):
            continue
        by_vpc[vpc.urn if vpc else str(text)].append((network, subnet))
        whole = _range(vpc) if vpc else None
        if vpc and whole and not network.subnet_of(whole) and not _secondary(stack, vpc):
            yield subnet, "cidrBlock", f"is `{network}`, which is not in the range of its VPC, `{whole}`"
    for subnets in by_vpc.values():
        yield from _overlaps(subnets)


def _overlaps(subnets: Sequence[tuple[IPv4Network, Resource]]) -> Found:
    """Of the networks of one VPC, those that an earlier one in the order of addresses contains: networks nest or are apart."""
    outer: tuple[IPv4Network, Resource] | None = None
    for network, subnet in sorted(subnets, key=lambda pair: (pair[0].network_address, pair[0].prefixlen)):
        if outer and network.subnet_of(outer[0]):
            yield subnet, "cidrBlock", f"is `{network}`, which overlaps with `{outer[0]}` of `{outer[1].name}`"
        else:
            outer = network, subnet


def _range(resource: Resource) -> IPv4Network | None:
    """The known IPv4 range of a VPC or a subnet; None of one that IPAM gives or that an option ignores."""
    text = resource.inputs.get("cidrBlock")
    if (
        not isinstance(text, str)
        or any(resource.inputs.get(name) for name in _IPAM)
        or resource.options.ignores("cidrBlock")
    ):
        return None
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def _secondary(stack: Stack, vpc: Resource) -> bool:
    """Whether a VPC has, or may have, a second range."""
    more = sidecars_of(stack, vpc, _SECONDARY, "vpcId", VPC)
    return bool(more.certain or more.possible)


def _zones(stack: Stack, resource: Resource, name: str) -> Found:
    """Subnets that are too few, or in one zone. A zone that AWS picks is one of the region."""
    listed = resource.inputs.get(name)
    if (
        not isinstance(listed, list)
        or not listed
        or resource.inputs.get("customerOwnedIpv4Pool")
        or resource.options.ignores(name)
    ):
        return
    found = resolve_all(stack, resource, name, listed, SUBNET)
    shared = found[0].candidates if all(one.between for one in found) else ()
    subnets = shared if len(shared) == len(found) else [one for resolved in found if (one := resolved.only)]
    zones = [zone for subnet in subnets if (zone := _zone(subnet)) is not None]
    if len(zones) < len(listed):
        return
    if len(listed) == 1:
        yield resource, name, "takes subnets in two zones at least, and has one subnet"
    elif len(set(zones)) == 1 and zones[0]:
        yield resource, name, f"takes subnets in two zones at least, and all are in `{zones[0]}`"


def _zone(subnet: Resource) -> str | None:
    """The zone of a subnet, empty if AWS picks it; None of one that is unknown, local or of an Outpost."""
    zone = subnet.inputs.get("availabilityZone")
    if subnet.inputs.get("outpostArn") or subnet.inputs.get("availabilityZoneId") or isinstance(zone, Unknown):
        return None
    return zone or "" if not zone or _ZONE.fullmatch(str(zone)) else None


def _listeners(stack: Stack) -> Found:
    """Listeners with a protocol that the type of their load balancer does not have."""
    for listener in stack.of(LISTENER, "aws:alb/listener:Listener"):
        protocol = listener.inputs.get("protocol")
        balancer = resolve(stack, listener, "loadBalancerArn", *_BALANCERS).only
        kind = (balancer.inputs.get("loadBalancerType") or "application") if balancer else None
        taken = _PROTOCOLS.get(kind) if isinstance(kind, str) else None
        if taken and isinstance(protocol, str) and protocol.upper() in _ALL_PROTOCOLS - taken:
            shown = " or ".join(f"`{name}`" for name in sorted(taken))
            yield listener, "protocol", f"is `{protocol}`, and a load balancer of type `{kind}` takes {shown}"


def _routes(stack: Stack) -> Found:
    """Keys of routes of HTTP APIs; those of WebSocket APIs are texts of one's own choice."""
    for route in stack.of(HTTP_ROUTE):
        key, api = route.inputs.get("routeKey"), resolve(stack, route, "apiId", HTTP_API).only
        if api and api.inputs.get("protocolType") == "HTTP" and isinstance(key, str) and not _ROUTE_KEY.fullmatch(key):
            hint = f"; did you mean `ANY {key}`?" if re.fullmatch(r"/[\w/{}+.-]{0,80}", key) else ""
            yield (
                route,
                "routeKey",
                f"takes a method and a path such as `GET /orders`, or `$default`, of an HTTP API{hint}",
            )
