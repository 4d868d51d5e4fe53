from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.user_credentials import POLICY
from tests.policies.helpers import reported, silent, undecided_at

ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def iam(kind: str, inputs: dict[str, Any]) -> Resource:
    return Resource(f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}", "ada", inputs)


test_credentials_and_policies_of_a_user = reported(
    POLICY,
    "user",
    ("AccessKey", {"user": "ada"}),
    ("AccessKey", {"user": UNKNOWN, "status": "Inactive"}),
    ("UserLoginProfile", {"user": "ada", "pgpKey": "keybase:ada", "passwordResetRequired": True}),
    ("UserPolicy", {"user": "ada", "policy": document(allow())}),
    ("UserPolicyAttachment", {"user": "ada", "policyArn": ARN}),
    of=iam,
)
test_by_user_name = reported(
    POLICY,
    "userName",
    ("UserPolicyAttachmentsExclusive", {"userName": "ada", "policyArns": [ARN]}),
    ("UserPoliciesExclusive", {"userName": "ada", "policyNames": ["read"]}),
    ("ServiceSpecificCredential", {"userName": "ada", "serviceName": "codecommit.amazonaws.com"}),
    ("SigningCertificate", {"userName": "ada", "certificateBody": "x"}),
    of=iam,
)
test_by_list = reported(
    POLICY,
    "users",
    ("PolicyAttachment", {"users": ["ada"], "policyArn": ARN}),
    ("PolicyAttachment", {"users": [UNKNOWN], "roles": ["reader"], "policyArn": ARN}),
    of=iam,
)
test_roles_and_groups = silent(
    POLICY,
    ("User", {"name": "ada", "permissionsBoundary": ARN}),
    ("PolicyAttachment", {"users": [], "roles": ["reader"], "policyArn": ARN}),
    ("PolicyAttachment", {"groups": ["readers"], "policyArn": ARN}),
    ("UserPolicyAttachmentsExclusive", {"userName": "ada", "policyArns": []}),
    ("UserPoliciesExclusive", {"userName": "ada", "policyNames": []}),
    ("GroupPolicy", {"group": "readers", "policy": document(allow())}),
    ("GroupPolicyAttachment", {"group": "readers", "policyArn": ARN}),
    ("GroupMembership", {"group": "readers", "users": ["ada"]}),
    ("UserGroupMembership", {"user": "ada", "groups": ["readers"]}),
    ("RolePolicy", {"role": "reader", "policy": document(allow())}),
    ("VirtualMfaDevice", {"virtualMfaDeviceName": "ada"}),
    of=iam,
)
test_unknown = undecided_at(POLICY, "users", ("PolicyAttachment", {"users": UNKNOWN, "policyArn": ARN}), of=iam)
