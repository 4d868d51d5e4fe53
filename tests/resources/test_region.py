from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.evaluation.settings import Settings
from policypack.iam.tables import argument_names
from policypack.resources.providers import is_default, resources_on
from policypack.resources.region import REGIONAL_WITHOUT_ARGUMENT, listed, provider_region, regional, resource_regions

EAST = Resource("pulumi:providers:aws", "east", {"region": "us-east-1"})
DEFAULT = Resource("pulumi:providers:aws", "default_7_50_0", {"region": "eu-west-1"})
BARE_DEFAULT = Resource("pulumi:providers:aws", "default_7_51_0")


def queue(provider: Resource | None = None, outputs: dict[str, Any] | None = None, **inputs: Any) -> Resource:
    urn = provider.urn if provider else ""
    return Resource("aws:sqs/queue:Queue", "jobs", inputs, provider=urn, outputs=outputs or {})


@pytest.mark.parametrize(
    ("resource", "stack_region", "region", "decides"),
    [
        (queue(EAST), None, "us-east-1", "east"),
        (queue(EAST, region="eu-central-1"), None, "eu-central-1", "jobs"),
        (queue(EAST, region="us-east-1"), None, "us-east-1", "east"),
        (queue(DEFAULT), "ap-south-1", "eu-west-1", "default_7_50_0"),
        (queue(BARE_DEFAULT), "ap-south-1", "ap-south-1", "default_7_51_0"),
        (queue(BARE_DEFAULT), None, None, "default_7_51_0"),
        (queue(BARE_DEFAULT, outputs={"region": "sa-east-1"}), None, "sa-east-1", "default_7_51_0"),
        (queue(EAST, outputs={"region": "sa-east-1"}), None, "us-east-1", "east"),
        (queue(EAST, region=UNKNOWN, outputs={"region": "sa-east-1"}), None, "sa-east-1", "jobs"),
        (queue(EAST, region=UNKNOWN), None, UNKNOWN, "jobs"),
        (queue(region=""), "ap-south-1", "ap-south-1", "jobs"),
    ],
)
def test_the_nearest_region_wins(
    resource: Resource, stack_region: str | None, region: str | Unknown | None, decides: str
) -> None:
    stack = Stack((EAST, DEFAULT, BARE_DEFAULT, resource), Settings(stack_region=stack_region))
    (located,) = resource_regions(stack)
    assert (located.region, located.decides.name) == (region, decides)


def test_a_provider_that_is_not_in_the_stack_leaves_the_region_unknown() -> None:
    (located,) = resource_regions(Stack((queue(EAST),), Settings(stack_region="eu-west-1")))
    assert isinstance(located.region, Unknown)
    assert located.decides.name == "jobs"


def test_an_explicit_provider_does_not_take_the_stacks_region() -> None:
    provider = Resource("pulumi:providers:aws", "home")
    stack = Stack((provider,), Settings(stack_region="eu-west-1"))
    assert provider_region(stack, provider) is None


@pytest.mark.parametrize(
    "name", ["default", "default_7_51_0", "default_7_0_0_alpha_1", "default_7_51_0_https_example.com"]
)
def test_names_of_default_providers(name: str) -> None:
    assert is_default(Resource("pulumi:providers:aws", name))


@pytest.mark.parametrize("name", ["default-eu", "defaults", "default_eu", "my_default_7_51_0", "east"])
def test_names_that_people_give(name: str) -> None:
    assert not is_default(Resource("pulumi:providers:aws", name))


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("aws:s3/bucket:Bucket", True),
        ("aws:iam/role:Role", False),
        ("aws:cloudfront/distribution:Distribution", False),
        ("aws:rolesanywhere/profile:Profile", True),
        ("aws:brandnew/thing:Thing", True),
        ("random:index/randomPet:RandomPet", False),
        ("pulumi:providers:aws", False),
    ],
)
def test_which_types_are_in_a_region(token: str, *, expected: bool) -> None:
    assert regional(Resource(token, "x")) is expected


@pytest.mark.parametrize("token", sorted(REGIONAL_WITHOUT_ARGUMENT))
def test_exceptions_are_still_needed(token: str) -> None:
    names = argument_names(token)
    assert names is not None
    assert "region" not in names


def test_components_are_in_no_region() -> None:
    assert not regional(Resource("aws:acme/site:Site", "x", custom=False))


def test_resources_by_provider() -> None:
    on_east = queue(EAST)
    stack = Stack((EAST, DEFAULT, on_east), Settings())
    assert resources_on(stack, EAST) == (on_east,)
    assert resources_on(stack, DEFAULT) == ()


def test_a_long_list_of_names_is_cut() -> None:
    names = [Resource("aws:sqs/queue:Queue", name) for name in "abcde"]
    assert listed(names[:3]) == "`a`, `b`, `c`"
    assert listed(names) == "`a`, `b`, `c` and 2 more"


def test_a_provider_may_be_named_with_its_id() -> None:
    on_east = Resource("aws:sqs/queue:Queue", "jobs", provider=f"{EAST.urn}::04da6b54-80e4-46f7-96ec-b56ff0331ba9")
    stack = Stack((EAST, on_east), Settings())
    assert resources_on(stack, EAST) == (on_east,)
    assert [located.region for located in resource_regions(stack)] == ["us-east-1"]
