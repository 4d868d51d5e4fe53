"""Modes that another property of the resource excludes: a resource's inputs in, places and clauses out.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html (daemons),
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integrations.html (Lambda's `Invoke` is a `POST`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.iam.document_readers import values_at

Inputs = Mapping[str, Any]
Clauses = Iterator[tuple[str, str]]

_FARGATE = ("FARGATE", "FARGATE_SPOT")
_CONTROLLERS = ("CODE_DEPLOY", "EXTERNAL")
_OF_LAMBDA = ":lambda:path/"


def daemon_problems(inputs: Inputs) -> Clauses:
    """A daemon, of which ECS runs one on each instance, on Fargate or under another controller than ECS."""
    if inputs.get("schedulingStrategy") != "DAEMON":
        return
    providers = [value for _, value in values_at(inputs, "capacityProviderStrategies[*].capacityProvider")]
    other = [value for _, value in values_at(inputs, "deploymentController.type") if value in _CONTROLLERS]
    if inputs.get("launchType") == "FARGATE" or any(provider in _FARGATE for provider in providers):
        yield "schedulingStrategy", "is `DAEMON`, which Fargate does not take"
    elif other:
        yield "schedulingStrategy", f"is `DAEMON`, which the deployment controller `{other[0]}` does not take"


def window_problems(inputs: Inputs) -> Clauses:
    """A flexible window without its length, and a length of none."""
    for path, window in values_at(inputs, "flexibleTimeWindow"):
        mode, length = (
            (window.get("mode"), window.get("maximumWindowInMinutes")) if isinstance(window, Mapping) else ("", 0)
        )
        if mode == "FLEXIBLE" and length is None:
            yield f"{path}.mode", "is `FLEXIBLE`, which takes `maximumWindowInMinutes`"
        elif mode == "OFF" and isinstance(length, int | float) and length:
            yield f"{path}.maximumWindowInMinutes", "is the length of a window whose `mode` is `OFF`"


def integration_problems(inputs: Inputs) -> Clauses:
    """A method by which API Gateway cannot invoke a function, whatever the method of the request is."""
    method, uri = inputs.get("integrationHttpMethod"), inputs.get("uri")
    invoking = inputs.get("type") in ("AWS", "AWS_PROXY") and isinstance(uri, str) and _OF_LAMBDA in uri
    if invoking and isinstance(method, str) and method not in ("", "POST"):
        yield "integrationHttpMethod", f"takes only `POST` for a function, and is `{method}`"
