"""The separate document of an OpenSearch domain: security groups decide who reaches a domain of the stack in a VPC."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, construct, document
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies.iam.principals.public_policy import POLICY
from tests.resources.test_references import resource

TYPES = ("opensearch", "elasticsearch")
SUBNETS = {"subnetIds": ["subnet-0a1b2c3d"]}
ANYONE = document(allow("es:ESHttpGet", "arn:aws:es:eu-central-1:111122223333:domain/search/*", Principal={"AWS": "*"}))


def domain(service: str = "opensearch", **inputs: Any) -> Resource:
    return construct(f"aws:{service}/domain:Domain", "search", **{"domainName": "search", **inputs})


def policy(service: str = "opensearch", *origins: Resource, name: Any = "search") -> Resource:
    token = f"aws:{service}/domainPolicy:DomainPolicy"
    return resource(token, "open", *origins, at="domainName", domainName=name, accessPolicies=ANYONE)


def reports(*resources: Resource) -> list[str]:
    return [outcome.resource.name for outcome in evaluate([POLICY], Stack(resources, Settings())) if outcome.resource]


@pytest.mark.parametrize("service", TYPES)
def test_a_domain_in_a_network(service: str) -> None:
    inside = domain(service, vpcOptions=SUBNETS)
    assert reports(inside, policy(service)) == []
    assert reports(policy(service), inside) == []
    assert reports(inside, policy(service, inside, name=UNKNOWN)) == []


@pytest.mark.parametrize("service", TYPES)
def test_a_domain_that_may_be_on_the_internet(service: str) -> None:
    assert reports(domain(service), policy(service)) == ["open"]
    assert reports(domain(service, vpcOptions=UNKNOWN), policy(service)) == ["open"]
    assert reports(domain(service, domainName="other", vpcOptions=SUBNETS), policy(service)) == ["open"]
    assert reports(policy(service)) == ["open"]
