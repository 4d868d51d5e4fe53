"""Where neither program nor config names a region, the `AWS_REGION` or profile of some build machine decides.

The same commit then makes a second copy of everything in another region when somebody else runs it, and the first one
stays behind, paid for and unwatched.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.core.examples import bucket, construct, example
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.providers import is_default, providers, resources_on
from policypack.resources.region import listed, provider_region


class Provider(msgspec.Struct, frozen=True):
    """A provider's region, and the resources that have no other."""

    region: str | Unknown | None
    default: bool
    leaning: tuple[Resource, ...]


@over_stack
def used_providers(stack: Stack) -> Iterator[Placed[Provider]]:
    """Each AWS provider on which a resource depends for its region."""
    for provider in providers(stack):
        leaning = tuple(each for each in resources_on(stack, provider) if each.inputs.get("region") is None)
        if leaning:
            yield provider, "region", Provider(provider_region(stack, provider), is_default(provider), leaning)


def check(provider: Provider) -> Iterator[Violation]:
    if provider.region is None:
        cause = (
            "the stack's config has no `aws:region`"
            if provider.default
            else "the provider has no `region`, and an explicit provider does not take `aws:region` from the config"
        )
        yield Violation("", f"nothing fixes the region of {listed(provider.leaning)}: {cause}")


BARE = construct("pulumi:providers:aws", "home")
HOME = construct("pulumi:providers:aws", "home", region="eu-west-1")
PROFILE = construct("pulumi:providers:aws", "home", profile="production")
DEFAULT = construct("pulumi:providers:aws", "default_7_51_0", version="7.51.0")


POLICY = Policy(
    id="aws-unpinned-region",
    title="Region is left to the machine that runs the update",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.AWS, Tag.REGION, Tag.DEPLOYMENT],
    fix="Give the provider a `region`, or set `aws:region` in the stack's config.",
    references=[
        "https://www.pulumi.com/docs/iac/concepts/resources/providers/#default-provider-configuration",
        "https://www.pulumi.com/registry/packages/aws/installation-configuration/",
    ],
    bad=[
        example(BARE, bucket(provider=BARE.urn), path="region"),
        example(
            PROFILE, bucket(provider=PROFILE.urn), path="region", note="a profile, which is another on each machine"
        ),
    ],
    good=[
        example(HOME, bucket(provider=HOME.urn)),
        example(BARE, bucket(provider=BARE.urn, region="eu-west-1"), note="a region of the resource's own"),
        example(
            DEFAULT, bucket(provider=DEFAULT.urn), note="the default provider, which takes `aws:region` from the config"
        ),
    ],
    reads=used_providers,
    check=check,
)
