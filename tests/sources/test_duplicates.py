"""A key twice in one object is an error, because a decoder silently keeps the last."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackguard.access.lines import answers, asked_diff
from stackguard.errors import CannotJudge
from stackguard.sources.duplicates import duplicate_key, keys_in
from stackguard.sources.export import parse
from tests.sources.states import BUCKET, STACK, state

KEYS = st.text('ab\\":é \n', max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab\\":, {}', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
STYLES: list[dict[str, Any]] = [{}, {"indent": 2}, {"separators": (" ,\n", "\t:")}, {"ensure_ascii": False}]


@given(VALUES, st.sampled_from(STYLES))
def test_a_text_without_duplicates_has_none(value: Any, style: dict[str, Any]) -> None:
    text = json.dumps(value, **style).encode()
    assert duplicate_key(text) == duplicate_key(text, keys_in(value)) == ""


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), VALUES, st.sampled_from(STYLES), st.data())
def test_a_duplicate_anywhere_is_found(
    inner: dict[str, Any], around: Any, style: dict[str, Any], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(inner)))
    written = data.draw(
        st.sampled_from([json.dumps(key), '"' + "".join(f"\\u{ord(letter):04x}" for letter in key) + '"'])
    )
    colon = data.draw(st.sampled_from([":", " :", "\n: "]))
    twice = json.dumps(inner, **style)[:-1] + f",{written}{colon}1}}"
    text = json.dumps([around, "HERE", {"x": "HERE"}], **style).replace('"HERE"', twice, 1).encode()
    assert duplicate_key(text) == key
    assert duplicate_key(text, keys_in(msgspec.json.decode(text))) == key


OPEN = json.dumps(state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox", "acl": "public-read"}, parent=STACK))
STEP = json.dumps({"op": "create", "urn": BUCKET, "newState": json.loads(OPEN)})
FILES = {
    "resources": f'{{"version": 3, "deployment": {{"resources": [{OPEN}], "resources": []}}}}',
    "deployment": f'{{"version": 3, "deployment": {{"resources": [{OPEN}]}}, "deployment": {{"resources": []}}}}',
    "inputs": f'{{"deployment": {{"resources": [{OPEN[:-1]}, "inputs": {{}}}}]}}}}',
    "acl": f'{{"deployment": {{"resources": [{OPEN.replace("}", """, "acl": "private"}""", 1)}]}}}}',
    "delete": f'{{"deployment": {{"resources": [{OPEN[:-1]}, "delete": false, "delete": true}}]}}}}',
    "sourcePosition": f'{{"deployment": {{"resources": [{OPEN[:-1]}, "stackTrace": [{{}}, {{"sourcePosition": "a", "sourcePosition": "b"}}]}}]}}}}',
    "magic": f'{{"deployment": {{"manifest": {{"magic": 1, "magic": 2}}, "resources": [{OPEN}]}}}}',
    "op": f'{{"changeSummary": {{"create": 1}}, "steps": [{STEP[:-1]}, "op": "delete", "newState": null}}]}}',
    "aws:region": f'{{"config": {{"aws:region": "a", "aws:region": "b"}}, "steps": [{STEP}]}}',
}


@pytest.mark.parametrize("key", FILES)
def test_a_file_with_a_duplicate_is_refused(key: str) -> None:
    with pytest.raises(CannotJudge, match=rf"the key `{key}` twice in .*") as error:
        parse(iter([FILES[key].encode()]), "`x.json`")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("other", ["latest", "checkpoint", "steps"])
def test_a_file_with_the_resources_of_two_stacks_is_refused(other: str) -> None:
    text = f'{{"deployment": {{"resources": [{OPEN}]}}, "{other}": null}}'
    with pytest.raises(CannotJudge, match="has both"):
        parse(iter([text.encode()]), "`x.json`")


def test_a_line_with_a_duplicate_is_invalid() -> None:
    (answer,) = answers([b'{"id": 1, "old": {"Statement": []}, "new": {"Statement": [], "Statement": []}}'], asked_diff)
    assert msgspec.json.decode(answer) == {
        "id": 1,
        "verdict": "invalid",
        "witness": None,
        "why": "the line has the key `Statement` twice in one object",
    }
