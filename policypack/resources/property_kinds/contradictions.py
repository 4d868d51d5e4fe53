"""Values of one resource that contradict one another, or its region: a resource in, places and clauses out.

Unknown values contradict nothing.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html (ECS answers `Fargate only
supports network mode awsvpc`, and `Unknown volume`),
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html and
https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_Listener.html (certificates),
https://docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_CreateDistribution.html (`NoSuchOrigin`),
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-specify-certificate-for-custom-domain-name.html,
https://docs.aws.amazon.com/appsync/latest/devguide/custom-domain-name.html,
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html and
https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html (certificates and web ACLs of global services).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from policypack.core.policy import Resource
from policypack.core.spelling import similar
from policypack.core.values import has_unknown
from policypack.iam.arn import Arn
from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.json_texts import items
from policypack.resources.property_kinds.regions import is_region
from policypack.resources.property_kinds.relations.containers import definitions
from policypack.resources.property_kinds.table import values_of
from policypack.resources.region import EDGE_REGION

Inputs = Mapping[str, Any]
Clauses = Iterator[tuple[str, str]]

ZONE = "like:zone"
_ZONE = re.compile(r"([a-z]{2,}(?:-[a-z]+)+-\d)(?:[a-z]|-[a-z0-9-]+)")
"""A zone with its region: `eu-west-1a`, and the local zone `us-west-2-lax-1a`."""
_SHOWN = re.compile(r"[\w./ -]{1,80}", re.ASCII)
_SECURE = {"HTTPS", "TLS"}
_CLASSIC_SECURE = {"https", "ssl"}


def contradictions(resource: Resource) -> Clauses:
    """The places of values that another value of the resource, or its region, contradicts, each with a clause."""
    if problems := _BY_TYPE.get(resource.type):
        yield from problems(resource.inputs)
    region = resource.inputs.get("region") or resource.outputs.get("region")
    if isinstance(region, str) and is_region(region):
        yield from _zones(resource, region)
        if resource.type in _REGIONAL_CERTIFICATES:
            yield from _certificates(resource.inputs, _REGIONAL_CERTIFICATES[resource.type], region)
        if resource.type.startswith("aws:wafv2/"):
            yield from _web(resource.inputs, region)


def _zones(resource: Resource, region: str) -> Clauses:
    for path, kind, value in values_of(resource):
        zone = _ZONE.fullmatch(value) if ZONE in kind.split("+") and isinstance(value, str) else None
        if zone and is_region(zone[1]) and zone[1] != region:
            yield path, f"is a zone of `{zone[1]}`, and the resource is in `{region}`"


def _certificates(inputs: Inputs, path: str, region: str) -> Clauses:
    """Certificates of ACM in another region than the one that the service reads them from."""
    for place, value in values_at(inputs, path):
        arn = Arn.parse(value) if isinstance(value, str) else None
        if arn and arn.partition == "aws" and arn.service == "acm" and is_region(arn.region) and arn.region != region:
            yield place, f"is a certificate in `{arn.region}`, and only one in `{region}` is taken here"


def _edge_domain(inputs: Inputs) -> Clauses:
    """A custom domain whose endpoint is optimized for the edge; a private one has a certificate in its own region."""
    types = [kind for _, kind in values_at(inputs, "endpointConfiguration.types")]
    if not has_unknown([inputs.get("endpointConfiguration")]) and types in ([], ["EDGE"], [["EDGE"]]):
        yield from _certificates(inputs, "certificateArn", EDGE_REGION)


def _web(inputs: Inputs, region: str) -> Clauses:
    if inputs.get("scope") == "CLOUDFRONT" and region != EDGE_REGION and not region.startswith("cn-"):
        yield "scope", f"is `CLOUDFRONT`, which takes the region `{EDGE_REGION}`, and the resource is in `{region}`"


def _web_acl(name: str, wrong: str, right: str, inputs: Inputs) -> Clauses:
    arn = Arn.parse(value) if isinstance(value := inputs.get(name), str) else None
    if arn and arn.service == "wafv2" and arn.resource.startswith(f"{wrong}/webacl/"):
        yield name, f"is a web ACL of scope `{wrong}`, and only one of scope `{right}` is taken here"


def _task(inputs: Inputs) -> Clauses:
    compatible, mode = inputs.get("requiresCompatibilities"), inputs.get("networkMode")
    if isinstance(compatible, list) and "FARGATE" in compatible:
        if mode is None:
            yield (
                "requiresCompatibilities",
                "has `FARGATE`, which takes `networkMode` `awsvpc`, and the default is another",
            )
        elif isinstance(mode, str) and mode != "awsvpc":
            yield "networkMode", "takes only `awsvpc` on Fargate"
    text, volumes = inputs.get("containerDefinitions"), inputs.get("volumes")
    containers = definitions(text)
    names = [name for container in containers if isinstance(name := container.get("name"), str)]
    for container in containers:
        for other in _named(container, "dependsOn", "containerName"):
            yield from _missing("containerDefinitions", "the container", other, names, "`dependsOn`")
        for other in _named(container, "volumesFrom", "sourceContainer"):
            yield from _missing("containerDefinitions", "the container", other, names, "`volumesFrom`")
        if not has_unknown([volumes]):
            known = [name for _, name in values_at(inputs, "volumes[*].name") if isinstance(name, str)]
            for other in _named(container, "mountPoints", "sourceVolume"):
                yield from _missing("containerDefinitions", "the volume", other, known, "`mountPoints`")


def _named(container: Mapping[str, Any], part: str, name: str) -> Iterator[str]:
    for item in items(container.get(part)):
        value = item.get(name)
        if isinstance(value, str) and value:
            yield value


def _missing(place: str, what: str, name: str, known: Collection[str], where: str) -> Clauses:
    """A name that is not among those that the resource defines."""
    if name not in known:
        close = similar(name, sorted(known))
        shown = f" `{name}`" if _SHOWN.fullmatch(name) else ""
        hint = f"; did you mean `{close[0]}`?" if close and _SHOWN.fullmatch(close[0]) else ""
        yield place, f"has {what}{shown} in {where}, which the resource does not define{hint}"


def _listener(inputs: Inputs) -> Clauses:
    protocol = inputs.get("protocol")
    if isinstance(protocol, str) and protocol in _SECURE and not inputs.get("certificateArn"):
        yield "protocol", f"is `{protocol}`, which takes `certificateArn`, the default certificate"


def _classic_listeners(inputs: Inputs) -> Clauses:
    for path, listener in values_at(inputs, "listeners[*]"):
        protocol = listener.get("lbProtocol") if isinstance(listener, Mapping) else None
        if isinstance(protocol, str) and protocol.lower() in _CLASSIC_SECURE and not listener.get("sslCertificateId"):
            yield f"{path}.lbProtocol", f"is `{protocol}`, which takes `sslCertificateId`"


def _distribution(inputs: Inputs) -> Clauses:
    yield from _certificates(inputs, "viewerCertificate.acmCertificateArn", EDGE_REGION)
    yield from _web_acl("webAclId", "regional", "global", inputs)
    if has_unknown([inputs.get("origins"), inputs.get("originGroups")]) or not isinstance(inputs.get("origins"), list):
        return
    origins = [origin for _, origin in values_at(inputs, "origins[*].originId")]
    groups = [group for _, group in values_at(inputs, "originGroups[*].originId")]
    for pattern, known in (
        ("defaultCacheBehavior.targetOriginId", [*origins, *groups]),
        ("orderedCacheBehaviors[*].targetOriginId", [*origins, *groups]),
        ("originGroups[*].members[*].originId", origins),
    ):
        for path, name in values_at(inputs, pattern):
            if isinstance(name, str) and name not in known:
                close = similar(name, sorted(filter(None, map(str, known))))
                yield path, f"is the `originId` of no origin{f'; did you mean `{close[0]}`?' if close else ''}"


def _build(inputs: Inputs) -> Clauses:
    for path, environment in values_at(inputs, "environment"):
        size, kind = (
            (environment.get("computeType"), environment.get("type")) if isinstance(environment, Mapping) else ("", "")
        )
        if isinstance(size, str) and isinstance(kind, str):
            on_lambda = size.startswith("BUILD_LAMBDA_")
            if (on_lambda and kind.endswith("_CONTAINER") and "_LAMBDA_" not in kind) or (
                "_LAMBDA_" in kind and size.startswith("BUILD_GENERAL1_")
            ):
                yield f"{path}.computeType", f"is `{size}`, which the `type` `{kind}` does not take"


_REGIONAL_CERTIFICATES: Mapping[str, str] = {
    "aws:alb/listener:Listener": "certificateArn",
    "aws:alb/listenerCertificate:ListenerCertificate": "certificateArn",
    "aws:apigateway/domainName:DomainName": "regionalCertificateArn",
    "aws:apigatewayv2/domainName:DomainName": "domainNameConfiguration.certificateArn",
    "aws:lb/listener:Listener": "certificateArn",
    "aws:lb/listenerCertificate:ListenerCertificate": "certificateArn",
}
"""By type, the path of a certificate that has to be in the region of the resource."""
_BY_TYPE: Mapping[str, Callable[[Inputs], Clauses]] = {
    "aws:alb/listener:Listener": _listener,
    "aws:apigateway/domainName:DomainName": _edge_domain,
    "aws:appsync/domainName:DomainName": partial(_certificates, path="certificateArn", region=EDGE_REGION),
    "aws:cloudfront/distribution:Distribution": _distribution,
    "aws:codebuild/project:Project": _build,
    "aws:cognito/userPoolDomain:UserPoolDomain": partial(_certificates, path="certificateArn", region=EDGE_REGION),
    "aws:ecs/taskDefinition:TaskDefinition": _task,
    "aws:elb/loadBalancer:LoadBalancer": _classic_listeners,
    "aws:lb/listener:Listener": _listener,
    "aws:wafv2/webAclAssociation:WebAclAssociation": partial(_web_acl, "webAclArn", "global", "regional"),
}
