"""A value that another resource of the stack excludes is refused during the update, when that resource exists already.

A subnet is in the range of its VPC and overlaps with no other subnet, a load balancer and a database are in two zones, and
a listener has a protocol of its load balancer. A preview compares none of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.examples import ACCOUNT, Example, construct, example
from policypack.core.policy import UNKNOWN, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.property_kinds.relations.neighbors import (
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
IN_MAIN = 'main = aws.ec2.Vpc("main", cidr_block="10.20.0.0/16")'
"""The statement of a program that creates it."""


def _subnet(name: str, network: str, zone: str = "eu-west-1a") -> Resource:
    return construct(SUBNET, name, MAIN, at="vpcId", vpcId=UNKNOWN, cidrBlock=network, availabilityZone=zone)


def _created(*subnets: Resource) -> list[str]:
    """The statements of a program that creates subnets in `MAIN`."""
    written = [(each.name, each.inputs["cidrBlock"], each.inputs["availabilityZone"]) for each in subnets]
    lines = [
        f"{name} = aws.ec2.Subnet(\n"
        f'    "{name}",\n'
        "    vpc_id=main.id,\n"
        f'    cidr_block="{network}",\n'
        f'    availability_zone="{zone}",\n'
        ")"
        for name, network, zone in written
    ]
    return [IN_MAIN, *lines]


def _database(*subnets: Resource) -> Resource:
    unknown = [UNKNOWN for _ in subnets]
    return construct("aws:rds/subnetGroup:SubnetGroup", "orders", *subnets, at="subnetIds", subnetIds=unknown)


def _networks(*subnets: Resource, path: str | None = None, note: str = "", database: bool = False) -> Example:
    resources = [MAIN, *subnets, *([_database(*subnets)] if database else ())]
    ids = ", ".join(f"{subnet.name}.id" for subnet in subnets)
    program = [*_created(*subnets), *([f'aws.rds.SubnetGroup("orders", subnet_ids=[{ids}])'] if database else ())]
    return example(*resources, path=path, note=note, program="\n".join(program))


GROUP = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:targetgroup/web/0a1b2c3d4e5f6071"


def _listener(protocol: str, path: str | None, note: str) -> Example:
    balancer = construct(BALANCER, "web", loadBalancerType="application")
    inputs: dict[str, Any] = {"loadBalancerArn": UNKNOWN, "port": 80, "protocol": protocol}
    listener = construct(LISTENER, "web", balancer, at="loadBalancerArn", **inputs)
    lines = (
        'web = aws.lb.LoadBalancer("web", load_balancer_type="application")',
        f'group = "{GROUP}"',
        "aws.lb.Listener(",
        '    "web",',
        "    load_balancer_arn=web.arn,",
        "    port=80,",
        f'    protocol="{protocol}",',
        '    default_actions=[{"type": "forward", "target_group_arn": group}],',
        ")",
    )
    return example(balancer, listener, path=path, note=note, program="\n".join(lines))


def _route(key: str, path: str | None, note: str) -> Example:
    api = construct(HTTP_API, "orders", protocolType="HTTP")
    route = construct(HTTP_ROUTE, "orders", api, at="apiId", apiId=UNKNOWN, routeKey=key)
    lines = (
        'orders = aws.apigatewayv2.Api("orders", protocol_type="HTTP")',
        f'aws.apigatewayv2.Route("orders", api_id=orders.id, route_key="{key}")',
    )
    return example(api, route, path=path, note=note, program="\n".join(lines))


A, B = _subnet("a", "10.20.1.0/24"), _subnet("b", "10.20.2.0/24", "eu-west-1b")


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
        _networks(_subnet("a", "10.21.2.0/24"), path="cidrBlock"),
        _networks(A, _subnet("c", "10.20.1.128/25"), path="cidrBlock", note="a range of another subnet"),
        _networks(A, path="subnetIds", note="subnets in one zone", database=True),
        _listener("TCP", "protocol", "a protocol of another type of load balancer"),
        _route("/orders", "routeKey", "a path without a method"),
    ],
    good=[
        _networks(A, B, database=True),
        example(
            construct("aws:rds/subnetGroup:SubnetGroup", "orders", subnetIds=["subnet-0a1b2c3d"]),
            note="subnets outside of the stack",
        ),
        _listener("HTTP", None, "a protocol of its load balancer"),
        _route("GET /orders", None, "a method and a path"),
    ],
    reads=over_stack(neighbor_problems),
    check=check,
)
