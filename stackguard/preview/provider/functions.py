"""The AWS functions ("data sources") whose result follows from their arguments and the provider alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from policypack.core.policy import Unknown
from policypack.iam.document import VERSIONS
from policypack.iam.managed import managed_name
from policypack.iam.tables import managed_policies
from stackguard.preview.go_json import parsed
from stackguard.preview.placeholders.mock import camel, unknown_in
from stackguard.preview.provider import published
from stackguard.preview.provider.core_network import core_network_policy
from stackguard.preview.provider.documents import data_protection_policy, lifecycle_policy, traffic_policy
from stackguard.preview.provider.outputs import AwsLocation
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
"""Functions that have a result only for regions of the provider's own partition."""


def call(token: str, args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    """The function's result, or None if only the cloud can give it.

    Args:
        token: the function's token.
        args: its arguments; one that is unknown, at any depth, makes the result unknown.
        location: where the provider works.

    Raises:
        ValueError: the provider refuses these arguments.
    """
    function, there = FUNCTIONS.get(token), location.within(args.get("region"))
    if function is None or unknown_in(args) is not None:
        return None
    if there.partition != location.partition and token in ONE_PARTITION:
        return None
    return function(_schema_names(args), there)


def reason(token: str, args: Mapping[str, Any], location: AwsLocation) -> str:
    """Why a function with published results has none, for a report; empty for any other function."""
    region = location.within(args.get("region")).region
    if token not in published.FUNCTIONS or unknown_in(args) is not None:
        return ""
    if isinstance(region, Unknown):
        return "which depends on the region, and no `aws:region` is set"
    return f"which is not in the published tables here for `{region}`"


def known_part(token: str, args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    """What is known of the result of a function that only the cloud knows in full; None if nothing is."""
    if token not in IN_PART or unknown_in(args) is not None:
        return None
    return _managed_policy(_schema_names(args), location.within(args.get("region")).partition.name)


def _managed_policy(args: Mapping[str, Any], partition: str) -> Mapping[str, Any] | None:
    """A managed policy by its ARN, or one of AWS's by its name, with its document if it is AWS's."""
    name = str(args.get("name") or "")
    paths = (path for path in managed_policies().policies if path.rpartition("/")[2] == name)
    matching = [path for path in paths if f"/{path}".startswith(args.get("pathPrefix") or "/")]
    arn = args.get("arn") or (f"arn:{partition}:iam::aws:policy/{matching[0]}" if matching else "")
    path, slash, name = arn.partition(":policy")[2].rpartition("/")
    if not slash:
        return None
    known = {"arn": arn, "id": arn, "name": name, "path": f"{path}/"}
    statements = managed_policies().statements(managed_name(arn))
    if statements is None:
        return known
    return {**known, "policy": json.dumps({"Version": VERSIONS[0], "Statement": statements}), "tags": {}}


def _schema_names(value: Any) -> Any:
    """Arguments by their schema names: the SDK sends the keys of a plain dictionary as the program writes them.

    None of these functions takes a map with keys of the program's own.
    """
    if isinstance(value, dict):
        return {camel(name): _schema_names(inner) for name, inner in value.items()}
    return [_schema_names(inner) for inner in value] if isinstance(value, list) else value


def _caller_identity(_args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any]:
    """A user of the same account, instead of the unknown caller of the update."""
    return {
        "accountId": location.account,
        "arn": f"arn:{location.partition.name}:iam::{location.account}:user/{STAND_IN_USER}",
        "id": location.account,
        "userId": "AIDACKCEVSQ6C2EXAMPLE",
    }


def _partition(_args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any]:
    partition = location.partition
    names = {"id": partition.name, "partition": partition.name}
    return {**names, "dnsSuffix": partition.domain, "reverseDnsPrefix": partition.reversed_domain}


def _parse(args: Mapping[str, Any]) -> list[str]:
    """The five parts of the argument `arn`."""
    prefix, *parts = str(args.get("arn")).split(":", 5)
    if prefix != "arn" or len(parts) != len(PARTS):
        raise ValueError("`arn` must be an ARN")
    return parts


def _parsed(args: Mapping[str, Any], _location: AwsLocation) -> dict[str, Any]:
    return dict(zip(PARTS, _parse(args), strict=True))


def _arn(args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any]:
    parts = _parsed(args, location)
    return {"id": args["arn"], "arn": args["arn"], "account": parts.pop("accountId"), **parts}


def _default_tags(_args: Mapping[str, Any], location: AwsLocation) -> Mapping[str, Any] | None:
    settings = parsed(location.default_tags)
    tags = (settings or {}).get("tags") or {} if isinstance(settings, dict) or settings is None else None
    return None if tags is None or unknown_in(tags) is not None else {"id": location.partition.name, "tags": tags}


def _session(args: Mapping[str, Any], _location: AwsLocation) -> Mapping[str, Any] | None:
    """The issuer of a session: any ARN but a session's issues itself; the path of a session's role is known only to IAM."""
    *_, service, _region, _account, resource = _parse(args)
    if service == "sts" and re.match(r"assumed-role/.+/..", resource):
        return None
    return {"id": args["arn"], "arn": args["arn"], "issuerArn": args["arn"], **dict.fromkeys(SESSION, "")}


def _trimmed(args: Mapping[str, Any], _location: AwsLocation) -> Mapping[str, Any]:
    partition, service, region, account, resource = _parse(args)
    if service != "iam" or region or not resource.startswith("role/"):
        raise ValueError(f"`{args['arn']}` must be the ARN of an IAM role")
    return {"result": f"arn:{partition}:iam::{account}:role/{resource.rpartition('/')[2]}"}


def _built(args: Mapping[str, Any], _location: AwsLocation) -> Mapping[str, Any]:
    return {"result": ":".join(["arn", *(args.get(part) or "" for part in PARTS)])}


def _user_agent(args: Mapping[str, Any], _location: AwsLocation) -> Mapping[str, Any]:
    name, version, comment = (args.get(part) or "" for part in ("productName", "productVersion", "comment"))
    if not name:
        raise ValueError("product_name must be set")
    return {"result": f"{name}{f'/{version}' if version else ''}{f' ({comment})' if comment else ''}"}


def _of_arguments(write: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]) -> Function:
    """A function of its arguments alone."""
    return lambda args, _location: write(args)


IN_PART = frozenset({"aws:iam/getPolicy:getPolicy"})
"""Functions of whose results a part is known."""
TEMPLATES = frozenset({"aws:iam/getPolicyDocument:getPolicyDocument"})
"""Functions that copy texts into their result unchanged."""

FUNCTIONS: Mapping[str, Function] = {
    "aws:cloudwatch/getLogDataProtectionPolicyDocument:getLogDataProtectionPolicyDocument": _of_arguments(
        data_protection_policy
    ),
    "aws:ecr/getLifecyclePolicyDocument:getLifecyclePolicyDocument": _of_arguments(lifecycle_policy),
    "aws:iam/getPolicyDocument:getPolicyDocument": _of_arguments(get_policy_document),
    "aws:iam/getSessionContext:getSessionContext": _session,
    "aws:index/arnBuild:arnBuild": _built,
    "aws:index/arnParse:arnParse": _parsed,
    "aws:index/getArn:getArn": _arn,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getDefaultTags:getDefaultTags": _default_tags,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/trimIamRolePath:trimIamRolePath": _trimmed,
    "aws:index/userAgent:userAgent": _user_agent,
    "aws:networkmanager/getCoreNetworkPolicyDocument:getCoreNetworkPolicyDocument": _of_arguments(core_network_policy),
    "aws:route53/getTrafficPolicyDocument:getTrafficPolicyDocument": _of_arguments(traffic_policy),
    **published.FUNCTIONS,
}
