from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policypack.core.policy import Resource
from policypack.evaluation.redaction import Mask
from stackguard import preview
from stackguard.errors import CannotJudge
from stackguard.sources import RunOptions, load


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """The calls of the runner, which registers one bucket."""
    recorded: list[tuple[Any, dict[str, Any]]] = []

    def run(folder: Path, observer: Any, **options: Any) -> Any:
        recorded.append((folder, options))
        registered = [Resource("aws:s3/bucket:Bucket", "b")]
        return SimpleNamespace(
            resources=registered,
            config={"aws:region": "eu-west-1"},
            secret_config=frozenset(),
            notes=("secrets are unknown",),
            stand_in=True,
            unseen=(),
            mask=Mask(),
            organization="acme",
        )

    monkeypatch.setattr(preview, "run", run, raising=False)
    return recorded


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"])
def test_a_folder_is_run_with_the_options(tmp_path: Path, calls: list[Any], name: str) -> None:
    (tmp_path / name).write_text("{}")
    mock = (tmp_path / "mock.yaml",)
    loaded = load(str(tmp_path), RunOptions("prod", {"a:b": "c"}, resolve=False, timeout=5, mock=mock, account="1"))
    assert [resource.name for resource in loaded.resources] == ["b"]
    assert (loaded.notes, loaded.stand_in) == (("secrets are unknown",), True)
    assert (loaded.region, loaded.folder) == ("eu-west-1", tmp_path)
    expected = {"stack": "prod", "config": {"a:b": "c"}, "resolve": False, "timeout": 5, "mock": mock, "account": "1"}
    assert [(folder, options | expected) for folder, options in calls] == [(tmp_path, calls[0][1])]


def test_a_folder_without_a_project_is_refused(tmp_path: Path, calls: list[Any]) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotJudge, match=r"has no `Pulumi\.yaml`, .* give a program's folder"):
        load(str(tmp_path / "empty"), RunOptions())
    assert calls == []


def test_a_project_in_a_subfolder_is_named(tmp_path: Path, calls: list[Any]) -> None:
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "Pulumi.yaml").write_text("{}")
    with pytest.raises(CannotJudge) as caught:
        load(str(tmp_path), RunOptions())
    assert f"`stackguard check {(tmp_path / 'stack').resolve()}`" in caught.value.message
    assert calls == []


def test_a_project_is_found_in_a_parent_folder(tmp_path: Path, calls: list[Any]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("{}")
    (tmp_path / "src" / "deep").mkdir(parents=True)
    loaded = load(str(tmp_path / "src" / "deep"), RunOptions())
    assert calls[0][0] == loaded.folder == tmp_path
    assert loaded.target == str(tmp_path)
