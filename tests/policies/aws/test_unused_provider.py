from __future__ import annotations

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.unused_provider import POLICY
from tests.policies.helpers import outcomes, silent

DEFAULT = Resource("pulumi:providers:aws", "default_7_51_0", {"region": "eu-west-1"})


def provider(name: str = "east", **inputs: object) -> Resource:
    return Resource("pulumi:providers:aws", name, {"region": "us-east-1", **inputs})


def bucket(through: Resource) -> Resource:
    return Resource("aws:s3/bucket:Bucket", "inbox", {}, provider=through.urn)


@pytest.mark.parametrize(
    "unused", [provider("default-eu"), provider("home", region=UNKNOWN), provider("audit", assumeRoles=[])]
)
def test_a_provider_that_nothing_uses(unused: Resource) -> None:
    (outcome,) = outcomes(POLICY, unused, DEFAULT, bucket(DEFAULT))
    assert outcome.resource is unused


def test_a_provider_that_another_resource_only_reads_from() -> None:
    unused = provider()
    reader = Resource(
        "aws:ssm/parameter:Parameter",
        "region",
        {"value": "us-east-1"},
        provider=DEFAULT.urn,
        property_dependencies={"value": (unused.urn,)},
    )
    assert [outcome.resource for outcome in outcomes(POLICY, unused, DEFAULT, reader)] == [unused]


test_silent = silent(POLICY, DEFAULT, Resource("pulumi:providers:kubernetes", "cluster", {}))
