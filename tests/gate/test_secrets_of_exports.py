"""A secret that an export has in plain text is in no report, even where another resource has a copy without the mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policypack.core.wire import SECRET, SIGNATURE
from stackguard.cli.check import FORMATS
from stackguard.gate.request import CheckRequest, run
from stackguard.reports import Screen, render

STACK = "urn:pulumi:dev::shop"
TEXT = "hushhush-7f3a-Q"


def resource(type_token: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    urn = f"{STACK}::{type_token}::{name}"
    return {"urn": urn, "type": type_token, "custom": True, "id": name, "inputs": inputs, "outputs": inputs}


def export(folder: Path, secret: str) -> str:
    """A stack with a secret parameter, and a bucket policy whose document has its value, or another, in a condition."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/*"}
    guarded = statement | {"Condition": {"StringEquals": {"aws:Referer": TEXT}}}
    document = {"Version": "2012-10-17", "Statement": [guarded, statement | {"Action": "s3:PutObject"}]}
    value = {SIGNATURE: SECRET, "plaintext": json.dumps(secret)}
    resources = [
        resource("aws:ssm/parameter:Parameter", "token", {"type": "SecureString", "value": value}),
        resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}),
        resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "inbox", "policy": json.dumps(document)}),
    ]
    file = folder / "export.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_of_a_secret_is_not_shown(tmp_path: Path, name: str) -> None:
    text = render(run(CheckRequest(export(tmp_path, TEXT))), name, Screen())
    assert "aws:Referer" in text
    assert "hushhush" not in text


def test_the_names_of_resources_stay(tmp_path: Path) -> None:
    text = render(run(CheckRequest(export(tmp_path, "inbox"))), "json", Screen())
    assert f"{STACK}::aws:s3/bucketPolicy:BucketPolicy::inbox" in text
    assert TEXT in text
