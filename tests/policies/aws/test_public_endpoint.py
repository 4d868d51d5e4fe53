from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.examples import construct
from policypack.core.policy import UNKNOWN, Resource
from policypack.iam.tables import endpoints
from policypack.policies.aws.public_endpoint import POLICY
from tests.policies.helpers import outcomes, reported, silent, undecided, undecided_at, violations

ACCESSIBLE = [token for token, endpoint in endpoints().items() if endpoint.property == "publiclyAccessible"]
EIP = construct("aws:ec2/eip:Eip", "nat")
INSTANCES = "aws:rds/instance:Instance"


def of(token: str, *depends_on: Resource, at: str = "", **inputs: Any) -> Resource:
    return construct(token, "shop", *depends_on, at=at, **inputs)


def cluster(*depends_on: Resource, **network: Any) -> Resource:
    return of("aws:eks/cluster:Cluster", *depends_on, at="vpcConfig", vpcConfig={"subnetIds": ["subnet-0a"], **network})


def brokers(access: str) -> Resource:
    group = {"connectivityInfo": {"publicAccess": {"type": access}}}
    return of("aws:msk/cluster:Cluster", brokerNodeGroupInfo=group)


def network_policy(public: object) -> Resource:
    rules = [{"Rules": [{"ResourceType": "collection", "Resource": ["collection/x"]}], "AllowFromPublic": public}]
    token = "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
    return of(token, type="network", policy=json.dumps(rules))


test_every_type_with_the_property_is_reported = reported(
    POLICY,
    "publiclyAccessible",
    *(of(token, publiclyAccessible=value) for token in ACCESSIBLE for value in (True, "true")),
)
test_a_private_one_is_silent = silent(
    POLICY,
    *(of(token, publiclyAccessible=False) for token in ACCESSIBLE),
    *(of(token) for token in ACCESSIBLE if None not in endpoints()[token].open),
)
test_an_unknown_one_is_undecided = undecided_at(
    POLICY, "publiclyAccessible", *(of(token, publiclyAccessible=UNKNOWN) for token in ACCESSIBLE)
)
test_an_open_cluster_is_reported = reported(
    POLICY,
    "vpcConfig.endpointPublicAccess",
    cluster(),
    cluster(endpointPublicAccess=True, endpointPrivateAccess=True),
    cluster(publicAccessCidrs=[]),
    cluster(publicAccessCidrs=["0.0.0.0/0"]),
    cluster(publicAccessCidrs=["203.0.113.0/24", "0.0.0.0/1"]),
)
test_a_closed_cluster_is_silent = silent(
    POLICY,
    cluster(endpointPublicAccess=False, publicAccessCidrs=["0.0.0.0/0"]),
    cluster(publicAccessCidrs=["203.0.113.0/24"]),
    cluster(endpointPublicAccess=False, publicAccessCidrs=UNKNOWN),
    (EIP, cluster(EIP, publicAccessCidrs=[UNKNOWN])),
)
test_unknown_addresses_of_nothing_in_the_stack_are_undecided = undecided_at(
    POLICY, "vpcConfig.publicAccessCidrs", cluster(publicAccessCidrs=[UNKNOWN])
)
test_brokers = reported(
    POLICY, "brokerNodeGroupInfo.connectivityInfo.publicAccess.type", brokers("SERVICE_PROVIDED_EIPS")
)
test_a_public_collection_is_reported = reported(POLICY, "policy[0].AllowFromPublic", network_policy(public=True))
test_a_default_that_opens_is_reported = reported(
    POLICY, "publiclyAccessible", of("aws:dms/instanceProfile:InstanceProfile")
)
test_others_that_are_closed_are_silent = silent(
    POLICY,
    brokers("DISABLED"),
    of("aws:msk/cluster:Cluster", brokerNodeGroupInfo={"instanceType": "kafka.m5.large"}),
    network_policy(public=False),
    of("aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy", type="encryption", policy="{}"),
    of("aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy", type="network", policy="[broken"),
    of("aws:opensearch/domain:Domain", vpcOptions={"subnetIds": [UNKNOWN]}),
    of("aws:mwaa/environment:Environment", webserverAccessMode="PRIVATE_ONLY"),
    of("aws:mwaa/environment:Environment"),
    of("aws:sagemaker/notebookInstance:NotebookInstance", directInternetAccess="Disabled"),
    of("aws:lb/loadBalancer:LoadBalancer", internal=False),
)
PUBLIC_SUBNET = construct("aws:ec2/subnet:Subnet", "public", vpcId="vpc-0a", mapPublicIpOnLaunch=True)


