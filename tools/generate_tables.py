"""Write `policypack/iam/tables/*.json`: facts about AWS types that would go stale by hand.

`python tools/generate_tables.py` writes the tables from the installed pulumi-aws, botocore and moto;
`--check` writes nothing and exits with 1 when a table on disk is stale.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from nested_arguments import nested_arguments
from property_tables import addresses_table, endpoints_table, runtimes_table, settings_table
from sdk_source import Property, ResourceType, resource_types, sdk_folder, sdk_version, walk

TABLES = Path(__file__).parents[1] / "policypack" / "iam" / "tables"

NAMED_AS_DOCUMENT = re.compile(r"(?:\w+P|p)olic(?:y|ies)|\w*[pP]olicyDocument")
DESCRIBED_AS_DOCUMENT = re.compile(
    r"\bJSON\b|\bIAM\b|policy document|resource(?:-based)? policy"
    r"|\b(?:access|endpoint|key|session) policy"
    r"|(?:text|contents?) of the (?:resource )?policy|policy to (?:attach|be applied|create)"
    r"|policy that you want to apply",
    re.IGNORECASE,
)
DESCRIBED_AS_LIMIT = re.compile(r"session policy|scopes down|additional restrictions", re.IGNORECASE)
DESCRIBED_AS_ENDPOINT = re.compile(r"\bendpoint policy for\b|attach to the endpoint", re.IGNORECASE)

OTHER_LANGUAGES_BY_NAME: Mapping[str, str] = {
    "autoscalingPolicy": "EMR scaling rules",
    "basePolicyDocument": "a Cloud WAN network layout",
    "browserPolicy": "Chrome's enterprise policies",
    "defaultPolicy": "the word `VOLUME` or `INSTANCE`",
    "deliveryPolicy": "how often SNS retries",
    "filterPolicy": "a pattern over SNS messages",
    "lifecyclePolicy": "ECR's rules for expiring images",
    "redriveAllowPolicy": "which queues may use a dead-letter queue",
    "redrivePolicy": "the target of a dead-letter queue",
    "replayPolicy": "what SNS replays from its archive",
    "routingPolicy": "the word `MULTIVALUE` or `WEIGHTED`",
    "webAppEndpointPolicy": "the word `STANDARD` or `FIPS`",
}
"""Properties that pass both tests above but are no IAM policy document, with their content."""

OTHER_LANGUAGES: Mapping[tuple[str, str], str] = {
    ("aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy", "policyDocument"): "masking rules for logs",
    ("aws:cloudwatch/logIndexPolicy:LogIndexPolicy", "policyDocument"): "a list of fields to index",
    ("aws:ecr/lifecyclePolicy:LifecyclePolicy", "policy"): "ECR's rules for expiring images",
    ("aws:iot/policyAttachment:PolicyAttachment", "policy"): "the name of an IoT policy",
    ("aws:networkmanager/coreNetworkPolicyAttachment:CoreNetworkPolicyAttachment", "policyDocument"): (
        "a Cloud WAN network layout"
    ),
    ("aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy", "policy"): "OpenSearch's own data access rules",
    ("aws:opensearch/serverlessLifecyclePolicy:ServerlessLifecyclePolicy", "policy"): "retention rules for indexes",
    ("aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy", "policy"): "encryption and network rules",
    ("aws:sns/dataProtectionPolicy:DataProtectionPolicy", "policy"): "masking rules for messages",
    ("aws:verifiedaccess/endpoint:Endpoint", "policyDocument"): "Cedar",
    ("aws:verifiedaccess/group:Group", "policyDocument"): "Cedar",
}
"""The same for single properties of single types."""

BARELY_DESCRIBED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("aws:cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy", "accessPolicy"): (
        "resource",
        "the docstring calls the document access rules",
    ),
    ("aws:organizations/policy:Policy", "content"): ("boundary", "named `content`; see `CHOSEN_BY_SIBLING`"),
    ("aws:organizations/resourcePolicy:ResourcePolicy", "content"): (
        "resource",
        "named `content`: the policy by which an organization delegates its administration",
    ),
    ("aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy", "resourcePolicy"): (
        "resource",
        "the SDK has no docstring for it",
    ),
}
"""IAM policy documents that the two tests miss: their kind and the reason."""

KINDS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("aws:iot/policy:Policy", "policy"): ("identity", "attached to a certificate, a thing group or a Cognito identity"),
}
"""Corrections of the kind that `kind_of` derives, with the reason."""

CHOSEN_BY_SIBLING: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "aws:organizations/policy:Policy": {
        "content": {
            "property": "type",
            "default": "SERVICE_CONTROL_POLICY",
            "kinds": {"SERVICE_CONTROL_POLICY": "boundary", "RESOURCE_CONTROL_POLICY": "resource"},
        }
    }
}
"""Properties whose language depends on another property of the resource; every other value is not IAM's."""

