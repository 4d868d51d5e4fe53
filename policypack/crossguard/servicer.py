"""The Analyzer service of the pack: the SDK's, with requests judged by our own loop.

The SDK keeps what it does well: the pack's description, its configuration and enforcement levels, and diagnostics.
Source: `_PolicyAnalyzerServicer` in sdk/python/lib/pulumi_policy/policy.py of https://github.com/pulumi/pulumi-policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi_policy as crossguard
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import policy as sdk

from policypack.core.policy import EnforcementLevel, Policy
from policypack.crossguard.session import Diagnostic, Levels, Session
from policypack.evaluation.evaluate import enforcement
from policypack.evaluation.settings import Settings, config_schema


def to_crossguard(policy: Policy[Any], settings: Settings) -> crossguard.Policy:
    """The CrossGuard policy of a card: what it is, for the engine. `Servicer` judges."""
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
    """Answers the engine by what a session makes of its requests."""

    def __init__(
        self, session: Session, name: str, version: str, policies: list[crossguard.Policy], *more: Any
    ) -> None:
        super().__init__(name, version, policies, *more)
        self._session = session
        self._cards = {each.name: each for each in policies}

    def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802 (the protocol's names)
        """Take what stack it is; in a preview, start the offline run."""
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
        found: dict[str, tuple[EnforcementLevel, Mapping[str, Any] | None]] = {}
        for name, each in self._cards.items():
            level = self._get_enforcement_level(each)
            mandatory = level is crossguard.EnforcementLevel.REMEDIATE  # as the SDK does: nothing here remediates
            known = EnforcementLevel.MANDATORY if mandatory else EnforcementLevel(level.value)
            found[name] = known, self._get_policy_config(name)
        return found

    def _answer(self, reports: Iterable[Diagnostic]) -> Any:
        response = analyzer_pb2.AnalyzeResponse()
        for each in reports:
            report = self._create_report_violation(
                response,
                each.policy.id,
                each.policy.title,
                crossguard.EnforcementLevel(each.level.value),
                crossguard.Severity(each.policy.severity.value),
            )
            report(each.message, each.urn)
        return response