def instance(*depends_on: Resource, kind: str = "instance:Instance", **inputs: Any) -> Resource:
    subnet = {"subnetId": UNKNOWN} if depends_on else {}
    return of(f"aws:ec2/{kind}", *depends_on, at="subnetId", **subnet, **inputs)


def template(**interface: Any) -> Resource:
    return of("aws:ec2/launchTemplate:LaunchTemplate", networkInterfaces=[interface])


test_an_instance_with_a_public_address_is_reported = reported(
    POLICY,
    "associatePublicIpAddress",
    instance(associatePublicIpAddress=True),
    instance(kind="launchConfiguration:LaunchConfiguration", associatePublicIpAddress=True),
    instance(kind="spotInstanceRequest:SpotInstanceRequest", associatePublicIpAddress=True),
    (PUBLIC_SUBNET, instance(PUBLIC_SUBNET)),
)
test_a_launch_template_with_public_addresses_is_reported = reported(
    POLICY,
    "networkInterfaces[0].associatePublicIpAddress",
    template(associatePublicIpAddress="true"),
    template(associatePublicIpAddress=True),
)
test_a_public_file_transfer_is_reported = reported(
    POLICY, "endpointType", of("aws:transfer/server:Server"), of("aws:transfer/server:Server", endpointType="PUBLIC")
)
test_instances_and_servers_without_a_public_address_are_silent = silent(
    POLICY,
    PUBLIC_SUBNET,
    (PUBLIC_SUBNET, instance(PUBLIC_SUBNET, associatePublicIpAddress=False)),
    (PUBLIC_SUBNET, instance(PUBLIC_SUBNET, sourceDestCheck=False)),
    instance(),
    template(associatePublicIpAddress="false"),
    template(deleteOnTermination="true"),
    of("aws:transfer/server:Server", endpointType="VPC"),
)

TASKS = ("ecs/service:Service", "ecs/taskSet:TaskSet")
WITHOUT_ENDPOINT = {
    "cloudwatch/eventTarget:EventTarget": ("ecsTarget", "networkConfiguration"),
    "scheduler/schedule:Schedule": ("target", "ecsParameters", "networkConfiguration"),
    "batch/jobDefinition:JobDefinition": ("ecsProperties", "networkConfiguration"),
}


def task(kind: str, *path: str, assign: object) -> Resource:
    inputs: dict[str, Any] = {"subnets": ["subnet-0a"], "assignPublicIp": assign}
    for name in reversed(path):
        inputs = {name: inputs}
    return of(f"aws:{kind}", **inputs)


@pytest.mark.parametrize("kind", TASKS)
def test_tasks_with_public_addresses_are_reported(kind: str) -> None:
    path = "networkConfiguration"
    where = f"{path}.assignPublicIp"
    assert violations(POLICY, task(kind, path, assign=True)) == [where]
    assert undecided(POLICY, task(kind, path, assign=UNKNOWN)) == [where]
    assert outcomes(POLICY, task(kind, path, assign=False)) == []
    assert outcomes(POLICY, of(f"aws:{kind}")) == []


test_tasks_that_nothing_connects_to_are_silent = silent(
    POLICY,
    *(task(kind, *path, assign=True) for kind, path in WITHOUT_ENDPOINT.items()),
    of("aws:ec2/spotFleetRequest:SpotFleetRequest", launchSpecifications=[{"associatePublicIpAddress": False}]),
)
