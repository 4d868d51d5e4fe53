"""Every policy document that AWS itself maintains, as far as moto bundles them, through every policy about documents.

A report on one of them is true or a bug here. Each class of report is counted in `managed_corpus.json`, so that a new
class, or a changed one, is seen and read before it is recorded: `UPDATE_CORPUS=1 pytest tests/iam/test_managed_corpus.py`.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from policypack.core.policy import Kind, Outcome, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.iam.parliament import engine as parliament
from policypack.iam.parliament import linter
from policypack.policies import POLICIES

pytestmark = pytest.mark.corpus

RECORDED = Path(__file__).with_name("managed_corpus.json")
ABOUT_DOCUMENTS = [policy for policy in POLICIES if policy.id.startswith("iam-")]
MOST_STEPS = parliament.MAX_STEPS * 2 // 3


def managed() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return {name: policy["Document"] for name, policy in policies.items()}


class Judged(NamedTuple):
    """What policies report of all documents, and the steps that Parliament takes for each."""

    outcomes: list[Outcome]
    steps: list[int]


@pytest.fixture(scope="module")
def judged() -> Judged:
    for cache in (linter._of_statement, linter._linted):
        cache.cache_clear()
    outcomes, steps = [], []
    for name, document in managed().items():
        before = parliament.steps_taken()
        resource = Resource("aws:iam/policy:Policy", name, {"policy": document})
        outcomes += evaluate(ABOUT_DOCUMENTS, Stack((resource,), Settings()))
        steps.append(parliament.steps_taken() - before)
    return Judged(outcomes, steps)


@pytest.fixture(scope="module")
def outcomes(judged: Judged) -> list[Outcome]:
    return judged.outcomes


def shape(outcome: Outcome) -> str:
    """What kind of report this is: its message without what it quotes, or Parliament's own name for it."""
    issue = re.search(r"\(`([A-Z_]+)`, \w+\)$", outcome.message)
    if issue:
        return issue[1]
    first = outcome.message.partition(";")[0] if "act as others" in outcome.message else outcome.message
    text = re.sub(r"\d+", "N", re.sub(r"`[^`]*`", "`…`", first))
    return re.sub(r"`…`(, `…`)+", "`…`", re.sub(r" and N more(?= )", "", text))


def classes(outcomes: list[Outcome]) -> dict[str, int]:
    counted = Counter(f"{outcome.policy.id}: {shape(outcome)}" for outcome in outcomes)
    return dict(sorted(counted.items()))


def test_no_policy_crashes_or_is_undecided(outcomes: list[Outcome]) -> None:
    assert [outcome.message for outcome in outcomes if outcome.kind is not Kind.VIOLATION] == []


def test_parliament_finishes_all_of_them(outcomes: list[Outcome]) -> None:
    assert [outcome.resource.name for outcome in outcomes if "NOT_LINTED" in outcome.message] == []


def test_every_class_of_report_has_been_read(outcomes: list[Outcome]) -> None:
    counted = classes(outcomes)
    if os.environ.get("UPDATE_CORPUS"):
        RECORDED.write_text(json.dumps(counted, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert counted == json.loads(RECORDED.read_text(encoding="utf-8"))


def test_the_work_on_each_is_far_below_its_bound(judged: Judged) -> None:
    """By counted steps, so that the verdict does not depend on the machine."""
    assert MOST_STEPS // 100 < max(judged.steps) < MOST_STEPS
