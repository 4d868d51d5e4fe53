"""Short words for the tests of policies: what a policy reports, and tests out of a table of cases.

A case is a resource, or a tuple of those that make a stack; `of` makes one of anything else, and takes a tuple's parts
as its arguments. Cases in a mapping are named by its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from policypack.core.policy import Kind, Outcome, Policy, Resource, Stack
from policypack.evaluation.evaluate import judge
from policypack.evaluation.settings import Settings


def outcomes(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[Outcome]:
    """What a policy reports of one resource, or of a little stack; a policy that crashes fails the test."""
    chosen = Settings(**settings)
    subjects = [Stack(resources, chosen)] if policy.over_stack else resources
    reports = [outcome for subject in subjects for outcome in judge(policy, subject, chosen)]
    assert [report.message for report in reports if report.kind is Kind.ERROR] == []
    return reports


def violations(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[str]:
    """The paths of the violations, in the order of the report."""
    return [outcome.path for outcome in outcomes(policy, *resources, **settings) if outcome.kind is Kind.VIOLATION]


def messages(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[str]:
    """The messages of the violations."""
    return [outcome.message for outcome in outcomes(policy, *resources, **settings) if outcome.kind is Kind.VIOLATION]


def undecided(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[str]:
    """The paths at which the policy is undecided."""
    return [outcome.path for outcome in outcomes(policy, *resources, **settings) if outcome.kind is Kind.UNDECIDED]


def silent(policy: Policy[Any], *cases: Any, of: Callable[..., Any] | None = None, **settings: Any) -> Any:
    """A test that the policy reports nothing of any case."""

    @_parametrized(cases)
    def test(case: Any) -> None:
        assert [(outcome.path, outcome.message) for outcome in outcomes(policy, *_stack(case, of), **settings)] == []

    return test


def reported(policy: Policy[Any], path: str, *cases: Any, of: Callable[..., Any] | None = None, **settings: Any) -> Any:
    """A test that the policy reports one violation of each case, at this path."""

    @_parametrized(cases)
    def test(case: Any) -> None:
        assert violations(policy, *_stack(case, of), **settings) == [path]

    return test


def undecided_at(policy: Policy[Any], path: str, *cases: Any, of: Callable[..., Any] | None = None) -> Any:
    """A test that the policy is undecided about each case, at this path alone."""

    @_parametrized(cases)
    def test(case: Any) -> None:
        reports = outcomes(policy, *_stack(case, of))
        assert [(report.kind, report.path) for report in reports] == [(Kind.UNDECIDED, path)]

    return test


def reported_with(policy: Policy[Any], *rows: tuple[Any, str, str], of: Callable[..., Any] | None = None) -> Any:
    """A test of rows, each a case, the one path that is reported and a part of its message."""
    return _with(policy, Kind.VIOLATION, rows, of)


def undecided_with(policy: Policy[Any], *rows: tuple[Any, str, str], of: Callable[..., Any] | None = None) -> Any:
    """A test of rows, each a case, the one path that is undecided and a part of its message."""
    return _with(policy, Kind.UNDECIDED, rows, of)


def _with(policy: Policy[Any], kind: Kind, rows: Any, of: Callable[..., Any] | None) -> Any:
    @pytest.mark.parametrize(("case", "path", "part"), rows)
    def test(case: Any, path: str, part: str) -> None:
        reports = [outcome for outcome in outcomes(policy, *_stack(case, of)) if outcome.kind is kind]
        assert [report.path for report in reports] == [path]
        assert part in reports[0].message

    return test


def _parametrized(cases: tuple[Any, ...]) -> Any:
    named = cases[0] if len(cases) == 1 and isinstance(cases[0], Mapping) and "Effect" not in cases[0] else None
    return pytest.mark.parametrize("case", list(named.values()) if named else cases, ids=list(named) if named else None)


def _stack(case: Any, of: Callable[..., Any] | None) -> tuple[Resource, ...]:
    parts = case if isinstance(case, tuple) else (case,)
    resources = of(*parts) if of else case
    return tuple(resources) if isinstance(resources, tuple | list) else (resources,)
