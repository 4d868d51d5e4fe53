"""Assertions about one policy, which is a card or a policy of the CrossGuard SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from policypack.core.policy import Kind, Outcome, Policy, Resource, Stack
from policypack.evaluation.settings import Settings
from stackguard.testing.messages import listed

if TYPE_CHECKING:
    import pulumi_policy


def assert_policy(
    policy: Policy[Any] | pulumi_policy.Policy,
    *resources: Resource,
    reports: str | None = None,
    **options: Any,
) -> list[Outcome]:
    """Assert what a policy decides: that all passes, or that it reports a violation whose message contains `reports`.

    Args:
        policy: a card, or a policy of the CrossGuard SDK.
        resources: the stack to judge; a policy of single resources judges each.
        reports: a part of a message; None if nothing is to be reported.
        options: as of `outcomes_of`.
    """
    __tracebackhide__ = True
    if reports is None:
        return assert_passes(policy, *resources, **options)
    return assert_reports(policy, *resources, message=reports, **options)


def assert_passes(policy: Policy[Any] | pulumi_policy.Policy, *resources: Resource, **options: Any) -> list[Outcome]:
    """Assert that a policy reports nothing, and that no value is unknown that it has to read."""
    __tracebackhide__ = True
    outcomes = outcomes_of(policy, *resources, **options)
    if outcomes:
        raise AssertionError(f"policy `{_name(policy)}` must pass{listed(outcomes, resources)}")
    return outcomes


def assert_reports(
    policy: Policy[Any] | pulumi_policy.Policy,
    *resources: Resource,
    message: str = "",
    on: str = "",
    path: str | None = None,
    **options: Any,
) -> list[Outcome]:
    """Assert that a policy reports a violation; returns those that fit.

    Args:
        policy: a card, or a policy of the CrossGuard SDK.
        resources: the stack to judge.
        message: a part of the message.
        on: the name or the URN of the resource.
        path: the property path; policies of the CrossGuard SDK report none.
        options: as of `outcomes_of`.
    """
    __tracebackhide__ = True
    return _assert(Kind.VIOLATION, policy, resources, message, on, path, options)


def assert_undecided(
    policy: Policy[Any] | pulumi_policy.Policy,
    *resources: Resource,
    message: str = "",
    on: str = "",
    path: str | None = None,
    **options: Any,
) -> list[Outcome]:
    """Assert that a policy has to read a value that is unknown; the arguments are those of `assert_reports`."""
    __tracebackhide__ = True
    return _assert(Kind.UNDECIDED, policy, resources, message, on, path, options)


def _assert(
    kind: Kind,
    policy: Policy[Any] | pulumi_policy.Policy,
    resources: tuple[Resource, ...],
    message: str,
    on: str,
    path: str | None,
    options: Mapping[str, Any],
) -> list[Outcome]:
    __tracebackhide__ = True
    outcomes = outcomes_of(policy, *resources, **options)
    fitting = [outcome for outcome in outcomes if outcome.kind is kind and fits(outcome, message, on, path)]
    if not fitting:
        expected = f"must report{expectation(kind, message, on, path)}"
        raise AssertionError(f"policy `{_name(policy)}` {expected}{listed(outcomes, resources)}")
    return fitting


def fits(outcome: Outcome, message: str, on: str, path: str | None) -> bool:
    """Whether an outcome has a message, a resource and a path; empty ones, and a path of None, fit all."""
    return (
        message in outcome.message
        and on in {"", outcome.resource.name, outcome.resource.urn}
        and path in {None, outcome.path}
    )


def expectation(kind: Kind, message: str, on: str, path: str | None) -> str:
    """What `fits` looks for, as a clause."""
    parts = ["an undecided value" if kind is Kind.UNDECIDED else "a violation"]
    parts += [f"on `{on}`"] if on else []
    parts += [f"at `{path}`"] if path else []
    parts += [f"with {message!r} in its message"] if message else []
    return " " + " ".join(parts)


def outcomes_of(
    policy: Policy[Any] | pulumi_policy.Policy,
    *resources: Resource,
    settings: Settings | None = None,
    config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """The outcomes of a policy.

    Args:
        policy: a card, or a policy of the CrossGuard SDK, which the SDK's own server runs, as in a preview.
        resources: the stack to judge.
        settings: the operator's, for a card.
        config: of a policy of the SDK, which must fit its schema.
        tags: of the stack, for a policy of the SDK.
    """
    if isinstance(policy, Policy):
        from policypack.evaluation.evaluate import evaluate

        return evaluate([policy], Stack(tuple(resources), settings or Settings()))
    from stackguard.testing.crossguard import outcomes

    return outcomes(policy, [_as_previewed(resource) for resource in resources], config or {}, tags or {})


def remediated(
    policy: pulumi_policy.Policy,
    resource: Resource,
    config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Resource:
    """The resource after the remediation of a policy of the SDK; the arguments are as of `outcomes_of`."""
    __tracebackhide__ = True
    from stackguard.testing import crossguard

    return crossguard.remediated(policy, resource, config or {}, tags or {})


def _as_previewed(resource: Resource) -> Resource:
    """The resource with the outputs of a preview, which repeat the inputs: what a policy of the stack reads."""
    return replace(resource, outputs={**resource.inputs, **resource.outputs})


def _name(policy: Policy[Any] | pulumi_policy.Policy) -> str:
    return policy.id if isinstance(policy, Policy) else policy.name
