"""The AWS functions whose results AWS publishes: accounts and hosted zones by region, as in `tables/published.json`.

The tables are those of the AWS provider, which pulumi-aws wraps; each names its sources. A region that is missing in a
table has an unknown result, not an error, because a newer provider may have it. Only if AWS documents that a table is
closed, the call is refused, as the provider does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from stackguard.preview.provider.outputs import AwsLocation

TABLE = Path(__file__).parent / "tables" / "published.json"
BILLING_ACCOUNT = "386209384616"
"""The account that writes cost reports. Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/billing-getting-started.html#step-2."""
LOG_DELIVERY = {
    "aws-cn": "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
    "": "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
}
"""The canonical user that CloudFront writes logs as, by partition; an empty key is all others.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html#AccessLogsBucketAndFileOwnership
and the same page of https://docs.amazonaws.cn."""
OWN_DOMAIN = {
    "aws-cn": ("codedeploy", "elasticmapreduce", "logs"),
    "aws-iso": ("cloudhsm", "config", "logs", "workspaces"),
    "aws-iso-b": ("dms", "logs"),
}
"""Services whose principal ends in their partition's domain; all others end in `amazonaws.com`.

Source: the provider's internal/service/meta/service_principal_data_source.go, which cites `region-info` of the AWS CDK."""

Function = Callable[[Mapping[str, Any], AwsLocation], Mapping[str, Any] | None]


class PublishedTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One published table: its values by region, its sources, and the image repositories that it applies to."""

    source: list[str]
    regions: dict[str, str]
    repositories: list[str] = []


@cache
def tables() -> Mapping[str, PublishedTable]:
    """Every table, by name."""
    return msgspec.json.decode(TABLE.read_bytes(), type=dict[str, PublishedTable])


@cache
def region_descriptions() -> Mapping[str, str]:
    """The name of each region that botocore has: `Europe (Ireland)`."""
    partitions = json.loads(files("botocore").joinpath("data/partitions.json").read_bytes())["partitions"]
    return {name: region["description"] for partition in partitions for name, region in partition["regions"].items()}


@cache
def services() -> Mapping[str, frozenset[str]]:
    """The services of each partition, by the names of their endpoints: the list of AWS that the provider reads too."""
    partitions = json.loads(files("botocore").joinpath("data/endpoints.json").read_bytes())["partitions"]
    return {partition["partition"]: frozenset(partition["services"]) for partition in partitions}


def _entry(table: str, location: AwsLocation) -> str | None:
    return tables()[table].regions.get(location.region) if isinstance(location.region, str) else None


def _load_balancer_account(_args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    """Regions since August 2022 have no such account: their load balancers write logs as a service."""
    account = _entry("elb/account", location)
    if account is None and location.partition.name == "aws" and location.region in region_descriptions():
        raise ValueError(
            f"unsupported AWS Region: {location.region}; "
            "load balancers write their logs there as the service `logdelivery.elasticloadbalancing.amazonaws.com`"
        )
    return _account(account, location)


def _account(account: str | None, location: AwsLocation, *, regional: bool = True) -> Mapping[str, Any] | None:
    if account is None:
        return None
    root = {"id": account, "arn": f"arn:{location.partition.name}:iam::{account}:root"}
    return {**root, "region": location.region} if regional else root


def _zone(table: str) -> Function:
    def zone(_args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
        zone_id = _entry(table, location)
        return None if zone_id is None else {"id": zone_id, "region": location.region}

    return zone


def _load_balancer_zone(args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    kind = args.get("loadBalancerType") or "application"
    if kind not in ("application", "network"):
        raise ValueError(f"expected load_balancer_type to be one of `application`, `network`, got {kind}")
    zone = _zone(f"lb/{kind}")(args, location)
    return zone and {**zone, "loadBalancerType": kind}


def _log_delivery(_args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    if not isinstance(location.region, str):
        return None
    return {"id": LOG_DELIVERY.get(location.partition.name, LOG_DELIVERY[""]), "region": location.region}


def _image(args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    repository, tag = args.get("repositoryName"), args.get("imageTag") or "1"
    table = next((name for name, table in tables().items() if repository in table.repositories), None)
    account = table and _entry(table, location)
    if not account:
        return None
    suffix = args.get("dnsSuffix") or location.partition.domain
    return {
        **args,
        "id": account,
        "region": location.region,
        "imageTag": tag,
        "registryId": account,
        "registryPath": f"{account}.dkr.ecr.{location.region}.{suffix}/{repository}:{tag}",
    }


def _service(args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    """A service's DNS name and reversed DNS name, from one of them or from its id; a full name overrides the rest."""
    prefix = args.get("reverseDnsPrefix") or location.partition.reversed_domain
    region, service = location.region, args.get("serviceId")
    reverse = args.get("reverseDnsName") or ""
    if args.get("dnsName"):
        reverse = ".".join(reversed(args["dnsName"].split(".")))
    if reverse:
        *parts, region, service = reverse.split(".")
        if len(parts) < 2:
            raise ValueError(f"service DNS names must have at least 4 parts: {reverse} has {len(parts) + 2}")
        prefix = ".".join(parts)
    if not service:
        raise ValueError("service ID not provided directly or through a DNS name")
    if not isinstance(region, str):
        return None
    reverse = f"{prefix}.{region}.{service}"
    partition = location.within(region).partition.name
    return {
        "id": reverse,
        "dnsName": ".".join(reversed(reverse.split("."))).lower(),
        "partition": partition,
        "region": region,
        "reverseDnsName": reverse,
        "reverseDnsPrefix": prefix,
        "serviceId": service,
        "supported": service in services().get(partition, ()),
    }


