"""The AWS functions whose answers AWS publishes: accounts and hosted zones by region, as in `tables/published.json`.

The tables are those of the AWS provider's own source, which pulumi-aws wraps; each names its sources beside it. A region
that a table lacks has an unknown answer, not an error: a newer provider may have it. Only where AWS says that a table
gets no more regions is the call refused, as the provider refuses it.
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

from stackguard.preview.provider.outputs import Place

TABLE = Path(__file__).parent / "tables" / "published.json"
BILLING_ACCOUNT = "386209384616"
"""Who writes cost reports. Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/billing-getting-started.html#step-2."""
LOG_DELIVERY = {
    "aws-cn": "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56",
    "": "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
}
"""Whom CloudFront writes logs as, by partition; an empty key is all others.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html#AccessLogsBucketAndFileOwnership
and the same page of https://docs.amazonaws.cn."""
OWN_DOMAIN = {
    "aws-cn": ("codedeploy", "elasticmapreduce", "logs"),
    "aws-iso": ("cloudhsm", "config", "logs", "workspaces"),
    "aws-iso-b": ("dms", "logs"),
}
"""Services whose principal ends in their partition's domain; all others end in `amazonaws.com`.

Source: the provider's internal/service/meta/service_principal_data_source.go, which cites `region-info` of the AWS CDK."""

Function = Callable[[Mapping[str, Any], Place, Mapping[str, Any]], Mapping[str, Any] | None]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One published table: what stands in each region, where that is said, and the image repositories it is of."""

    source: list[str]
    regions: dict[str, str]
    repositories: list[str] = []


@cache
def tables() -> Mapping[str, Table]:
    """Every table, by name."""
    return msgspec.json.decode(TABLE.read_bytes(), type=dict[str, Table])


@cache
def region_descriptions() -> Mapping[str, str]:
    """What AWS calls each region that botocore knows: `Europe (Ireland)`."""
    partitions = json.loads(files("botocore").joinpath("data/partitions.json").read_bytes())["partitions"]
    return {name: region["description"] for each in partitions for name, region in each["regions"].items()}


@cache
def services() -> Mapping[str, frozenset[str]]:
    """The services of each partition, as their endpoints are named. The provider reads the same list of AWS's."""
    partitions = json.loads(files("botocore").joinpath("data/endpoints.json").read_bytes())["partitions"]
    return {each["partition"]: frozenset(each["services"]) for each in partitions}


def _entry(table: str, place: Place) -> str | None:
    return tables()[table].regions.get(place.region) if isinstance(place.region, str) else None


def _account(table: str, place: Place) -> Mapping[str, Any] | None:
    account = _entry(table, place)
    return None if account is None else {"id": account, "arn": _root(account, place), "region": place.region}


def _root(account: str, place: Place) -> str:
    return f"arn:{place.partition[0]}:iam::{account}:root"


def _load_balancer_account(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Any:
    """Regions since August 2022 have no such account: their load balancers write logs as a service."""
    found = _account("elb/account", place)
    if found is None and place.partition[0] == "aws" and place.region in region_descriptions():
        raise ValueError(
            f"unsupported AWS Region: {place.region}; "
            "load balancers write their logs there as the service `logdelivery.elasticloadbalancing.amazonaws.com`"
        )
    return found


def _trail_account(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return _account("cloudtrail/account", place)


def _billing_account(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": BILLING_ACCOUNT, "arn": _root(BILLING_ACCOUNT, place)}


def _zone(table: str) -> Function:
    def zone(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = _entry(table, place)
        return None if found is None else {"id": found, "region": place.region}

    return zone


def _load_balancer_zone(args: Mapping[str, Any], place: Place, provider: Mapping[str, Any]) -> Any:
    kind = args.get("loadBalancerType") or "application"
    if kind not in ("application", "network"):
        raise ValueError(f"expected load_balancer_type to be one of `application`, `network`, got {kind}")
    zone = _zone(f"lb/{kind}")(args, place, provider)
    return zone and {**zone, "loadBalancerType": kind}


def _log_delivery(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not isinstance(place.region, str):
        return None
    return {"id": LOG_DELIVERY.get(place.partition[0], LOG_DELIVERY[""]), "region": place.region}


def _image(args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    repository, tag = args.get("repositoryName"), args.get("imageTag") or "1"
    table = next((name for name, each in tables().items() if repository in each.repositories), None)
    account = table and _entry(table, place)
    if not account:
        return None
    suffix = args.get("dnsSuffix") or place.partition[1]
    return {
        **args,
        "id": account,
        "region": place.region,
        "imageTag": tag,
        "registryId": account,
        "registryPath": f"{account}.dkr.ecr.{place.region}.{suffix}/{repository}:{tag}",
    }


def _service(args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A service's names, in DNS and reversed, from one of them or from its id; a whole name decides alone."""
    prefix = args.get("reverseDnsPrefix") or place.partition[2]
    region, service = place.region, args.get("serviceId")
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
    partition = Place(place.account, region).partition[0]
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


def _principal(args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    service = str(args.get("serviceName"))
    partition, domain, _ = place.partition
    if not isinstance(place.region, str):
        return None
    suffix = domain if service in OWN_DOMAIN.get(partition, ()) else "amazonaws.com"
    return {
        "id": f"{service}.{place.region}.{suffix}",
        "name": f"{service}.{suffix}",
        "region": place.region,
        "serviceName": service,
        "suffix": suffix,
    }


def _region(args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    region = args.get("name") or args.get("id") or place.region
    if args.get("endpoint"):
        match = re.match(r"ec2\.([a-z0-9-]+)\.", args["endpoint"])
        region = match[1] if match else None
    if not isinstance(region, str):
        return None
    endpoint = f"ec2.{region}.{Place(place.account, region).partition[1]}"
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
    "aws:cloudtrail/getServiceAccount:getServiceAccount": _trail_account,
    "aws:elasticbeanstalk/getHostedZone:getHostedZone": _zone("elasticbeanstalk/zone"),
    "aws:elb/getHostedZoneId:getHostedZoneId": _zone("lb/application"),
    "aws:elb/getServiceAccount:getServiceAccount": _load_balancer_account,
    "aws:index/getBillingServiceAccount:getBillingServiceAccount": _billing_account,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getService:getService": _service,
    "aws:index/getServicePrincipal:getServicePrincipal": _principal,
    "aws:lb/getHostedZoneId:getHostedZoneId": _load_balancer_zone,
    "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": _image,
}
