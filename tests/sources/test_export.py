from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from policypack.core.policy import Options, Position, Reference, Unknown
from policypack.core.wire import ENCRYPTED
from stackguard.errors import CannotJudge
from stackguard.sources import LoadedStack, RunOptions, load
from tests.sources.states import (
    BUCKET,
    COMPONENT,
    PROVIDER,
    SIGNATURE,
    UNKNOWN_STRING,
    as_bytes,
    decrypted,
    encrypted,
    export,
    parsed,
    refused,
    resources,
    state,
)


def read(value: Any) -> LoadedStack:
    return parsed(as_bytes(value), "`state.json`")


def inputs(properties: dict[str, Any]) -> tuple[Any, frozenset[str]]:
    (resource,) = read(export([state("aws:s3/bucket:Bucket", "b", properties)])).resources
    return resource.inputs, resource.secrets


def test_a_resource_is_read_with_every_field() -> None:
    bucket = read(export()).resources[3]
    assert (bucket.type, bucket.name, bucket.urn) == ("aws:s3/bucket:Bucket", "inbox", BUCKET)
    assert bucket.inputs == {"bucket": "inbox"}
    assert bucket.outputs == {"arn": "arn:aws:s3:::inbox", "tags": None, "size": 3}
    assert isinstance(bucket.outputs["size"], int)
    assert (bucket.parent, bucket.provider, bucket.id) == (COMPONENT, PROVIDER, "inbox-id")
    assert bucket.dependencies == (COMPONENT,)
    assert bucket.property_dependencies == {"bucket": (COMPONENT,), "tags": ()}
    assert bucket.position == Position("storage/my buckets.py", 12)
    assert bucket.custom


def test_equal_tags_and_names_of_resources_are_kept_once() -> None:
    tags = {"team": "storage"}
    states = [
        state("aws:s3/bucket:Bucket", name, {"tags": tags}, id=name, outputs={"id": name, "tagsAll": tags})
        for name in ("inbox", "outbox")
    ]
    first, second = read(export(states)).resources
    assert first.inputs["tags"] is second.inputs["tags"] is second.outputs["tagsAll"]
    assert first.name is first.id is first.outputs["id"]


def test_tags_that_differ_or_are_in_part_secret_stay_apart() -> None:
    written = ({"team": "storage"}, {"team": "other"}, {"team": decrypted("storage")})
    states = [state("aws:s3/bucket:Bucket", f"b{index}", {"tags": tags}) for index, tags in enumerate(written)]
    first, second, third = read(export(states)).resources
    assert (first.inputs["tags"], second.inputs["tags"]) == ({"team": "storage"}, {"team": "other"})
    assert third.secrets == {"tags.team"}
    assert not first.secrets


def test_resources_are_in_registration_order() -> None:
    assert [resource.name for resource in read(export()).resources] == [
        "pipeline-dev",
        "ingest",
        "default_7_11_0",
        "inbox",
    ]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda deployment: {"version": 3, "deployment": deployment},
        lambda deployment: {"version": 4, "features": ["taint"], "deployment": deployment},
        lambda deployment: {"version": 3, "checkpoint": {"stack": "dev", "latest": deployment}},
        lambda deployment: {"stack": "dev", "latest": deployment},
        lambda deployment: deployment,
        lambda deployment: {"resources": deployment["resources"], "manifest": {}},
        lambda deployment: {"deployment": deployment, "version": 3},
    ],
    ids=[
        "export",
        "version 4",
        "checkpoint",
        "unversioned checkpoint",
        "bare deployment",
        "sorted deployment",
        "sorted export",
    ],
)
def test_every_kind_of_state_file_has_the_same_resources(wrapped: Any) -> None:
    assert read(wrapped(export()["deployment"])).resources == read(export()).resources


@pytest.mark.parametrize(
    "empty",
    [
        {"version": 3, "deployment": {"manifest": {}}},
        {"deployment": {"manifest": {}, "metadata": {}}, "version": 4},
        {"version": 3, "deployment": None},
        {"version": 1, "deployment": {"resources": None}},
        {"stack": "dev", "latest": {"manifest": {}}},
        {"version": 2, "checkpoint": {"stack": "dev", "config": {}}},
        {"manifest": {}},
        {"version": 3, "checkpoint": {"stack": "dev", "latest": None}},
    ],
)
def test_a_stack_without_resources_is_empty(empty: Any) -> None:
    assert read(empty).resources == ()


