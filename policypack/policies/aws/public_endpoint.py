"""Anyone on the internet can connect to a public endpoint, and then only a password or a defect is in between.

Databases, brokers, clusters, instances and containers are found by scanners within hours. Behind a private endpoint an attacker needs access to
the network first, and a leaked password alone opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import construct, example
from policypack.core.policy import Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.properties.endpoints import Setting, endpoint_settings


def check(setting: Setting) -> Iterator[Violation]:
    if setting.open:
        name = f"`{setting.property}`"
        value = setting.value
        written = str(value).lower() if isinstance(value, bool) else value
        state = f"{name} is missing" if value is None else f"{name} is `{written}`"
        facts = (setting.property,) if setting.by_default else None
        effect = "lets clusters be open to the internet" if value is False else "connects it to the internet directly"
        message = f"{state}, which {effect}"
        yield Violation("", message, facts=facts, value_counts=not setting.by_default)


def _database(**inputs: Any) -> Resource:
    return construct("aws:rds/instance:Instance", "orders", engine="postgres", instanceClass="db.t4g.micro", **inputs)


def _cluster(**network: Any) -> Resource:
    settings = {"subnetIds": ["subnet-0a", "subnet-0b"], **network}
    return construct(
        "aws:eks/cluster:Cluster", "shop", roleArn="arn:aws:iam::111122223333:role/eks", vpcConfig=settings
    )


def _domain(**inputs: Any) -> Resource:
    return construct("aws:opensearch/domain:Domain", "search", engineVersion="OpenSearch_2.19", **inputs)


def _instance(**inputs: Any) -> Resource:
    return construct("aws:ec2/instance:Instance", "build", ami="ami-0a1b2c3d", instanceType="t4g.micro", **inputs)


def _transfer(**inputs: Any) -> Resource:
    return construct("aws:transfer/server:Server", "partners", protocols=["SFTP"], **inputs)


def _service(*, public: bool) -> Resource:
    network = {"subnets": ["subnet-0a"], "securityGroups": ["sg-0a"], "assignPublicIp": public}
    return construct("aws:ecs/service:Service", "web", cluster="shop", networkConfiguration=network)


def _block(*, enabled: bool) -> Resource:
    kind = "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration"
    return construct(kind, "account", blockPublicSecurityGroupRules=enabled)


POLICY = Policy(
    id="aws-public-endpoint",
    title="Database, broker, cluster, server or task with a public endpoint",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.AWS, Tag.PUBLIC_ACCESS, Tag.NETWORK, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/Autoscaling.5", types=("aws:ec2/launchConfiguration:",)),
        Control("aws-fsbp/DMS.1", types=("aws:dms/replicationInstance:",)),
        Control("aws-fsbp/EC2.9", partly=True, types=("aws:ec2/instance:",)),
        Control("aws-fsbp/EC2.25", types=("aws:ec2/launchTemplate:",)),
        Control("aws-fsbp/ECS.2", types=("aws:ecs/service:",)),
        Control("aws-fsbp/ECS.16", types=("aws:ecs/taskSet:",)),
        Control("aws-fsbp/EKS.1", partly=True, types=("aws:eks/cluster:",)),
        Control("aws-fsbp/EMR.2", partly=True, types=("aws:emr/blockPublicAccessConfiguration:",)),
        Control("aws-fsbp/ES.2", types=("aws:elasticsearch/domain:",)),
        Control("aws-fsbp/MSK.4", types=("aws:msk/cluster:",)),
        Control("aws-fsbp/Opensearch.2", types=("aws:opensearch/domain:",)),
        Control(
            "aws-fsbp/RDS.2",
            types=(
                "aws:rds/instance:",
                "aws:rds/clusterInstance:",
            ),
        ),
        Control("aws-fsbp/Redshift.1", types=("aws:redshift/cluster:",)),
        Control("aws-fsbp/RedshiftServerless.3", types=("aws:redshiftserverless/workgroup:",)),
        Control("aws-fsbp/SageMaker.1", types=("aws:sagemaker/notebookInstance:",)),
        Control("cis-aws-5.0/2.2.3", partly=True, types=("aws:rds/instance:",)),
    ],
    fix="Keep the endpoint private, and connect from within the VPC, over a VPN or through Session Manager.",
    references=[
        "https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-2",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/eks-controls.html#eks-1",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/opensearch-controls.html#opensearch-2",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-9",
    ],
    bad=[
        example(_database(publiclyAccessible=True), path="publiclyAccessible"),
        example(
            _cluster(),
            path="vpcConfig.endpointPublicAccess",
            note="an EKS cluster, whose endpoint is public unless the program says otherwise",
        ),
        example(
            _cluster(publicAccessCidrs=["0.0.0.0/1", "128.0.0.0/1"]),
            path="vpcConfig.endpointPublicAccess",
            note="addresses that together are the internet",
        ),
        example(_domain(), path="vpcOptions", note="a search domain outside a VPC"),
        example(
            construct(
                "aws:sagemaker/notebookInstance:NotebookInstance",
                "lab",
                roleArn="arn:aws:iam::111122223333:role/lab",
                instanceType="ml.t3.medium",
            ),
            path="directInternetAccess",
            note="a notebook with its own way to the internet",
        ),
        example(_instance(associatePublicIpAddress=True), path="associatePublicIpAddress", note="an instance"),
        example(_transfer(), path="endpointType", note="a file transfer server outside a VPC"),
        example(
            _service(public=True), path="networkConfiguration.assignPublicIp", note="containers with public addresses"
        ),
        example(
            _block(enabled=False),
            path="blockPublicSecurityGroupRules",
            note="an account whose EMR clusters may be open to the internet",
        ),
    ],
    good=[
        example(_database(publiclyAccessible=False)),
        example(_database(), note="the default, which is private"),
        example(_cluster(endpointPublicAccess=False, endpointPrivateAccess=True), note="a private EKS endpoint"),
        example(_cluster(publicAccessCidrs=["203.0.113.0/24"]), note="an EKS endpoint for known addresses"),
        example(_domain(vpcOptions={"subnetIds": ["subnet-0a"]}), note="a search domain in a VPC"),
        example(_instance(associatePublicIpAddress=True, sourceDestCheck=False), note="a NAT instance"),
        example(_transfer(endpointType="VPC"), note="a file transfer server in a VPC"),
        example(
            _service(public=False), note="containers that reach their registry over a NAT gateway or VPC endpoints"
        ),
        example(_block(enabled=True), note="an account that blocks public access to its EMR clusters"),
    ],
    reads=over_stack(endpoint_settings),
    check=check,
)