def _principal(args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    service = str(args.get("serviceName"))
    if not isinstance(location.region, str):
        return None
    suffix = location.partition.domain if service in OWN_DOMAIN.get(location.partition.name, ()) else "amazonaws.com"
    return {
        "id": f"{service}.{location.region}.{suffix}",
        "name": f"{service}.{suffix}",
        "region": location.region,
        "serviceName": service,
        "suffix": suffix,
    }


def _region(args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    region = args.get("name") or args.get("id") or location.region
    if args.get("endpoint"):
        match = re.match(r"ec2\.([a-z0-9-]+)\.", args["endpoint"])
        region = match[1] if match else None
    if not isinstance(region, str):
        return None
    endpoint = f"ec2.{region}.{location.within(region).partition.domain}"
    if args.get("endpoint") not in (None, "", endpoint):
        return None
    described = region_descriptions().get(region)
    return {
        "id": region,
        "name": region,
        "region": region,
        "endpoint": endpoint,
        **({"description": described} if described else {}),
    }


FUNCTIONS: Mapping[str, Function] = {
    "aws:apprunner/getHostedZoneId:getHostedZoneId": _zone("apprunner/zone"),
    "aws:cloudfront/getLogDeliveryCanonicalUserId:getLogDeliveryCanonicalUserId": _log_delivery,
    "aws:cloudtrail/getServiceAccount:getServiceAccount": lambda _args, location: _account(
        _entry("cloudtrail/account", location), location
    ),
    "aws:elasticbeanstalk/getHostedZone:getHostedZone": _zone("elasticbeanstalk/zone"),
    "aws:elb/getHostedZoneId:getHostedZoneId": _zone("lb/application"),
    "aws:elb/getServiceAccount:getServiceAccount": _load_balancer_account,
    "aws:index/getBillingServiceAccount:getBillingServiceAccount": lambda _args, location: _account(
        BILLING_ACCOUNT, location, regional=False
    ),
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getService:getService": _service,
    "aws:index/getServicePrincipal:getServicePrincipal": _principal,
    "aws:lb/getHostedZoneId:getHostedZoneId": _load_balancer_zone,
    "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": _image,
}