TWINS: Mapping[str, tuple[str, str]] = {
    **{
        f"aws:alb/{name}": (f"aws:lb/{name}", "the provider registers one resource under `aws_alb` and `aws_lb` names")
        for name in (
            "listener:Listener",
            "listenerCertificate:ListenerCertificate",
            "listenerRule:ListenerRule",
            "loadBalancer:LoadBalancer",
            "targetGroup:TargetGroup",
            "targetGroupAttachment:TargetGroupAttachment",
        )
    },
    "aws:s3/bucketObjectv2:BucketObjectv2": (
        "aws:s3/bucketObject:BucketObject",
        "`aws_s3_object` replaces `aws_s3_bucket_object`; both are an object in a bucket",
    ),
}
"""Types that are the same under two tokens although neither class declares the other as an alias."""

Row = Mapping[str, Any]


def described_as_document(property_: Property) -> bool:
    """Whether name, annotation and docstring of a property describe a policy document, IAM's or another."""
    if property_.takes_document_type:
        return True
    named = property_.takes_text and NAMED_AS_DOCUMENT.fullmatch(property_.name)
    return bool(named and DESCRIBED_AS_DOCUMENT.search(property_.doc))


def kind_of(token: str, property_: Property) -> str:
    """The `DocumentKind` of a document, by its name, service and docstring."""
    if property_.name == "assumeRolePolicy":
        return "trust"
    if token.startswith("aws:iam/") or property_.name == "inlinePolicy":
        return "identity"
    return "boundary" if DESCRIBED_AS_LIMIT.search(property_.doc) else "resource"


def kind_at(token: str, path: str, property_: Property) -> str | None:
    """The `DocumentKind` of the IAM policy document in a property; None if it is something else."""
    place = (token, path)
    if place in BARELY_DESCRIBED:
        return BARELY_DESCRIBED[place][0]
    if not described_as_document(property_) or property_.name in OTHER_LANGUAGES_BY_NAME or place in OTHER_LANGUAGES:
        return None
    return KINDS[place][0] if place in KINDS else kind_of(token, property_)


def documents_table(resources: Iterable[ResourceType], same: Mapping[str, str]) -> Mapping[str, Row]:
    """The properties with IAM policy documents, their kinds, and those that never grant anything.

    Raises `ValueError` when an entry of the explicit lists fits nothing in the SDK any more.
    """
    kinds: dict[str, dict[str, str]] = {}
    limits: dict[str, list[str]] = {token: list(paths) for token, paths in CHOSEN_BY_SIBLING.items()}
    unseen: set[object] = {*OTHER_LANGUAGES_BY_NAME, *OTHER_LANGUAGES, *BARELY_DESCRIBED, *KINDS}
    for resource in resources:
        for path, property_ in walk(resource):
            unseen -= {property_.name, (resource.token, path)}
            kind = kind_at(resource.token, path, property_)
            if kind is None:
                continue
            kinds.setdefault(resource.token, {})[path] = kind
            if DESCRIBED_AS_ENDPOINT.search(property_.doc):
                limits.setdefault(resource.token, []).append(path)
    if unseen:
        raise ValueError(f"fits nothing in this SDK: {', '.join(sorted(map(str, unseen)))}")
    for alias, token in same.items():
        if token in kinds:
            kinds.setdefault(alias, kinds[token])
        if token in limits:
            limits.setdefault(alias, limits[token])
    return {"documents": kinds, "limits": limits, "chosen_by_sibling": CHOSEN_BY_SIBLING}


def same_table(resources: Sequence[ResourceType]) -> Mapping[str, str]:
    """Type tokens that have another name, with the one to use. Raises `ValueError` for a twin that the SDK dropped."""
    tokens = {resource.token for resource in resources}
    same = {alias: resource.token for resource in resources for alias in resource.aliases}
    for token, (twin, _) in TWINS.items():
        if not {token, twin} <= tokens:
            raise ValueError(f"`{token}` or its twin is no longer in this SDK")
        same[token] = twin
    return {alias: last(same, token) for alias, token in same.items()}


def last(same: Mapping[str, str], token: str) -> str:
    """The end of a chain of names."""
    while token in same:
        token = same[token]
    return token


def arguments_table(resources: Iterable[ResourceType]) -> Mapping[str, str]:
    """Every input property of every type. The names are one string because that loads ten times faster."""
    return {
        resource.token: " ".join(sorted(property_.name for property_ in resource.properties)) for resource in resources
    }


