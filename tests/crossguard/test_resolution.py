"""The engine's values win; unknown ones come from the offline run, under the engine's own names."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Asset, Options, PartialDocument, Reference, Resource, Unknown
from policypack.core.values import has_unknown
from policypack.crossguard.resolution import Names, Resolver

BUCKET = "aws:s3/bucket:Bucket"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
MADE_UP = "orders-1111111"
REAL = "orders-2222222"


def document(name: str) -> str:
    return json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}]}
    )


def resolve(engine: list[Resource], offline: list[Resource], *generated: str) -> list[Resource]:
    resolver = Resolver(offline, frozenset(generated))
    for resource in engine:
        resolver.learn(resource)
    return [resolver.resolved(resource) for resource in engine]


def bucket(name: str) -> Resource:
    return Resource(BUCKET, "orders", {"bucket": name})


def policy(**inputs: Any) -> Resource:
    return Resource(POLICY, "orders", {"bucket": REAL, "policy": UNKNOWN, **inputs})


def test_an_unknown_document_is_the_offline_one_with_the_engines_names() -> None:
    offline = [bucket(MADE_UP), policy(bucket=MADE_UP, policy=document(MADE_UP))]
    _, resolved = resolve([bucket(REAL), policy()], offline, MADE_UP)
    assert resolved.inputs == {"bucket": REAL, "policy": document(REAL)}


def test_a_name_inside_another_one_is_replaced_once() -> None:
    offline = [
        bucket("a-1111111"),
        Resource(BUCKET, "logs", {"bucket": "a-1111111-logs-3333333"}),
        policy(bucket="a-1111111", policy="a-1111111 a-1111111-logs-3333333"),
    ]
    engine = [bucket("b"), Resource(BUCKET, "logs", {"bucket": "c"}), policy(bucket="b")]
    assert resolve(engine, offline, "a-1111111", "a-1111111-logs-3333333")[2].inputs["policy"] == "b c"


def test_names_of_an_older_state_are_learned_from_outputs() -> None:
    arn = "arn:aws:kms:eu-west-1:444455556666:key/real"
    key = Resource("aws:kms/key:Key", "key", {}, outputs={"arn": arn})
    generated = Resource("aws:kms/key:Key", "key", {}, outputs={"arn": "arn:aws:kms:eu-west-1:111122223333:key/drawn"})
    offline = [generated, policy(bucket=REAL, policy="arn:aws:kms:eu-west-1:111122223333:key/drawn")]
    resolved = resolve([key, policy()], offline, "111122223333", "drawn")
    assert resolved[1].inputs["policy"] == arn


def test_what_is_computed_from_a_resource_that_differs_differs_too() -> None:
    late = Resource(POLICY, "late", {"bucket": UNKNOWN, "policy": UNKNOWN}, dependencies=(bucket("").urn,))
    further = Resource(POLICY, "further", {"policy": UNKNOWN}, property_dependencies={"policy": (late.urn,)})
    offline = [
        bucket("written-2"),
        Resource(POLICY, "late", {"bucket": "written-2", "policy": document("written-2")}),
        Resource(POLICY, "further", {"policy": document("written-2")}),
    ]
    _, first, second = resolve([bucket("written-1"), late, further], offline)
    assert first.inputs["policy"].why.endswith("differs from it at `bucket` of `orders`")
    assert second.inputs["policy"].why.endswith("differs from it at `bucket` of `late`")


def test_names_in_keys_and_in_the_text_of_assets_are_the_engines() -> None:
    inputs = {"map": {MADE_UP: MADE_UP}, "code": Asset(members={"a": Asset(text=f"bucket={MADE_UP}")}, archive=True)}
    late = Resource("aws:lambda/function:Function", "f", {"map": UNKNOWN, "code": UNKNOWN})
    _, resolved = resolve([bucket(REAL), late], [bucket(MADE_UP), replace(late, inputs=inputs)], MADE_UP)
    assert resolved.inputs["map"] == {REAL: REAL}
    assert resolved.inputs["code"].members == {"a": Asset(text=f"bucket={REAL}")}


def test_learned_names_help_to_learn_more() -> None:
    names = Names(frozenset({"111122223333", "x-abc1234"}))
    assert names.same("arn:aws:sns:eu-west-1:111122223333:t", "arn:aws:sns:eu-west-1:444455556666:t")
    assert names.same("logs-111122223333-x-abc1234", "logs-444455556666-x-9999999")
    assert names.renamed("x-abc1234") == "x-9999999"


def test_a_guess_is_not_learned() -> None:
    names = Names(frozenset({"a-1111111", "b-2222222"}))
    assert names.same("a-1111111-b-2222222", "prod-eu-web")
    assert names.known == {}


def test_comparing_many_names_is_fast() -> None:
    tokens = [f"name{index}-1111111" for index in range(40)]
    assert not Names(frozenset(tokens)).same(",".join(tokens), ",".join(f"n{index}" for index in range(80)))


def test_the_engines_value_wins() -> None:
    late = policy(policy=document("known"))
    (resolved,) = resolve([late], [policy(policy=document("other"))])
    assert resolved.inputs["policy"] == document("known")


@pytest.mark.parametrize(
    ("known", "offline", "place"),
    [
        ({"tags": {"owner": "me", "at": "12:00"}}, {"tags": {"owner": "me", "at": "12:01"}}, "tags.at"),
        ({"rules": [{"days": 1}, {"days": 2}]}, {"rules": [{"days": 1}, {"days": 3}]}, "rules[1].days"),
        ({"rules": [1]}, {"rules": [1, 2]}, "rules"),
        ({"acl": "private"}, {}, "acl"),
        ({}, {"acl": "private"}, "acl"),
        ({"bucket": "third"}, {"bucket": MADE_UP, "other": UNKNOWN}, "bucket"),
        ({"code": Asset(path="a.zip", hash="1")}, {"code": Asset(path="a.zip", hash="2")}, "code"),
        ({"code": Asset(path="a.zip")}, {"code": Asset(path="b.zip")}, "code"),
    ],
)
def test_a_difference_of_the_two_previews_leaves_values_unknown_and_is_named(
    known: dict[str, Any], offline: dict[str, Any], place: str
) -> None:
    first = [bucket(REAL), policy(**known)]
    other = [bucket(MADE_UP), policy(**{"bucket": MADE_UP, "policy": document(MADE_UP), **offline})]
    _, resolved = resolve(first, other, MADE_UP)
    unknown = resolved.inputs["policy"]
    assert isinstance(unknown, Unknown)
    assert f"differs from it at `{place}`" in unknown.why


@pytest.mark.parametrize(
    ("known", "offline"),
    [
        ({"count": 1}, {"count": 1.0}),
        ({"region": "eu-west-1", "tagsAll": {}}, {}),
        ({"acl": None}, {}),
        ({"code": Asset(path="/a/x.zip", hash="1")}, {"code": Asset(path="/b/x.zip", hash="1")}),
        ({"parent": "urn:x"}, {"parent": Reference("urn:x", "")}),
        ({"parent": "known"}, {"parent": Reference("urn:x")}),
        ({"acl": UNKNOWN}, {"acl": "private"}),
        ({"acl": "private"}, {"acl": UNKNOWN}),
    ],
)
def test_what_is_no_difference(known: dict[str, Any], offline: dict[str, Any]) -> None:
    (resolved,) = resolve([policy(**known)], [policy(**{"policy": document(REAL), **offline})])
    assert resolved.inputs["policy"] == document(REAL)


def test_a_resource_that_only_the_engine_has_stays_unknown_with_that_reason() -> None:
    (resolved,) = resolve([policy()], [])
    assert "has no such resource" in resolved.inputs["policy"].why


def test_an_alias_is_the_same_resource() -> None:
    old = policy()
    new = Resource(POLICY, "renamed", {"bucket": REAL, "policy": document(REAL)}, options=Options(aliases=(old.urn,)))
    (resolved,) = resolve([old], [new])
    assert resolved.inputs["policy"] == document(REAL)


def test_what_is_unknown_offline_too_keeps_the_reason_of_the_offline_run() -> None:
    waits = Unknown("needs `id` of `aws:ec2/getVpc:getVpc`, which only the cloud knows", "Give it.")
    (resolved,) = resolve([policy()], [policy(policy=waits)])
    assert resolved.inputs["policy"] == waits


def test_a_partly_known_document_is_resolved_in_part() -> None:
    partial = PartialDocument(document(MADE_UP))
    _, resolved = resolve([bucket(REAL), policy()], [bucket(MADE_UP), policy(bucket=MADE_UP, policy=partial)], MADE_UP)
    assert isinstance(resolved.inputs["policy"], PartialDocument)
    assert resolved.inputs["policy"] == document(REAL)


def test_secrets_of_both_runs_stay_secret() -> None:
    offline = Resource(POLICY, "orders", {"bucket": REAL, "policy": "hush"}, secrets=frozenset({"policy"}))
    (resolved,) = resolve([policy()], [offline])
    assert resolved.secrets == {"policy"}


def test_outputs_are_completed_and_never_overwritten() -> None:
    engine = Resource(
        BUCKET, "orders", {"bucket": REAL}, outputs={"bucket": REAL, "arn": UNKNOWN, "region": "eu-west-1"}
    )
    arn = f"arn:aws:s3:::{MADE_UP}"
    offline = Resource(BUCKET, "orders", {"bucket": MADE_UP}, outputs={"arn": arn, "region": "us-east-1"}, id=MADE_UP)
    (resolved,) = resolve([engine], [offline], MADE_UP)
    assert resolved.outputs == {"bucket": REAL, "arn": f"arn:aws:s3:::{REAL}", "region": "eu-west-1"}
    assert resolved.id == REAL


NAMES = st.lists(st.from_regex(r"[a-z]{1,4}-[0-9a-f]{7}", fullmatch=True), min_size=1, max_size=4, unique=True)
TEXT = st.text("abc:/*- ", max_size=6)


@given(NAMES, st.data())
def test_a_text_of_generated_names_equals_the_engines(names: list[str], data: st.DataObject) -> None:
    """With any names of the engine, in any text."""
    real = {name: f"real{index}" for index, name in enumerate(names)}
    pieces = data.draw(st.lists(st.one_of(st.sampled_from(names), TEXT.map(lambda text: f"<{text}>")), max_size=8))
    offline = "|".join(pieces)
    engine = "|".join(real.get(piece, piece) for piece in pieces)
    known = Names(frozenset(names))
    assert known.same(offline, engine)
    assert known.renamed(offline) == engine
    assert known.same(offline, f"{engine}?") is False


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.just(UNKNOWN)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1))
def test_a_run_with_all_values_resolves_all(inputs: dict[str, Any]) -> None:
    """The offline run of the same program, in which the unknown values have become known."""

    def known(value: Any) -> Any:
        match value:
            case Unknown():
                return "resolved"
            case dict():
                return {name: known(inner) for name, inner in value.items()}
            case list():
                return [known(item) for item in value]
        return value

    (resolved,) = resolve([Resource(BUCKET, "orders", inputs)], [Resource(BUCKET, "orders", known(inputs))])
    assert resolved.inputs == known(inputs)
    assert not has_unknown(resolved.inputs)
