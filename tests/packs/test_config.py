"""A pack's configuration: the forms of the file, the order of precedence, and the errors of its schema."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import EnforcementLevel, Resource
from stackguard.errors import CannotJudge
from stackguard.packs import PackSpec
from stackguard.packs.config import PolicyConfig, PolicyInfo, merged, read
from tests.packs.making import judged, pack_of, policy

BUCKET = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})
REPORT_CONFIG = "report(repr(dict(args.get_config())))"
SCHEMA = """, config_schema=PolicyConfigSchema(properties={
    'most': {'type': 'integer', 'maximum': 9, 'default': 3},
    'mode': {'enum': ['lax', 'strict']},
    'owners': {'type': 'array', 'items': {'type': 'string'}},
    'nested': {'type': 'object', 'required': ['inner']},
}, required=['mode'])"""


def config_of(tmp_path: Path, value: Any) -> Path:
    file = tmp_path / "config.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return file


def configured(tmp_path: Path, value: Any, more: str = "") -> list[tuple[str, EnforcementLevel, dict[str, Any]]]:
    """The configuration of two policies with the same schema, as they receive it."""
    pack = pack_of(
        tmp_path / "pack",
        policy("one", REPORT_CONFIG, more=SCHEMA),
        policy("two", REPORT_CONFIG, more=SCHEMA, level="ADVISORY"),
        more=more,
    )
    file = None if value is None else config_of(tmp_path, value)
    result = judged([PackSpec(pack, file)], BUCKET)
    return [(outcome.policy.id, outcome.enforcement, eval(outcome.message)) for outcome in result.outcomes]


ADVISORY, MANDATORY = EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY


def test_defaults_then_the_packs_own_then_the_operators(tmp_path: Path) -> None:
    initial = ", initial_config={'all': EnforcementLevel.DISABLED, 'one': {'mode': 'lax', 'owners': ['a'],"
    initial += " 'enforcementLevel': EnforcementLevel.MANDATORY}, 'two': {'mode': 'strict'}}"
    operators = {"one": {"owners": ["b", "c"], "most": 4, "enforcementLevel": "advisory"}, "two": "mandatory"}
    assert configured(tmp_path, operators, initial) == [
        ("ours/one", ADVISORY, {"mode": "lax", "owners": ["b", "c"], "most": 4}),
        ("ours/two", MANDATORY, {"mode": "strict", "most": 3}),
    ]


def test_all_is_every_policy_that_is_not_named(tmp_path: Path) -> None:
    operators = {"all": "mandatory", "one": {"mode": "lax", "enforcementLevel": "disabled"}, "two": {"mode": "lax"}}
    assert configured(tmp_path, operators) == [("ours/two", MANDATORY, {"mode": "lax", "most": 3})]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "`one`: `mode` is required; `two`: `mode` is required; see --policy-pack-config"),
        ({"one": {"mode": "odd"}}, '`one`: `mode` must be one of ["lax","strict"]'),
        ({"one": {"most": "hush"}}, "`one`: `most` must be of type integer"),
        ({"one": {"most": 10}}, "`one`: `most` does not fit `maximum: 9`"),
        ({"one": {"owners": ["a", 1]}}, "`one`: `owners[1]` must be of type string"),
        ({"one": {"nested": {}}}, "`one`: `inner` is required in `nested`"),
        ({"three": "mandatory"}, "has no policy `three` to configure; it has `one`, `two`"),
        ({"onee": "mandatory"}, "has no policy `onee` to configure; it has `one`"),
    ],
)
def test_a_configuration_that_does_not_fit_the_pack(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(CannotJudge) as caught:
        configured(tmp_path, value)
    assert message in caught.value.message
    assert "hush" not in caught.value.message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{", "is malformed JSON: expecting property name enclosed in double quotes in line 1"),
        ('{"all": "mandatory", "all": "disabled"}', "the key `all` is duplicated; remove one of the two"),
        (
            '{"a": {"enforcementLevel": "mandatory", "enforcementLevel": "disabled"}}',
            "`enforcementLevel` is duplicated",
        ),
        ("[]", "must be an object by policy"),
        ('"mandatory"', "must be an object by policy"),
        ({"one": 1}, "`one` must be an enforcement level or an object"),
        (
            {"one": "loud"},
            "`one` has no valid enforcement level; it is one of advisory, disabled, mandatory, remediate",
        ),
        ({"one": {"enforcementLevel": None}}, "`one` has no valid enforcement level"),
        ({"environments": ["prod"]}, "`environments` need Pulumi Cloud"),
    ],
)
def test_a_malformed_file(tmp_path: Path, value: Any, message: str) -> None:
    file = config_of(tmp_path, value)
    with pytest.raises(CannotJudge, match=r"^policy pack config `.*config\.json`") as caught:
        read(file)
    assert message in caught.value.message


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match=r"`.*missing\.json` cannot be read: no such file"):
        read(tmp_path / "missing.json")


@pytest.mark.parametrize("text", ["", " \n", "null", "{}", '{"environments": []}'])
def test_an_empty_file_configures_nothing(tmp_path: Path, text: str) -> None:
    assert read(config_of(tmp_path, text)) == {}


def test_a_malformed_schema_is_named() -> None:
    odd = PolicyInfo("odd", "mandatory", {"mode": {"type": "no-such-type"}})
    with pytest.raises(CannotJudge, match="`odd` has a malformed schema"):
        merged([odd], {}, {"odd": PolicyConfig(None, {"mode": 1})}, "ours")


def test_a_remote_schema_is_an_error_and_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[object] = []
    monkeypatch.setattr(urllib.request, "urlopen", fetched.append)
    odd = PolicyInfo("odd", "mandatory", {"mode": {"$ref": "https://example.com/schema.json"}})
    with pytest.raises(CannotJudge, match="`odd` has a malformed schema"):
        merged([odd], {}, {"odd": PolicyConfig(None, {"mode": 1})}, "ours")
    assert fetched == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_any_json_is_read_or_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    try:
        names = sorted(read(file))
    except CannotJudge as error:
        names = error.message.splitlines()
        value = ["one line"]
    assert len(names) == len(value or ())


LEVELS = st.sampled_from([None, "advisory", "mandatory", "remediate", "disabled"])


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=2, max_size=2), st.sampled_from(["advisory", "mandatory"]))
def test_the_most_specific_level_wins(levels: list[tuple[str | None, str | None]], default: str) -> None:
    """The operator's config precedes the pack's own, and one for a policy precedes one for all."""
    configs = [{"all": PolicyConfig(everyone), "p": PolicyConfig(own)} for everyone, own in levels]
    configured_levels = merged([PolicyInfo("p", default)], configs[0], configs[1], "ours")
    (all_initial, own_initial), (all_chosen, own_chosen) = levels
    assert configured_levels["p"].level == next(
        filter(None, (own_chosen, all_chosen, own_initial, all_initial, default))
    )
