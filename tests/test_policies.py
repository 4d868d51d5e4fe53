"""What every policy owes, whoever wrote it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from policypack import policies
from policypack.core.examples import Example
from policypack.core.policy import UNKNOWN_VALUE, Kind, Outcome, Policy, Stack
from policypack.core.tags import Tag
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.grouping import one_per_value
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES

SETTINGS = Settings(stack_region="eu-west-1", trusted_accounts=("111122223333",), trusted_cidrs=("203.0.113.0/24",))
TODAY = date(2026, 11, 29)


def by_id(policy: Policy[Any]) -> str:
    """The name of a test of a policy."""
    return policy.id


each_policy = pytest.mark.parametrize("policy", POLICIES, ids=by_id)


NEVER_SURE = {"pulumi-unseen-component", "pulumi-unseen-resource", UNKNOWN_VALUE}
"""Policies that report what could not be judged."""


def outcomes_of(policy: Policy[Any], example: Example) -> list[Outcome]:
    return outcomes_in(policy, Stack(example.resources, SETTINGS, example.unseen, TODAY))


def outcomes_in(policy: Policy[Any], stack: Stack) -> list[Outcome]:
    """What one policy reports of a stack."""
    outcomes = one_per_value(evaluate(POLICIES, stack)) if policy.id == UNKNOWN_VALUE else evaluate([policy], stack)
    return [outcome for outcome in outcomes if outcome.policy.id == policy.id]


@each_policy
def test_what_is_reported_of_each_bad_example(policy: Policy[Any], snapshot: SnapshotAssertion) -> None:
    expected = Kind.UNDECIDED if policy.id in NEVER_SURE else Kind.VIOLATION
    reports = []
    for example in policy.bad:
        outcomes = outcomes_of(policy, example)
        assert {outcome.kind for outcome in outcomes} == {expected}, example.note
        if example.paths is not None:
            assert [outcome.path for outcome in outcomes] == list(example.paths), example.note
        for outcome in outcomes:
            _assert_style(outcome.message)
            reports.append(f"{example.note or 'plainest'}\n  {outcome.path or '(the resource)'}: {outcome.message}")
    assert "\n".join(reports) == snapshot


def _assert_style(message: str) -> None:
    assert message == message.strip()
    assert not message.endswith(".")
    assert not re.match(r"[A-Z][a-z]", message), "messages start in lower case"
    assert not re.search(r"\b(dict|NoneType|frozenset|tuple)\b", message), "messages name no Python type"


@each_policy
def test_good_examples_are_silent(policy: Policy[Any]) -> None:
    for example in policy.good:
        assert outcomes_of(policy, example) == [], example.note


@each_policy
def test_card_is_complete(policy: Policy[Any]) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", policy.id)
    assert not re.match(r"(no|disallow|ensure|require)-", policy.id)
    assert policy.title
    assert "\n" not in policy.title
    assert not policy.title.endswith(".")
    assert policy.fix.endswith(".")
    assert policy.why is not None
    assert len(re.findall(r"[.!?](?:\s|$)", policy.why)) >= 2
    assert policy.references
    assert all(reference.startswith("https://") for reference in policy.references)
    _assert_named_after_its_module(policy)
    _assert_further_examples_have_their_own_note(policy)
    _assert_tags_begin_with_the_service(policy)


def _assert_further_examples_have_their_own_note(policy: Policy[Any]) -> None:
    assert policy.bad
    assert policy.good
    for examples in (policy.bad, policy.good):
        notes = [further.note for further in examples[1:]]
        assert all(notes)
        assert len(set(notes)) == len(notes)
        assert not [note for note in notes if note.endswith(".") or re.match("(A|The) ", note)]


@cache
def modules() -> tuple[tuple[str, str], ...]:
    """The id of each policy, with the module that defines it."""
    return tuple(_modules())


def _modules() -> Iterator[tuple[str, str]]:
    for module in pkgutil.walk_packages(policies.__path__, f"{policies.__name__}."):
        if policy := getattr(importlib.import_module(module.name), "POLICY", None):
            yield policy.id, module.name


def _assert_named_after_its_module(policy: Policy[Any]) -> None:
    (defining,) = (module for policy_id, module in modules() if policy_id == policy.id)
    _, _, service, *_, name = defining.split(".")
    assert f"{service.rstrip('_')}-{name.replace('_', '-')}" == policy.id


def _assert_tags_begin_with_the_service(policy: Policy[Any]) -> None:
    assert policy.tags[0] == policy.id.partition("-")[0]
    assert len(policy.tags) >= 2
    assert len(set(policy.tags)) == len(policy.tags)
    assert all(isinstance(tag, Tag) for tag in policy.tags)


def test_each_tag_has_a_meaning_and_a_policy() -> None:
    for tag in Tag:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", tag)
        assert tag.meaning
        assert not tag.meaning.endswith(".")
        assert any(tag in policy.tags for policy in POLICIES)


def test_ids_are_unique() -> None:
    ids = [policy.id for policy in POLICIES]
    assert sorted(set(ids)) == sorted(ids)
