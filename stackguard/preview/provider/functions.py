"""The AWS functions ("data sources") whose result follows from their arguments and the provider alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from policypack.core.policy import Unknown
from stackguard.preview.placeholders.mock import camel
from stackguard.preview.provider import published
from stackguard.preview.provider.core_network import core_network_policy
from stackguard.preview.provider.documents import data_protection_policy, lifecycle_policy, traffic_policy
from stackguard.preview.provider.outputs import Place
from stackguard.preview.provider.policy_document import get_policy_document
from stackguard.preview.provider.published import Function

STAND_IN_USER = "preview"
PARTS = ("partition", "service", "region", "accountId", "resource")
"""The parts of an ARN, in order."""
SESSION = ("issuerId", "issuerName", "sessionName")
ONE_PARTITION = published.FUNCTIONS.keys() - {
    "aws:index/getRegion:getRegion",
    "aws:index/getServicePrincipal:getServicePrincipal",
}
"""Functions with an answer for regions of the provider's own partition only."""


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
    function, there = FUNCTIONS.get(token), place.within(args.get("region"))
    if function is None or _has_unknown(args):
        return None
    if there.partition != place.partition and token in ONE_PARTITION:
        return None
    return function(_schema_names(args), there, provider)


def reason(token: str, args: Mapping[str, Any], place: Place) -> str:
    """Why a function with a published answer has no result, in the words of a report; empty for any other."""
    region = place.within(args.get("region")).region
    if token not in published.FUNCTIONS or _has_unknown(args):
        return ""
    if isinstance(region, Unknown):
        return "which depends on the region, and no `aws:region` is set"
    return f"which is not in the published tables here for `{region}`"


def _schema_names(value: Any) -> Any:
    """Arguments by their schema names: the SDK sends the keys of a plain dictionary as the program writes them.

    No function here takes a map with keys of the program's own.
    """
    if isinstance(value, dict):
        return {camel(name): _schema_names(each) for name, each in value.items()}
    return [_schema_names(each) for each in value] if isinstance(value, list) else value


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


def _partition(_args: Mapping[str, Any], place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    partition, domain, reverse = place.partition
    return {"id": partition, "partition": partition, "dnsSuffix": domain, "reverseDnsPrefix": reverse}


def _parse(args: Mapping[str, Any]) -> list[str]:
    """The five parts of the argument `arn`."""
    prefix, *parts = str(args.get("arn")).split(":", 5)
    if prefix != "arn" or len(parts) != len(PARTS):
        raise ValueError("`arn` must be an ARN")
    return parts


def _arn(args: Mapping[str, Any], _place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    parts = dict(zip(PARTS, _parse(args), strict=True))
    return {"id": args["arn"], "arn": args["arn"], "account": parts.pop("accountId"), **parts}


def _parsed(args: Mapping[str, Any], _place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(zip(PARTS, _parse(args), strict=True))


def _default_tags(_args: Mapping[str, Any], place: Place, provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    raw = provider.get("defaultTags")
    if isinstance(raw, str):
        raw = json.loads(raw)
    tags = (raw or {}).get("tags") or {} if isinstance(raw, dict) or raw is None else None
    return None if tags is None or _has_unknown(tags) else {"id": place.partition[0], "tags": tags}


def _session(args: Mapping[str, Any], _place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Who issued a session: only IAM knows a role's path and id, but all else that is not a session issues itself."""
    *_, service, _region, _account, resource = _parse(args)
    if service == "sts" and re.match(r"assumed-role/.+/..", resource):
        return None
    return {"id": args["arn"], "arn": args["arn"], "issuerArn": args["arn"], **dict.fromkeys(SESSION, "")}


def _trimmed(args: Mapping[str, Any], _place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    partition, service, region, account, resource = _parse(args)
    if service != "iam" or region or not resource.startswith("role/"):
        raise ValueError(f"`{args['arn']}` must be the ARN of an IAM role")
    return {"result": f"arn:{partition}:iam::{account}:role/{resource.rpartition('/')[2]}"}


def _built(args: Mapping[str, Any], _place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"result": ":".join(["arn", *(args.get(part) or "" for part in PARTS)])}


def _user_agent(args: Mapping[str, Any], _place: Place, _provider: Mapping[str, Any]) -> Mapping[str, Any]:
    name, version, comment = (args.get(each) or "" for each in ("productName", "productVersion", "comment"))
    if not name:
        raise ValueError("product_name must be set")
    return {"result": f"{name}{f'/{version}' if version else ''}{f' ({comment})' if comment else ''}"}


def _written(write: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]) -> Function:
    """A function of its arguments alone."""
    return lambda args, _place, _provider: write(args)


DOCUMENTS = {
    "aws:cloudwatch/getLogDataProtectionPolicyDocument:getLogDataProtectionPolicyDocument": data_protection_policy,
    "aws:ecr/getLifecyclePolicyDocument:getLifecyclePolicyDocument": lifecycle_policy,
    "aws:iam/getPolicyDocument:getPolicyDocument": get_policy_document,
    "aws:networkmanager/getCoreNetworkPolicyDocument:getCoreNetworkPolicyDocument": core_network_policy,
    "aws:route53/getTrafficPolicyDocument:getTrafficPolicyDocument": traffic_policy,
}
TEMPLATES = frozenset({"aws:iam/getPolicyDocument:getPolicyDocument"})
"""Functions that hand texts on as they are."""

FUNCTIONS: Mapping[str, Function] = {
    "aws:iam/getSessionContext:getSessionContext": _session,
    "aws:index/arnBuild:arnBuild": _built,
    "aws:index/arnParse:arnParse": _parsed,
    "aws:index/getArn:getArn": _arn,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getDefaultTags:getDefaultTags": _default_tags,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/trimIamRolePath:trimIamRolePath": _trimmed,
    "aws:index/userAgent:userAgent": _user_agent,
    **{token: _written(write) for token, write in DOCUMENTS.items()},
    **published.FUNCTIONS,
}
