"""A narrower violation fits the entry of a wider one, and a wider one never does: random edits of a document, by the engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policypack.access.exposure.public import exposures
from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Outcome, Resource
from policypack.core.stack_name import StackName
from policypack.evaluation.places import extent, fingerprint, fits
from policypack.evaluation.waiver_file import PlacedWaiver, ResourceName, Waiver
from policypack.evaluation.waivers import waive
from policypack.iam.document_readers import documents_of
from stackguard.gate.baseline import Added, Baseline, apply, read
from tests.evaluation.test_places import ROLE_POLICY, allow, outcomes

TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
DEV = StackName("acme", "shop", "dev")
TODAY = date(2026, 11, 29)
ACTIONS = ("sns:Publish", "sns:Subscribe", "sns:GetTopicAttributes")
RESOURCES = ("arn:aws:sns:eu-west-1:111122223333:jobs", "arn:aws:sns:eu-west-1:111122223333:mails")
PUBLIC = "iam-public-policy"
Statement = dict[str, Any]


def topic_policy(*statements: Statement) -> Resource:
    inputs = {"arn": RESOURCES[0], "policy": json.dumps({"Version": "2012-10-17", "Statement": [*statements]})}
    return Resource(TOPIC_POLICY, "p", inputs, f"urn:pulumi:dev::shop::{TOPIC_POLICY}::p")


def statement(effect: str, actions: Sequence[str], resources: Sequence[str] = RESOURCES) -> Statement:
    return {"Effect": effect, "Principal": "*", "Action": [*actions], "Resource": [*resources]}


def blocking(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[Outcome]:
    baseline = Baseline().with_outcomes(DEV, before, Added())
    return [outcome for outcome in apply(after, baseline, DEV, []).outcomes if outcome.blocks]


some = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3, unique=True)
where = st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2, unique=True)
allowing = st.builds(lambda actions, resources: statement("Allow", actions, resources), some, where)
denying = st.lists(st.builds(lambda actions, resources: statement("Deny", actions, resources), some, where), max_size=2)


def allowed(statements: Sequence[Statement]) -> set[tuple[str, str]]:
    """The requests of anybody that a document without wildcards and conditions lets through."""

    def of(effect: str) -> set[tuple[str, str]]:
        return {
            (action, resource)
            for one in statements
            if one["Effect"] == effect
            for action in one["Action"]
            for resource in one["Resource"]
        }

    return of("Allow") - of("Deny")


@settings(max_examples=200)
@given(allowing, denying, allowing, denying)
def test_what_an_edit_newly_allows_blocks(
    grant: Statement, denials: list[Statement], edited: Statement, left: list[Statement]
) -> None:
    before, after = topic_policy(grant, *denials), topic_policy(edited, *left)
    old, new = outcomes(before, policy=PUBLIC), outcomes(after, policy=PUBLIC)
    (answers,) = [[*exposures(document)] for _, document in documents_of(after) if not isinstance(document, str)]
    assert any(answer.verdict is Verdict.PUBLIC for answer in answers) is bool(new)
    if allowed([edited, *left]) - allowed([grant, *denials]):
        assert blocking(old, new)


@settings(max_examples=200)
@given(allowing, denying, st.data())
def test_an_edit_that_only_removes_blocks_nothing(grant: Statement, denials: list[Statement], data: Any) -> None:
    """It leaves out actions and resources of the grant, adds denials and conditions, and writes all in another order."""
    old = outcomes(topic_policy(grant, *denials), policy=PUBLIC)
    assume(old)
    kept = {key: data.draw(st.lists(st.sampled_from(grant[key]), min_size=1)) for key in ("Action", "Resource")}
    more = data.draw(denying)
    condition = data.draw(st.sampled_from([{}, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}]))
    everyone = {"Principal": data.draw(st.sampled_from(["*", {"AWS": "*"}, {"AWS": ["*"]}]))}
    after = data.draw(st.permutations([{**grant, **kept, **condition, **everyone}, *denials, *more]))
    assert not blocking(old, outcomes(topic_policy(*after), policy=PUBLIC))


@pytest.mark.parametrize("policy", ["iam-wildcard-resource", "iam-linter-report", "iam-privilege-escalation"])
def test_the_rest_of_a_partial_fix_is_no_new_violation(policy: str) -> None:
    def of(*actions: str) -> tuple[Outcome, ...]:
        document = {"Version": "2012-10-17", "Statement": [allow([*actions], "*")]}
        inputs = {"policy": json.dumps(document), "role": "r"}
        urn = f"urn:pulumi:dev::shop::{ROLE_POLICY}::p"
        return outcomes(Resource(ROLE_POLICY, "p", inputs, urn), policy=policy)

    both, one = of("iam:AttachRolePolicy", "iam:PutRolePolicy"), of("iam:PutRolePolicy")
    assert both
    assert one
    assert not blocking(both, one)
    assert blocking(one, both)


GRANT = statement("Allow", ACTIONS[:2])


def test_a_narrower_one_takes_the_entry_once(tmp_path: Any) -> None:
    old = outcomes(topic_policy(GRANT), policy=PUBLIC)
    narrow = statement("Allow", ACTIONS[:1])
    assert len(blocking(old, outcomes(topic_policy(narrow, narrow), policy=PUBLIC))) == 1
    assert len(blocking(old, outcomes(topic_policy(narrow, GRANT), policy=PUBLIC))) == 1
    file = tmp_path / "baseline.json"
    file.write_text(Baseline().with_outcomes(DEV, old, Added()).text())
    new = outcomes(topic_policy(narrow), policy=PUBLIC)
    result = apply(new, read(file), DEV, [PUBLIC])
    assert not result.gone
    assert [outcome.blocks for outcome in result.outcomes] == [False]
    rewritten = read(file).moved(DEV, result.moved, "2026-11-29T00:00:00Z")
    assert [key[1] for key in rewritten.entries] == [fingerprint(new[0])]
    assert apply(old, rewritten, DEV, [PUBLIC]).outcomes[0].blocks


def test_as_many_as_possible_fit() -> None:
    first, second, third = ACTIONS
    old = outcomes(topic_policy(statement("Allow", [first, second]), statement("Allow", [first, third])), policy=PUBLIC)
    for order in ((first, third), (third, first)):
        edited = [statement("Allow", [action]) for action in order]
        assert not blocking(old, outcomes(topic_policy(*edited), policy=PUBLIC))


def test_an_entry_without_parts_fits_exactly() -> None:
    old = outcomes(topic_policy(GRANT), policy=PUBLIC)
    with_parts = Baseline().with_outcomes(DEV, old, Added())
    entries = {key: msgspec.structs.replace(entry, parts=msgspec.UNSET) for key, entry in with_parts.entries.items()}
    narrow = outcomes(topic_policy(statement("Allow", ACTIONS[:1])), policy=PUBLIC)
    assert not apply(old, Baseline(entries), DEV, [PUBLIC]).outcomes[0].blocks
    assert apply(narrow, Baseline(entries), DEV, [PUBLIC]).outcomes[0].blocks


@pytest.mark.parametrize(
    ("edited", "accepted"),
    [
        ([statement("Allow", ACTIONS[:1]), statement("Deny", ACTIONS[1:2])], True),
        ([statement("Allow", ACTIONS[:2])], False),
        ([statement("Allow", ACTIONS), statement("Deny", ACTIONS[1:2])], False),
    ],
    ids=["one action less", "no denial", "one action more"],
)
def test_a_waiver_by_fingerprint_fits_what_is_narrower(edited: list[Statement], *, accepted: bool) -> None:
    (old,) = outcomes(topic_policy(GRANT, statement("Deny", ACTIONS[1:2])), policy=PUBLIC)
    resource = topic_policy(*edited)
    (new,) = outcomes(resource, policy=PUBLIC)
    waiver = Waiver(
        policy=PUBLIC,
        resource=ResourceName(TOPIC_POLICY, "p"),
        reason="r",
        expires=TODAY,
        finding=fingerprint(old),
        parts=extent(old),
    )
    result = waive([new], [PlacedWaiver(waiver, "w")], DEV, [PUBLIC], [resource], TODAY)
    assert bool(result.outcomes[0].exemption) is fits(new, extent(old)) is accepted
