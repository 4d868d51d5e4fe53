"""`Pulumi.yaml` and the choice of a stack, without running anything."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from stackguard.errors import CannotJudge
from stackguard.preview.project.project import Project, load, nearest

NONE = MappingProxyType[str, str]({})


@pytest.fixture(autouse=True)
def nothing_of_the_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PULUMI_STACK", "PULUMI_BACKEND_URL", "PULUMI_DEFAULT_ORGANIZATION", "PULUMI_CREDENTIALS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))


@pytest.fixture
def select(tmp_path: Path) -> Callable[[Path, Any], None]:
    """Writes what `pulumi stack select` would write for a project's folder."""

    def write_selection(folder: Path, selection: Any) -> None:
        digest = hashlib.sha1(str(folder / "Pulumi.yaml").encode()).hexdigest()
        (tmp_path / "home" / "workspaces").mkdir(parents=True)
        (tmp_path / "home" / "workspaces" / f"p-{digest}-workspace.json").write_text(json.dumps(selection))

    return write_selection


def write(folder: Path, project: str = "name: p\nruntime: python", **stacks: str) -> Path:
    folder = folder / "program"
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text(project)
    (folder / "__main__.py").touch()
    for stack, text in stacks.items():
        (folder / f"Pulumi.{stack}.yaml").write_text(text)
    return folder


def config(folder: Path, project: str, stack: str, **overrides: str) -> Project:
    return load(write(folder, f"name: p\nruntime: python\n{project}", dev=stack), None, overrides)


def test_the_only_stack_is_chosen(tmp_path: Path) -> None:
    project = load(write(tmp_path, prod=""), None, NONE)
    assert (project.name, project.stack, project.organization) == ("p", "prod", "organization")
    assert project.interpreter == Path(sys.executable)
    assert (project.working_directory, project.entry) == (project.root, ".")


def test_a_stack_can_be_named_with_its_organization(tmp_path: Path) -> None:
    folder = write(tmp_path, prod="", dev="")
    assert load(folder, "acme/prod", NONE).organization == "acme"
    assert load(folder, "acme/p/dev", NONE).stack == "dev"


def test_the_environment_and_the_selected_stack_choose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, select: Callable[[Path, Any], None]
) -> None:
    folder = write(tmp_path, prod="", dev="")
    select(folder, {"stack": "organization/p/prod"})
    assert load(folder, None, NONE).stack == "prod"
    monkeypatch.setenv("PULUMI_STACK", "dev")
    assert load(folder, None, NONE).stack == "dev"
    assert load(folder, "prod", NONE).stack == "prod"


def test_a_stack_needs_no_file_where_there_is_none(tmp_path: Path) -> None:
    assert load(write(tmp_path), "fresh", NONE).stack == "fresh"


def test_stack_files_may_be_in_another_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, "name: p\nruntime: python\nstackConfigDir: stacks")
    (folder / "stacks").mkdir()
    (folder / "stacks" / "Pulumi.dev.yaml").write_text("config: {a: 1}")
    assert load(folder, None, NONE).config == {"p:a": "1"}


@pytest.mark.parametrize(
    ("project", "stacks", "stack", "message"),
    [
        ("runtime: python", {}, None, "a project needs a `name`"),
        ("name: p", {}, None, "a project needs a `runtime`"),
        ("name: ../../x\nruntime: python", {}, None, "Pulumi refuses the `name`"),
        ('name: "x\\e[31m"\nruntime: python', {}, None, "Pulumi refuses the `name`"),
        ("name: p\nruntime: nodejs", {}, None, "runtime is `nodejs`"),
        ("name: p\nruntime: {name: go}", {}, None, "runtime is `go`"),
        ("name: p\nruntime: [", {}, None, r"Pulumi\.yaml:2: malformed YAML"),
        ("name: p\nname: q", {}, None, r"Pulumi\.yaml:2: malformed YAML: the key `name` is duplicated"),
        ("- name", {}, None, r"Pulumi\.yaml:1: expected"),
        ("name: p\nruntime: python", {}, None, r"no Pulumi\.<stack>\.yaml beside it"),
        ("name: p\nruntime: python", {"a": "", "b": ""}, None, "choose one with --stack: a, b"),
        ("name: p\nruntime: python", {"dev": "config:\n  - a"}, None, "`config` must be a mapping"),
        ("name: p\nruntime: python", {"dev": "config:\n  a: :\n b"}, None, r"Pulumi\.dev\.yaml:2: malformed YAML"),
        ("name: p\nruntime: python", {"dev": "config:\n  a:b:c: 1"}, None, "`a:b:c` is not a configuration key"),
        ("name: p\nruntime: python\nmain: nowhere.py", {"dev": ""}, None, "`main` names `nowhere.py`"),
        (
            "name: p\nruntime: {name: python, options: {virtualenv: venv}}",
            {"dev": ""},
            None,
            "no virtual environment at `.*venv`; create it with `python3 -m venv .*/venv && .*install pulumi pulumi-aws`",
        ),
    ],
)
def test_errors_are_reported_in_one_line(
    tmp_path: Path, project: str, stacks: dict[str, str], stack: str | None, message: str
) -> None:
    with pytest.raises(CannotJudge, match=message) as caught:
        load(write(tmp_path, project, **stacks), stack, NONE)
    assert "\n" not in caught.value.message


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match=r"no Pulumi\.yaml in"):
        load(tmp_path, None, NONE)


