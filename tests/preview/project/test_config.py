"""What a project declares of its configuration, and what of it a stack and the operator set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.wire import UNKNOWN_STRING
from stackguard.errors import CannotJudge
from stackguard.preview.go_json import number
from stackguard.preview.project.config import Config, ConfigSources, resolve
from stackguard.preview.project.config_path import MISSING, PathError, parse_path, put, value_at


def config(declared: str = "", stack: str = "", *, paths: bool = False, **overrides: str) -> Config:
    project, values = yaml.safe_load(declared), yaml.safe_load(stack)
    return resolve(
        ConfigSources("p", "dev", Path("Pulumi.yaml"), project, Path("Pulumi.dev.yaml"), values, overrides, paths)
    )


def test_defaults_are_written_as_pulumi_writes_them() -> None:
    declared = """
text: {type: string, default: eu}
flag: {type: boolean, default: false}
whole: {type: integer, default: 3}
list: {type: array, items: {type: array, items: {type: integer}}, default: [[1, 2], []]}
map: {type: object, default: {b: <x>, a: [1.5, 1.0e-05, 1.0e+21, null]}}
short: [a, 1]
half: {default: 0.5}
p:own: {type: string, default: own}
aws:region: eu-west-1
aws:defaultTags: {value: {tags: {a: b}}}
"""
    assert config(declared).values == {
        "p:text": "eu",
        "p:flag": "false",
        "p:whole": "3",
        "p:list": "[[1,2],[]]",
        "p:map": r'{"a":[1.5,0.00001,1e+21,null],"b":"\u003cx\u003e"}',
        "p:short": '["a",1]',
        "p:half": "0.5",
        "p:own": "own",
        "aws:region": "eu-west-1",
        "aws:defaultTags": '{"tags":{"a":"b"}}',
    }


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("a: {type: text}", "`a`: `type` must be one of string, integer"),
        ("a: {type: array}", "`a` is an array: set the type of its elements with `items`"),
        ("a: {type: array, items: {type: array}}", "is an array: set the type"),
        ("a: {tipe: string}", "`a` has an unknown attribute `tipe`; did you mean `type`"),
        ("a: {typ: string}", "did you mean `type`"),
        ("a: {nonsense: 1}", "a declaration has type, items, description, secret, default, value"),
        ("a:", "`a` must be a text, a whole number"),
        ("a: 1.5", "`a` must be a text, a whole number"),
        ("a: {default: 1, value: 2}", "cannot have both a `default` and a `value`"),
        ("a: {type: string, default: 1}", "the default must be of type `string`"),
        ("a: {type: array, items: {type: integer}, default: [x]}", "must be of type `array<integer>`"),
        ("aws:region: {type: string, value: x}", "belongs to another package: give it a `value` and no `type`"),
        ("aws:region: {default: x}", "give it a `value` and no `default`"),
        ("aws:region: {secret: true}", "belongs to another package and needs a `value`"),
        ("- a", "`config` must be a mapping"),
    ],
)
def test_a_declaration_that_pulumi_refuses(declared: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=message) as caught:
        config(declared)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("string", "x", True),
        ("string", "1", True),
        ("string", "[x]", False),
        ("integer", "1", True),
        ("integer", "'+1'", True),
        ("integer", "1.5", False),
        ("boolean", "true", True),
        ("boolean", "'false'", True),
        ("boolean", "yes!", False),
        ("object", "{a: 1}", True),
        ("object", "'{}'", False),
        ("array, items: {type: integer}", "[1, '2']", True),
        ("array, items: {type: integer}", "[x]", False),
        ("array, items: {type: integer}", "'[1]'", False),
        ("array, items: {type: array, items: {type: boolean}}", "[[true], []]", True),
        ("array, items: {type: array, items: {type: boolean}}", "[true]", False),
    ],
)
def test_a_stacks_value_is_held_to_its_type(kind: str, value: str, fits: bool) -> None:  # noqa: FBT001
    if fits:
        assert config(f"a: {{type: {kind}}}", f"a: {value}").values
    else:
        with pytest.raises(CannotJudge, match="stack `dev`: configuration `a` must be of type"):
            config(f"a: {{type: {kind}}}", f"a: {value}")


def test_a_declared_secret_must_be_encrypted_or_overridden() -> None:
    declared = "a: {type: array, items: {type: string}, secret: true}"
    with pytest.raises(CannotJudge, match="`a` is declared secret and must be encrypted; use `pulumi config set"):
        config(declared, "a: [hunter2]")
    assert config(declared, "a: {secure: AAAB}").encrypted == {"p:a"}
    resolved = config(declared, "a: {secure: AAAB}", a='["hunter2"]')
    assert (resolved.values, resolved.secret, resolved.encrypted) == ({"p:a": '["hunter2"]'}, {"p:a"}, set())


def test_an_encrypted_value_within_an_object_is_unknown() -> None:
    resolved = config(stack="a: {user: ada, keys: [{secure: AAAB}], secure: {secure: AAAB}}\nb: {secure: AAAB}")
    assert json.loads(resolved.values["p:a"]) == {"user": "ada", "keys": [UNKNOWN_STRING], "secure": UNKNOWN_STRING}
    assert resolved.values["p:b"] == UNKNOWN_STRING
    assert resolved.secret == resolved.encrypted == {"p:a", "p:b"}


def test_a_declared_path_leads_into_an_object() -> None:
    declared = "database.port: {type: integer, default: 5432}\ndatabase.host: {type: string}"
    assert config(declared, "p:database: {host: db}").values == {"p:database": '{"host":"db","port":5432}'}
    with pytest.raises(CannotJudge, match=r"missing configuration: `database\.host`"):
        config(declared, "p:database: {port: 1}")
    with pytest.raises(CannotJudge, match=r"`database\.port` must be of type `integer`"):
        config(declared, "p:database: {port: x, host: db}")


def test_an_override_is_a_text_and_with_paths_leads_into_an_object() -> None:
    assert config(stack="a: {b: 1}", **{"a.b": "2"}).values == {"p:a": '{"b":1}', "p:a.b": "2"}
    overrides = {"a.b[1]": "true", "aws:tags.x": "007", "a.c": "12", "plain": "3"}
    assert config(stack="a: {b: [1], d: 1}", paths=True, **overrides).values == {
        "p:a": '{"b":[null,true],"c":12}',  # as in Pulumi: the stack's own object is gone
        "aws:tags": '{"x":"007"}',
        "p:plain": "3",
    }


@pytest.mark.parametrize("path", ["a[1][0].x[-1]", "a[0", "[0]", ".a", "a.[0]", "a."])
def test_an_override_whose_path_is_none(path: str) -> None:
    with pytest.raises(CannotJudge, match=r"path|place|name of a configuration value"):
        config(paths=True, **{path: "x"})


steps = st.lists(st.one_of(st.text(min_size=1), st.integers(0, 5)), max_size=4)


@given(st.text(min_size=1), steps)
def test_every_path_can_be_written(first: str, rest: list[str | int]) -> None:
    def quoted(name: str) -> str:
        return '["' + name.replace('"', '\\"') + '"]'

    # A backslash at the end of a name cannot be written: Pulumi's grammar takes the quote after it for escaped.
    names = [step.replace("\\", "/") if isinstance(step, str) else step for step in (first, *rest)]
    text = "".join(f"[{step}]" if isinstance(step, int) else quoted(step) for step in names)
    assert parse_path(text) == names


@given(st.lists(st.one_of(st.text("ab", min_size=1), st.integers(0, 1)), min_size=1, max_size=4), st.integers())
def test_a_value_is_read_from_where_it_is_put(path: list[str | int], value: int) -> None:
    tree: Any = put(None, path, value)
    assert value_at(tree, path) == value
    assert value_at(tree, [*path, "x"]) is MISSING


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(PathError):
        put({"a": 1}, [0], 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e3, "1000"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (1e-5, "0.00001"),
        (1e-7, "1e-7"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value: float, text: str) -> None:
    assert number(value) == text
