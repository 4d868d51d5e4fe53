"""Texts replaced in resources: everything that contains one changes, and nothing else does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.memo import memoized
from policypack.core.policy import UNKNOWN, Asset, Options, PartialDocument, Reference, Resource, Unknown
from policypack.core.wire import UNKNOWN_STRING
from stackguard.preview.provider import assets
from stackguard.preview.provider.substitution import Substitution

OLD, NEW, OTHER = "973164285197", "444455556666", "111122223333"
ACCOUNTS = Substitution({OLD: NEW})
LATE = Unknown("waits for something", "Give it.")


def partial(text: str) -> PartialDocument:
    return PartialDocument(text, LATE)


texts = st.lists(
    st.sampled_from([OLD, OTHER, "arn:aws:sqs:eu-west-1:", ":orders", '"', "{", "9", "é", " "]), max_size=4
).map("".join)
leaves = st.one_of(
    texts,
    texts.map(partial),
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(int(OLD)),
    st.floats(allow_nan=False),
    st.just(UNKNOWN),
    st.just(LATE),
    st.builds(Reference, urn=texts, id=st.one_of(texts, st.just(UNKNOWN))),
    st.just(Asset(path="/x/y.zip", archive=True, hash="0f")),
    st.builds(Asset, text=texts),
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
maps = st.dictionaries(texts, values, max_size=3)


def skeleton(value: Any) -> Any:
    """The value without stand-ins, by code that is independent of the code under test."""
    match value:
        case PartialDocument():
            return "partial", str(value).replace(OLD, "#").replace(NEW, "#"), value.unknown
        case str():
            return value.replace(OLD, "#").replace(NEW, "#")
        case bool() | float() | None | Unknown():
            return type(value), value
        case int():
            return "#" if value in (int(OLD), int(NEW)) else value
        case list():
            return [skeleton(inner) for inner in value]
        case dict():
            return {skeleton(name): skeleton(inner) for name, inner in value.items()}
        case Reference():
            return "reference", skeleton(value.urn), skeleton(value.id)
        case Asset():
            return "asset", value.path, value.archive, value.hash, skeleton(value.text or "")
    raise AssertionError(value)


def contains_old(value: Any) -> bool:
    return OLD in repr(value)


@given(maps)
def test_only_the_replaced_texts_change(inputs: dict[str, Any]) -> None:
    changed = ACCOUNTS.value(inputs)
    assert skeleton(changed) == skeleton(inputs)
    assert not contains_old(changed)
    assert (changed is inputs) is not contains_old(inputs)


@given(maps, maps, texts)
def test_a_resource_keeps_values_without_a_text(inputs: dict[str, Any], outputs: dict[str, Any], identity: str) -> None:
    resource = Resource("aws:sqs/queue:Queue", "q", inputs, outputs=outputs, id=identity, secrets=frozenset({"a.b"}))
    changed = ACCOUNTS.value(resource)
    for name in ("inputs", "outputs", "id"):
        old, new = getattr(resource, name), getattr(changed, name)
        assert (new is old) is not contains_old(old)
    assert (changed is resource) is not any(map(contains_old, (inputs, outputs, identity)))
    assert (changed.urn, changed.secrets, changed.options) == (resource.urn, resource.secrets, resource.options)


def test_names_urns_and_paths_of_secrets_follow() -> None:
    urn = f"urn:pulumi:dev::shop::aws:s3/bucket:Bucket::logs-{OLD}"
    resource = Resource(
        "aws:s3/bucketPolicy:BucketPolicy",
        f"logs-{OLD}",
        {"tags": {f"owner-{OLD}": "x"}},
        urn=urn,
        parent=urn,
        dependencies=(urn,),
        property_dependencies={"bucket": (urn,)},
        secrets=frozenset({f"tags.owner-{OLD}"}),
        options=Options(aliases=(urn,), import_id=OLD),
    )
    changed = ACCOUNTS.value(resource)
    assert not contains_old(changed)
    new = urn.replace(OLD, NEW)
    assert (changed.urn, changed.parent, changed.dependencies) == (new, new, (new,))
    assert changed.property_dependencies == {"bucket": (new,)}
    assert changed.secrets == {f"tags.owner-{NEW}"}
    assert changed.options == Options(aliases=(new,), import_id=NEW)


def test_cached_results_of_a_resource_are_not_copied() -> None:
    resource = Resource("aws:sqs/queue:Queue", "q", {"name": OLD})
    assert _queue_name(resource) == OLD
    assert _queue_name(ACCOUNTS.value(resource)) == NEW


@memoized
def _queue_name(queue: Resource) -> str:
    return str(queue.inputs["name"])


def test_a_partial_document_stays_one() -> None:
    text = json.dumps({"Statement": [{"Resource": f"arn:aws:sqs:eu-west-1:{OLD}:q", "Sid": UNKNOWN_STRING}]})
    changed = ACCOUNTS.value({"policy": partial(text)})["policy"]
    assert isinstance(changed, PartialDocument)
    assert (str(changed), changed.unknown) == (text.replace(OLD, NEW), LATE)


@pytest.mark.parametrize("archive", [False, True])
def test_the_hash_of_an_asset_is_that_of_its_text(archive: bool) -> None:  # noqa: FBT001
    def asset_of(account: str) -> Asset:
        asset = Asset(text=f"ACCOUNT = {account}")
        return Asset(members={"a.py": asset}, archive=True) if archive else asset

    old, new = (assets.hashed({"code": asset_of(account)}, Path())["code"] for account in (OLD, NEW))
    assert old.hash != new.hash
    assert ACCOUNTS.value({"code": old}) == {"code": new}
    assert archive or new.hash == hashlib.sha256(f"ACCOUNT = {NEW}".encode()).hexdigest()


def test_without_texts_nothing_is_read() -> None:
    resource = Resource("aws:sqs/queue:Queue", "q", {"name": OLD})
    assert Substitution().value(resource) is resource
    assert Substitution().value(resource.inputs) is resource.inputs