def test_resources_that_are_pending_or_to_be_deleted_are_not_read() -> None:
    document = export([*resources(), state("aws:s3/bucket:Bucket", "old", {}, delete=True)])
    document["deployment"]["pending_operations"] = [
        {"type": "creating", "resource": state("aws:s3/bucket:Bucket", "new", {})}
    ]
    assert read(document).resources == read(export()).resources


def test_the_options_in_a_state_are_read() -> None:
    options = {
        "protect": True,
        "aliases": [COMPONENT],
        "customTimeouts": {"create": 1800, "delete": 0, "update": 1.5},
        "additionalSecretOutputs": ["password"],
        "ignoreChanges": ["tags"],
        "replaceOnChanges": ["name"],
        "retainOnDelete": True,
        "deletedWith": BUCKET,
        "replaceWith": [BUCKET],
        "importID": "inbox",
        "resourceHooks": {"BeforeCreate": ["check"], "AfterDelete": None},
        "external": True,
    }
    plain, full = read(export([state("a:b:C", "c", {}), state("a:b:C", "d", {}, **options)])).resources
    assert plain.options == Options()
    assert full.options == Options(
        protect=True,
        aliases=(COMPONENT,),
        timeouts={"create": 1800, "update": 1.5},
        additional_secret_outputs=("password",),
        ignore_changes=("tags",),
        replace_on_changes=("name",),
        retain_on_delete=True,
        deleted_with=BUCKET,
        replace_with=(BUCKET,),
        import_id="inbox",
        hooks={"beforeCreate": ("check",), "afterDelete": ()},
    )
    assert (plain.external, full.external) == (False, True)


def test_early_versions_depend_in_every_property() -> None:
    states = [state("aws:s3/bucket:Bucket", "b", {"bucket": "b", "tags": {}}, dependencies=[BUCKET])]
    (resource,) = read(export(states, version=2)).resources
    assert resource.property_dependencies == {"bucket": (BUCKET,), "tags": (BUCKET,)}


def test_an_encrypted_secret_is_unknown_with_its_reason() -> None:
    values, secrets = inputs({"env": {"TOKEN": encrypted()}, "list": ["x", encrypted()]})
    assert values == {
        "env": {"TOKEN": ENCRYPTED},
        "list": ["x", ENCRYPTED],
    }
    assert secrets == {"env.TOKEN", "list[1]"}


def test_a_decrypted_secret_is_read_and_stays_secret() -> None:
    assert inputs({"policy": decrypted('{"Statement": []}')}) == (
        {"policy": '{"Statement": []}'},
        frozenset({"policy"}),
    )