def test_a_folder_without_a_program(tmp_path: Path) -> None:
    folder = write(tmp_path, dev="")
    (folder / "__main__.py").unlink()
    with pytest.raises(CannotJudge, match=r"no `__main__\.py` in"):
        load(folder, None, NONE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("'007'", "007"),
        ("007", "7"),
        ("012345678901", "12345678901"),
        ("1_000", "1000"),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("1e3", "1000"),
        ("1.50", "1.5"),
        ("-0.0", "0"),
        ("true", "true"),
        ("yes", "yes"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("2020-01-01", "2020-01-01 00:00:00 +0000 UTC"),
        ("", ""),
        ("~", ""),
        ("[012345678901, 1e3, a]", '[12345678901,1000,"a"]'),
        ("{b: 1, a: <x>}", r'{"a":"\u003cx\u003e","b":1}'),
    ],
)
def test_values_are_what_the_cli_makes_of_them(tmp_path: Path, text: str, value: str) -> None:
    assert config(tmp_path, "", f"config:\n  p:key: {text}").config == {"p:key": value}


def test_the_stack_wins_over_the_project_and_overrides_over_both(tmp_path: Path) -> None:
    declared = "config: {a: 1, b: {default: 2}, c: {value: 3, type: integer}, 'aws:region': {value: eu-west-1}}"
    loaded = config(tmp_path, declared, "config: {p:b: 20, 'other:config:d': 4}", c="30", **{"x:y": "z"})
    assert loaded.config == {
        "p:a": "1",
        "p:b": "20",
        "p:c": "30",
        "aws:region": "eu-west-1",
        "other:d": "4",
        "x:y": "z",
    }


def test_secrets_are_named_and_what_is_encrypted_can_be_overridden(tmp_path: Path) -> None:
    stack = "config: {a: {secure: x}, b: {n: [{secure: x}]}, c: {secure: x}}"
    project = config(tmp_path, "config: {d: {type: string, secret: true}}", stack, c="known", d="plain")
    assert project.secret == {"p:a", "p:b", "p:c", "p:d"}
    assert project.encrypted == {"p:a", "p:b"}
    assert project.config["p:c"] == "known"


@pytest.mark.parametrize(
    ("project", "stack", "message"),
    [
        ("config: {a: {type: integer}, b: {type: string}}", "config: {}", "missing configuration: `a`, `b`"),
        ("config: {a: {type: integer}}", "config: {a: x}", "`a` must be of type `integer`"),
        ("config: {a: {type: boolean}}", "config: {a: 1}", "`a` must be of type `boolean`"),
        ("config: {a: {type: array, items: {type: string}}}", "config: {a: x}", "`a` must be of type `array<string>`"),
        ("config: {a: {type: object}}", "config: {a: [1]}", "`a` must be of type `object`"),
    ],
)
def test_declared_config_is_checked(tmp_path: Path, project: str, stack: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=message):
        config(tmp_path, project, stack)


def test_an_environment_is_not_read_and_noted(tmp_path: Path) -> None:
    assert "`environment` is not read" in config(tmp_path, "", "environment: [prod]").notes[0]


def test_a_stack_without_a_file_is_legal_and_noted(tmp_path: Path) -> None:
    project = load(write(tmp_path, prod="config: {a: 1}", dev=""), "prdo", NONE)
    assert (project.stack, project.config) == ("prdo", {})
    assert project.notes == (
        "stack `prdo` has no file Pulumi.prdo.yaml, so no configuration of its own; did you mean `prod`?",
    )


def test_the_selected_stack_goes_before_the_only_one_with_a_file(
    tmp_path: Path, select: Callable[[Path, Any], None]
) -> None:
    folder = write(tmp_path, prod="")
    select(folder, {"stack": "dev"})
    assert load(folder, None, NONE).stack == "dev"


def test_a_stack_is_selected_for_each_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, select: Callable[[Path, Any], None]
) -> None:
    folder = write(tmp_path, prod="", dev="")
    select(folder, {"stack": "old", "stacks": {"file://~": "dev", "https://api.pulumi.com": "acme/p/prod"}})
    project = load(folder, None, NONE)
    assert (project.stack, project.organization) == ("prod", "acme")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file://~")
    assert load(folder, None, NONE).stack == "dev"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    assert load(folder, None, NONE).stack == "old"


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ("acme/other/dev", "`acme/other/dev` is one of the project `other`, and this is `p`"),
        ("a/b/c/d", "`a/b/c/d` is not a stack"),
        ("acme/", "`acme/` is not a stack"),
        ("de v", "`de v` is not the name of a stack"),
        ("d" * 101, "at most 100"),
    ],
)
def test_a_name_that_is_no_stack_of_this_project(tmp_path: Path, stack: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=message):
        load(write(tmp_path, dev=""), stack, NONE)


