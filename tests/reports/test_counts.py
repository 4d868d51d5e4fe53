"""One number for one thing: an unknown value counts once for people, and as the outcomes that it has in JSON."""

from __future__ import annotations

import json

import pytest

from policypack.core.policy import EnforcementLevel, Exemption, Kind, Outcome
from policypack.evaluation.settings import Settings
from stackguard.cli.progress import _result
from stackguard.gate.request import Judged
from stackguard.reports import Report, Screen
from tests.reports import sample


def undecided(policy_id: str, path: str, exemption: Exemption | None) -> Outcome:
    policy = sample.card(policy_id, sample.buckets, sample.never)
    why = "is known only after the update"
    mandatory = EnforcementLevel.MANDATORY
    subject = sample.role_policy("reader", "{}")
    return Outcome(
        Kind.UNDECIDED, policy, subject, path, f"`{path}` {why}", "Give it.", mandatory, why=why, exemption=exemption
    )


WAIVED, BASELINED = Exemption("waived", "known"), Exemption("baselined")


@pytest.fixture
def report() -> Report:
    places = [("live", None), ("waived", WAIVED), ("old", BASELINED), ("half", WAIVED), ("half", BASELINED)]
    outcomes = [
        undecided(f"iam-{number}", path, exemption) for path, exemption in places for number in ("one", "two", "three")
    ]
    return Report("infra", tuple(outcomes), 1, 3)


def test_each_number_counts_an_unknown_value_once(report: Report) -> None:
    assert report.blocking == 1
    assert report.exempt == {"waived": 2, "baselined": 2}
    text = sample.render(report, "text", Screen())
    assert "5 undecided" in text
    assert "2 of them waived; 2 of them in the baseline" in text
    assert text.count("waived: undecided pulumi-unknown-value on") == 2
    assert _result(Judged(report, Settings(), ())) == "1 blocking"


def test_json_counts_the_outcomes_that_it_has(report: Report) -> None:
    summary = json.loads(sample.render(report, "json", Screen()))["summary"]
    assert (summary["undecided"], summary["blocking"], summary["waived"], summary["baselined"]) == (15, 3, 6, 6)
