"""Access strings of ElastiCache and MemoryDB: what a user may do more is new access, and the same in other words is none."""

from __future__ import annotations

import random

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.languages.cache_commands import CATEGORIES
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

CACHE, MEMORY = "aws:elasticache/user:User", "aws:memorydb/user:User"


def _user(text: object, token: str = CACHE, name: str = "it") -> Resource:
    return resource(token, name, userId="app", userName="app", accessString=text)


def _verdicts(old: object, new: object) -> list[Verdict]:
    return [gain.answer.verdict for gain in gains((_user(new),), (_user(old),))]


WIDER = [
    ("on ~shop:* +@read", "on ~* +@all"),
    ("on ~shop:* +@read", "on ~* +@read"),
    ("on ~shop:* +@read", "on ~shop:* +@read +@write"),
    ("on ~shop:* +@read", "on ~shop:* +@read +flushall"),
    ("on %R~shop:* +@all", "on ~shop:* +@all"),
    ("on ~* +@all -@dangerous", "on ~* +@all"),
    ("on ~* +@all -keys -flushall", "on ~* +@all -keys"),
    ("on ~* -@all +get", "on ~* -@all +get +@write"),
    ("off ~* +@all", "on ~* +@all"),
    ("on ~a:* ~b:* +@read", "on ~a:* ~b:* ~c:* +@read"),
    ("on ~a:* +@read &a", "on ~a:* +@read &*"),
    ("on ~a:* +@all", "on nopass ~a:* +@all"),
    ("on ~a:* +@read", "on ~a:* +@read (~b:* +@read)"),
    ("on ~a:* +config|get", "on ~a:* +config"),
]
SAME = [
    ("on ~a:* ~b:* +@read +@write", "on  +@write ~b:* +@read ~a:*"),
    ("on allkeys allcommands", "on ~* +@all"),
    ("on ~* +@all", "on %RW~* +@all"),
    ("on ~* -@all +@read", "on ~* +@read"),
    ("on ~* +@all -@write +@all", "on ~* +@all"),
    ("on ~* +GET", "on ~* +get"),
    ("on ~a:* ~a:b:* +get", "on ~a:* +get"),
    ("on ~* +@read +get", "on ~* +@read"),
    ("on ~a:* +@read", "on +@read ~a:* sanitize-payload"),
]
NARROWER = [
    ("on ~* +@read", "on ~* +get +hgetall"),
    ("on ~* +@all -@dangerous", "on ~* +@read -@dangerous"),
    ("on ~* +@all", "on ~shop:* %R~stock:* +@all -@admin"),
    ("on ~* +@dangerous", "on ~* +@admin"),
    ("on ~a?c +get", "on ~abc +get"),
    ("on ~a:* +@all (~b:* +@read)", "on ~b:x:* +@read"),
    ("on ~* +@all", "on ~*"),
]
OPEN = [
    ("on ~* +@read", "on ~* +json.get"),
    ("on ~a[12]:* +get", "on ~a1:* +get"),
    ("on ~* +@all", "on ~* &* +@all"),
    ("on ~* +@all", UNKNOWN),
    ("on ~* +@all", "on ~* +@all everything"),
]


@pytest.mark.parametrize(("less", "more"), WIDER)
def test_more_is_new_access_and_less_is_none(less: str, more: str) -> None:
    assert _verdicts(less, more) == [Verdict.NEW_ACCESS]
    assert _verdicts(more, less) == []


@pytest.mark.parametrize(("before", "after"), SAME)
def test_other_words_are_none(before: str, after: str) -> None:
    assert _verdicts(before, after) == _verdicts(after, before) == []


@pytest.mark.parametrize(("before", "after"), NARROWER)
def test_what_is_within_the_old_string_is_none(before: str, after: str) -> None:
    assert _verdicts(before, after) == []


@pytest.mark.parametrize(("before", "after"), OPEN)
def test_what_cannot_be_told_is_undecided(before: str, after: object) -> None:
    assert _verdicts(before, after) == [Verdict.UNDECIDED]


def test_a_user_is_the_one_with_its_name() -> None:
    new = _user("on ~* +@all", MEMORY, "moved")
    (gain,) = gains((new,), (_user("on ~a:* +get", MEMORY),))
    assert gain.answer.witness is not None
    assert "app" in gain.answer.witness.outsider
    assert gains((new,), (_user("on ~* +@all", MEMORY),)) == []
    assert gains((new,), ()) == []


def test_the_commands_of_a_category_are_within_it() -> None:
    rng = random.Random(3)
    for command in rng.sample(sorted(CATEGORIES), 25):
        for category in CATEGORIES[command]:
            assert _verdicts(f"on ~* +@{category}", f"on ~* +{command}") == []
            assert _verdicts(f"on ~* +@all -@{category}", f"on ~* +@all -@{category} +{command}") != []


def test_the_order_of_what_is_allowed_makes_no_difference() -> None:
    rules, rng = ["~a:*", "%R~b:*", "+@read", "+@hash", "+set", "&news"], random.Random(5)
    for _ in range(20):
        assert _verdicts("on " + " ".join(rules), "on " + " ".join(rng.sample(rules, len(rules)))) == []
