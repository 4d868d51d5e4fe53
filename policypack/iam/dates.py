"""Conditions on the time of a request: those that every later request meets, and those that none does.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from policypack.iam.document import Condition, PolicyDocument, Statement

TIMES = frozenset({"aws:currenttime", "aws:epochtime"})
"""Keys, in lower case, with the time of the request."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SECONDS = re.compile(r"\d{9,10}")
"""Seconds since 1970 that are a day from 1973 to 2286."""
_AFTER = re.compile(r"(?:Date|Numeric)GreaterThan(?:Equals)?")
_UNTIL = re.compile(r"(?:Date|Numeric)(?:LessThan(?:Equals)?|Equals)")


def always_from(condition: Condition, today: date) -> bool:
    """Whether every request from a day on meets a condition, because its time has passed."""
    after = condition.name in TIMES and _AFTER.fullmatch(condition.operator)
    return bool(after) and any(_is_over(value, today) for value in condition.values)


def never_from(condition: Condition, today: date) -> bool:
    """Whether no request from a day on meets a condition, because its time has passed."""
    until = condition.name in TIMES and _UNTIL.fullmatch(condition.operator)
    return bool(until and condition.values) and all(_is_over(value, today) for value in condition.values)


def over(document: PolicyDocument, today: date) -> Iterator[tuple[Statement, Condition]]:
    """The statements of which a condition's time has passed, each with the first such condition."""
    for statement in document.statements:
        if condition := next((one for one in statement.conditions if never_from(one, today)), None):
            yield statement, condition


def _is_over(value: str, today: date) -> bool:
    """Whether a time is before a day; no time whose day is uncertain is."""
    if _SECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(value), UTC).date() < today
    day = _DAY.match(value)
    return day is not None and day[0] < str(today)
