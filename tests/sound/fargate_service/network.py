import ipaddress

import pulumi_aws as aws
from settings import settings

blocks = ipaddress.ip_network(settings.cidr).subnets(new_prefix=24)

vpc = aws.ec2.Vpc("orders", cidr_block=settings.cidr, enable_dns_hostnames=True)
gateway = aws.ec2.InternetGateway("orders", vpc_id=vpc.id)
table = aws.ec2.RouteTable("orders", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}])

subnets = []
for zone in "ab":
    subnet = aws.ec2.Subnet(
        f"orders-{zone}", vpc_id=vpc.id, cidr_block=str(next(blocks)), availability_zone=f"eu-west-1{zone}"
    )
    aws.ec2.RouteTableAssociation(f"orders-{zone}", route_table_id=table.id, subnet_id=subnet.id)
    subnets.append(subnet)

firewall = aws.ec2.SecurityGroup(
    "orders",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 8080, "to_port": 8080, "cidr_blocks": [settings.cidr]}],
    egress=[{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}],
)
