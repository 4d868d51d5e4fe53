"""Values of one resource that contradict one another or its region, filter policies, and names with their service's form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.limits import limit_problem
from tests.policies.helpers import messages, violations

SUBSCRIPTION, TASK = "aws:sns/topicSubscription:TopicSubscription", "aws:ecs/taskDefinition:TaskDefinition"
LISTENER, CLASSIC = "aws:lb/listener:Listener", "aws:elb/loadBalancer:LoadBalancer"
DISTRIBUTION, SUBNET = "aws:cloudfront/distribution:Distribution", "aws:ec2/subnet:Subnet"
DOMAIN, HTTP_DOMAIN = "aws:apigateway/domainName:DomainName", "aws:apigatewayv2/domainName:DomainName"
ACL, ASSOCIATION = "aws:wafv2/webAcl:WebAcl", "aws:wafv2/webAclAssociation:WebAclAssociation"
PROJECT, POINT = "aws:codebuild/project:Project", "aws:s3/accessPoint:AccessPoint"
VOLUME, SEARCH = "aws:ebs/volume:Volume", "aws:opensearch/domain:Domain"
EAST, WEST = (f"arn:aws:acm:{region}:111122223333:certificate/0aa1" for region in ("us-east-1", "eu-central-1"))
GLOBAL, REGIONAL = (
    f"arn:aws:wafv2:us-east-1:111122223333:{scope}/webacl/shop/0aa1" for scope in ("global", "regional")
)


def reported(token: str, inputs: dict[str, Any], region: str = "eu-central-1") -> list[str]:
    return sorted(violations(POLICY, Resource(token, "x", inputs, outputs={"region": region})))


def filtered(policy: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    return {"filterPolicy": json.dumps(policy), **inputs}


def task(**inputs: Any) -> dict[str, Any]:
    return {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512", "networkMode": "awsvpc"} | inputs


def containers(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"containerDefinitions": json.dumps(containers)}


def served(target: str, **inputs: Any) -> dict[str, Any]:
    origins = [{"originId": "shop", "domainName": "shop.example.com"}, {"originId": "cdn", "domainName": "b.example"}]
    return {"origins": origins, "defaultCacheBehavior": {"targetOriginId": target}, **inputs}


def grouped(*members: str) -> list[dict[str, Any]]:
    return [{"originId": "both", "members": [{"originId": member} for member in members]}]


def built(size: Any, kind: Any = "LINUX_CONTAINER") -> dict[str, Any]:
    return {"environment": {"computeType": size, "image": "aws/codebuild/standard:7.0", "type": kind}}


def classic(protocol: str, **listener: Any) -> dict[str, Any]:
    return {"listeners": [{"lbPort": 443, "instancePort": 80, "lbProtocol": protocol, **listener}]}


SITE = "arn:aws:s3:::acme-site"
WEB, PROXY = {"name": "web"}, {"name": "proxy"}
MOUNTING = {"name": "web", "mountPoints": [{"sourceVolume": "uploads", "containerPath": "/in"}]}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("filterPolicy", SUBSCRIPTION, filtered({"tier": "gold"})),
        ("filterPolicy", SUBSCRIPTION, filtered({"price": 10}, filterPolicyScope="MessageBody")),
        ("filterPolicy", SUBSCRIPTION, filtered({"buyer": {"tier": ["gold"]}})),
        ("filterPolicy", SUBSCRIPTION, filtered({"buyer": {"tier": "gold"}}, filterPolicyScope="MessageBody")),
        ("filterPolicy", SUBSCRIPTION, filtered({"$or": [{"tier": "gold"}, {"price": [1]}]})),
        ("networkMode", TASK, task(networkMode="bridge")),
        ("networkMode", TASK, task(networkMode="host", requiresCompatibilities=["EC2", "FARGATE"])),
        ("requiresCompatibilities", TASK, task(networkMode=None)),
        ("containerDefinitions", TASK, task(**containers({**WEB, "dependsOn": [{"containerName": "prox"}]}, PROXY))),
        ("containerDefinitions", TASK, containers({**WEB, "volumesFrom": [{"sourceContainer": "data"}]})),
        ("containerDefinitions", TASK, containers(MOUNTING)),
        ("containerDefinitions", TASK, {**containers(MOUNTING), "volumes": [{"name": "upload"}]}),
        ("protocol", LISTENER, {"port": 8443, "protocol": "HTTPS"}),
        ("protocol", LISTENER, {"port": 853, "protocol": "TLS", "certificateArn": ""}),
        ("listeners[0].lbProtocol", CLASSIC, classic("https")),
        ("listeners[0].lbProtocol", CLASSIC, classic("SSL")),
        ("defaultCacheBehavior.targetOriginId", DISTRIBUTION, served("shops")),
        ("orderedCacheBehaviors[0].targetOriginId", DISTRIBUTION, served("cdn", orderedCacheBehaviors=[{"targetOriginId": "img"}])),
        ("originGroups[0].members[1].originId", DISTRIBUTION, served("both", originGroups=grouped("shop", "spare"))),
        ("viewerCertificate.acmCertificateArn", DISTRIBUTION, served("cdn", viewerCertificate={"acmCertificateArn": WEST})),
        ("webAclId", DISTRIBUTION, served("shop", webAclId=REGIONAL)),
        ("webAclArn", ASSOCIATION, {"webAclArn": GLOBAL}),
        ("scope", ACL, {"scope": "CLOUDFRONT"}),
        ("certificateArn", DOMAIN, {"domainName": "api.acme.example", "certificateArn": WEST}),
        ("certificateArn", DOMAIN, {"certificateArn": WEST, "endpointConfiguration": {"types": "EDGE"}}),
        ("regionalCertificateArn", DOMAIN, {"regionalCertificateArn": EAST}),
        ("domainNameConfiguration.certificateArn", HTTP_DOMAIN, {"domainNameConfiguration": {"certificateArn": EAST}}),
        ("certificateArn", LISTENER, {"protocol": "HTTPS", "certificateArn": EAST}),
        ("certificateArn", "aws:appsync/domainName:DomainName", {"certificateArn": WEST}),
        ("certificateArn", "aws:cognito/userPoolDomain:UserPoolDomain", {"domain": "in.acme.example", "certificateArn": WEST}),
        ("availabilityZone", SUBNET, {"availabilityZone": "ap-south-1b"}),
        ("availabilityZone", VOLUME, {"availabilityZone": "us-west-2-lax-1a"}),
        ("availabilityZones[1]", CLASSIC, {"availabilityZones": ["eu-central-1a", "eu-west-1a"]}),
        ("environment.computeType", PROJECT, built("BUILD_GENERAL1_HUGE")),
        ("environment.computeType", PROJECT, built("build_general1_small")),
        ("environment.computeType", PROJECT, built("BUILD_LAMBDA_2GB")),
        ("environment.computeType", PROJECT, built("BUILD_GENERAL1_SMALL", "ARM_LAMBDA_CONTAINER")),
        ("name", POINT, {"name": "Team_Data"}),
        ("name", POINT, {"name": "ab"}),
        ("name", POINT, {"name": "reports-"}),
        ("domainName", SEARCH, {"domainName": "Logs"}),
        ("domainName", SEARCH, {"domainName": "logs-of-the-whole-organization"}),
        ("name", "aws:backup/vault:Vault", {"name": "nightly copies"}),
        ("name", "aws:athena/workgroup:Workgroup", {"name": "bi/team"}),
        ("name", "aws:lambda/alias:Alias", {"name": "42"}),
        ("name", "aws:cloudformation/stack:Stack", {"name": "web_stack"}),
        ("name", "aws:cloudtrail/trail:Trail", {"name": "my trail"}),
        ("name", "aws:ecs/capacityProvider:CapacityProvider", {"name": "aws-spot"}),
        ("name", "aws:rds/parameterGroup:ParameterGroup", {"name": "orders_pg16"}),
        ("name", "aws:iot/topicRule:TopicRule", {"name": "to-queue"}),
        ("stageName", "aws:apigateway/stage:Stage", {"stageName": "v1.0"}),
    ],
)  # fmt: skip
def test_a_contradiction_is_reported_once(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (SUBSCRIPTION, filtered({"tier": ["gold", {"prefix": "s"}], "price": [{"numeric": [">", 5]}]})),
        (SUBSCRIPTION, filtered({"buyer": {"tier": ["gold"]}}, filterPolicyScope="MessageBody")),
        (SUBSCRIPTION, filtered({"buyer": {"tier": ["gold"]}}, filterPolicyScope=UNKNOWN)),
        (SUBSCRIPTION, filtered({"$or": [{"tier": ["gold"]}, {"price": [1]}], "kind": ["order"]})),
        (SUBSCRIPTION, filtered({"$or": [{"prefix": "a"}]})),
        (SUBSCRIPTION, {"filterPolicy": UNKNOWN}),
        (SUBSCRIPTION, filtered({})),
        (TASK, task()),
        (TASK, task(networkMode=UNKNOWN)),
        (TASK, {"requiresCompatibilities": ["EC2"], "networkMode": "bridge"}),
        (TASK, {"requiresCompatibilities": ["EXTERNAL"]}),
        (TASK, {"requiresCompatibilities": UNKNOWN}),
        (TASK, {**containers(MOUNTING, {**PROXY, "dependsOn": [{"containerName": "web"}]}), "volumes": [{"name": "uploads"}]}),
        (TASK, {**containers(MOUNTING), "volumes": UNKNOWN}),
        (TASK, {**containers(MOUNTING), "volumes": [{"name": UNKNOWN}]}),
        (TASK, {"containerDefinitions": UNKNOWN}),
        (LISTENER, {"port": 443, "protocol": "HTTPS", "certificateArn": UNKNOWN}),
        (LISTENER, {"port": 443, "protocol": "TLS", "certificateArn": WEST}),
        (LISTENER, {"port": 443, "protocol": "TCP"}),
        (LISTENER, {"protocol": "HTTPS", "certificateArn": "arn:aws:iam::111122223333:server-certificate/shop"}),
        (CLASSIC, classic("https", sslCertificateId=WEST)),
        (CLASSIC, classic("tcp")),
        (DISTRIBUTION, served("shop", orderedCacheBehaviors=[{"targetOriginId": "cdn"}])),
        (DISTRIBUTION, served("both", originGroups=grouped("shop", "cdn"))),
        (DISTRIBUTION, served("else", originGroups=UNKNOWN)),
        (DISTRIBUTION, {"origins": [{"originId": SITE}], "defaultCacheBehavior": {"targetOriginId": SITE}}),
        (DISTRIBUTION, served(UNKNOWN)),
        (DISTRIBUTION, {"origins": [{"originId": UNKNOWN}], "defaultCacheBehavior": {"targetOriginId": "shop"}}),
        (DISTRIBUTION, served("cdn", viewerCertificate={"acmCertificateArn": EAST}, webAclId=GLOBAL)),
        (DISTRIBUTION, served("cdn", webAclId="0aa1b2c3-0000-1111-2222-333344445555")),
        (ASSOCIATION, {"webAclArn": REGIONAL}),
        (ACL, {"scope": "REGIONAL"}),
        (ACL, {"scope": "CLOUDFRONT", "region": "us-east-1"}),
        (DOMAIN, {"certificateArn": EAST, "endpointConfiguration": {"types": "EDGE"}}),
        (DOMAIN, {"certificateArn": WEST, "endpointConfiguration": {"types": "PRIVATE"}}),
        (DOMAIN, {"certificateArn": WEST, "endpointConfiguration": UNKNOWN}),
        (DOMAIN, {"regionalCertificateArn": WEST, "endpointConfiguration": {"types": "REGIONAL"}}),
        (SUBNET, {"availabilityZone": "eu-central-1c"}),
        (SUBNET, {"availabilityZone": "eu-west-1a", "region": "eu-west-1"}),
        (SUBNET, {"availabilityZone": "eu-central-1-ham-1a"}),
        (SUBNET, {"availabilityZone": UNKNOWN}),
        (SUBNET, {"availabilityZone": "eu-central-1-wl1-ber-wlz-1"}),
        (PROJECT, built("BUILD_LAMBDA_10GB", "LINUX_LAMBDA_CONTAINER")),
        (PROJECT, built("BUILD_GENERAL1_2XLARGE", "ARM_CONTAINER")),
        (PROJECT, built("ATTRIBUTE_BASED_COMPUTE")),
        (PROJECT, built(UNKNOWN)),
        (POINT, {"name": "team-data-2"}),
        (POINT, {"name": "scans--euc1-az1--xa-s3"}),
        (SEARCH, {"domainName": "logs-2"}),
        ("aws:backup/vault:Vault", {"name": "Nightly_copies-1"}),
        ("aws:athena/workgroup:Workgroup", {"name": "bi.team_2"}),
        ("aws:lambda/alias:Alias", {"name": "v42"}),
        ("aws:rds/parameterGroup:ParameterGroup", {"name": "orders-pg16"}),
        ("aws:cloudtrail/trail:Trail", {"name": "org.trail_1"}),
        ("aws:cognito/userPool:UserPool", {"name": "Shop users, EU"}),
        ("aws:iot/topicRule:TopicRule", {"name": "to_queue"}),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_contradiction_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


def test_the_message_names_what_is_meant() -> None:
    distribution = Resource(DISTRIBUTION, "x", served("shopp"))
    assert messages(POLICY, distribution) == ["is the `originId` of no origin; did you mean `shop`?"]
    subnet = Resource(SUBNET, "x", {"availabilityZone": "us-west-2a", "region": "us-east-2"})
    assert messages(POLICY, subnet) == ["is a zone of `us-west-2`, and the resource is in `us-east-2`"]


def test_every_size_of_codebuild_has_its_form() -> None:
    shape = get_session().get_service_model("codebuild").shape_for("ComputeType")
    assert [size for size in shape.enum if limit_problem("like:build-size", size)] == []


@given(st.dictionaries(st.text(), st.lists(st.text() | st.integers() | st.booleans(), min_size=1)))
def test_lists_of_values_are_a_filter_policy(policy: dict[str, Any]) -> None:
    assert reported(SUBSCRIPTION, filtered({key: value for key, value in policy.items() if key != "$or"})) == []


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, unique=True), st.data())
def test_any_origin_is_a_target(names: list[str], data: st.DataObject) -> None:
    origins = [{"originId": name, "domainName": f"{name}.example.com"} for name in names]
    target = data.draw(st.sampled_from(names))
    behavior = {"origins": origins, "defaultCacheBehavior": {"targetOriginId": target}}
    assert reported(DISTRIBUTION, behavior) == []
