"""Settings files are found from a target upwards, and read from YAML or `pyproject.toml`."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from policypack.core.stack_name import StackName
from policypack.evaluation.settings import files, schema
from policypack.evaluation.settings.model import SettingsError
from policypack.evaluation.settings.resolving import resolve

SCHEMA = Path(schema.__file__).with_name("settings.schema.json")
TABLE = '[tool.stackguard]\nfailOn = "high"\n'


def test_what_has_nothing_below_it_is_empty(tmp_path: Path) -> None:
    """The last entry was removed, and its heading left behind."""
    file = tmp_path / "stackguard.yaml"
    lists = "allowedRegions:\ntrustedCidrs:\ntrustedAccounts:\npolicies:\nmockFiles:\nexclude:\n"
    locked = "locked:\n  neverWaive:\n  longestWaiver:\n  enforcement:\n"
    file.write_text(f"{lists}enforcement:\noverrides:\n  - stacks: [dev]\n    enforcement:\n{locked}")
    layer = files.load(file)
    assert layer.parts[0].values["enforcement"] == layer.parts[1].values["enforcement"] == {}
    assert layer.parts[0].values["trustedAccounts"] == layer.parts[0].values["exclude"] == []
    file.write_text("failOn:\n")
    with pytest.raises(SettingsError, match="must be `low`"):
        files.load(file)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / "infra" / "app").mkdir(parents=True)
    (tmp_path / "elsewhere" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "elsewhere")
    return root


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({"stackguard.yaml": ""}, "stackguard.yaml"),
        ({"stackguard.yaml": "", "infra/stackguard.yaml": ""}, "infra/stackguard.yaml"),
        ({"infra/stackguard.yaml": "", "infra/app/pyproject.toml": TABLE}, "infra/app/pyproject.toml"),
        ({"infra/pyproject.toml": TABLE, "infra/stackguard.yaml": ""}, "infra/stackguard.yaml"),
        ({"pyproject.toml": TABLE, "infra/pyproject.toml": "[tool.ruff]\n"}, "pyproject.toml"),
        (
            {"stackguard.yaml": "", "infra/pyproject.toml": "[tool.stackguard.bundle]\nhandler = 'a.b'"},
            "stackguard.yaml",
        ),
        ({"stackguard.yaml": "", "infra/pyproject.toml": "[tool.stackguard\n"}, "infra/pyproject.toml"),
        (
            {"stackguard.yaml": "", "infra/pyproject.toml": "[x\n[tool]\nstackguard.failOn = 'low'"},
            "infra/pyproject.toml",
        ),
        ({"stackguard.yaml": "", "infra/pyproject.toml": "[x\n[tool.'stackguard']\n"}, "infra/pyproject.toml"),
        ({"stackguard.yaml": "", "infra/pyproject.toml": "[tool.ruff\ndev = ['stackguard']"}, "stackguard.yaml"),
        ({"../stackguard.yaml": ""}, None),
        ({"../elsewhere/stackguard.yaml": ""}, "../elsewhere/stackguard.yaml"),
        ({"../elsewhere/stackguard.yaml": "", "stackguard.yaml": ""}, "stackguard.yaml"),
    ],
)
@pytest.mark.parametrize("target", ["infra/app", "infra/app/export.json"])
def test_the_nearest_file_counts_up_to_the_repositorys_root_then_the_working_folder(
    repository: Path, written: dict[str, str], found: str | None, target: str
) -> None:
    for name, text in written.items():
        (repository / name).write_text(text)
    file = files.find(repository / target)
    if found is None:
        assert file is None
    else:
        assert file is not None
        assert file.samefile(repository / found)


def test_standard_input_has_the_settings_of_the_working_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "stackguard.yaml").touch()
    assert files.find(None) is None
    monkeypatch.chdir(repository / "infra")
    assert files.find(None) == Path("../stackguard.yaml")


def test_a_table_of_pyproject_is_the_same_schema_with_lines(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(
        '[project]\nname = "x"\n\n[tool.stackguard]\nunknown = "advisory"\n\n[tool.stackguard.enforcement]\n'
        '"tag:s3" = "advisory"\n\n[[tool.stackguard.overrides]]\nstacks = ["dev*"]\nunknown = "mandatory"\n\n'
        '[[tool.stackguard.overrides]]\nstacks = ["prod*"]\nfailOn = "high"\n\n[tool.stackguard.bundle]\nhandler = "a.b"\n'
    )
    effective = resolve([files.load(file)], StackName("", "", "prod"))
    assert effective.settings.fail_on == "high"
    assert {key: origin.rpartition(":")[2] for key, origin in effective.origins.items()} == {
        "unknown": "5",
        "enforcement.tag:s3": "8",
        "failOn": "16",
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "pyproject.toml",
            "[tool.stackguard]\nfailon = 'low'\n",
            ":2: there is no setting `failon`; did you mean `failOn`",
        ),
        ("pyproject.toml", "[tool.stackguard\n", ":1: malformed TOML: "),
        ("gate.toml", "[tool.stackguard\n", ":1: malformed TOML: "),
        ("gate.toml", "failOn = 'low'\n", " has no settings: in TOML, they are the table `[tool.stackguard]`"),
        ("central.yaml", "locked:\n  failOn: highest\n", ":2: `locked.failOn` must be `low`, `medium`"),
    ],
)
def test_an_error_has_the_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError) as error:
        files.load(tmp_path / name, central=True)
    assert f"{tmp_path / name}{message}" in str(error.value)


def test_the_published_schema_is_current_and_a_schema() -> None:
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(schema.file_schema())), "run `python tools/generate_docs.py`"
    jsonschema.Draft202012Validator.check_schema(published)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ({"failOn": "high", "overrides": [{"stacks": ["prod*"], "unknown": "mandatory"}]}, True),
        (
            {"locked": {"neverWaive": ["tag:s3"], "longestWaiver": {"critical": 30}}, "programs": {"mayWaive": True}},
            True,
        ),
        ({"enforcement": {"tags/owner": "advisory", "severity:low": "disabled"}}, True),
        ({"failon": "high"}, False),
        ({"overrides": [{"failOn": "low"}]}, False),
        ({"locked": {"unknown": "advisory"}}, False),
        ({"stackRegion": "eu-west-1"}, False),
        ({"limits": {}}, False),
    ],
)
def test_an_editor_agrees_with_the_command(text: dict[str, object], *, valid: bool) -> None:
    validator = jsonschema.Draft202012Validator(schema.file_schema())
    assert validator.is_valid(json.loads(json.dumps(text))) is valid


def test_a_damaged_file_that_was_passed_is_stated(repository: Path) -> None:
    (repository / "infra" / "pyproject.toml").write_text("[tool.ruff]\n\nx = = 1\n")
    (repository / "stackguard.yaml").write_text("")
    target = repository / "infra" / "app"
    found = files.find(target)
    assert [(Path(place).name, problem) for place, problem in files.damaged(target, found)] == [
        ("pyproject.toml:3", "malformed TOML: Invalid value in column 5")
    ]
    (repository / "infra" / "stackguard.yaml").write_text("")
    assert not list(files.damaged(target, files.find(target)))
