"""Regions: the region of each AWS resource, and the resource or provider that decides it.

The resource's own `region` argument wins, then the `region` of its provider; a default provider has the stack's
`aws:region`. Nothing else fixes a region: the shell or a profile differs between two machines.
See docs/decisions/0008-effective-region.md.

Account and region are the scope of a name: two roles of one name in two accounts are two roles.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.tables import argument_names
from policypack.resources.providers import DEFAULT_NAME, accounts_of, is_default, provider_of, same_account

_LISTED = 3

REGIONAL_WITHOUT_ARGUMENT = frozenset(
    {
        "aws:directconnect/hostedConnection:HostedConnection",
        "aws:rolesanywhere/profile:Profile",
        "aws:rolesanywhere/trustAnchor:TrustAnchor",
    }
)
"""Regional types that pulumi-aws gives no `region` argument; every other type without one is of a global service."""


EDGE_REGION = "us-east-1"
CERTIFICATES = frozenset({"aws:acm/certificate:Certificate", "aws:acm/certificateValidation:CertificateValidation"})


class ResourceRegion(msgspec.Struct, frozen=True):
    """The region of one resource.

    `region` is None if nothing fixes it. `decides` is the resource that sets it: the resource itself or a provider of
    the stack.
    """

    resource: Resource
    region: str | Unknown | None
    decides: Resource


def listed(resources: Sequence[Resource]) -> str:
    """The first three names in order, and the number of the others, for a message that is the same in every run."""
    names = sorted({resource.name for resource in resources})
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(f"`{name}`" for name in names[:_LISTED]) + more


def regional(resource: Resource) -> bool:
    """Whether an AWS resource is in a region, unlike those of IAM, Route 53 or CloudFront."""
    if not resource.type.startswith("aws:") or not resource.custom:
        return False
    known = argument_names(resource.type)
    return known is None or "region" in known or resource.type in REGIONAL_WITHOUT_ARGUMENT


def provider_region(stack: Stack, provider: Resource) -> str | Unknown | None:
    """The region that a provider is fixed to; None if the machine that runs the program decides."""
    region = _region_in(provider)
    return (stack.settings.stack_region or None) if region is None and is_default(provider) else region


@memoized
def resource_regions(stack: Stack) -> tuple[ResourceRegion, ...]:
    """The region of every regional AWS resource, in registration order."""
    return tuple(_resource_region(stack, resource) for resource in stack.resources if regional(resource))


def in_scope(stack: Stack, text: str, referrer: Resource, named: Resource) -> bool | None:
    """Whether a text of one resource, which contains the name of another, can mean it; None if that is unknown.

    An ARN names its account and region; a name alone is one in the account and region of the resource that contains it.
    """
    if referrer.provider == named.provider and referrer.inputs.get("region") == named.inputs.get("region"):
        return True
    arn, own = Arn.parse(text), Arn.parse(str(named.outputs.get("arn")))
    if arn and own:
        differs = ((arn.account, own.account), (arn.region, own.region))
        return not any(one and two and one != two and "*" not in one for one, two in differs)
    if arn or ":" in text:
        return None
    same = same_account(stack, referrer, named)
    if same and regional(referrer) and regional(named):
        regions = [_resource_region(stack, resource).region for resource in (referrer, named)]
        return regions[0] == regions[1] if all(isinstance(region, str) for region in regions) else None
    return same


def home(stack: Stack, resource: Resource) -> tuple[str, str]:
    """The region and the account of a resource, `*` for what is not known."""
    region = _resource_region(stack, resource).region
    provider = provider_of(stack, resource)
    accounts = accounts_of(stack, provider) if provider else frozenset()
    account = next(iter(accounts)) if len(accounts) == 1 else stack.settings.account_id
    return region if isinstance(region, str) else "*", account or "*"


def at_the_edge(located: ResourceRegion) -> bool:
    """Whether a resource is in `us-east-1` because CloudFront requires that: a certificate, or a part of a WAF.

    Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html and
    https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html.
    """
    kind, inputs = located.resource.type, located.resource.inputs
    web = kind.startswith("aws:wafv2/") and inputs.get("scope") == "CLOUDFRONT"
    return located.region == EDGE_REGION and (web or kind in CERTIFICATES)


def foreign_decision(stack: Stack, resource: Resource) -> Resource | None:
    """The resource or provider that puts a resource into a region which the settings do not allow; None if nothing does."""
    located, allowed = _resource_region(stack, resource), stack.settings.regions
    outside = bool(allowed) and isinstance(located.region, str) and located.region not in allowed
    return located.decides if outside and regional(resource) and not at_the_edge(located) else None


def _resource_region(stack: Stack, resource: Resource) -> ResourceRegion:
    own = _region_in(resource) if resource.inputs.get("region") is not None else None
    provider = provider_of(stack, resource)
    if provider is not None:
        region = provider_region(stack, provider)
    elif _explicit(resource.provider):
        region = Unknown("is that of a provider that is not among the resources")
    else:
        region = stack.settings.stack_region or None
    if own is not None and own != region:
        return ResourceRegion(resource, own, resource)
    reported = resource.outputs.get("region")
    if not isinstance(region, str) and isinstance(reported, str) and reported:
        region = reported
    return ResourceRegion(resource, region, provider or resource)


def _region_in(resource: Resource) -> str | Unknown | None:
    """The `region` in the inputs or outputs of a resource or provider; an empty one is absent."""
    values = (resource.inputs.get("region"), resource.outputs.get("region"))
    for value in values:
        if isinstance(value, str) and value:
            return value
    return next((value for value in values if isinstance(value, Unknown)), None)


def _explicit(reference: str) -> bool:
    return bool(reference) and not any(DEFAULT_NAME.fullmatch(part) for part in reference.split("::"))
