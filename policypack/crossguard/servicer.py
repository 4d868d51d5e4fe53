"""The pack's Analyzer service: the SDK's, with requests judged by our own loop.

The SDK still serves the pack's description, its configuration, enforcement levels, and the form of diagnostics.
Source: `_PolicyAnalyzerServicer` in sdk/python/lib/pulumi_policy/policy.py of https://github.com/pulumi/pulumi-policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi_policy as crossguard
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import policy as sdk

from policypack.core.policy import EnforcementLevel, Policy
from policypack.crossguard.session import Diagnostic, Session
from policypack.crossguard.stack_settings import Levels
from policypack.evaluation.settings import Settings, config_schema
from policypack.evaluation.settings.selectors import enforcement


def to_crossguard(policy: Policy[Any], settings: Settings) -> crossguard.Policy:
    """The CrossGuard policy of a card, by which the engine describes it. `Servicer` judges."""
    described: dict[str, Any] = {
        "name": policy.id,
        "description": policy.title,
        "display_name": policy.title,
        "enforcement_level": crossguard.EnforcementLevel(enforcement(policy, settings).value),
        "severity": crossguard.Severity(policy.severity.value),
        "config_schema": crossguard.PolicyConfigSchema(config_schema()),
        "tags": [str(tag) for tag in policy.tags],
        "remediation_steps": policy.fix,
        "url": policy.references[0],
    }
    kind = crossguard.StackValidationPolicy if policy.over_stack else crossguard.ResourceValidationPolicy
    return kind(validate=lambda _args, _report: None, **described)


class Servicer(sdk._PolicyAnalyzerServicer):  # noqa: SLF001 (there is no public one)
    """Answers the engine's requests by a session."""

    def __init__(
        self, session: Session, name: str, version: str, policies: list[crossguard.Policy], *more: Any
    ) -> None:
        super().__init__(name, version, policies, *more)
        self._session = session
        self._cards = {policy.name: policy for policy in policies}

    def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802 (the protocol's names)
        """Configure the session; in a preview, that starts the offline run."""
        answer = super().ConfigureStack(request, context)
        self._session.configure(request)
        return answer

    def Analyze(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Judge one resource by its inputs."""
        return self._answer(self._session.analyze(request, self._levels()))

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Judge the stack by the outputs of all its resources, and each resource that waited for this."""
        return self._answer(self._session.analyze_stack(request, self._levels()))

    def _levels(self) -> Levels:
        """By policy, the enforcement level and the configuration that the engine asks for."""
        levels: dict[str, tuple[EnforcementLevel | None, Mapping[str, Any] | None]] = {}
        for name, policy in self._cards.items():
            level = self._get_enforcement_level(policy)
            mandatory = level is crossguard.EnforcementLevel.REMEDIATE  # as the SDK does: nothing here remediates
            ours = EnforcementLevel.MANDATORY if mandatory else EnforcementLevel(level.value)
            unchanged = level is policy.enforcement_level  # the engine sends back the level that the pack lists
            levels[name] = None if unchanged else ours, self._get_policy_config(name)
        return levels

    def _answer(self, diagnostics: Iterable[Diagnostic]) -> Any:
        response = analyzer_pb2.AnalyzeResponse()
        for diagnostic in diagnostics:
            report = self._create_report_violation(
                response,
                diagnostic.policy.id,
                diagnostic.policy.title,
                crossguard.EnforcementLevel(diagnostic.level.value),
                crossguard.Severity(diagnostic.policy.severity.value),
            )
            report(diagnostic.message, diagnostic.urn)
        return response
