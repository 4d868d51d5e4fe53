"""A VPC with public and private subnets, a NAT gateway, endpoints, and groups with rules of each kind."""

import json

import pulumi
import pulumi_aws as aws

region = aws.get_region().region
vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, tags={"Name": "main"})
gateway = aws.ec2.InternetGateway("main", vpc_id=vpc.id)
public = [
    aws.ec2.Subnet(
        f"public-{zone}",
        vpc_id=vpc.id,
        cidr_block=f"10.0.{index}.0/24",
        availability_zone=f"{region}{zone}",
        map_public_ip_on_launch=True,
    )
    for index, zone in enumerate("ab")
]
private = [
    aws.ec2.Subnet(
        f"private-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24", availability_zone=f"{region}{zone}"
    )
    for index, zone in enumerate("ab", start=10)
]
outside = aws.ec2.RouteTable(
    "public", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}], tags={"Name": "public"}
)
for index, subnet in enumerate(public):
    aws.ec2.RouteTableAssociation(f"public-{index}", subnet_id=subnet.id, route_table_id=outside.id)
address = aws.ec2.Eip("nat", domain="vpc", opts=pulumi.ResourceOptions(depends_on=[gateway]))
nat = aws.ec2.NatGateway(
    "nat", allocation_id=address.id, subnet_id=public[0].id, opts=pulumi.ResourceOptions(depends_on=[gateway])
)
inside = aws.ec2.RouteTable("private", vpc_id=vpc.id)
aws.ec2.Route("private", route_table_id=inside.id, destination_cidr_block="0.0.0.0/0", nat_gateway_id=nat.id)
for index, subnet in enumerate(private):
    aws.ec2.RouteTableAssociation(f"private-{index}", subnet_id=subnet.id, route_table_id=inside.id)
load_balancer = aws.ec2.SecurityGroup(
    "load-balancer",
    description="HTTPS from two networks",
    vpc_id=vpc.id,
    ingress=[
        {
            "protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
            "cidr_blocks": ["192.0.2.0/24", "198.51.100.0/24"],
            "ipv6_cidr_blocks": ["2001:db8::/32"],
            "description": "offices",
        }
    ],
)
service = aws.ec2.SecurityGroup("service", vpc_id=vpc.id, name="service")
aws.ec2.SecurityGroupRule(
    "to-service",
    type="egress",
    security_group_id=load_balancer.id,
    source_security_group_id=service.id,
    protocol="tcp",
    from_port=8080,
    to_port=8080,
)
aws.ec2.SecurityGroupRule(
    "between", type="ingress", security_group_id=service.id, self=True, protocol="tcp", from_port=7000, to_port=7001
)
aws.ec2.SecurityGroupRule(
    "offices",
    type="ingress",
    security_group_id=service.id,
    cidr_blocks=["192.0.2.0/24", "198.51.100.0/24"],
    protocol="tcp",
    from_port=8443,
    to_port=8443,
)
aws.vpc.SecurityGroupIngressRule(
    "from-load-balancer",
    security_group_id=service.id,
    referenced_security_group_id=load_balancer.id,
    ip_protocol="tcp",
    from_port=8080,
    to_port=8080,
)
aws.vpc.SecurityGroupEgressRule("out", security_group_id=service.id, cidr_ipv4="0.0.0.0/0", ip_protocol="-1")
aws.ec2.VpcEndpoint(
    "s3",
    vpc_id=vpc.id,
    service_name=f"com.amazonaws.{region}.s3",
    route_table_ids=[inside.id],
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-data/*"}
            ],
        }
    ),
)
aws.ec2.VpcEndpoint(
    "secrets",
    vpc_id=vpc.id,
    service_name=f"com.amazonaws.{region}.secretsmanager",
    vpc_endpoint_type="Interface",
    subnet_ids=[subnet.id for subnet in private],
    security_group_ids=[service.id],
    private_dns_enabled=True,
)
pulumi.export("vpc", vpc.id)
pulumi.export("address", address.public_ip)
pulumi.export("private", [subnet.id for subnet in private])
