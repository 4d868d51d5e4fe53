from __future__ import annotations

from typing import Any

import pytest

from policypack.policies.lambda_public_invoke import FUNCTION_URL, LAYER_PERMISSION, POLICY
from policypack.policy import UNKNOWN, Resource
from tests.policies.helpers import outcomes, undecided, violations
from tests.policies.invoking import permission


def of(principal: Any, **inputs: Any) -> Resource:
    return permission(**{"principal": principal, "sourceArn": None, "sourceAccount": None, **inputs})


def url(authorization: Any) -> Resource:
    return Resource(FUNCTION_URL, "url", {"functionName": "read", "authorizationType": authorization})


def layer(principal: Any, **inputs: Any) -> Resource:
    return Resource(LAYER_PERMISSION, "layer", {"layerName": "tools", "principal": principal, **inputs})


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (of("*"), "principal"),
        (of("*", action="lambda:InvokeFunctionUrl", functionUrlAuthType="NONE"), "principal"),
        (of("*", action="lambda:InvokeFunctionUrl", functionUrlAuthType="AWS_IAM"), "principal"),
        (of("*", principalOrgId=""), "principal"),
        (url("NONE"), "authorizationType"),
        (layer("*"), "principal"),
        (layer("*", organizationId=""), "principal"),
    ],
)
def test_everybody_is_let_in(resource: Resource, path: str) -> None:
    assert violations(POLICY, resource) == [path]


@pytest.mark.parametrize(
    "resource",
    [
        of("*", principalOrgId="o-a1b2c3d4e5"),
        of("*", sourceAccount="111122223333"),
        of("*", sourceArn="arn:aws:s3:::acme-inbox"),
        of("*", principalOrgId=UNKNOWN),
        of("111122223333"),
        of("s3.amazonaws.com"),
        url("AWS_IAM"),
        layer("111122223333"),
        layer("*", organizationId="o-a1b2c3d4e5"),
    ],
)
def test_silent(resource: Resource) -> None:
    assert outcomes(POLICY, resource) == []


def test_what_is_unknown_may_be_everybody() -> None:
    assert undecided(POLICY, of(UNKNOWN)) == ["principal"]
    assert undecided(POLICY, url(UNKNOWN)) == ["authorizationType"]
    assert undecided(POLICY, layer(UNKNOWN)) == ["principal"]
    assert outcomes(POLICY, of(UNKNOWN, sourceAccount="111122223333")) == []