def test_the_organization_is_the_backends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, dev="")
    home = tmp_path / "home"
    home.mkdir()
    (home / "credentials.json").write_text(
        json.dumps({"current": "https://p.example", "accounts": {"https://p.example": {"username": "ada"}}})
    )
    assert load(folder, None, NONE).organization == "ada"
    (home / "config.json").write_text(json.dumps({"backends": {"https://p.example": {"defaultOrg": "acme"}}}))
    assert load(folder, None, NONE).organization == "acme"
    monkeypatch.setenv("PULUMI_DEFAULT_ORGANIZATION", "other")
    assert load(folder, None, NONE).organization == "other"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    assert load(folder, None, NONE).organization == "organization"
    assert load(folder, "organization/dev", NONE).stack == "dev"
    with pytest.raises(CannotJudge, match="with the backend in use the organization is `organization`"):
        load(folder, "acme/dev", NONE)


def test_a_damaged_selection_of_a_stack_is_an_error(tmp_path: Path, select: Callable[[Path, Any], None]) -> None:
    folder = write(tmp_path, dev="", prod="")
    select(folder, {"stack": "prod"})
    (kept,) = (tmp_path / "home" / "workspaces").iterdir()
    kept.write_text('{"stack": "pr')
    with pytest.raises(CannotJudge, match=r"-workspace\.json:1: malformed JSON"):
        load(folder, None, NONE)
    assert load(folder, "dev", NONE).stack == "dev"


def test_credentials_of_the_cli_may_be_unreadable(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials.json").write_text("encrypted")
    assert load(write(tmp_path, dev=""), None, NONE).organization == "organization"


@pytest.mark.parametrize(("extension", "other"), [("yml", "yaml"), ("json", "yml")])
def test_stack_files_have_the_extension_of_the_projects(tmp_path: Path, extension: str, other: str) -> None:
    (tmp_path / "__main__.py").touch()
    (tmp_path / f"Pulumi.{extension}").write_text('{"name": "p", "runtime": "python"}')
    (tmp_path / f"Pulumi.dev.{extension}").write_text('{"config": {"a": 0.5}}')
    (tmp_path / f"Pulumi.dev.{other}").write_text('{"config": {"a": 2}}')
    assert load(tmp_path, None, NONE).config == {"p:a": "0.5"}


def test_malformed_json(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.json").write_text('{"name": "p",\n}')
    with pytest.raises(CannotJudge, match=r"Pulumi\.json:2: malformed JSON"):
        load(tmp_path, None, NONE)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"name": NaN}', "a number that is out of range"),
        ('{"name": 1e999}', "a number that is out of range"),
        ('{"name": "p", "name": "q"}', "the key `name` is duplicated"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"name": "\\ud800"}', "half of a surrogate pair"),
        ("\xff", "not UTF-8"),
    ],
    ids=["nan", "infinity", "duplicate", "deep", "surrogate", "latin"],
)
def test_json_is_as_strict_as_yaml(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "Pulumi.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CannotJudge, match=rf"^[^\n]*Pulumi\.json[^\n]*: malformed JSON: {problem}[^\n]*$"):
        load(tmp_path, None, NONE)


def test_the_nearest_project(tmp_path: Path) -> None:
    folder = write(tmp_path, dev="")
    (folder / "src" / "deep").mkdir(parents=True)
    assert nearest(folder / "src" / "deep") == nearest(folder) == folder


@pytest.mark.parametrize(
    ("main", "runs", "entry"),
    [
        ("app", "app", "."),
        ("./app/", "app", "."),
        ("app/start.py", "app", "start.py"),
        ("app/../run.py", ".", "run.py"),
    ],
)
def test_main_is_a_folder_or_a_file(tmp_path: Path, main: str, runs: str, entry: str) -> None:
    folder = write(tmp_path, f"name: p\nruntime: python\nmain: {main}", dev="")
    (folder / "app").mkdir()
    for name in ("app/__main__.py", "app/start.py", "run.py"):
        (folder / name).touch()
    project = load(folder, None, NONE)
    assert (project.working_directory, project.entry) == (folder / runs, entry)


def test_settings_for_the_engine(tmp_path: Path) -> None:
    declared = "config: {'pulumi:disable-default-providers': [' aws ', kubernetes], 'pulumi:tags': {value: {team: a}}}"
    loaded = config(tmp_path, declared, "config: {pulumi:autonaming: {mode: verbatim}}")
    assert loaded.disabled_default_providers == {"aws", "kubernetes"}
    assert loaded.config["pulumi:autonaming"] == '{"mode":"verbatim"}'
    assert loaded.config["pulumi:tags"] == '{"team":"a"}'


def test_malformed_settings_for_the_engine(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="`pulumi:disable-default-providers` must be a list of packages"):
        config(tmp_path, "", "config: {pulumi:disable-default-providers: aws}")


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.dev.yaml"])
def test_a_link_that_leads_to_itself_is_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path, dev="config: {p:open: true}")
    (folder / name).unlink()
    (folder / name).symlink_to(name)
    with pytest.raises(CannotJudge, match=f"{name} cannot be read: too many levels of symbolic links"):
        load(folder, "dev", NONE)
