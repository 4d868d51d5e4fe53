from __future__ import annotations

from typing import Any

import pytest

from policypack.access.exposure.sharing import FUNCTION_URL, LAYER_PERMISSION
from policypack.core.examples import permission
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.lambda_.public_invoke import POLICY
from tests.policies.helpers import messages, outcomes, reported, silent, undecided, violations


def of(principal: Any, **inputs: Any) -> Resource:
    return permission(**{"principal": principal, "sourceArn": None, "sourceAccount": None, **inputs})


def url(authorization: Any) -> Resource:
    return Resource(FUNCTION_URL, "url", {"functionName": "read", "authorizationType": authorization})


def layer(principal: Any, **inputs: Any) -> Resource:
    return Resource(LAYER_PERMISSION, "layer", {"layerName": "tools", "principal": principal, **inputs})


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (of("*", action="lambda:InvokeFunctionUrl", functionUrlAuthType="NONE"), "principal"),
        (of("*", action="lambda:InvokeFunctionUrl", functionUrlAuthType="AWS_IAM"), "principal"),
        (of("*", principalOrgId=""), "principal"),
        (layer("*", organizationId=""), "principal"),
    ],
)
def test_everybody_is_let_in(resource: Resource, path: str) -> None:
    assert violations(POLICY, resource) == [path]


test_silent = silent(
    POLICY,
    of("*", sourceArn="arn:aws:s3:::acme-inbox"),
    of("*", principalOrgId=UNKNOWN),
    of("111122223333"),
    layer("111122223333"),
    layer("*", organizationId="o-a1b2c3d4e5"),
)


def test_what_is_unknown_may_be_everybody() -> None:
    assert undecided(POLICY, of(UNKNOWN)) == ["principal"]
    assert undecided(POLICY, url(UNKNOWN)) == ["authorizationType"]
    assert undecided(POLICY, layer(UNKNOWN)) == ["principal"]
    assert outcomes(POLICY, of(UNKNOWN, sourceAccount="111122223333")) == []


@pytest.mark.parametrize(
    ("resource", "request_"),
    [
        (of("*"), "anyone with an AWS account, from 198.51.100.7, may `lambda:InvokeFunction` on "),
        (
            of("*", action="lambda:InvokeFunctionUrl", functionUrlAuthType="NONE"),
            "anyone on the internet, from 198.51.100.7, may `lambda:InvokeFunctionUrl` on ",
        ),
        (of("*", eventSourceToken="amzn1.ask.skill.1"), "with `lambda:EventSourceToken` `amzn1.ask.skill.1`"),
        (url("NONE"), "anyone on the internet, from 198.51.100.7, may `lambda:InvokeFunctionUrl` on "),
        (layer("*"), "anyone with an AWS account, from 198.51.100.7, may `lambda:GetLayerVersion` on "),
    ],
)
def test_the_message_shows_a_request(resource: Resource, request_: str) -> None:
    (message,) = messages(POLICY, resource)
    assert request_ in message


def test_a_source_with_a_wildcard_is_no_limit() -> None:
    assert violations(POLICY, of("*", sourceArn="arn:aws:s3:::*")) == ["principal"]
    assert outcomes(POLICY, of("s3.amazonaws.com", sourceArn="arn:aws:s3:::*")) == []


def test_a_source_that_is_not_known_may_have_a_wildcard() -> None:
    assert undecided(POLICY, of("*", sourceArn=UNKNOWN)) == ["sourceArn"]
    assert outcomes(POLICY, of("*", sourceArn=UNKNOWN, sourceAccount="111122223333")) == []


test_an_unknown_part_that_pins_nobody = reported(
    POLICY,
    "principal",
    "action",
    "functionUrlAuthType",
    "eventSourceToken",
    "invokedViaFunctionUrl",
    of=lambda part: of("*", **{part: UNKNOWN}),
)
