"""Schedule expressions: rates, cron expressions of six fields and of five, and single times.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html.
"""

from __future__ import annotations

import re
from datetime import datetime

_RATE = re.compile(r"rate\(\s*([1-9][0-9]*)\s+(minute|hour|day)(s?)\s*\)")
_CALL = re.compile(r"(cron|at)\((.*)\)")
_TIME = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}")
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_DAYS = "SUN MON TUE WED THU FRI SAT"
_FIELDS = ((0, 59, ""), (0, 23, ""), (1, 31, ""), (1, 12, _MONTHS), (1, 7, _DAYS), (1970, 2199, ""))
"""The least and the greatest number of each field, and its names."""
_ITEM = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/[0-9]+)?")
_DAY_OF_MONTH = re.compile(r"LW?|L-[0-9]{1,2}|[0-9]{1,2}W")
_DAY_OF_WEEK = re.compile(r"L|(?:[1-7]|[A-Z]{3})(?:L|#[1-5])")
_UNIX_FIELD = re.compile(r"[0-9A-Za-z*,/?#-]+")


def is_rate(text: str, *, plural: bool) -> bool:
    """Whether a text is a rate; with `plural`, its unit has to be a plural exactly if the number is not 1."""
    rate = _RATE.fullmatch(text)
    return rate is not None and (not plural or (rate[1] == "1") != (rate[3] == "s"))


def is_time(text: str) -> bool:
    """Whether a text is a single time: `at(2030-01-31T12:00:00)`."""
    written = _inside(text, "at")
    if _TIME.fullmatch(written) is None:
        return False
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    return True


def is_cron(text: str) -> bool:
    """Whether a text is a cron expression of six fields, of which exactly one of the two days is `?`."""
    fields = _inside(text, "cron").split()
    if len(fields) != len(_FIELDS) or (fields[2] == "?") == (fields[4] == "?"):
        return False
    return all(
        field == "?" if index in (2, 4) and "?" in field else all(_fits(item, index) for item in field.split(","))
        for index, field in enumerate(field.upper() for field in fields)
    )


def is_seconds_cron(text: str) -> bool:
    """Whether a text is a cron expression of Systems Manager: six fields, or seven of which the first are seconds.

    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html.
    """
    seconds, _, rest = _inside(text, "cron").partition(" ")
    return is_cron(text) or (seconds.isdecimal() and is_cron(f"cron({rest})"))


def is_unix_cron(text: str) -> bool:
    """Whether a text is a cron expression of five fields without `cron(...)` around it."""
    fields = text.split()
    return len(fields) == 5 and all(map(_UNIX_FIELD.fullmatch, fields))


def _inside(text: str, name: str) -> str:
    call = _CALL.fullmatch(text)
    return call[2].strip() if call and call[1] == name else ""


def _fits(item: str, index: int) -> bool:
    if index == 2 and _DAY_OF_MONTH.fullmatch(item):
        return True
    if index == 4 and _DAY_OF_WEEK.fullmatch(item):
        return True
    parsed = _ITEM.fullmatch(item)
    least, greatest, names = _FIELDS[index]
    return parsed is not None and all(
        least <= int(value) <= greatest if value.isdigit() else value in names.split()
        for value in parsed.groups()
        if value is not None
    )
