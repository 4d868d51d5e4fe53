"""Values of single properties whose form the model of a service's API states, and what a redrive policy has to have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import violations

SEARCH, BUDGET = "aws:opensearch/domain:Domain", "aws:budgets/budget:Budget"
MEMBER, CLUSTER = "aws:organizations/account:Account", "aws:emr/cluster:Cluster"
SFTP, IOT, MAIL = "aws:transfer/server:Server", "aws:iot/topicRule:TopicRule", "aws:ses/receiptRule:ReceiptRule"
MOUNT, TEMPLATE = "aws:efs/accessPoint:AccessPoint", "aws:ec2/launchTemplate:LaunchTemplate"
GATEWAY, CARD = "aws:ec2/customerGateway:CustomerGateway", "aws:ec2/networkInterface:NetworkInterface"
NAMESPACE, DISK = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace", "aws:lightsail/disk:Disk"
EKS = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
COPIES, GALLERY = "aws:ecr/replicationConfiguration:ReplicationConfiguration", "aws:ecrpublic/repository:Repository"
QUEUE, DEAD = "aws:sqs/queue:Queue", "arn:aws:sqs:eu-north-1:444455556666:lost"


def copied(region: str) -> dict[str, Any]:
    destinations = [{"region": region, "registryId": "444455556666"}]
    return {"replicationConfiguration": {"rules": [{"destinations": destinations}]}}


COPIED_TO = "replicationConfiguration.rules[0].destinations[0].region"


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("engineVersion", SEARCH, {"engineVersion": "2.17"}),
        ("engineVersion", SEARCH, {"engineVersion": "opensearch-2.17"}),
        ("limitAmount", BUDGET, {"limitAmount": "250 EUR"}),
        ("limitAmount", BUDGET, {"limitAmount": "1,250"}),
        ("email", MEMBER, {"email": "depot"}),
        ("releaseLabel", CLUSTER, {"releaseLabel": "7.2.0"}),
        ("protocols[0]", SFTP, {"protocols": ["sftp"]}),
        ("sqlVersion", IOT, {"sqlVersion": "2016"}),
        ("tlsPolicy", MAIL, {"tlsPolicy": "Required"}),
        ("rootDirectory.path", MOUNT, {"rootDirectory": {"path": "parcels"}}),
        ("userData", TEMPLATE, {"userData": "#!/bin/sh\nsystemctl start sorter"}),
        ("ipAddress", GATEWAY, {"ipAddress": "203.0.113"}),
        ("ipAddress", GATEWAY, {"ipAddress": "gate.parcels.example"}),
        ("privateIps[0]", CARD, {"privateIps": ["10.3.0.0/28"]}),
        ("vpc", NAMESPACE, {"name": "parcels.local", "vpc": "main"}),
        ("availabilityZone", DISK, {"availabilityZone": "eu-north-1"}),
        ("policyArn", EKS, {"policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterAdminPolicy"}),
        (COPIED_TO, COPIES, copied("Stockholm")),
        ("repositoryName", GALLERY, {"repositoryName": "Parcels"}),
        ("redrivePolicy", QUEUE, {"redrivePolicy": json.dumps({"deadLetterTargetArn": DEAD})}),
        ("redrivePolicy", QUEUE, {"redrivePolicy": json.dumps({"maxReceiveCount": 4})}),
        ("redrivePolicy", QUEUE, {"redrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceivecount": 4})}),
    ],
)
def test_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "parcels", inputs)) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (SEARCH, {"engineVersion": "OpenSearch_2.17"}),
        (SEARCH, {"engineVersion": "Elasticsearch_7.10"}),
        (SEARCH, {"engineVersion": UNKNOWN}),
        (BUDGET, {"limitAmount": "250", "notifications": [{"subscriberEmailAddresses": ["money+eu@parcels.example"]}]}),
        (BUDGET, {"limitAmount": "0.5"}),
        (MEMBER, {"email": "depot.north+1@parcels.co.example"}),
        (CLUSTER, {"releaseLabel": "emr-7.2.0"}),
        (CLUSTER, {"releaseLabel": "emr-5.36.2"}),
        (SFTP, {"protocols": ["SFTP", "AS2"]}),
        (IOT, {"sqlVersion": "2016-03-23"}),
        (MAIL, {"tlsPolicy": "Optional"}),
        (MOUNT, {"rootDirectory": {"path": "/"}}),
        (TEMPLATE, {"userData": "IyEvYmluL3NoCnN5c3RlbWN0bCBzdGFydCBzb3J0ZXI="}),
        (TEMPLATE, {"userData": "IyEvYmluL3No\nCnN5c3RlbWN0bA==\n"}),
        (TEMPLATE, {"userData": ""}),
        ("aws:ec2/instance:Instance", {"userData": "#!/bin/sh\nsystemctl start sorter"}),
        (GATEWAY, {"ipAddress": "203.0.113.9"}),
        (GATEWAY, {"ipAddress": "2001:db8::9"}),
        (CARD, {"privateIps": ["10.3.0.4", "10.3.0.5"]}),
        (NAMESPACE, {"name": "parcels.local", "vpc": "vpc-0aa1"}),
        (DISK, {"availabilityZone": "eu-north-1a"}),
        (EKS, {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"}),
        (COPIES, copied("eu-north-1")),
        (GALLERY, {"repositoryName": "parcels/sorter_v2"}),
        (QUEUE, {"redrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 4})}),
        (QUEUE, {"redrivePolicy": "{}"}),
        (QUEUE, {"redrivePolicy": ""}),
        (QUEUE, {"redriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})}),
        ("aws:sns/topicSubscription:TopicSubscription", {"redrivePolicy": json.dumps({"deadLetterTargetArn": DEAD})}),
    ],
)
def test_silent(token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "parcels", inputs)) == []
