"""A load balancer whose access logs are kept for a quarter."""

import pulumi
import pulumi_aws as aws
from bucket import LogBucket
from pulumi import ResourceOptions

logs = LogBucket("edge", days=90)

vpc = aws.ec2.Vpc("edge", cidr_block="10.8.0.0/20")
subnets = [
    aws.ec2.Subnet(f"edge-{index}", vpc_id=vpc.id, cidr_block=f"10.8.{index}.0/24", availability_zone=zone)
    for index, zone in enumerate(("eu-central-1a", "eu-central-1b"))
]
group = aws.ec2.SecurityGroup("edge", vpc_id=vpc.id)
aws.vpc.SecurityGroupIngressRule(
    "edge-https", security_group_id=group.id, ip_protocol="tcp", from_port=443, to_port=443, cidr_ipv4="10.0.0.0/8"
)

balancer = aws.lb.LoadBalancer(
    "edge",
    internal=True,
    load_balancer_type="application",
    subnets=[subnet.id for subnet in subnets],
    security_groups=[group.id],
    drop_invalid_header_fields=True,
    access_logs={"bucket": logs.bucket.bucket, "enabled": True},
    opts=ResourceOptions(depends_on=[logs.policy]),
)
pulumi.export("balancer", balancer.dns_name)
