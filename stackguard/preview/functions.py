"""The AWS functions ("data sources") whose result follows from their arguments and the provider alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from policypack.policy import Unknown
from stackguard.preview.outputs import Place
from stackguard.preview.policy_document import get_policy_document

STAND_IN_USER = "preview"
Function = Callable[[Mapping[str, Any], Place, Mapping[str, Any]], Mapping[str, Any] | None]


def call(token: str, args: Mapping[str, Any], place: Place, provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The function's result, or None where only the cloud knows it.

    Args:
        token: the function's token.
        args: its arguments; one that is unknown, at any depth, makes the result unknown.
        place: where the provider works.
        provider: the provider's inputs.

    Raises:
        ValueError: the provider refuses these arguments.

    """
    function = FUNCTIONS.get(token)
    if function is None or _has_unknown(args):
        return None
    return function(args, place.within(args.get("region")), provider)


def _has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_unknown(each) for each in value.values())
    if isinstance(value, list):
        return any(_has_unknown(each) for each in value)
    return isinstance(value, Unknown)


def _caller_identity(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whoever runs the update later is not known; a user of the same account stands in for them."""
    return {
        "accountId": place.account,
        "arn": f"arn:{place.partition[0]}:iam::{place.account}:user/{STAND_IN_USER}",
        "id": place.account,
        "userId": "AIDACKCEVSQ6C2EXAMPLE",
    }


def _region(args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    region = args.get("name") or args.get("id") or place.region
    if not isinstance(region, str):
        return None
    domain = Place(place.account, region).partition[1]
    return {
        "id": region,
        "name": region,
        "region": region,
        "endpoint": f"ec2.{region}.{domain}",
    }


def _partition(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    partition, domain, reverse = place.partition
    return {"id": partition, "partition": partition, "dnsSuffix": domain, "reverseDnsPrefix": reverse}


def _arn(args: Mapping[str, Any], _place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    parts = str(args.get("arn")).split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        raise ValueError("`arn` must be an ARN")
    _, partition, service, region, account, resource = parts
    return {
        "id": args["arn"],
        "arn": args["arn"],
        "partition": partition,
        "service": service,
        "region": region,
        "account": account,
        "resource": resource,
    }


def _default_tags(_args: Mapping[str, Any], place: Place, provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    raw = provider.get("defaultTags")
    if isinstance(raw, str):
        raw = json.loads(raw)
    tags = (raw or {}).get("tags") or {} if isinstance(raw, dict) or raw is None else None
    return None if tags is None or _has_unknown(tags) else {"id": place.partition[0], "tags": tags}


def _service_principal(args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    service = str(args.get("serviceName"))
    partition, domain, _ = place.partition
    if partition != "aws" or not isinstance(place.region, str):
        return None  # some services keep the partition's own domain there, some do not
    return {
        "id": f"{service}.{place.region}.{domain}",
        "name": f"{service}.{domain}",
        "region": place.region,
        "serviceName": service,
        "suffix": domain,
    }


TEMPLATES = frozenset({"aws:iam/getPolicyDocument:getPolicyDocument"})
"""Functions that hand texts on as they are."""

FUNCTIONS: Mapping[str, Function] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": lambda args, _place, _provider: get_policy_document(args),
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getArn:getArn": _arn,
    "aws:index/getDefaultTags:getDefaultTags": _default_tags,
    "aws:index/getServicePrincipal:getServicePrincipal": _service_principal,
}
