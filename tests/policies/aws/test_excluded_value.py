"""Values that another resource of the stack excludes, and neighbors that go together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import construct
from policypack.core.policy import UNKNOWN, Options, Resource
from policypack.policies.aws.excluded_value import POLICY
from tests.policies.helpers import reported, silent, violations

SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
BALANCER, LISTENER = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener"
API, ROUTE = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/route:Route"
SECOND = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"


def vpc(cidr: Any = "192.168.0.0/20", **inputs: Any) -> Resource:
    return construct("aws:ec2/vpc:Vpc", "shop", cidrBlock=cidr, **inputs)


SHOP = vpc()


def subnet(name: str, cidr: Any, owner: Resource = SHOP, **inputs: Any) -> Resource:
    return construct("aws:ec2/subnet:Subnet", name, owner, at="vpcId", vpcId=UNKNOWN, cidrBlock=cidr, **inputs)


def over(token: str, name: str, *subnets: Resource, **inputs: Any) -> Resource:
    return construct(token, "over", *subnets, at=name, **{name: [UNKNOWN for _ in subnets]}, **inputs)


def listening(protocol: Any, kind: Any = None) -> tuple[Resource, Resource]:
    balancer = construct(BALANCER, "edge", loadBalancerType=kind)
    return balancer, construct(
        LISTENER, "edge", balancer, at="loadBalancerArn", loadBalancerArn=UNKNOWN, protocol=protocol
    )


def routed(key: Any, protocol: Any = "HTTP") -> tuple[Resource, Resource]:
    api = construct(API, "shop", protocolType=protocol)
    return api, construct(ROUTE, "shop", api, at="apiId", apiId=UNKNOWN, routeKey=key)


ONE = subnet("one", "192.168.1.0/24", availabilityZone="eu-central-1a")
SAME = subnet("same", "192.168.2.0/24", availabilityZone="eu-central-1a")
TWO = subnet("two", "192.168.3.0/24", availabilityZone="eu-central-1b")
PICKED = subnet("picked", "192.168.4.0/24")
LOCAL = subnet("local", "192.168.5.0/24", availabilityZone="us-west-2-lax-1a")
OUTPOST = subnet(
    "rack", "192.168.6.0/24", outpostArn="arn:aws:outposts:us-west-2:444455556666:outpost/op-0a1b2c3d4e5f60718"
)

test_a_range_outside_of_the_vpc_or_of_another_subnet_is_reported = reported(
    POLICY,
    "cidrBlock",
    (SHOP, subnet("far", "192.168.16.0/24")),
    (SHOP, subnet("wide", "192.168.0.0/16")),
    (SHOP, ONE, subnet("half", "192.168.1.128/25")),
    (SHOP, ONE, subnet("again", "192.168.1.0/24")),
)
test_subnets_in_one_zone_are_reported_of_databases = reported(
    POLICY,
    "subnetIds",
    (SHOP, ONE, over(SUBNETS, "subnetIds", ONE)),
    (SHOP, PICKED, over(SUBNETS, "subnetIds", PICKED)),
    (SHOP, ONE, SAME, over(SUBNETS, "subnetIds", ONE, SAME)),
)
test_one_subnet_is_reported_of_application_load_balancers = reported(
    POLICY,
    "subnets",
    (SHOP, ONE, over(BALANCER, "subnets", ONE)),
    (SHOP, ONE, over(BALANCER, "subnets", ONE, loadBalancerType="application")),
)
test_protocols_of_another_type_are_reported = reported(
    POLICY, "protocol", listening("TLS"), listening("HTTPS", "network"), listening("UDP", "gateway")
)
test_keys_without_a_method_are_reported = reported(POLICY, "routeKey", routed("/items"), routed("get /items"))
test_neighbors_that_go_together_are_silent = silent(
    POLICY,
    (SHOP, ONE, SAME, TWO, PICKED, over(SUBNETS, "subnetIds", ONE, TWO), over(BALANCER, "subnets", ONE, TWO)),
    (SHOP, ONE, PICKED, over(SUBNETS, "subnetIds", ONE, PICKED)),
    (SHOP, LOCAL, over(BALANCER, "subnets", LOCAL)),
    (SHOP, OUTPOST, over(BALANCER, "subnets", OUTPOST)),
    (SHOP, ONE, over(BALANCER, "subnets", ONE, loadBalancerType="network")),
    construct(SUBNETS, "over", subnetIds=["subnet-0a1b2c3d"]),
    (
        SHOP,
        subnet("far", "192.168.16.0/24"),
        construct(SECOND, "more", SHOP, at="vpcId", vpcId=UNKNOWN, cidrBlock="192.168.16.0/20"),
    ),
    (SHOP, subnet("given", UNKNOWN)),
    (vpc(UNKNOWN), subnet("any", "10.9.0.0/24")),
    (vpc(ipv4IpamPoolId="ipam-pool-0a1b2c3d"), subnet("any", "10.9.0.0/24")),
    (replace(SHOP, options=Options(ignore_changes=("cidrBlock",))), subnet("any", "10.9.0.0/24")),
    (
        SHOP,
        ONE,
        vpc_two := construct("aws:ec2/vpc:Vpc", "other", cidrBlock="192.168.0.0/20"),
        subnet("twin", "192.168.1.0/24", vpc_two),
    ),
    listening("HTTP"),
    listening("TCP_UDP", "network"),
    listening(UNKNOWN),
    routed("$default"),
    routed("ANY /items/{id}"),
    routed("/items", "WEBSOCKET"),
    routed(UNKNOWN),
)


@given(st.lists(st.integers(0, 15), min_size=2, max_size=6))
def test_equal_blocks_are_reported_exactly_if_one_repeats(blocks: list[int]) -> None:
    subnets = [subnet(f"s{at}", f"192.168.{block}.0/24") for at, block in enumerate(blocks)]
    assert len(violations(POLICY, SHOP, *subnets)) == len(blocks) - len(set(blocks))
