"""If neither the program nor the config names a region, `AWS_REGION` or the profile of the build machine decides.

When someone else runs the same commit, the update creates a second copy of everything in another region. The first copy
stays behind, paid for and unmonitored.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.core.examples import bucket, construct, example, reported_at
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.providers import is_default, providers, resources_on
from policypack.resources.region import listed, provider_region


class Provider(msgspec.Struct, frozen=True):
    """A provider's region, and the resources without a region of their own."""

    region: str | Unknown | None
    default: bool
    dependents: tuple[Resource, ...]


@over_stack
def used_providers(stack: Stack) -> Iterator[Placed[Provider]]:
    """Each AWS provider on which a resource depends for its region."""
    for provider in providers(stack):
        dependents = tuple(
            resource for resource in resources_on(stack, provider) if resource.inputs.get("region") is None
        )
        if dependents:
            yield provider, "region", Provider(provider_region(stack, provider), is_default(provider), dependents)


def check(provider: Provider) -> Iterator[Violation]:
    if provider.region is None:
        cause = (
            "the stack's config has no `aws:region`"
            if provider.default
            else "the provider has no `region`, and an explicit provider does not take `aws:region` from the config"
        )
        yield Violation("", f"nothing fixes the region of {listed(provider.dependents)}: {cause}", facts=())


BARE = construct("pulumi:providers:aws", "home")
HOME = construct("pulumi:providers:aws", "home", region="eu-west-1")
PROFILE = construct("pulumi:providers:aws", "home", profile="production")
DEFAULT = construct("pulumi:providers:aws", "default_7_51_0", version="7.51.0")


POLICY = Policy(
    id="aws-unpinned-region",
    title="Region is left to the machine that runs the update",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.AWS, Tag.REGION, Tag.DEPLOYMENT],
    fix="Give the provider a `region`, or set `aws:region` in the stack's config.",
    references=[
        "https://www.pulumi.com/docs/iac/concepts/resources/providers/#default-provider-configuration",
        "https://www.pulumi.com/registry/packages/aws/installation-configuration/",
    ],
    bad=reported_at(
        "region",
        example(BARE, bucket(provider=BARE.urn)),
        example(PROFILE, bucket(provider=PROFILE.urn), note="a profile, which differs between machines"),
    ),
    good=[
        example(HOME, bucket(provider=HOME.urn)),
        example(BARE, bucket(provider=BARE.urn, region="eu-west-1"), note="a region of the resource's own"),
        example(DEFAULT, bucket(provider=DEFAULT.urn), note="the default provider, which reads `aws:region`"),
    ],
    reads=used_providers,
    check=check,
)
