"""Days of lifecycles that do not go together: the inputs of a bucket or a file system in, places and clauses out.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html (S3 answers
`'Days' in the Expiration action must be greater than 'Days' in the Transition action`),
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html and
https://docs.aws.amazon.com/efs/latest/ug/API_PutLifecycleConfiguration.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.iam.document_readers import values_at

Inputs = Mapping[str, Any]
Clauses = Iterator[tuple[str, str]]

_INFREQUENT, _LEAST_DAYS = frozenset({"STANDARD_IA", "ONEZONE_IA"}), 30
_COLDNESS = {
    "STANDARD_IA": 0,
    "INTELLIGENT_TIERING": 1,
    "ONEZONE_IA": 2,
    "GLACIER_IR": 3,
    "GLACIER": 4,
    "DEEP_ARCHIVE": 5,
}
"""The order in which S3 moves objects from class to class, never back."""
_CURRENT = (("transitions", "days"), ("expiration", "days"))
_NONCURRENT = tuple(
    (("noncurrentVersionTransitions", days), ("noncurrentVersionExpiration", days))
    for days in ("noncurrentDays", "days")
)
"""The transitions and the expiration of a rule, with their days, whose name in a bucket's own rules is `days`."""
_TIERS = {"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180}
"""By tier of Intelligent-Tiering, the least days without access."""
_AFTER = re.compile(r"AFTER_(\d{1,4})_DAYS?")


def object_problems(rules: str, inputs: Inputs) -> Clauses:
    """The days of a bucket's lifecycle rules, in the property `rules`, that S3 refuses."""
    for path, rule in values_at(inputs, f"{rules}[*]"):
        if isinstance(rule, Mapping):
            for transitions, expiration in (_CURRENT, *_NONCURRENT):
                moves = list(_moves(rule, *transitions))
                for place, clause in (*_early(moves), *_backwards(moves), *_expired(moves, rule, *expiration)):
                    yield f"{path}.{place}", clause


def _moves(rule: Inputs, name: str, days: str) -> Iterator[tuple[str, str, float]]:
    """The transitions of a rule: the place of the days, the storage class and the days."""
    for path, transition in values_at(rule, f"{name}[*]"):
        number = transition.get(days) if isinstance(transition, Mapping) else None
        if isinstance(number, int | float) and isinstance(transition.get("storageClass"), str):
            yield f"{path}.{days}", transition["storageClass"], number


def _early(moves: Sequence[tuple[str, str, float]]) -> Clauses:
    for place, storage_class, days in moves:
        if storage_class in _INFREQUENT and days < _LEAST_DAYS:
            yield place, f"takes at least {_LEAST_DAYS} days beside `{storage_class}`, and is {days:g}"


def _backwards(moves: Sequence[tuple[str, str, float]]) -> Clauses:
    """A class that an object reaches before a warmer one, from which S3 never moves it back."""
    known = [move for move in moves if move[1] in _COLDNESS]
    for place, cold, days in known:
        later = [(other, after) for _, other, after in known if _COLDNESS[other] < _COLDNESS[cold] and after > days]
        if later:
            warm, after = later[0]
            yield place, f"is {days:g} for `{cold}`, which comes after `{warm}`, and that is at {after:g} days"


def _expired(moves: Sequence[tuple[str, str, float]], rule: Inputs, name: str, days: str) -> Clauses:
    """An object that expires before it moves, or on the same day. Zero stands for no expiration."""
    expiration = rule.get(name)
    number = expiration.get(days) if isinstance(expiration, Mapping) else None
    if not isinstance(number, int | float) or number <= 0:
        return
    late = [(storage_class, after) for _, storage_class, after in moves if after >= number]
    if late:
        yield f"{name}.{days}", f"is {number:g}, and has to be more than the {late[0][1]:g} days of `{late[0][0]}`"


def tier_problems(inputs: Inputs) -> Clauses:
    """The days of Intelligent-Tiering's archives that are too few."""
    for path, tiering in values_at(inputs, "tierings[*]"):
        tier, days = (tiering.get("accessTier"), tiering.get("days")) if isinstance(tiering, Mapping) else (None, None)
        least = _TIERS.get(tier) if isinstance(tier, str) else None
        if least and isinstance(days, int | float) and days < least:
            yield f"{path}.days", f"takes at least {least} days beside `{tier}`, and is {days:g}"


def file_problems(inputs: Inputs) -> Clauses:
    """Files that a file system would archive before they are accessed infrequently, or at the same time."""
    places = {
        name: (path, int(found[1]))
        for name in ("transitionToIa", "transitionToArchive")
        for path, value in values_at(inputs, f"lifecyclePolicies[*].{name}")
        if isinstance(value, str) and (found := _AFTER.fullmatch(value))
    }
    if len(places) > 1 and places["transitionToArchive"][1] <= places["transitionToIa"][1]:
        path, days = places["transitionToArchive"]
        yield path, f"is {days} days, and has to be later than `transitionToIa`, {places['transitionToIa'][1]} days"
