"""State exports of any size, with any number of distinct policy documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PROVIDER = "urn:pulumi:big::bench::pulumi:providers:aws::primary"


def write_export(file: Path, resources: int, documents: int) -> None:
    """Write an export of `resources` resources, of which `documents` have a policy document of their own."""
    states: list[dict[str, Any]] = [
        {
            "urn": "urn:pulumi:big::bench::pulumi:pulumi:Stack::bench-big",
            "custom": False,
            "type": "pulumi:pulumi:Stack",
        },
        {
            "urn": PROVIDER,
            "custom": True,
            "id": "1f8b2a3c-0000-4000-8000-000000000000",
            "type": "pulumi:providers:aws",
            "inputs": {"region": "eu-west-1"},
            "outputs": {"region": "eu-west-1"},
        },
    ]
    states += [_role_policy(index) for index in range(documents)]
    states += [_parameter(index) for index in range(resources - len(states))]
    deployment = {"manifest": {"time": "2026-11-01T00:00:00Z", "magic": "", "version": "v3.200.0"}, "resources": states}
    file.write_text(json.dumps({"version": 3, "deployment": deployment}), encoding="utf-8")


def _role_policy(index: int) -> dict[str, Any]:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadInbox",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": f"arn:aws:s3:::inbox-{index}/incoming/*",
                "Condition": {"StringEquals": {"s3:ResourceAccount": "111122223333"}},
            },
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/reader-{index}:*",
            },
        ],
    }
    inputs = {"name": f"reader-{index}", "role": f"reader-{index}", "policy": json.dumps(document)}
    return _resource("aws:iam/rolePolicy:RolePolicy", f"reader-{index}", inputs)


def _parameter(index: int) -> dict[str, Any]:
    inputs = {"name": f"/bench/{index}", "type": "String", "value": f"value {index}", "tags": {"team": "bench"}}
    return _resource("aws:ssm/parameter:Parameter", f"parameter-{index}", inputs)


def _resource(type_token: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:big::bench::{type_token}::{name}",
        "custom": True,
        "id": name,
        "type": type_token,
        "inputs": inputs,
        "outputs": {**inputs, "id": name},
        "parent": "urn:pulumi:big::bench::pulumi:pulumi:Stack::bench-big",
        "provider": f"{PROVIDER}::1f8b2a3c-0000-4000-8000-000000000000",
    }
