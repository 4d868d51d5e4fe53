"""The enforcement level of a policy: the default on its card, and the operator's choice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pulumi_policy as crossguard
import pytest

from policypack.core.examples import bucket
from policypack.core.policy import EnforcementLevel, Outcome, Policy, Severity, Stack
from policypack.crossguard.servicer import to_crossguard
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard import explain
from stackguard.reports import Report, Screen
from tests.reports.sample import render

MANDATORY, ADVISORY = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY
BLOCK = next(policy for policy in POLICIES if policy.id == "s3-missing-access-block")
BY_DEFAULT = replace(BLOCK, enforcement=ADVISORY)


def outcomes(policy: Policy[Any], **levels: EnforcementLevel) -> tuple[Outcome, ...]:
    chosen = {policy_id.replace("_", "-"): level for policy_id, level in levels.items()}
    return tuple(evaluate([policy], Stack((bucket(),), Settings(enforcement=chosen))))


@pytest.mark.parametrize(
    ("policy", "levels", "level"),
    [
        (BLOCK, {}, MANDATORY),
        (BY_DEFAULT, {}, ADVISORY),
        (BY_DEFAULT, {"s3_missing_access_block": MANDATORY}, MANDATORY),
        (BLOCK, {"s3_missing_access_block": ADVISORY}, ADVISORY),
    ],
)
def test_the_operator_overrides_the_default(policy: Policy[Any], levels: Any, level: EnforcementLevel) -> None:
    (outcome,) = outcomes(policy, **levels)
    settings = Settings(enforcement={key.replace("_", "-"): value for key, value in levels.items()})
    assert outcome.enforcement is level
    assert to_crossguard(policy, settings).enforcement_level is crossguard.EnforcementLevel(level.value)


@pytest.mark.parametrize("fail_on", list(Severity))
def test_a_report_that_is_advisory_by_default_never_blocks(fail_on: Severity) -> None:
    report = Report("stack", outcomes(BY_DEFAULT), 1, 1, fail_on)
    (entry,) = json.loads(render(report, "json", Screen()))["outcomes"]
    (run,) = json.loads(render(report, "sarif", Screen()))["runs"]
    assert report.exit_code == 0
    assert (entry["enforcement"], entry["blocks"]) == ("advisory", False)
    assert run["results"][0]["level"] == "note"
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == "note"
    assert "(advisory)" in render(report, "text", Screen())


def test_explain_shows_an_advisory_default() -> None:
    assert "Advisory by default" in explain.card(BY_DEFAULT, Screen())
    assert "Advisory by default" not in explain.card(BLOCK, Screen())
    assert explain.listing([BY_DEFAULT], Screen()).endswith("(advisory)\n")


def test_an_advisory_policy_excuses_nothing_by_default() -> None:
    """A policy that requires an advisory one still judges what that one reports."""
    by_id = {policy.id: policy for policy in POLICIES}
    for policy in POLICIES:
        for required in policy.requires:
            assert by_id[required].enforcement is MANDATORY or policy.enforcement is ADVISORY
