from __future__ import annotations

from typing import Any

import pytest

from policypack.access.exposure.sharing import FUNCTION_URL, LAYER_PERMISSION
from policypack.core.examples import open_permission
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.lambda_.public_invoke import POLICY
from tests.policies.helpers import messages, outcomes, reported, silent, undecided


def url(authorization: Any) -> Resource:
    return Resource(FUNCTION_URL, "url", {"functionName": "read", "authorizationType": authorization})


def layer(principal: Any, **inputs: Any) -> Resource:
    return Resource(LAYER_PERMISSION, "layer", {"layerName": "tools", "principal": principal, **inputs})


test_everybody_is_let_in = reported(
    POLICY,
    "principal",
    open_permission("*", action="lambda:InvokeFunctionUrl", functionUrlAuthType="AWS_IAM"),
    open_permission("*", principalOrgId=""),
    layer("*", organizationId=""),
    *(open_permission("*", **{part: UNKNOWN}) for part in ("action", "functionUrlAuthType", "eventSourceToken")),
    open_permission("*", invokedViaFunctionUrl=UNKNOWN),
)
test_silent = silent(
    POLICY,
    open_permission("*", sourceArn="arn:aws:s3:::acme-inbox"),
    open_permission("*", principalOrgId=UNKNOWN),
    open_permission("s3.amazonaws.com", sourceArn="arn:aws:s3:::*"),
    open_permission("111122223333"),
    layer("111122223333"),
    layer("*", organizationId="o-a1b2c3d4e5"),
)


def test_what_is_unknown_may_be_everybody() -> None:
    assert undecided(POLICY, open_permission(UNKNOWN)) == ["principal"]
    assert undecided(POLICY, url(UNKNOWN)) == ["authorizationType"]
    assert undecided(POLICY, layer(UNKNOWN)) == ["principal"]
    assert outcomes(POLICY, open_permission(UNKNOWN, sourceAccount="111122223333")) == []


@pytest.mark.parametrize(
    ("resource", "request_"),
    [
        (
            open_permission("*", action="lambda:InvokeFunctionUrl", functionUrlAuthType="NONE"),
            "anyone on the internet, from 198.51.100.7, may `lambda:InvokeFunctionUrl` on ",
        ),
        (
            open_permission("*", eventSourceToken="amzn1.ask.skill.1"),
            "with `lambda:EventSourceToken` `amzn1.ask.skill.1`",
        ),
    ],
)
def test_the_message_shows_a_request(resource: Resource, request_: str) -> None:
    (message,) = messages(POLICY, resource)
    assert request_ in message


def test_a_source_that_is_not_known_may_have_a_wildcard() -> None:
    assert undecided(POLICY, open_permission("*", sourceArn=UNKNOWN)) == ["sourceArn"]
    assert outcomes(POLICY, open_permission("*", sourceArn=UNKNOWN, sourceAccount="111122223333")) == []
