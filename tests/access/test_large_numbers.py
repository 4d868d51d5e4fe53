"""Numbers in conditions beyond the range of a double: AWS does not say how it reads them, so they decide nothing."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, deny, document
from policypack.core.policy import Resource
from tests.access.stacks import by_name, gains, resource, verdict

LARGE = ["1e400", "-1e400", "7" * 400, "-" + "7" * 400]


def _topic(*statements: dict[str, Any]) -> Resource:
    return resource("aws:sns/topic:Topic", "news", policy=document(*statements))


def _limited(operator: str, *values: str, **more: Any) -> dict[str, Any]:
    condition = {operator: {"aws:MultiFactorAuthAge": [*values]}}
    return allow("sns:Publish", Principal="*", Condition=condition, **more)


@pytest.mark.parametrize("number", LARGE)
@pytest.mark.parametrize("operator", ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals"])
def test_a_number_that_is_too_large_is_undecided_with_the_place_and_the_reason(operator: str, number: str) -> None:
    entry = by_name(_topic(_limited(operator, number)))["news"]
    assert entry.verdict is Verdict.UNDECIDED
    (exposure,) = entry.exposures
    assert exposure.answer.why == (
        f"`Statement[0].Condition.{operator}.aws:MultiFactorAuthAge` compares with a number beyond the range of a "
        "double, and AWS does not document how it reads one"
    )


def test_a_denial_with_such_a_number_is_undecided_too() -> None:
    refused = deny("sns:Publish", "*", Principal="*", Condition={"NumericLessThan": {"aws:EpochTime": "1e999"}})
    assert verdict("news", _topic(allow("sns:Publish", Principal="*"), refused)) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "statement",
    [
        _limited("NumericLessThan", "3600"),
        _limited("NumericLessThan", "1e300"),
        _limited("NumericLessThan", "9" * 300),
        _limited("NumericLessThan", "1e400", "3600"),
        _limited("DateGreaterThan", "9999999999999"),
    ],
    ids=["an hour", "large", "300 digits", "an hour beside it", "milliseconds as seconds"],
)
def test_what_lets_everyone_in_however_the_number_is_read_is_public(statement: dict[str, Any]) -> None:
    assert verdict("news", _topic(statement)) is Verdict.PUBLIC


def test_a_fixed_principal_beside_such_a_number_is_not_public() -> None:
    own = _limited("NumericLessThan", "1e400") | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    assert verdict("news", _topic(own)) is not Verdict.PUBLIC


@pytest.mark.parametrize("number", LARGE)
def test_such_a_number_that_stays_is_no_new_access(number: str) -> None:
    kept, more = _limited("NumericLessThan", number), deny("sns:Publish", "*", Principal="*")
    other = allow("sns:Subscribe", Principal={"AWS": "111122223333"})
    assert gains((_topic(kept),), (_topic(kept),)) == []
    assert gains((_topic(kept),), (_topic(other, kept),)) == []
    assert gains((_topic(more, kept),), (_topic(kept),)) == []


def test_such_a_number_that_comes_is_undecided() -> None:
    (gain,) = gains((_topic(_limited("NumericLessThan", "1e400")),), (_topic(_limited("NumericLessThan", "60")),))
    assert gain.answer.verdict is Verdict.UNDECIDED
    assert "a number beyond the range of a double" in gain.answer.why
