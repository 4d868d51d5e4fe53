from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.unpinned_region import POLICY
from tests.policies.helpers import messages, outcomes, reported, silent

DEFAULT = Resource("pulumi:providers:aws", "default_7_51_0", {"version": "7.51.0"})
HOME = Resource("pulumi:providers:aws", "home", {"region": "eu-west-1"})


def bucket(provider: Resource, name: str = "inbox", **inputs: Any) -> Resource:
    return Resource("aws:s3/bucket:Bucket", name, inputs, provider=provider.urn)


test_nothing_sets_the_region = reported(
    POLICY,
    "region",
    DEFAULT,
    Resource("pulumi:providers:aws", "default", {}),
    Resource("pulumi:providers:aws", "home", {"region": ""}),
    of=lambda provider: (provider, bucket(provider)),
)


def test_the_stacks_region_does_not_reach_an_explicit_provider() -> None:
    bare = Resource("pulumi:providers:aws", "home")
    (message,) = messages(POLICY, bare, bucket(bare), stack_region="eu-west-1")
    assert "does not take `aws:region`" in message


def test_one_provider_is_one_report() -> None:
    (message,) = messages(POLICY, DEFAULT, *(bucket(DEFAULT, f"b{number}") for number in range(6)))
    assert "`b0`, `b1`, `b2` and 3 more" in message
    assert "`aws:region`" in message


LATE = Resource("pulumi:providers:aws", "late", {"region": UNKNOWN})
test_silent = silent(
    POLICY,
    (DEFAULT, bucket(DEFAULT, region="eu-west-1")),
    (DEFAULT, HOME, bucket(HOME)),
    (LATE, bucket(LATE)),
    Resource("pulumi:providers:gcp", "default_9_0_0"),
)


def test_the_stacks_region_reaches_the_default_provider() -> None:
    assert outcomes(POLICY, DEFAULT, bucket(DEFAULT), stack_region="eu-west-1") == []
