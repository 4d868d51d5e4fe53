from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.kms.missing_rotation import POLICY
from tests.policies.helpers import reported, silent, undecided_at


def key(inputs: dict[str, Any]) -> Resource:
    return Resource("aws:kms/key:Key", "data", inputs)


test_not_rotated = reported(
    POLICY,
    "enableKeyRotation",
    {},
    {"enableKeyRotation": False},
    {"enableKeyRotation": "false"},
    {"enableKeyRotation": None, "rotationPeriodInDays": 180},
    {"customerMasterKeySpec": "SYMMETRIC_DEFAULT", "keyUsage": "ENCRYPT_DECRYPT"},
    {"customKeyStoreId": ""},
    {"multiRegion": True, "isEnabled": True},
    of=key,
)
test_rotated_or_not_to_be = silent(
    POLICY,
    {"enableKeyRotation": True},
    {"enableKeyRotation": "true", "customerMasterKeySpec": UNKNOWN},
    {"customerMasterKeySpec": "RSA_2048"},
    {"customerMasterKeySpec": "ECC_NIST_P256", "keyUsage": "SIGN_VERIFY"},
    {"customerMasterKeySpec": "HMAC_384", "keyUsage": "GENERATE_VERIFY_MAC"},
    {"customerMasterKeySpec": "ECC_NIST_P256", "keyUsage": UNKNOWN},
    {"customKeyStoreId": UNKNOWN},
    {"customKeyStoreId": "cks-1", "xksKeyId": "key"},
    {"isEnabled": False},
    of=key,
)
test_unknown = undecided_at(
    POLICY,
    "enableKeyRotation",
    {"enableKeyRotation": UNKNOWN},
    {"customerMasterKeySpec": UNKNOWN},
    {"keyUsage": UNKNOWN, "enableKeyRotation": False},
    of=key,
)
test_other_keys = silent(
    POLICY,
    *(
        Resource(f"aws:kms/{token}", "data", {})
        for token in ("replicaKey:ReplicaKey", "externalKey:ExternalKey", "alias:Alias")
    ),
)
