"""Enforcement of the policies of other packs: by their full name and by severity, within what is locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.evaluation.settings import SettingsError
from stackguard.gate.request import CheckRequest, judge
from stackguard.packs import PackSpec
from stackguard.reports import Report
from tests.packs.making import pack_of, policy
from tests.sources.states import as_bytes, export, state


@pytest.fixture
def target(tmp_path: Path) -> Path:
    file = tmp_path / "state.json"
    file.write_bytes(as_bytes(export([state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})])))
    return file


def judged(target: Path, settings: str, config: str | None = None, central: str = "") -> Report:
    folder = target.parent
    pack = pack_of(folder / "pack", policy("owner", "report('no owner')"))
    (folder / "stackguard.yaml").write_text(settings)
    (folder / "central.yaml").write_text(central)
    if config is not None:
        (folder / "config.json").write_text(config)
    spec = PackSpec(pack, folder / "config.json" if config is not None else None)
    return judge(CheckRequest(str(target), packs=(spec,), own=False, central=folder / "central.yaml"))


@pytest.mark.parametrize(
    ("settings", "config", "central", "code"),
    [
        ("", None, "", 1),
        ("enforcement: {NAME: advisory}", None, "", 0),
        ("enforcement: {NAME: disabled}", None, "", 0),
        ("enforcement: {severity:high: advisory}", None, "", 0),
        ("enforcement: {severity:high: advisory, NAME: mandatory}", None, "", 1),
        ("enforcement: {NAME: mandatory}", '{"owner": "advisory"}', "", 0),
        ("enforcement: {NAME: mandatory}", '{"all": "advisory"}', "", 0),
        ("enforcement: {NAME: disabled}", None, "locked: {enforcement: {NAME: mandatory}}", 1),
        ("", '{"owner": "advisory"}', "locked: {enforcement: {severity:high: mandatory}}", 1),
    ],
)
def test_settings_set_the_level_of_another_packs_policy(
    target: Path, settings: str, config: str | None, central: str, code: int
) -> None:
    name = judged(target, "").outcomes[0].policy.id
    report = judged(target, settings.replace("NAME", name), config, central.replace("NAME", name))
    assert report.exit_code == code


def test_a_name_that_no_pack_has_is_an_error_with_a_suggestion(target: Path) -> None:
    name = judged(target, "").outcomes[0].policy.id
    with pytest.raises(SettingsError, match=f"stackguard.yaml:1: `enforcement` has no policy `owner` .*`{name}`"):
        judged(target, "enforcement: {owner: advisory}")
