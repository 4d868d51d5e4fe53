"""Names, paths, ranges and numbers of single properties that their service refuses, and look-alikes that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import messages, violations

ROUTE, TABLE = "aws:ec2/route:Route", "aws:ec2transitgateway/route:Route"
USER, STAGE = "aws:transfer/user:User", "aws:apigatewayv2/stage:Stage"
ENDPOINT, ZONE = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:route53/zone:Zone"
SUBNETS, PARAMETERS = "aws:rds/subnetGroup:SubnetGroup", "aws:rds/parameterGroup:ParameterGroup"
OPTIONS, GROUP = "aws:rds/optionGroup:OptionGroup", "aws:elasticache/replicationGroup:ReplicationGroup"
CHECK, PROJECT = "aws:route53/healthCheck:HealthCheck", "aws:codebuild/project:Project"
FIREHOSE, FILTER = (
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
)
HOME = "eu-central-1:444455556666"


def buffered(seconds: int) -> dict[str, Any]:
    return {"destination": "extended_s3", "extendedS3Configuration": {"bufferingInterval": seconds}}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("destinationCidrBlock", ROUTE, {"destinationCidrBlock": "172.16.4.9/20"}),
        ("destinationCidrBlock", TABLE, {"destinationCidrBlock": "172.16.4.9/20"}),
        ("homeDirectory", USER, {"homeDirectory": "inbox/bob"}),
        ("homeDirectoryMappings[0].target", USER, {"homeDirectoryMappings": [{"entry": "/", "target": "inbox/bob"}]}),
        ("name", STAGE, {"name": "beta/blue"}),
        ("serviceName", ENDPOINT, {"serviceName": "com.amazonaws.s3.us-gov-west-1"}),
        ("name", ZONE, {"name": "shop..example.org"}),
        ("name", ZONE, {"name": f"{'a' * 64}.example.org"}),
        ("name", SUBNETS, {"name": "Shop"}),
        ("name", PARAMETERS, {"name": "shop_pg16"}),
        ("name", OPTIONS, {"name": "Shop"}),
        ("replicationGroupId", GROUP, {"replicationGroupId": "s" * 41}),
        ("requestInterval", CHECK, {"requestInterval": 20}),
        ("buildTimeout", PROJECT, {"buildTimeout": 4}),
        ("queuedTimeout", PROJECT, {"queuedTimeout": 500}),
        ("extendedS3Configuration.bufferingInterval", FIREHOSE, buffered(901)),
        ("destinationArn", FILTER, {"destinationArn": f"arn:aws:sqs:{HOME}:logs"}),
    ],
)
def test_what_its_service_refuses_is_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (ROUTE, {"destinationCidrBlock": "0.0.0.0/0"}),
        (ROUTE, {"destinationCidrBlock": "203.0.113.7/32"}),
        (TABLE, {"destinationCidrBlock": "2001:db8::/32"}),
        (USER, {"homeDirectory": "/inbox/${transfer:UserName}"}),
        (USER, {"homeDirectory": UNKNOWN}),
        (STAGE, {"name": "$default"}),
        (STAGE, {"name": "Beta_2-blue"}),
        (ENDPOINT, {"serviceName": "com.amazonaws.us-gov-west-1.s3"}),
        (ENDPOINT, {"serviceName": "com.amazonaws.vpce.eu-central-1.vpce-svc-0a1b2c3d"}),
        (ENDPOINT, {"serviceName": "aws.sagemaker.eu-central-1.notebook"}),
        (ENDPOINT, {"serviceName": "com.amazonaws.s3-global.accesspoint"}),
        (ZONE, {"name": "0/25.2.0.192.in-addr.arpa"}),
        (ZONE, {"name": "_acme-challenge.shop.example.org."}),
        (ZONE, {"name": f"{'a' * 63}.example.org"}),
        (SUBNETS, {"name": "shop db_1.2"}),
        (PARAMETERS, {"name": "shop-pg16-a"}),
        (GROUP, {"replicationGroupId": "s" * 40}),
        ("aws:elasticache/cluster:Cluster", {"clusterId": "s" * 50}),
        ("aws:elasticache/subnetGroup:SubnetGroup", {"name": "Shop"}),
        (CHECK, {"requestInterval": 10}),
        (PROJECT, {"buildTimeout": 2160}),
        (FIREHOSE, buffered(0)),
        (FILTER, {"destinationArn": f"arn:aws:logs:{HOME}:destination:central"}),
        (FILTER, {"destinationArn": f"arn:aws:firehose:{HOME}:deliverystream/logs"}),
        (FILTER, {"destinationArn": f"arn:aws:lambda:{HOME}:function:ship:live"}),
    ],
)
def test_what_its_service_takes_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == []


def test_a_message_says_what_is_wrong_with_a_name() -> None:
    shown = messages(POLICY, Resource(SUBNETS, "x", {"name": "Shop"}))
    assert "capital letters" in shown[0]


def test_an_arn_of_a_layer_without_a_number_lacks_its_version() -> None:
    layer = f"arn:aws:lambda:{HOME}:layer:shared"
    assert (
        "without its version" in messages(POLICY, Resource("aws:lambda/function:Function", "x", {"layers": [layer]}))[0]
    )
