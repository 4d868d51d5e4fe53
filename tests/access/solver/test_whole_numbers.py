"""Between two neighbours of a key whose numbers are whole there is no request."""

from __future__ import annotations

import pytest

from policypack.access.solver.verdict import Verdict
from tests.access.solver.test_diff import NEW, OLD, own, when


@pytest.mark.parametrize(
    ("key", "one", "other", "verdict"),
    [
        ("s3:max-keys", ("NumericLessThanEquals", "24"), ("NumericLessThan", "25"), OLD),
        ("kms:RotationPeriodInDays", ("NumericGreaterThan", "89"), ("NumericGreaterThanEquals", "90"), OLD),
        ("aws:MultiFactorAuthAge", ("NumericLessThan", "3600"), ("NumericLessThan", "3599.5"), OLD),
        ("s3:max-keys", ("NumericLessThan", "26"), ("NumericLessThanEquals", "24"), NEW),
        ("s3:max-keys", ("NumericLessThanEquals", "1.79e308"), ("NumericLessThan", "1e308"), NEW),
        ("s3:TlsVersion", ("NumericGreaterThan", "1"), ("NumericGreaterThanEquals", "2"), NEW),
        ("autoscaling:SpotPrice", ("NumericLessThan", "2"), ("NumericLessThanEquals", "1"), NEW),
        ("custom:size", ("NumericLessThan", "2"), ("NumericLessThanEquals", "1"), NEW),
    ],
)
def test_a_number_that_is_whole_has_nothing_between_two_neighbours(
    key: str, one: tuple[str, str], other: tuple[str, str], verdict: Verdict
) -> None:
    first, second = ([when((operator, key, limit))] for operator, limit in (one, other))
    assert own(first, second).verdict is verdict
    assert own(second, first).verdict is OLD
