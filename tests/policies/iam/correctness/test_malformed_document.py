from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.examples import allow, document, role, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.malformed_document import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

OUTPUT = "<pulumi.output.Output object at 0x7f3a1c0b2d90>"
REPEATED = "Calling __str__ on an Output[T] is not supported.\n\nTo get the value of an Output[T] as an Output[str] …"


def written(policy: Any, token: str = "aws:s3/bucketPolicy:BucketPolicy") -> Resource:
    return Resource(token, "inbox", {"bucket": "inbox", "policy": policy})


@pytest.mark.parametrize("trace", [OUTPUT, REPEATED])
def test_a_stringified_output(trace: str) -> None:
    granted = allow(resource=f"{trace}/*", Principal={"AWS": "111122223333"})
    assert violations(POLICY, written(json.dumps(document(granted)))) == ["policy"]
    assert violations(POLICY, written(document(granted))) == ["policy.Statement[0].Resource"]


def test_a_stringified_output_deep_in_a_mapping() -> None:
    trust = role(allow("sts:AssumeRole", None, Principal={"AWS": [f"arn:aws:iam::{OUTPUT}:root"]}))
    assert violations(POLICY, trust) == ["assumeRolePolicy.Statement[0].Principal.AWS[0]"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ("42", "must be a JSON object"),
        ("{'Version': '2012-10-17'}", "is not JSON"),
    ],
)
def test_text_that_is_no_document(text: str, reason: str) -> None:
    assert any(reason in message for message in messages(POLICY, written(text)))


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        ({**allow(), "Actions": "s3:*"}, "Actions"),
        ({**allow(), "effect": "Allow"}, "effect"),
        ({**allow(), "NotAction": "s3:*"}, "NotAction"),
        ({**allow(), "Condition": {"StringEqual": {"aws:SourceVpc": "vpc-1"}}}, "Condition.StringEqual"),
        (allow(None), "Action"),
        (allow(resource=None), "Resource"),
        (allow(resource=[]), "Resource"),
    ],
)
def test_grammar(statement: Any, path: str) -> None:
    assert f"policy.Statement[0].{path}" in violations(POLICY, role_policy(statement))


@pytest.mark.parametrize(
    ("token", "characters"),
    [
        ("aws:iam/policy:Policy", 6144),
        ("aws:iam/userPolicy:UserPolicy", 2048),
        ("aws:iam/rolePolicy:RolePolicy", 10240),
        ("aws:s3/bucketPolicy:BucketPolicy", 20480),
        ("aws:kms/keyPolicy:KeyPolicy", 32768),
    ],
)
def test_size(token: str, characters: int) -> None:
    principal: dict[str, Any] = {} if "aws:iam/" in token else {"Principal": {"AWS": "111122223333"}}
    empty = len(json.dumps(document(allow(Sid="", **principal)), separators=(",", ":")))

    def of_size(size: int) -> Resource:
        return written(json.dumps(document(allow(Sid="x" * (size - empty), **principal)), indent=2), token)

    assert messages(POLICY, of_size(characters)) == []
    assert any(f"AWS takes {characters}" in message for message in messages(POLICY, of_size(characters + 1)))


test_well_formed = silent(
    POLICY,
    json.dumps(document(allow(Principal={"AWS": "111122223333"})), indent=4),
    {"Version": "2012-10-17", "Statement": allow(Principal={"Service": ["logs.amazonaws.com"]})},
    document(allow(Principal={"AWS": "111122223333"}, Condition={"ForAnyValue:stringlike": {"aws:x": ["a"]}})),
    of=written,
)


def test_unknown_documents() -> None:
    assert undecided(POLICY, written(UNKNOWN)) == ["policy"]
    assert undecided(POLICY, written(document(UNKNOWN))) == ["policy.Statement[0]"]
    assert undecided(POLICY, written(document(allow(resource=UNKNOWN, Principal={"AWS": UNKNOWN})))) == []


def mounting(token: str) -> Resource:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount"}
    return written(json.dumps(document(statement)), token)


def test_the_policy_of_a_file_system_needs_no_resource() -> None:
    assert violations(POLICY, mounting("aws:efs/fileSystemPolicy:FileSystemPolicy")) == []
    assert violations(POLICY, mounting("aws:backup/vaultPolicy:VaultPolicy")) == ["policy.Statement[0].Resource"]
