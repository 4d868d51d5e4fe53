"""State files as Pulumi writes them, for tests to break."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackguard.errors import CannotJudge
from stackguard.sources import LoadedStack, input_stream
from stackguard.sources.export import parse

SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def urn(type_token: str, name: str) -> str:
    return f"urn:pulumi:dev::pipeline::{type_token}::{name}"


STACK = urn("pulumi:pulumi:Stack", "pipeline-dev")
COMPONENT = urn("my:index:Ingest", "ingest")
PROVIDER = urn("pulumi:providers:aws", "default_7_11_0")
BUCKET = urn("my:index:Ingest$aws:s3/bucket:Bucket", "inbox")


def state(type_token: str, name: str, inputs: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    fields = {"urn": urn(type_token, name), "type": type_token, "custom": True, "id": f"{name}-id"}
    return fields | ({"inputs": inputs} if inputs is not None else {}) | more


def encrypted() -> dict[str, Any]:
    return {SIGNATURE: SECRET, "ciphertext": "v1:Uq+DRLH5f5E=:wgj4z9VZ"}


def decrypted(value: Any) -> dict[str, Any]:
    """A secret in an export made with `--show-secrets`."""
    return {SIGNATURE: SECRET, "plaintext": json.dumps(value)}


def resources() -> list[dict[str, Any]]:
    """A stack with a component, a default provider and a bucket."""
    return [
        state("pulumi:pulumi:Stack", "pipeline-dev", custom=False, id=None),
        state("my:index:Ingest", "ingest", custom=False, id=None, parent=STACK),
        state("pulumi:providers:aws", "default_7_11_0", {"region": "eu-west-1", "version": "7.11.0"}, id="0a1b"),
        {
            **state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox", "__defaults": ["forceDestroy"]}),
            "urn": BUCKET,
            "outputs": {"arn": "arn:aws:s3:::inbox", "tags": None, "size": 3.0},
            "parent": COMPONENT,
            "provider": f"{PROVIDER}::0a1b",
            "dependencies": [COMPONENT],
            "propertyDependencies": {"bucket": [COMPONENT], "tags": None},
            "sourcePosition": "project:///storage/my%20buckets.py#12,5",
        },
    ]


def export(states: list[dict[str, Any]] | None = None, version: int = 3) -> dict[str, Any]:
    return {"version": version, "deployment": {"manifest": {"version": "v3.200.0"}, "resources": states or resources()}}


def as_bytes(value: Any) -> bytes:
    return json.dumps(value, indent=4).encode()


def parsed(data: bytes, source: str = "`state.json`", block: int = 1 << 20) -> LoadedStack:
    """The stack in a file's bytes, read in blocks of any size."""
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    return parse(input_stream.text(blocks, source), source)


def refused(value: Any) -> str:
    """The error for a file with this content, which is one line."""
    data = value if isinstance(value, bytes) else as_bytes(value)
    with pytest.raises(CannotJudge) as caught:
        parsed(data, "`state.json`")
    assert "\n" not in caught.value.message
    return caught.value.message
