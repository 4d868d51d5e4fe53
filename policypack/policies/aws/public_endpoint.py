"""Anyone on the internet can connect to a public endpoint, and then only a password or a defect is in between.

Databases, brokers and clusters are found by scanners within hours. Behind a private endpoint an attacker needs access to
the network first, and a leaked password alone opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from policypack.core.examples import construct, example
from policypack.core.policy import UNKNOWN, Policy, Reading, Resource, Severity, Violation
from policypack.core.tags import Tag
from policypack.core.values import has_unknown
from policypack.iam.document_readers import value_at
from policypack.iam.tables import Endpoint, endpoints
from policypack.resources.properties.addresses import internet, undecided


class Switch(msgspec.Struct, frozen=True):
    """The setting of an endpoint, and the addresses that may connect: None for all."""

    endpoint: Endpoint
    value: Any
    addresses: list[str] | None


def switches(resource: Resource) -> Iterator[Reading[Switch]]:
    """The property that opens the resource's endpoint. One that the program leaves out has the provider's default."""
    endpoint = endpoints().get(resource.type)
    if endpoint is None:
        return
    value, addresses = (value_at(resource.inputs, path) for path in (endpoint.property, endpoint.addresses))
    if not endpoint.addresses or addresses == []:
        addresses = None
    if has_unknown(addresses):
        if _opens(endpoint, value) and undecided(resource, endpoint.addresses, addresses):
            yield endpoint.addresses, UNKNOWN
    elif has_unknown(value) and not isinstance(value, dict):
        yield endpoint.property, UNKNOWN
    else:
        yield endpoint.property, Switch(endpoint, value, addresses)


def _opens(endpoint: Endpoint, value: Any) -> bool:
    text = {"true": True, "false": False}
    return (text.get(value.lower(), value) if isinstance(value, str) else value) in endpoint.open


def check(switch: Switch) -> Iterator[Violation]:
    if not _opens(switch.endpoint, switch.value) or (switch.addresses and internet(switch.addresses) is None):
        return
    name = switch.endpoint.property
    setting = (
        f"`{name}` is missing" if switch.value is None else f"`{name}` is `{switch.value}`".replace("True", "true")
    )
    yield Violation("", f"{setting}, which connects it to the internet directly")


def _database(**inputs: Any) -> Resource:
    return construct("aws:rds/instance:Instance", "orders", engine="postgres", instanceClass="db.t4g.micro", **inputs)


def _cluster(**network: Any) -> Resource:
    settings = {"subnetIds": ["subnet-0a", "subnet-0b"], **network}
    return construct(
        "aws:eks/cluster:Cluster", "shop", roleArn="arn:aws:iam::111122223333:role/eks", vpcConfig=settings
    )


def _domain(**inputs: Any) -> Resource:
    return construct("aws:opensearch/domain:Domain", "search", engineVersion="OpenSearch_2.19", **inputs)


POLICY = Policy(
    id="aws-public-endpoint",
    title="Database, broker or cluster with a public endpoint",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.AWS, Tag.PUBLIC_ACCESS, Tag.NETWORK, Tag.AWS_FSBP],
    fix="Keep the endpoint private, and connect from within the VPC, over a VPN or through Session Manager.",
    references=[
        "https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-2",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/eks-controls.html#eks-1",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/opensearch-controls.html#opensearch-2",
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
            construct("aws:sagemaker/notebookInstance:NotebookInstance", "lab", subnetId="subnet-0a"),
            path="directInternetAccess",
            note="a notebook with its own way to the internet",
        ),
    ],
    good=[
        example(_database(publiclyAccessible=False)),
        example(_database(), note="the default, which is private"),
        example(_cluster(endpointPublicAccess=False, endpointPrivateAccess=True), note="a private EKS endpoint"),
        example(_cluster(publicAccessCidrs=["203.0.113.0/24"]), note="an EKS endpoint for known addresses"),
        example(_domain(vpcOptions={"subnetIds": ["subnet-0a"]}), note="a search domain in a VPC"),
    ],
    reads=switches,
    check=check,
)
