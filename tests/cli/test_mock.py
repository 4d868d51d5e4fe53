"""Mock files that are written from a stack export or a preview: their answers, without secrets."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from policypack.core.policy import UNKNOWN, Resource
from policypack.evaluation.spellings import spellings
from stackguard import cli
from stackguard.preview.placeholders.mock import load
from stackguard.recording import record, recorded
from stackguard.reports.formatting import printable_lines

EXPORTS = Path(__file__).parents[1] / "sources" / "exports"
PREVIEWS = Path(__file__).parents[1] / "sources" / "previews"


def resource(type_token: str, name: str, **fields: Any) -> Resource:
    return Resource(type_token, name, urn=f"urn:pulumi:dev::p::{type_token}::{name}", **fields)


def reference(name: str, **outputs: Any) -> Resource:
    inputs = {"name": name}
    return resource("pulumi:pulumi:StackReference", name, inputs=inputs, outputs={**inputs, **outputs}, external=True)


def parsed(*resources: Resource) -> Any:
    return yaml.safe_load(recorded(resources, "`x.json`"))


def test_outputs_that_are_not_inputs_are_recorded() -> None:
    queue = resource(
        "aws:sqs/queue:Queue",
        "jobs",
        inputs={"delay": 3, "__defaults": []},
        outputs={"delay": 3, "arn": "arn:q", "empty": "", "none": None, "__meta": "{}"},
        id="jobs-1",
    )
    assert parsed(queue) == {
        "resources": [{"type": queue.type, "name": "jobs", "outputs": {"id": "jobs-1", "arn": "arn:q"}}]
    }


def test_a_resource_that_is_only_read_has_its_id_and_whole_state() -> None:
    theirs = resource(
        "aws:s3/bucket:Bucket", "t", inputs={"bucket": "b"}, outputs={"bucket": "b"}, id="b", external=True
    )
    assert parsed(theirs) == {"resources": [{"type": theirs.type, "id": "b", "outputs": {"id": "b", "bucket": "b"}}]}


def test_two_resources_of_one_name_have_their_urns() -> None:
    queues = [
        Resource("aws:sqs/queue:Queue", "jobs", urn=f"urn:pulumi:dev::p::{outer}$aws:sqs/queue:Queue::jobs", id=outer)
        for outer in ("one:x:X", "two:x:X")
    ]
    assert [entry["urn"] for entry in parsed(*queues)["resources"]] == [
        "urn:pulumi:*::*::one:x:X$aws:sqs/queue:Queue::jobs",
        "urn:pulumi:*::*::two:x:X$aws:sqs/queue:Queue::jobs",
    ]


def test_outputs_of_other_stacks_once_and_without_secrets() -> None:
    outputs = {"vpc": "v-1", "token": "sesame42", "deep": {"a": 1, "url": "db://sesame42@host"}}
    first = replace(reference("acme/net/dev", outputs=outputs), secrets=frozenset({"outputs.token"}))
    again = reference("acme/net/dev", outputs={"vpc": "other"})
    hidden = resource("aws:ssm/parameter:Parameter", "p", inputs={"value": "sesame42"}, secrets=frozenset({"value"}))
    text = recorded((first, again, hidden), "`x.json`")
    assert yaml.safe_load(text) == {"stacks": {"acme/net/dev": {"vpc": "v-1", "deep": {"a": 1}}}}
    assert "sesame42" not in text
    assert "  # left out, because secret or unknown: token, deep.url\n  acme/net/dev:" in text


SECRET = 'sesame/42+"x'


@pytest.mark.parametrize(
    "outputs",
    [
        {"copy": f"db://u:{SECRET}@host"},
        {"json": json.dumps({"password": SECRET})},
        {"base64": base64.b64encode(f"user:{SECRET}:".encode()).decode()},
        {"hex": SECRET.encode().hex()},
        {"url": "sesame%2F42%2B%22x"},
        {"names": {SECRET: 1, "inner": [{f"a{SECRET}": 1}]}},
        {"id": SECRET},
    ],
    ids=lambda outputs: next(iter(outputs)),
)
@pytest.mark.parametrize("name", ["masterPassword", "master_password"])
def test_a_named_secret_is_left_out_wherever_it_recurs(tmp_path: Path, name: str, outputs: dict[str, Any]) -> None:
    text = _recorded(
        tmp_path,
        {"type": "x:y:Z", "outputs": {"masterPassword": SECRET}, "additionalSecretOutputs": [name]},
        {"type": "x:y:Other", "external": True, "id": outputs.pop("id", "i-1"), "outputs": {"kept": "k", **outputs}},
    )
    written = text.partition("\nresources:")[2]
    assert not [form for form in spellings(SECRET) if form in written]
    if outputs:
        assert "kept: k" in written


def test_secret_outputs_of_a_stack_and_numbers_are_left_out_elsewhere(tmp_path: Path) -> None:
    stack = {"outputs": {"token": "sesame42", "pin": 86753091, "vpc": "v-1"}, "secretOutputNames": ["token", "pin"]}
    text = _recorded(
        tmp_path,
        {"type": "pulumi:pulumi:StackReference", "inputs": {"name": "net"}, "outputs": {"name": "net", **stack}},
        {"type": "x:y:Z", "outputs": {"url": "db://sesame42@h", "pin": 86753091, "port": 8675}},
    )
    assert "sesame42" not in text
    assert "86753091" not in text
    assert "vpc: v-1" in text
    assert "port: 8675" in text


def test_names_with_line_breaks_and_control_characters_stay_in_their_line(tmp_path: Path) -> None:
    name = "pw\nresources:\n  - {type: evil}\x1b[31m\u202e"
    states = [
        {"type": "x:y:Z", "outputs": {name: "sesame42", "kept": name}, "additionalSecretOutputs": [name]},
        {"type": "x:y:\u202eZ", "outputs": {name: "kept"}},
    ]
    text = _recorded(tmp_path, *states)
    assert printable_lines(text) == text
    (tmp_path / "mock.yaml").write_text(text)
    outputs = [entry.outputs for entry in load([tmp_path / "mock.yaml"]).resources]
    assert outputs == [{"kept": name}, {name: "kept"}]


def _recorded(folder: Path, *states: dict[str, Any]) -> str:
    """What is recorded from an export with these states."""
    resources = [
        {"urn": f"urn:pulumi:dev::p::{state['type']}::n{index}", "custom": True, **state}
        for index, state in enumerate(states)
    ]
    export = folder / "export\n- x.json"
    export.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources}}))
    return record(str(export), 10)


def test_a_resource_with_only_secrets_is_a_comment(tmp_path: Path) -> None:
    outputs = {"result": "sesame42"}
    password = resource("random:index/password:Password", "db", outputs=outputs, secrets=frozenset(outputs))
    text = recorded((password,), "`x.json`")
    named = "{type: 'random:index/password:Password', name: db}"
    assert f"resources: []\n  # {named}: left out, because secret or unknown: result\n" in text
    (tmp_path / "mock.yaml").write_text(text)
    assert load([tmp_path / "mock.yaml"]).resources == []


def test_what_is_unknown_is_left_out() -> None:
    queue = resource("aws:sqs/queue:Queue", "q", outputs={"arn": UNKNOWN, "url": "u", "all": ["a", UNKNOWN]})
    assert parsed(queue)["resources"][0]["outputs"] == {"url": "u"}


def test_an_empty_recording_is_a_comment() -> None:
    text = recorded((resource("pulumi:pulumi:Stack", "s", custom=False),), "`x.json`")
    assert text.endswith("# It contains no reference to another stack and no computed outputs.\n")
    assert yaml.safe_load(text) is None


@pytest.mark.parametrize("file", sorted([*EXPORTS.glob("*.json"), *PREVIEWS.glob("*date.json")]), ids=lambda f: f.name)
def test_every_recording_is_a_mock_file_without_secrets(tmp_path: Path, file: Path) -> None:
    text = record(str(file), 10)
    (tmp_path / "mock.yaml").write_text(text)
    mock = load([tmp_path / "mock.yaml"])
    assert len(mock.resources) == text.count("\n    outputs: ")
    assert not [secret for secret in ("v1:tvk", "v1:MZd", "s3:GetObject") if secret in text]


def test_the_command_writes_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file, export = tmp_path / "mock.yaml", str(EXPORTS / "external.json")
    assert cli.main(("mock", "record", export, "--output", str(file))) == 0
    assert load([file]).resources[0].id == "theirs"
    assert capfd.readouterr().out == ""
    assert cli.main(("mock", "record", export)) == 0
    assert capfd.readouterr().out == file.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["."], "is a folder, and a program has no computed values; give the file of a `pulumi stack export`"),
        (["gone.json"], "there is no file or folder `gone.json`"),
        ([str(EXPORTS / "external.json"), "-o", "no/mock.yaml"], "there is no folder"),
        (["kept.json", "-o", "./kept.json"], "`kept.json` is read by this command, and the output would replace it"),
    ],
)
def test_what_cannot_be_recorded_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXPORTS / "external.json", "kept.json")
    assert cli.main(("mock", "record", *arguments)) == 2
    assert Path("kept.json").read_bytes() == (EXPORTS / "external.json").read_bytes()
    line = next(line for line in capfd.readouterr().err.splitlines() if message in line)
    assert line.startswith(("cannot judge: ", "Error: "))
