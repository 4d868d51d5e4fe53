from __future__ import annotations

from datetime import date, timedelta

import pytest

from policypack.core.examples import function
from policypack.core.policy import UNKNOWN, Kind, Outcome, Severity, Stack
from policypack.evaluation.evaluate import judge
from policypack.evaluation.settings import Settings
from policypack.iam.tables import runtimes
from policypack.policies.lambda_.retired_runtime import POLICY

A_DAY = timedelta(days=1)
PYTHON = runtimes()["python3.12"]


def on(day: date, runtime: object = "python3.12") -> list[Outcome]:
    settings = Settings()
    return judge(POLICY, Stack((function(runtime=runtime),), settings, today=day), settings)


def severities(day: date) -> list[Severity]:
    return [outcome.policy.severity for outcome in on(day)]


def test_a_runtime_is_reported_from_the_day_of_its_deprecation() -> None:
    assert severities(PYTHON.deprecated - A_DAY) == []
    assert severities(PYTHON.deprecated) == [Severity.MEDIUM]


def test_it_is_high_once_no_function_can_be_created() -> None:
    assert PYTHON.create_block
    assert severities(PYTHON.create_block - A_DAY) == [Severity.MEDIUM]
    assert severities(PYTHON.create_block) == [Severity.HIGH]
    assert severities(date(2040, 1, 1)) == [Severity.HIGH]


def test_the_message_names_the_dates_and_the_successor() -> None:
    (outcome,) = on(date(2040, 1, 1))
    for part in (PYTHON.deprecated, PYTHON.create_block, PYTHON.update_block, PYTHON.successor):
        assert str(part) in outcome.message


@pytest.mark.parametrize("runtime", sorted(runtimes()))
def test_every_runtime_with_a_date_is_reported_after_it(runtime: str) -> None:
    dates = runtimes()[runtime]
    assert [outcome.kind for outcome in on(dates.deprecated, runtime)] == [Kind.VIOLATION]


@pytest.mark.parametrize("runtime", ["python9.9", "", None, "custom", 3, ["python3.8"], {}])
def test_without_a_date_nothing_is_reported(runtime: object) -> None:
    assert on(date(2040, 1, 1), runtime) == []


def test_an_unknown_runtime_is_undecided() -> None:
    assert [outcome.kind for outcome in on(date(2026, 1, 1), UNKNOWN)] == [Kind.UNDECIDED]
