"""A resource in an unintended region keeps data under another jurisdiction, and outside of your monitoring.

The program does not show it: it creates a provider for a region and does not pass it on, or an argument that was copied
from another stack overrides the provider's region for one resource. Certificates and web ACLs that CloudFront reads
from `us-east-1` alone are not reported there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from policypack.core.examples import bucket, construct, example, lambda_role, reported_at
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.region import at_the_edge, listed, resource_regions


class Placement(msgspec.Struct, frozen=True):
    """A region, the resources that one decision (their own or their provider's) puts there, and the allowed regions."""

    region: str
    resources: tuple[Resource, ...]
    through_provider: bool
    allowed: tuple[str, ...]


@over_stack
def regions(stack: Stack) -> Iterator[Placed[Placement]]:
    """Each decision about a region, once: at the resource with a `region` of its own, else at the provider."""
    allowed = stack.settings.regions
    decisions: dict[tuple[str, str | Unknown], tuple[Resource, list[Resource]]] = {}
    for located in resource_regions(stack):
        if allowed and located.region is not None and not at_the_edge(located):
            _, resources = decisions.setdefault((located.decides.urn, located.region), (located.decides, []))
            resources.append(located.resource)
    for (_, region), (decides, resources) in decisions.items():
        if isinstance(region, Unknown):
            yield decides, "region", region
        else:
            yield decides, "region", Placement(region, tuple(resources), decides not in resources, allowed)


def check(placement: Placement) -> Iterator[Violation]:
    if placement.region not in placement.allowed:
        allowed = ", ".join(f"`{region}`" for region in placement.allowed)
        who = (
            f"this provider puts {listed(placement.resources)}"
            if placement.through_provider
            else "this resource is put"
        )
        message = f"{who} into `{placement.region}`, which is not an allowed region ({allowed})"
        yield Violation("", message, facts=(placement.region,))


EAST = construct("pulumi:providers:aws", "east", region="us-east-1")
HOME = construct("pulumi:providers:aws", "home", region="eu-west-1")

RULES: dict[str, Any] = {
    "defaultAction": {"block": {}},
    "visibilityConfig": {"cloudwatchMetricsEnabled": True, "metricName": "edge", "sampledRequestsEnabled": True},
}


POLICY = Policy(
    id="aws-foreign-region",
    title="Resource lands in a region that is not allowed",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.AWS, Tag.REGION],
    fix="Pass a provider whose `region` is allowed to the resource, or add the region to `allowedRegions` in the settings.",
    references=[
        "https://www.pulumi.com/registry/packages/aws/api-docs/provider/",
        "https://docs.aws.amazon.com/prescriptive-guidance/latest/strategy-aws-semicon-workloads/meeting-data-residency-requirements.html",
    ],
    bad=reported_at(
        "region",
        example(EAST, bucket(provider=EAST.urn)),
        example(HOME, bucket(provider=HOME.urn, region="us-east-1"), note="a `region` argument of the resource"),
        example(
            EAST,
            construct("aws:wafv2/webAcl:WebAcl", "edge", provider=EAST.urn, scope="REGIONAL", **RULES),
            note="a web ACL that is not CloudFront's",
        ),
    ),
    good=[
        example(HOME, bucket(provider=HOME.urn)),
        example(EAST, bucket(provider=EAST.urn, region="eu-west-1"), note="a `region` argument of the resource"),
        example(
            EAST,
            construct(
                "aws:acm/certificate:Certificate",
                "tls",
                provider=EAST.urn,
                domainName="example.com",
                validationMethod="DNS",
            ),
            note="a certificate that CloudFront reads from `us-east-1` alone",
        ),
        example(EAST, lambda_role("reader", provider=EAST.urn), note="a global service"),
    ],
    subsumes=["iam-unrelated-resource"],
    reads=regions,
    check=check,
)