def test_unknowns_and_references_are_decoded() -> None:
    reference = {SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": BUCKET, "id": "inbox"}
    assert inputs({"arn": UNKNOWN_STRING, "bucket": reference}) == (
        {"arn": Unknown(), "bucket": Reference(BUCKET, "inbox")},
        frozenset(),
    )


def test_an_escaped_signature_is_still_a_signature() -> None:
    text = as_bytes(export([state("aws:s3/bucket:Bucket", "b", {"token": encrypted()})]))
    escaped = text.replace(SIGNATURE.encode(), b"\\u0034" + SIGNATURE[1:].encode())
    assert parsed(escaped, "x").resources[0].secrets == {"token"}


@pytest.mark.parametrize(
    ("written", "read_as"), [("3", 3), ("3.0", 3), ("3e2", 300), ("0.5", 0.5), ("-0.0", 0), ("1E-2", 0.01)]
)
def test_a_whole_number_in_any_notation_is_an_int(written: str, read_as: float) -> None:
    text = as_bytes(export([state("a:b:C", "b", {"n": "NUMBER"})])).replace(b'"NUMBER"', written.encode())
    value = parsed(text, "x").resources[0].inputs["n"]
    assert (value, type(value)) == (read_as, type(read_as))


@pytest.mark.parametrize(
    ("providers", "region"),
    [
        ([("default_7_11_0", "eu-west-1")], "eu-west-1"),
        ([("default", "eu-west-1"), ("default_6_0_0", "eu-west-1")], "eu-west-1"),
        ([("default", "eu-west-1"), ("default_6_0_0", "us-east-1")], None),
        ([("main", "eu-west-1")], None),
        ([("default", encrypted())], None),
        ([], None),
    ],
)
def test_the_stacks_region_is_its_default_providers(providers: list[tuple[str, Any]], region: str | None) -> None:
    states = [state("pulumi:providers:aws", name, {"region": value}) for name, value in providers]
    assert read(export(states or [state("a:b:C", "c")])).region == region


def test_config_on_the_command_line_sets_the_region_of_an_export(tmp_path: Any) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(as_bytes(export()))
    assert load(str(file), RunOptions(config={"aws:region": "us-east-1"})).region == "us-east-1"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_skipped(encoding: str) -> None:
    text = json.dumps(export(), ensure_ascii=False).encode(encoding)
    assert parsed(text, "x").resources == read(export()).resources


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "`state.json` is empty; write it with `pulumi stack export --file FILE`"),
        (b" \n", "`state.json` is empty"),
        (b"\x7fELF\0\0", "is binary (byte 4 is zero)"),
        (b"\x28\xb5\x2f\xfd\x04", "is zstd-compressed; unpack it first"),
        (b"\xff\xfe{", "has a byte order mark but is not UTF-16 text"),
        (
            b'{"version": 3,\n "deployment": {"resources": [',
            "ends in the middle of its JSON at line 2 column 31 (byte 45)",
        ),
        (b'{"version": 3,\n "deployment": nope}', "is not JSON: it breaks at line 2 column 17 (byte 31)"),
        (b'{"deployment": null}\n{"deployment": {}}', "continues after its JSON at line 2 column 1"),
        (b'{"deployment": {"manifest": {}, "resources": [{"urn": "\xff"}]}}', "is not UTF-8 text at byte 55"),
        (b"[" * 500_000, "`state.json` is nested too deeply to be a stack export"),
        (b'{"version": ' + b"8" * 600 + b', "deployment": {"manifest": {}}}', f"has version {'8' * 200}…, and this"),
        (b"[1]", "is not a stack export but a JSON array"),
        (b'"x"', "is not a stack export but a JSON text"),
        (b"null", "JSON's `null`"),
        (b"12", "a JSON number"),
        (b"resources:\n  - a: b", "is not JSON: it breaks at line 1 column 1 (byte 0)"),
        (b"{}", "has none of `deployment`, `checkpoint` and `steps`"),
        ({"version": 4, "terraform_version": "1.9", "resources": []}, "looks like a Terraform state"),
        ({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}, "looks like a CloudFormation template"),
        ({"Version": "2012-10-17", "Statement": []}, "looks like an IAM policy document"),
        (b'{"deployment": ' + b'{"a":' * 200_000, "is nested too deeply"),
        ({"version": 5, "deployment": {"manifest": {}}}, "has version 5, and this release reads 1 to 4"),
        ({"version": [], "deployment": {"manifest": {}}}, "its `version` must be a number"),
        ({"version": 3, "deployment": {"resource": [], "x": 2}}, "`deployment` has `resource` and no `resources`"),
        ({"version": 3, "deployment": {"manifest": {}, "payload": "v1:Zm9v"}}, "has `payload` and no `resources`"),
        ({"version": 3, "deployment": {}}, "`deployment` has neither `resources` nor `manifest`"),
        ({"version": 3, "checkpoint": {"ciphertext": "v1:Zm9v"}}, "`checkpoint` has `ciphertext` and no `latest`"),
        ({"version": 3, "checkpoint": {"stack": "dev", "latest": {"sealed": 1}}}, "has `sealed` and no `resources`"),
        ({"deployment": {"manifest": {}}}, "has neither a resource nor a `version`"),
        ({"deployment": None}, "has neither a resource nor a `version`"),
        ({"deployment": []}, "is not a stack export: `deployment` must be an object"),
        ({"deployment": {"resources": {}}}, "`resources` must be a list"),
        ({"steps": {}}, "`steps` must be a list"),
        (
            {"deployment": {"resources": [{"urn": BUCKET, "customTimeouts": {"create": "5m"}}]}},
            "`resources[0].customTimeouts.create` must be a number",
        ),
        (b'{"deployment": {"manifest": {}}} x', "continues after its JSON at line 1 column 34"),
        (b'{"deployment" {}}', "is not JSON: it breaks at line 1 column 15"),
        (b"{1: 2}", "is not JSON: it breaks at line 1 column 2"),
        (b'{"deployment": null, }', "is not JSON: it breaks at line 1 column 22"),
        ({"version": 1, "plan": {}}, "looks like an update plan of `pulumi preview --save-plan`"),
        ({"result": "succeeded", "duration": 1}, "looks like the summary that `pulumi up --json` prints"),
        (
            b'{"sequence": 0, "timestamp": 1}\n{"sequence": 1, "timestamp": 1}\n',
            "is a log of engine events, which leaves dependencies out; write the preview with",
        ),
        ({"deployment": {"resources": [{"urn": 3}]}}, "`resources[0].urn` must be a text"),
        ({"deployment": {"resources": [{"type": "a"}]}}, "`state.json`, resource 1 has no valid `urn`"),
        (
            export([state("a:b:C", "c") | {"type": "a:b:D"}]),
            "`state.json`, resource 1 has another `type` than its `urn`; write it with `pulumi stack export",
        ),
        (
            export([state("a:b:C", "c"), state("a:b:C", "c", outputs=[1])]),
            "`state.json`, resource 2, `outputs` must be an object",
        ),
        (
            export([state("a:b:C", "c", {"x": {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": "{"}})]),
            "resource 1, `inputs` contain a value in a form that Pulumi does not write",
        ),
    ],
)
def test_an_error_is_one_line_with_the_problem_its_place_and_how_to_mend_it(content: Any, message: str) -> None:
    told = refused(content)
    assert message in told
    assert re.search("; .*(write|use|give|unpack)", told)


@pytest.mark.parametrize("depth", [251, 700, 3_000])
@pytest.mark.parametrize("brackets", [('{"a":', "}"), ("[", "]")])
def test_a_value_that_is_nested_too_deeply_is_refused(depth: int, brackets: tuple[str, str]) -> None:
    before, after = brackets
    deep = before * depth + "1" + after * depth
    text = as_bytes(export([state("a:b:C", "c", {"x": "DEEP"})])).replace(b'"DEEP"', deep.encode())
    assert "deep" in refused(text)


def test_a_wide_value_is_not_deep() -> None:
    values, _ = inputs({"x": [[{}] * 2_000], "text": "[{" * 300})
    assert len(values["x"][0]) == 2_000


def test_no_message_quotes_a_value() -> None:
    assert "hush" not in refused(b'{"deployment": {"manifest": {}, "resources": [{"urn": ["hush-secret"]}]}}')
    assert "hush" not in refused(export([state("a:b:C", "hush", {})]) | {"version": "hush-secret"})


def test_the_error_about_a_path(tmp_path: Any) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    for target, message in {
        str(tmp_path / "nope.json"): "there is no file or folder",
        str(tmp_path / "Pulumi.yaml"): "is part of a program; give the program's folder",
        "a\0b": "cannot be read",
    }.items():
        with pytest.raises(CannotJudge, match=message):
            load(target, RunOptions())


def test_a_stack_name_does_not_fit_an_export(tmp_path: Any) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(as_bytes(export()))
    with pytest.raises(CannotJudge, match="`--stack` chooses the stack of a program"):
        load(str(file), RunOptions(stack="prod"))


def test_reading_an_export_imports_neither_pulumi_nor_grpc() -> None:
    code = (
        "import sys; from stackguard.sources.export import parse; import stackguard.sources.digest;"
        "parse(iter([b'{\"version\": 3, \"deployment\": null}']), 'x');"
        "print(*{'pulumi', 'grpc', 'pulumi_aws', 'yaml', 'rich'} & sys.modules.keys())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split() == []
