"""The recorded sessions fit the programs: compared with the offline run, and live with a CLI."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from stackguard.preview import Preview
from tests.agreement.doors import preview
from tests.agreement.engine import ROOT
from tests.agreement.record_sessions import recorded
from tests.agreement.session import SESSIONS, TESTS, Session, comparable, dump, file_of, load, parse, programs

NAMES = programs()
BUILT_BY_A_PLUGIN = {
    "programs/remote_components": (
        "urn:pulumi:dev::remote-components::my:parts:Group$test:index:Remote$test:index:Thing::inside-unseen",
        "urn:pulumi:dev::remote-components::test:index:Remote$test:index:Thing::plain-unseen",
    )
}
"""The resources that the engine's plugin registers in a component: offline, `pulumi-unseen-component` reports them."""

each_program = pytest.mark.parametrize("name", NAMES)


def differences(session: Session, preview: Preview) -> list[str]:
    """The differences between the resources of a session and those of the offline run, a line each.

    The engine analyzes each resource once, and once more with the stack, but none that a program only reads.
    """
    managed = [resource.urn for resource in preview.resources if not resource.external]
    return [
        f"{urn}: {method} {times[urn]} times instead of {expected[urn]}"
        for method, requests in (("Analyze", session.resources), ("AnalyzeStack", session.stack.resources))
        for times, expected in [(Counter(request.urn for request in requests), Counter(managed))]
        for urn in sorted({*times, *expected})
        if times[urn] != expected[urn]
    ]


@each_program
def test_a_session_is_of_the_resources_of_the_offline_run(name: str) -> None:
    meant = [
        f"{urn}: {method} 1 times instead of 0"
        for method in ("Analyze", "AnalyzeStack")
        for urn in BUILT_BY_A_PLUGIN.get(name, ())
    ]
    assert differences(load(TESTS / name), preview(name)) == meant


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH")
@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the CLI starts the pack in `.venv`, which is not there")
@each_program
def test_recording_again_gives_the_same_session(name: str, tmp_path: Path) -> None:
    written = file_of(TESTS / name).read_text(encoding="utf-8")
    assert comparable(recorded(TESTS / name, tmp_path)) == comparable(written)


def test_a_session_of_another_version_of_a_program_is_stale() -> None:
    session, ran = load(TESTS / "sound/fan_out"), preview("sound/fan_out")
    removed = session.resources[-1].urn
    shorter = Session(session.configuration, session.resources[:-1], session.stack)
    assert differences(shorter, ran) == [f"{removed}: Analyze 0 times instead of 1"]
    session.stack.resources.add(urn="urn:another")
    assert differences(session, ran) == ["urn:another: AnalyzeStack 1 times instead of 0"]


def test_there_is_no_session_without_a_program() -> None:
    assert sorted(SESSIONS.rglob("*.jsonl")) == sorted(file_of(TESTS / name) for name in NAMES)


def test_a_session_contains_nothing_of_the_machine_that_recorded_it() -> None:
    texts = {name: file_of(TESTS / name).read_text(encoding="utf-8") for name in NAMES}
    assert [name for name, text in texts.items() if "/root/" in text or "/home/" in text or str(ROOT) in text] == []
    assert sum(len(text.encode()) for text in texts.values()) < 4_000_000


def test_paths_and_names_are_replaced_and_paths_are_put_back(tmp_path: Path) -> None:
    urn = "urn:pulumi:dev::p::aws:s3/bucket:Bucket::logs"
    request = {"name": "logs", "urn": urn, "properties": {"bucket": "logs-1a2b3c4", "at": f"{tmp_path}/app"}}
    lines = [
        ("ConfigureStack", {"stack": "dev"}),
        ("Analyze", request),
        ("AnalyzeStack", {"resources": [{"urn": urn, "properties": {"of": "/scratch/x"}}, {"urn": "urn:a"}]}),
    ]
    text = dump(lines, tmp_path, Path("/scratch"))
    assert "1a2b3c4" not in text
    assert str(tmp_path) not in text
    assert text == dump([lines[0], *lines[1:]], tmp_path, Path("/scratch"))
    session = parse(text, tmp_path)
    assert session.resources[0].properties["at"] == f"{tmp_path}/app"
    assert session.resources[0].properties["bucket"].startswith("logs-")
    assert [resource.urn for resource in session.stack.resources] == ["urn:a", urn]
    assert session.stack.resources[1].properties["of"] == "<scratch>/x"
