"""Without rotation a key encrypts with the same key material for as long as it exists.

Whoever obtains that material once, or breaks it, reads everything that the key ever encrypted. Rotation limits this to
one period; KMS keeps the older material, so nothing has to be encrypted again. KMS rotates only keys that it generates
for symmetric encryption; a replica in another region rotates with its primary key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.controls import controls
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import Policy, Reading, Resource, Severity, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.tokens import KEY

KEY_STORES = ("customKeyStoreId", "xksKeyId")
"""The properties of a key whose material is in a store outside of KMS, which KMS cannot rotate."""
SYMMETRIC = {"customerMasterKeySpec": "SYMMETRIC_DEFAULT", "keyUsage": "ENCRYPT_DECRYPT"}
"""The properties that decide whether a key is for symmetric encryption, with their defaults."""


def rotations(resource: Resource) -> Iterator[Reading[bool]]:
    """Whether the rotation of a key that KMS can rotate is on."""
    if resource.type != KEY or any(resource.inputs.get(name) not in (None, "") for name in KEY_STORES):
        return
    values = {name: resource.inputs.get(name) or default for name, default in SYMMETRIC.items()}
    if any(values[name] != default and not isinstance(values[name], Unknown) for name, default in SYMMETRIC.items()):
        return
    enabled, rotation = resource.inputs.get("isEnabled"), resource["enableKeyRotation"]
    if str(enabled).lower() == "false":
        return
    on = str(rotation).lower() == "true"
    unknown = next((value for value in (rotation, *values.values(), enabled) if isinstance(value, Unknown)), None)
    yield "enableKeyRotation", unknown if unknown and not on else on


def check(enabled: bool) -> Iterator[Violation]:  # noqa: FBT001 (the value that the reader yields)
    if not enabled:
        yield Violation("", "the key material is never rotated")


def _key(**inputs: Any) -> Resource:
    return construct(KEY, "data", description="Data at rest", **inputs)


POLICY = Policy(
    id="kms-missing-rotation",
    title="Key is never rotated",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.KMS, Tag.ENCRYPTION],
    controls=controls("cis-aws-5.0/3.6", "nist-800-53-r5/SC-12", "nist-800-53-r5/SC-12(2)", "nist-800-53-r5/SC-28(3)"),
    fix="Set `enableKeyRotation` to true; `rotationPeriodInDays` changes the period from one year.",
    references=[
        "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4",
    ],
    bad=reported_at(
        "enableKeyRotation",
        example(_key()),
        example(_key(enableKeyRotation=False), note="rotation switched off"),
        example(_key(multiRegion=True), note="a primary key with replicas, which rotate with it"),
    ),
    good=[
        example(_key(enableKeyRotation=True)),
        example(_key(customerMasterKeySpec="RSA_4096", keyUsage="SIGN_VERIFY"), note="an asymmetric key"),
        example(_key(customerMasterKeySpec="HMAC_256", keyUsage="GENERATE_VERIFY_MAC"), note="a key for HMAC"),
        example(_key(customKeyStoreId="cks-1234567890abcdef0"), note="a key in a custom key store"),
    ],
    reads=rotations,
    check=check,
)