def botocore_data(path: str) -> Any:
    """A data file of the installed botocore."""
    file = Path(str(importlib.metadata.distribution("botocore").locate_file("botocore"))) / "data" / path
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return json.loads(text)


def s3_events_table() -> Mapping[str, None]:
    """The events that S3's API accepts in a notification; the SDK's docstrings name only a few."""
    return dict.fromkeys(botocore_data("s3/2006-03-01/service-2.json.gz")["shapes"]["Event"]["enum"])


def managed_policies() -> Mapping[str, Mapping[str, Any]]:
    """The AWS managed policies that moto publishes and that can be attached, by path and name.

    Those for service-linked roles are left out: only their service attaches them.
    """
    published: Mapping[str, Mapping[str, Any]] = json.loads(aws_managed_policies_data)
    return {
        f"{policy['Path']}{name}".lstrip("/"): policy
        for name, policy in published.items()
        if policy["Path"] != "/aws-service-role/"
    }


def managed_statements(policy: Mapping[str, Any]) -> list[Row]:
    """The statements of a managed policy without their ids, which no report quotes."""
    document = policy["Document"]
    if document["Version"] != "2012-10-17":
        raise ValueError("a managed policy has another version of the language")
    statements = [document["Statement"]] if isinstance(document["Statement"], dict) else document["Statement"]
    return [{name: value for name, value in statement.items() if name != "Sid"} for statement in statements]


def tables() -> Mapping[str, str]:
    """The content of every table, by file name."""
    resources = resource_types(sdk_folder())
    same = same_table(resources)
    sdk = {"pulumi-aws": sdk_version()}
    boto = {"botocore": importlib.metadata.version("botocore")}
    managed = managed_policies()
    newest = max(policy["UpdateDate"] for policy in managed.values())[:10]
    moto = {"moto": importlib.metadata.version("moto"), "date": newest}
    statements = {name: managed_statements(policy) for name, policy in managed.items()}
    return {
        "arguments.json": rendered(sdk, {"arguments": arguments_table(resources)}),
        "documents.json": rendered(sdk, documents_table(resources, same)),
        "endpoints.json": rendered(sdk, {"endpoints": endpoints_table(resources, same)}),
        "events.json": rendered(boto, {"s3_events": s3_events_table()}),
        "runtimes.json": rendered({"cfn-lint": importlib.metadata.version("cfn-lint")}, {"runtimes": runtimes_table()}),
        "nested_arguments.json.gz": rendered(sdk, nested_arguments(resources)),
        "managed_policies.json.gz": rendered(moto, {"policies": statements}),
        "same.json": rendered(sdk, {"same": same}),
        "settings.json": rendered(sdk, {"settings": settings_table(resources, same)}),
        "addresses.json": rendered(sdk, {"addresses": addresses_table(resources, same)}),
    }


def rendered(source: Mapping[str, str], content: Mapping[str, Row]) -> str:
    """JSON with sorted names and one row per line, so that a new SDK's difference is readable.

    A row without a value becomes a list's element.
    """
    parts = [f'"source": {json.dumps(source)}']
    for name, rows in content.items():
        if rows and all(value is None for value in rows.values()):
            lines, (opening, closing) = [json.dumps(key) for key in sorted(rows)], "[]"
        else:
            lines = [f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in sorted(rows.items())]
            opening, closing = "{}"
        parts.append(f'"{name}": {opening}\n' + ",\n".join(lines) + f"\n{closing}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables of `policypack/iam`, or with `--check` compare them; the exit code."""
    return write(TABLES, tables, Path(__file__), arguments)


def write(folder: Path, contents: Callable[[], Mapping[str, str]], tool: Path, arguments: Sequence[str] | None) -> int:
    """Write generated tables, or with `--check` compare them; the exit code.

    Args:
        folder: where the tables are.
        contents: returns the text of each, by file name.
        tool: the script that is run.
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(description=f"Write the tables in {folder}.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a table is stale")
    check = parser.parse_args(arguments).check
    try:
        tables = contents()
    except importlib.metadata.PackageNotFoundError as missing:
        parser.error(f"`{missing.name}` is not installed")
    stale = [name for name, text in tables.items() if not (folder / name).exists() or _stored(folder / name) != text]
    if check and stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `python tools/{tool.name}`\n")
        return 1
    for name in stale:
        content = tables[name].encode()
        (folder / name).write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return 0


def _stored(file: Path) -> str:
    """The text of a table, also of a compressed one: zlib's versions compress differently."""
    content = file.read_bytes()
    return (gzip.decompress(content) if file.suffix == ".gz" else content).decode()


if __name__ == "__main__":
    sys.exit(main())
