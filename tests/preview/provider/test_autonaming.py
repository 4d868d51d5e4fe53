"""Physical names: the provider's limits, and what `pulumi:autonaming` asks for, checked against Pulumi's own rules."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.policy import Unknown, urn_of
from stackguard.errors import CannotJudge
from stackguard.preview.project.project import Project
from stackguard.preview.provider.autonaming import (
    HEX,
    Autonaming,
    PhysicalNaming,
    Refusal,
    Strategy,
    configured,
    draw,
    physical_name,
)
from stackguard.preview.provider.resource_rules import rules

BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
PROJECT = Project(
    root=Path(),
    name="shop",
    stack="dev",
    organization="acme",
    interpreter=Path(),
    virtualenv=None,
    working_directory=Path(),
    entry=".",
    config={},
    secret=frozenset(),
    encrypted=frozenset(),
)


def asking(section: Any, **config: str) -> Autonaming:
    full = {f"shop:{key}": value for key, value in config.items()}
    return configured(replace(PROJECT, config={"pulumi:autonaming": json.dumps(section), **full}))


def named(autonaming: Autonaming, token: str = BUCKET, name: str = "Inbox", **inputs: Any) -> Any:
    naming = rules()[token].naming
    assert naming is not None
    return physical_name(naming, autonaming.strategy_for(token), name, urn_of(token, name), inputs)


@pytest.mark.parametrize(
    ("token", "name", "inputs", "pattern"),
    [
        (BUCKET, "Inbox", {}, r"inbox-[0-9a-f]{7}"),
        (ROLE, "Reader", {}, r"Reader-[0-9a-f]{7}"),
        ("aws:sqs/queue:Queue", "q", {"fifoQueue": True}, r"q-[0-9a-f]{7}\.fifo"),
        ("aws:sqs/queue:Queue", "q", {"fifoQueue": False}, r"q-[0-9a-f]{7}"),
        ("aws:sns/topic:Topic", "t", {"fifoTopic": True}, r"t-[0-9a-f]{7}\.fifo"),
        ("aws:kms/alias:Alias", "k", {}, r"alias/k-[0-9a-f]{7}"),
        ("aws:kms/alias:Alias", "alias/k", {}, r"alias/k-[0-9a-f]{7}"),
        ("aws:rds/instance:Instance", "db", {"engine": "postgres"}, r"db[0-9a-f]{7}"),
        ("aws:rds/instance:Instance", "db", {"engine": "sqlserver-ex"}, r"db[0-9a-f]{3}"),
        ("aws:glue/catalogDatabase:CatalogDatabase", "Raw", {}, r"raw_[a-z]{8}"),
        ("aws:lex/bot:Bot", "Bot", {}, r"Bot_[a-z]{8}"),
        ("aws:iot/topicRule:TopicRule", "rule", {}, r"rule"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "index.html", {}, r"index\.html"),
        ("aws:lambda/permission:Permission", "p", {}, r"p-[0-9a-f]{7}"),
        ("aws:ec2/keyPair:KeyPair", "k", {}, r"k-[0-9a-f]{7}"),
    ],
)
def test_names_have_the_form_that_the_provider_gives_them(
    token: str, name: str, inputs: dict[str, Any], pattern: str
) -> None:
    assert re.fullmatch(pattern, named(Autonaming(), token, name, **inputs))


@pytest.mark.parametrize("token", ["aws:route53/record:Record", "aws:directoryservice/directory:Directory"])
def test_a_name_that_is_a_domain_is_not_generated(token: str) -> None:
    assert rules()[token].naming is None


def test_a_prefix_leaves_the_name_to_the_update() -> None:
    assert named(Autonaming(), BUCKET, bucketPrefix="in-") is None


@pytest.mark.parametrize(
    ("token", "longest"),
    [(BUCKET, 55), (ROLE, 56), ("aws:cloudwatch/eventRule:EventRule", 56), ("aws:sqs/queue:Queue", 72)],
)
def test_a_name_that_the_provider_refuses_fails_as_a_preview_does(token: str, longest: int) -> None:
    assert len(named(Autonaming(), token, "n" * longest)) == longest + 8
    with pytest.raises(Refusal, match="longer than"):
        named(Autonaming(), token, "n" * (longest + 1))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(token for token, rule in rules().items() if rule.naming)), st.text(min_size=1, max_size=300)
)
def test_no_name_breaks_its_limits(token: str, name: str) -> None:
    naming = rules()[token].naming
    assert naming is not None
    inputs = {naming.fifo: True} if naming.fifo else {}
    try:
        chosen = physical_name(naming, Strategy(), name, urn_of(token, name), inputs)
    except Refusal:
        assert len(name) + len(naming.separator) + naming.length > naming.limit
        return
    assert isinstance(chosen, str)
    assert chosen == physical_name(naming, Strategy(), name, urn_of(token, name), inputs)
    if naming.limit:
        assert len(chosen) <= naming.limit + len(naming.prefix) + len(".fifo" if naming.fifo else "")
    if naming.lower:
        assert chosen == chosen.lower()
    if naming.length:
        other = physical_name(naming, Strategy(), name, urn_of(token, name, stack="prod"), inputs)
        assert other != chosen
        assert str(other).startswith(chosen[: -naming.length - len(".fifo" if naming.fifo else "")])


@pytest.mark.parametrize(
    ("section", "pattern"),
    [
        ({"mode": "default"}, r"inbox-[0-9a-f]{7}"),
        ({"mode": "verbatim"}, r"Inbox"),
        ({"pattern": "${name}-${stack}"}, r"inbox-dev"),
        ({"pattern": "${organization}-${project}-${name}"}, r"acme-shop-inbox"),
        ({"pattern": "${name}-${hex(4)}", "enforce": True}, r"Inbox-[0-9a-f]{4}"),
        ({"pattern": "${name}-${alphanum(20)}-${string(3)}-${num(5)}"}, r"inbox-[a-z0-9]{20}-[a-z]{3}-[0-9]{5}"),
        ({"pattern": "${name}-${uuid}", "enforce": True}, r"Inbox-[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"),
        ({"pattern": "${name}-${config.team}"}, r"inbox-red"),
        ({"mode": "verbatim", "providers": {"aws": {"mode": "default"}}}, r"inbox-[0-9a-f]{7}"),
        ({"mode": "verbatim", "providers": {"gcp": {"mode": "default"}}}, r"Inbox"),
        ({"mode": "verbatim", "providers": {"aws": {"resources": {ROLE: {"mode": "disabled"}}}}}, r"Inbox"),
        ({"providers": {"aws": {"mode": "disabled", "resources": {BUCKET: {"mode": "verbatim"}}}}}, r"Inbox"),
        ({"pattern": "x", "providers": {"aws": {"resources": {BUCKET: {"mode": "default"}}}}}, r"inbox-[0-9a-f]{7}"),
    ],
)
def test_what_a_project_asks_for(section: Any, pattern: str) -> None:
    assert re.fullmatch(pattern, named(asking(section, team="red")))


def test_a_proposed_name_keeps_to_the_types_own_rules_and_an_enforced_one_does_not() -> None:
    long = {"pattern": "${name}-" + "x" * 70}
    with pytest.raises(Refusal, match="63"):
        named(asking(long))
    assert len(named(asking({**long, "enforce": True}))) == 76
    assert named(asking({"pattern": "q"}), "aws:sqs/queue:Queue", fifoQueue=True) == "q.fifo"
    assert named(asking({"pattern": "q", "enforce": True}), "aws:sqs/queue:Queue", fifoQueue=True) == "q"
    with pytest.raises(Refusal, match="`1`"):
        named(asking({"pattern": "raw1"}), "aws:glue/catalogDatabase:CatalogDatabase")


def test_without_autonaming_a_name_is_required() -> None:
    with pytest.raises(Refusal, match="automatic naming is disabled"):
        named(asking({"mode": "disabled"}))


def test_two_random_parts_differ() -> None:
    first, second = named(asking({"pattern": "${hex(12)}.${hex(12)}"})).split(".")
    assert first != second


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "malformed"),
        ("[]", "malformed"),
        ('{"mode": "loud"}', "`mode` must be"),
        ('{"mode": "default", "pattern": "x"}', "goes with neither"),
        ('{"enforce": true}', "needs a `pattern`"),
        ('{"colour": "red"}', "colour"),
        ('{"providers": {"aws": {"resources": {"aws:s3/bucket:Bucket": {}}}}}', "`mode` or `pattern`"),
        ('{"pattern": "${config.missing}"}', "`missing`"),
    ],
)
def test_a_malformed_config_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=re.escape(message)) as failure:
        configured(replace(PROJECT, config={"pulumi:autonaming": text}))
    assert "pulumi:autonaming" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_value_that_cannot_be_decrypted_leaves_the_name_unknown() -> None:
    config = {"pulumi:autonaming": '{"pattern": "${name}-${config.salt}"}', "shop:salt": "?"}
    hidden = replace(PROJECT, config=config, secret=frozenset({"shop:salt"}), encrypted=frozenset({"shop:salt"}))
    assert isinstance(named(configured(hidden)), Unknown)
    revealed = configured(replace(hidden, encrypted=frozenset()))
    assert (named(revealed), revealed.secret) == ("inbox-?", True)


@given(st.text(), st.integers(0, 100))
def test_drawn_characters_come_from_their_alphabet(seed: str, length: int) -> None:
    for alphabet in (HEX, "xyz"):
        drawn = draw(seed, alphabet, length)
        assert len(drawn) == length
        assert set(drawn) <= set(alphabet)
        assert drawn == draw(seed, alphabet, length)


def test_every_character_of_an_alphabet_is_drawn() -> None:
    assert {character for index in range(200) for character in draw(str(index), "abcdefghij", 10)} == set("abcdefghij")


def test_a_short_form_applies_only_to_its_input() -> None:
    assert PhysicalNaming().bounds({"engine": "sqlserver"}) == (255, 7)
