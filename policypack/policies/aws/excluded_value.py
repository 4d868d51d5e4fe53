"""A value that another resource of the stack excludes is refused during the update, when that resource exists already.

A subnet is in the range of its VPC and overlaps with no other subnet, a load balancer and a database are in two zones, and
a listener has a protocol of its load balancer. A preview compares none of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.examples import construct, example
from policypack.core.policy import UNKNOWN, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.property_kinds.services.neighbors import (
    BALANCER,
    HTTP_API,
    HTTP_ROUTE,
    LISTENER,
    SUBNET,
    VPC,
    neighbor_problems,
)


def check(clause: str) -> Iterator[Violation]:
    yield Violation("", clause)


MAIN = construct(VPC, "main", cidrBlock="10.20.0.0/16")


def _subnet(name: str, network: str, zone: str = "eu-west-1a") -> Resource:
    return construct(SUBNET, name, MAIN, at="vpcId", vpcId=UNKNOWN, cidrBlock=network, availabilityZone=zone)


def _database(*subnets: Resource) -> Resource:
    unknown = [UNKNOWN for _ in subnets]
    return construct("aws:rds/subnetGroup:SubnetGroup", "orders", *subnets, at="subnetIds", subnetIds=unknown)


def _listener(protocol: str) -> list[Resource]:
    balancer = construct(BALANCER, "web", loadBalancerType="application")
    inputs: dict[str, Any] = {"loadBalancerArn": UNKNOWN, "port": 80, "protocol": protocol}
    return [balancer, construct(LISTENER, "web", balancer, at="loadBalancerArn", **inputs)]


def _route(key: str) -> list[Resource]:
    api = construct(HTTP_API, "orders", protocolType="HTTP")
    return [api, construct(HTTP_ROUTE, "orders", api, at="apiId", apiId=UNKNOWN, routeKey=key)]


A, B = _subnet("a", "10.20.1.0/24"), _subnet("b", "10.20.2.0/24", "eu-west-1b")


def _at(path: str, *resources: Resource, note: str = "") -> Any:
    return example(*resources, path=path, note=note)


POLICY = Policy(
    id="aws-excluded-value",
    title="Value that another resource of the stack excludes",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.AWS, Tag.CORRECTNESS, Tag.DEPLOYMENT],
    fix="Derive the one value from the other: ranges of subnets from that of the VPC, one subnet for each zone, and a protocol that the load balancer's type has.",
    references=[
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html",
    ],
    bad=[
        _at("cidrBlock", MAIN, _subnet("a", "10.21.2.0/24")),
        _at("cidrBlock", MAIN, A, _subnet("c", "10.20.1.128/25"), note="a range of another subnet"),
        _at("subnetIds", MAIN, A, _database(A), note="subnets in one zone"),
        _at("protocol", *_listener("TCP"), note="a protocol of another type of load balancer"),
        _at("routeKey", *_route("/orders"), note="a path without a method"),
    ],
    good=[
        example(MAIN, A, B, _database(A, B)),
        example(
            construct("aws:rds/subnetGroup:SubnetGroup", "orders", subnetIds=["subnet-0a1b2c3d"]),
            note="subnets outside of the stack",
        ),
        example(*_listener("HTTP"), note="a protocol of its load balancer"),
        example(*_route("GET /orders"), note="a method and a path"),
    ],
    reads=over_stack(neighbor_problems),
    check=check,
)
