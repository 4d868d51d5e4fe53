"""Every document grants what the function needs and no more, and locks no administrator out."""

from __future__ import annotations

import json
from typing import Any

import documents
import pytest
from names import Names
from settings import Settings
from trusted import parse_networks

ACCOUNT = "111122223333"
NAMES = Names.of(
    Settings(
        project="stackguard-ingest",
        stack="dev",
        region="eu-central-1",
        account_id=ACCOUNT,
        trusted_networks=parse_networks('["203.0.113.0/24", "2001:db8:1234::/48"]'),
        log_retention_days=90,
        object_retention_days=365,
        reserved_concurrency=10,
    )
)
DOCUMENTS = {
    "trust": documents.trust(NAMES),
    "role": documents.role(NAMES),
    "bucket": documents.bucket(NAMES, NAMES.ingest_bucket),
    "queue": documents.queue(NAMES),
    "key": documents.key(NAMES),
}
SMALLEST_QUOTA = 2048
"""In characters without white space: that of a trust policy; S3 and KMS allow more."""


def statements(document: str) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = json.loads(document)["Statement"]
    return parsed


def statement(document: str, sid: str) -> dict[str, Any]:
    (match,) = (element for element in statements(document) if element["Sid"] == sid)
    return match


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_within_every_quota_and_has_unique_sids(document: str) -> None:
    sids = [statement["Sid"] for statement in statements(document)]

    assert json.loads(document)["Version"] == "2012-10-17"
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    assert len("".join(document.split())) <= SMALLEST_QUOTA


def test_the_role_does_what_the_handler_calls_and_nothing_else() -> None:
    granted = {
        (action, resource)
        for statement in statements(DOCUMENTS["role"])
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }

    ingest = "arn:aws:s3:::stackguard-ingest-dev-ingest-111122223333-eu-central-1"
    results = "arn:aws:s3:::stackguard-ingest-dev-results-111122223333-eu-central-1"
    logs = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/stackguard-ingest-dev-normalise:*"
    assert granted == {
        ("s3:GetObjectVersion", f"{ingest}/incoming/*"),
        ("s3:PutObject", f"{results}/normalised/*"),
        ("s3:PutObject", f"{results}/summaries/*"),
        ("sqs:SendMessage", "arn:aws:sqs:eu-central-1:111122223333:stackguard-ingest-dev-dead-letters"),
        ("logs:CreateLogStream", logs),
        ("logs:PutLogEvents", logs),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    }


def test_the_role_accesses_objects_only_in_buckets_of_this_account() -> None:
    for statement in statements(DOCUMENTS["role"]):
        if any(action.startswith("s3:") for action in _listed(statement["Action"])):
            assert statement["Condition"] == {"StringEquals": {"s3:ResourceAccount": ACCOUNT}}


def test_only_lambda_working_for_this_account_assumes_the_role() -> None:
    (statement,) = statements(DOCUMENTS["trust"])

    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_the_address_rule_excepts_the_function_and_aws_services() -> None:
    condition = statement(DOCUMENTS["bucket"], "DenyObjectsFromUntrustedAddresses")["Condition"]

    assert condition == {
        "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8:1234::/48"]},
        "ArnNotEquals": {"aws:PrincipalArn": NAMES.role_arn},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
    }


def test_the_address_rule_does_not_lock_out_of_the_bucket_itself() -> None:
    denial = statement(DOCUMENTS["bucket"], "DenyObjectsFromUntrustedAddresses")

    assert denial["Resource"] == f"arn:aws:s3:::{NAMES.ingest_bucket}/*"


@pytest.mark.parametrize("name", ["bucket", "queue"])
def test_plaintext_is_denied_and_nothing_is_granted(name: str) -> None:
    assert {statement["Effect"] for statement in statements(DOCUMENTS[name])} == {"Deny"}
    assert statement(DOCUMENTS[name], "DenyPlaintextTransport")["Condition"] == {
        "Bool": {"aws:SecureTransport": "false"}
    }


def test_the_key_reads_data_only_through_the_services_that_store_it() -> None:
    for statement in statements(DOCUMENTS["key"]):
        if {"kms:Decrypt", "kms:Encrypt", "kms:CreateGrant"} & set(statement["Action"]):
            keys = set(statement["Condition"]["StringEquals"])
            assert keys <= {"kms:ViaService", "kms:EncryptionContext:aws:logs:arn"}, statement["Sid"]


def test_the_administrator_of_the_key_can_change_its_policy() -> None:
    """KMS refuses a key policy that locks its writer out."""
    assert "kms:PutKeyPolicy" in statement(DOCUMENTS["key"], "AccountRunsKey")["Action"]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
