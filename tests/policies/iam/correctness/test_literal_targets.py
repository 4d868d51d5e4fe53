"""Documents whose target is a literal name or ARN, and name another resource than that."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, construct, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.unrelated_resource import POLICY
from policypack.resources.providers import STAND_IN
from tests.policies.helpers import violations


def arn(service: str, resource: str, account: str = "777788889999") -> str:
    return f"arn:aws:{service}:eu-north-1:{account}:{resource}"


CARRIERS = [
    ("cloudwatch/eventBusPolicy:EventBusPolicy", "eventBusName", "policy", "orders", "events", "event-bus/{}"),
    (
        "cloudwatch/logDestinationPolicy:LogDestinationPolicy",
        "destinationName",
        "accessPolicy",
        "central",
        "logs",
        "destination:{}",
    ),
    ("glacier/vault:Vault", "name", "accessPolicy", "cold", "glacier", "vaults/{}"),
    ("glacier/vaultLock:VaultLock", "vaultName", "policy", "cold", "glacier", "vaults/{}"),
    ("dsql/clusterPolicy:ClusterPolicy", "identifier", "policy", "abc", "dsql", "cluster/{}"),
    (
        "efs/fileSystemPolicy:FileSystemPolicy",
        "fileSystemId",
        "policy",
        "fs-0a1b",
        "elasticfilesystem",
        "file-system/{}",
    ),
    ("schemas/registryPolicy:RegistryPolicy", "registryName", "policy", "shop", "schemas", "registry/{}"),
    (
        "sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
        "modelPackageGroupName",
        "resourcePolicy",
        "fraud",
        "sagemaker",
        "model-package-group/{}",
    ),
    ("s3/accessPoint:AccessPoint", "name", "policy", "reports", "s3", "accesspoint/{}"),
    ("mediastore/containerPolicy:ContainerPolicy", "containerName", "policy", "video", "mediastore", "container/{}"),
    (
        "cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy",
        "domainName",
        "accessPolicy",
        "shop",
        "cloudsearch",
        "domain/{}",
    ),
    ("sesv2/emailIdentityPolicy:EmailIdentityPolicy", "emailIdentity", "policy", "shop.example", "ses", "identity/{}"),
    ("amp/resourcePolicy:ResourcePolicy", "workspaceId", "policyDocument", "ws-0a", "aps", "workspace/{}"),
]
BY_ARN = [
    ("msk/clusterPolicy:ClusterPolicy", "clusterArn", "policy", "kafka", "cluster/{}/0f", "shop"),
    ("codebuild/resourcePolicy:ResourcePolicy", "resourceArn", "policy", "codebuild", "project/{}", "shop"),
    ("acmpca/policy:Policy", "resourceArn", "policy", "acm-pca", "certificate-authority/{}", "0a"),
    ("lambda/resourcePolicy:ResourcePolicy", "resourceArn", "policy", "lambda", "function:{}", "pack"),
    (
        "networkfirewall/resourcePolicy:ResourcePolicy",
        "resourceArn",
        "policy",
        "network-firewall",
        "firewall-policy/{}",
        "edge",
    ),
    ("opensearchingest/resourcePolicy:ResourcePolicy", "resourceArn", "policy", "osis", "pipeline/{}", "audit"),
    (
        "s3tables/tableBucketPolicy:TableBucketPolicy",
        "tableBucketArn",
        "resourcePolicy",
        "s3tables",
        "bucket/{}",
        "lake",
    ),
    ("kinesis/resourcePolicy:ResourcePolicy", "resourceArn", "policy", "kinesis", "stream/{}", "clicks"),
]


def found(token: str, place: str, target: Any, where: str, *resources: str) -> list[str]:
    statement = allow("*", list(resources), Principal={"AWS": "777788889999"})
    return violations(POLICY, construct(f"aws:{token}", "x", **{place: target, where: document(statement)}))


@pytest.mark.parametrize(("token", "place", "where", "name", "service", "form"), CARRIERS)
def test_target_by_name(token: str, place: str, where: str, name: str, service: str, form: str) -> None:
    own, other = arn(service, form.format(name)), arn(service, form.format("zz-other"))
    assert found(token, place, name, where, other) == [f"{where}.Statement[0].Resource"]
    for resources in ([own], [own, other], [f"{own}/*"], ["*"], [arn(service, "*")], [own.replace("eu-north-1", "*")]):
        assert found(token, place, name, where, *resources) == []
    assert found(token, place, UNKNOWN, where, other) == []


@pytest.mark.parametrize(("token", "place", "where", "service", "form", "name"), BY_ARN)
def test_target_by_arn(token: str, place: str, where: str, service: str, form: str, name: str) -> None:
    own, other = arn(service, form.format(name)), arn(service, form.format("zz-other"))
    assert found(token, place, own, where, other) == [f"{where}.Statement[0].Resource"]
    for resources in ([own], [f"{own}/*"], [f"{own}:*"], ["*"], [arn(service, "*")]):
        assert found(token, place, own, where, *resources) == []


def test_parts_of_a_target_are_its_own() -> None:
    bus = ("cloudwatch/eventBusPolicy:EventBusPolicy", "eventBusName")
    assert found(*bus, "orders", "policy", arn("events", "rule/orders/nightly")) == []
    assert found(*bus, arn("events", "event-bus/orders"), "policy", arn("events", "rule/orders/nightly")) == []
    assert found(*bus, "default", "policy", arn("events", "rule/nightly")) == []
    assert found(*bus, None, "policy", arn("events", "event-bus/default")) == []
    assert found(*bus, None, "policy", arn("events", "event-bus/orders")) == ["policy.Statement[0].Resource"]
    cluster = ("msk/clusterPolicy:ClusterPolicy", "clusterArn", arn("kafka", "cluster/shop/0f"), "policy")
    assert found(*cluster, arn("kafka", "topic/shop/0f/orders"), arn("kafka", "group/shop/0f/*")) == []
    group = ("sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy", "modelPackageGroupName", "fraud")
    assert found(*group, "resourcePolicy", arn("sagemaker", "model-package/fraud/*")) == []


def registry(account: str, own: str = "777788889999") -> list[str]:
    statement = allow("ecr:ReplicateImage", arn("ecr", "repository/*", account), Principal={"AWS": "444455556666"})
    inputs = {"policy": document(statement)}
    token = "aws:ecr/registryPolicy:RegistryPolicy"
    return violations(POLICY, Resource(token, "x", inputs, outputs={"registryId": own}))


def test_registry_of_another_account() -> None:
    assert registry("444455556666") == ["policy.Statement[0].Resource"]
    assert registry("777788889999") == registry("*") == []
    assert registry("444455556666", own=STAND_IN) == []
