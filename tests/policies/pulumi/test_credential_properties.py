"""Properties that are a credential as a whole, by names that no setting has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.core.examples import construct
from policypack.core.policy import UNKNOWN
from policypack.policies.pulumi.plaintext_secret import POLICY
from tests.policies.helpers import silent, violations

GUID, KEY = "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f", "q8Zt31LmXw07RbKc5Vny"
HOOK = "aws:codepipeline/webhook:Webhook"
USER = "aws:memorydb/user:User"
INNER = [
    (HOOK, "authenticationConfiguration.secretToken", {"authenticationConfiguration": {"secretToken": KEY}}),
    (USER, "authenticationMode.passwords[1]", {"authenticationMode": {"passwords": [UNKNOWN, KEY]}}),
    (
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "splunkConfiguration.hecToken",
        {"splunkConfiguration": {"hecToken": GUID}},
    ),
    (
        "aws:datasync/locationAzureBlob:LocationAzureBlob",
        "sasConfiguration.token",
        {"sasConfiguration": {"token": "sp=r&st=2026-01-20T12:00:14Z&sig=aBBKDWQvyuVcTPH9EBp"}},
    ),
    (
        "aws:amplify/app:App",
        "autoBranchCreationConfig.basicAuthCredentials",
        {"autoBranchCreationConfig": {"basicAuthCredentials": "YWRtaW46eDdLZDkybVEwcA=="}},
    ),
]


@pytest.mark.parametrize(("token", "path", "inputs"), INNER)
def test_properties_that_are_a_credential(token: str, path: str, inputs: dict[str, Any]) -> None:
    resource = construct(token, "x", **inputs)
    assert list(violations(POLICY, resource)) == [path]
    assert not violations(POLICY, replace(resource, secrets=frozenset({path})))


def test_key_material_of_the_source() -> None:
    material = "kJ3v9TqLw0Xz7RbNc2Vy5mPd8HfGs1AeUoIi4KtQ6rE="
    inputs = {"keyMaterialBase64": material}
    resource = construct("aws:kms/externalKey:ExternalKey", "x", **inputs)
    stated = replace(resource, secrets=frozenset(inputs), literals=frozenset({material}))
    assert list(violations(POLICY, stated)) == ["keyMaterialBase64"]
    assert not violations(POLICY, replace(stated, literals=frozenset()))


test_properties_that_only_name_a_credential = silent(
    POLICY,
    construct(HOOK, "x", authenticationConfiguration={"secretToken": "{{resolve:secretsmanager:hook}}"}),
    construct(HOOK, "x", authenticationConfiguration={"allowedIpRange": "192.0.2.0/24"}),
    construct(USER, "x", authenticationMode={"type": "iam", "passwords": []}),
    construct("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "x", token=KEY),
)
