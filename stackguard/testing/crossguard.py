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

from policypack.core.policy import Outcome, Resource, Stack
from policypack.evaluation.redaction import redacted, secrets_of
from policypack.evaluation.settings import Settings
from stackguard.packs import answers, client, config, requests
from stackguard.preview.server import protos
from stackguard.preview.values import PROVIDER_PREFIX


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
    server: Any = sdk._PolicyAnalyzerServicer("tests", "0.0.1", [policy], pulumi_policy.EnforcementLevel.MANDATORY)  # noqa: SLF001 (there is no public one)
    info = server.GetAnalyzerInfo(None, None)
    chosen = {policy.name: config.PolicyConfig("mandatory", properties)}
    server.Configure(client.configuration(client.configured(info, chosen, "tests")), None)
    server.ConfigureStack(protos.analyzer_pb2.AnalyzerStackConfigureRequest(tags=tags), None)
    over_stack = isinstance(policy, pulumi_policy.StackValidationPolicy)
    card = replace(answers.card("tests", info.policies[0]), id=policy.name)
    pack_policy = answers.PackPolicy(card, "mandatory", over_stack, unknown_is_advisory=False)
    providers = {resource.urn: resource for resource in resources if resource.type.startswith(PROVIDER_PREFIX)}
    secrets = secrets_of(Stack(tuple(resources), Settings()))
    by_urn = {resource.urn: resource for resource in resources}
    judged: list[tuple[Resource, Any]] = []
    if over_stack:
        answer = server.AnalyzeStack(requests.for_stack(resources, providers, None), None)
        judged += ((by_urn.get(item.urn, resources[0]), item) for item in answer.diagnostics)
    else:
        for resource in resources:
            answer = server.Analyze(requests.for_one(resource, providers, None), None)
            judged += ((resource, item) for item in answer.diagnostics)
    return [
        redacted(answers.outcome(pack_policy, diagnostic, resource, over_stack=over_stack), secrets)
        for resource, diagnostic in judged
    ]
