"""Runs one policy of the CrossGuard SDK in this process, by the SDK's own server.

So the policy gets what it gets in a preview: proxies that raise `UnknownValueError`, unwrapped secrets, floats.
A policy that raises another exception raises it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi_policy
from pulumi_policy import policy as sdk

from policypack.core.policy import ROOT_TYPE, Outcome, Resource, Stack
from policypack.evaluation.redaction import redacted, secrets_of
from policypack.evaluation.settings import Settings
from stackguard.packs import answers, client, config, remediation, requests
from stackguard.preview.server import protos
from stackguard.preview.values import PROVIDER_PREFIX, plain


def outcomes(
    policy: pulumi_policy.Policy,
    resources: Sequence[Resource],
    properties: Mapping[str, Any],
    tags: Mapping[str, str],
) -> list[Outcome]:
    """The outcomes of a policy for each resource, or for the stack.

    Args:
        policy: of the SDK.
        resources: the stack.
        properties: the policy's configuration.
        tags: the stack's.

    Raises:
        CannotJudge: the configuration does not fit the policy's schema.
    """
    server = _server(policy, "mandatory", properties, tags)
    info = server.GetAnalyzerInfo(None, None)
    over_stack = isinstance(policy, pulumi_policy.StackValidationPolicy)
    card = replace(answers.card("tests", info.policies[0]), id=policy.name)
    pack_policy = answers.PackPolicy(card, "mandatory", over_stack, unknown_is_advisory=False)
    providers = {resource.urn: resource for resource in resources if resource.type.startswith(PROVIDER_PREFIX)}
    secrets = secrets_of(Stack(tuple(resources), Settings()))
    by_urn = {resource.urn: resource for resource in resources}
    root = Resource(ROOT_TYPE, "stack")  # as by the engine, a report without a resource is about the stack
    judged: list[tuple[Resource, Any]] = []
    if over_stack:
        answer = server.AnalyzeStack(requests.for_stack(resources, providers, None), None)
        judged += ((by_urn.get(item.urn, root), item) for item in answer.diagnostics)
    else:
        for resource in resources:
            answer = server.Analyze(requests.for_one(resource, providers, None), None)
            judged += ((resource, item) for item in answer.diagnostics)
    return [
        redacted(answers.outcome(pack_policy, diagnostic, resource, over_stack=over_stack), secrets)
        for resource, diagnostic in judged
    ]


def remediated(
    policy: pulumi_policy.Policy, resource: Resource, properties: Mapping[str, Any], tags: Mapping[str, str]
) -> Resource:
    """The resource after a policy's remediation; the arguments are as of `outcomes`.

    Raises:
        AssertionError: it has to read a value that is unknown.
    """
    __tracebackhide__ = True
    request = requests.for_one(resource, {}, None)
    sent = plain(request.properties)
    for answer in _server(policy, "remediate", properties, tags).Remediate(request, None).remediations:
        if answer.diagnostic:
            raise AssertionError(answer.diagnostic)
        resource = remediation.remediated(resource, sent, plain(answer.properties), None)
    return resource


def _server(policy: pulumi_policy.Policy, level: str, properties: Mapping[str, Any], tags: Mapping[str, str]) -> Any:
    """The SDK's server of one policy, configured."""
    mandatory = pulumi_policy.EnforcementLevel.MANDATORY
    server: Any = sdk._PolicyAnalyzerServicer("tests", "0.0.1", [policy], mandatory)  # noqa: SLF001 (there is no public one)
    chosen = {policy.name: config.PolicyConfig(level, properties)}
    configs = client.configured(server.GetAnalyzerInfo(None, None), chosen, "tests")
    server.Configure(client.configuration(configs), None)
    server.ConfigureStack(protos.analyzer_pb2.AnalyzerStackConfigureRequest(tags=tags), None)
    return server
