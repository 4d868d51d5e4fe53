from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.foreign_region import POLICY
from tests.policies.helpers import messages, outcomes, reported, silent, undecided, violations

EAST = Resource("pulumi:providers:aws", "east", {"region": "us-east-1"})
HOME = Resource("pulumi:providers:aws", "home", {"region": "eu-west-1"})
DEFAULT = Resource("pulumi:providers:aws", "default_7_51_0", {"region": "eu-west-1"})
BARE_DEFAULT = Resource("pulumi:providers:aws", "default_7_51_0")
ALLOWED: dict[str, Any] = {"allowed_regions": ("eu-west-1", "eu-central-1")}


def made(token: str, name: str, provider: Resource, **inputs: Any) -> Resource:
    return Resource(token, name, inputs, provider=provider.urn)


def bucket(provider: Resource, name: str = "inbox", **inputs: Any) -> Resource:
    return made("aws:s3/bucket:Bucket", name, provider, **inputs)


def test_the_default_region_is_foreign_where_the_allowed_provider_is_not_passed_on() -> None:
    stack = (EAST, DEFAULT, bucket(DEFAULT))
    assert violations(POLICY, *stack, allowed_regions=("us-east-1",)) == ["region"]


test_foreign = reported(
    POLICY,
    "region",
    (HOME, bucket(HOME, region="EU-WEST-1")),
    (BARE_DEFAULT, bucket(BARE_DEFAULT)),
    **ALLOWED,
    stack_region="us-east-1",
)


def test_the_stacks_own_region_is_allowed_where_the_settings_name_none() -> None:
    stack = (HOME, EAST, bucket(HOME), bucket(EAST, "copy"))
    (outcome,) = outcomes(POLICY, *stack, stack_region="eu-west-1")
    assert outcome.resource is EAST
    assert "`copy`" in outcome.message
    assert "`us-east-1`" in outcome.message
    assert "(`eu-west-1`)" in outcome.message


def test_what_cloudfront_reads_from_one_region_alone_is_foreign_in_others() -> None:
    west = Resource("pulumi:providers:aws", "west", {"region": "us-west-1"})
    for provider, paths in ((EAST, []), (west, ["region"])):
        certificate = made("aws:acm/certificate:Certificate", "tls", provider, domainName="example.com")
        firewall = made("aws:wafv2/webAcl:WebAcl", "edge", provider, scope="CLOUDFRONT")
        assert violations(POLICY, provider, certificate, firewall, **ALLOWED) == paths


def test_one_provider_is_one_report() -> None:
    stack = (EAST, *(bucket(EAST, f"b{number}") for number in range(5)))
    (message,) = messages(POLICY, *stack, **ALLOWED)
    assert "`b0`, `b1`, `b2` and 2 more" in message


def test_a_resource_with_a_region_of_its_own_is_blamed_itself() -> None:
    own = bucket(HOME, "own", region="us-east-1")
    (outcome,) = outcomes(POLICY, HOME, bucket(HOME), own, **ALLOWED)
    assert outcome.resource is own


test_silent = silent(
    POLICY,
    (EAST, made("aws:cloudfront/distribution:Distribution", "cdn", EAST)),
    (EAST, HOME, bucket(HOME)),
    (EAST, made("random:index/randomPet:RandomPet", "pet", EAST)),
    **ALLOWED,
)


def test_silent_where_no_region_is_known_to_be_allowed() -> None:
    assert outcomes(POLICY, EAST, bucket(EAST)) == []


def test_an_unknown_region_is_undecided_once() -> None:
    late = Resource("pulumi:providers:aws", "late", {"region": UNKNOWN})
    assert undecided(POLICY, late, bucket(late), bucket(late, "second"), **ALLOWED) == ["region"]
    assert undecided(POLICY, HOME, bucket(HOME, region=UNKNOWN), **ALLOWED) == ["region"]


def test_a_known_breach_is_reported_beside_an_unknown_one() -> None:
    late = Resource("pulumi:providers:aws", "late", {"region": UNKNOWN})
    stack = (late, EAST, bucket(late), bucket(EAST, "second"))
    assert violations(POLICY, *stack, **ALLOWED) == ["region"]
    assert undecided(POLICY, *stack, **ALLOWED) == ["region"]
