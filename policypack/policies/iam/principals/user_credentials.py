"""Credentials of an IAM user work from anywhere until somebody revokes them, and policies on users outlive their jobs.

An access key or password that leaks is valid for years, and this one is in the stack's state. Roles have credentials
that expire within hours: people get them by federation, workloads from their platform. Permissions that are attached to
a single user are easy to miss in a review; a group or a role has them once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import allow, construct, document, example
from policypack.core.policy import Policy, Reading, Resource, Severity, Unknown, Violation
from policypack.core.tags import Tag

CREDENTIALS: Mapping[str, tuple[str, str]] = {
    "aws:iam/accessKey:AccessKey": ("user", "an access key"),
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": ("userName", "a password for one service"),
    "aws:iam/signingCertificate:SigningCertificate": ("userName", "a signing certificate"),
    "aws:iam/sshKey:SshKey": ("username", "an SSH key"),
    "aws:iam/userLoginProfile:UserLoginProfile": ("user", "a console password"),
}
"""The types that give a user a lasting credential: the property that names the user, and the credential."""
ON_USERS: Mapping[str, tuple[str, str]] = {
    "aws:iam/policyAttachment:PolicyAttachment": ("users", "users"),
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": ("userName", "policyNames"),
    "aws:iam/userPolicy:UserPolicy": ("user", ""),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ("user", ""),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": ("userName", "policyArns"),
}
"""The types that attach policies to users: the property that names them, and the list that may be empty."""
USER = "aws:iam/user:User"


def user_credentials(resource: Resource) -> Iterator[Reading[str]]:
    """What a resource gives a user, at the property that names the user; a user by itself has nothing."""
    if credential := CREDENTIALS.get(resource.type):
        place, kind = credential
        yield place, f"gives a user {kind}, which does not expire"
    elif attachment := ON_USERS.get(resource.type):
        place, listed = attachment
        value = resource.inputs.get(listed) if listed else place
        if value:
            yield place, value if isinstance(value, Unknown) else "attaches a policy to a user, not to a group or role"
    elif resource.type == USER:
        yield "", ""


def check(message: str) -> Iterator[Violation]:
    if message:
        yield Violation("", message)


READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def _attached(**inputs: Any) -> Resource:
    return construct("aws:iam/policyAttachment:PolicyAttachment", "read", policyArn=READ_ONLY, **inputs)


POLICY = Policy(
    id="iam-user-credentials",
    title="IAM user with credentials or policies of its own",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.SECRETS, Tag.AWS_FSBP],
    controls=[Control("aws-fsbp/IAM.2", types=(*ON_USERS, USER)), Control("cis-aws-5.0/1.14", types=(*ON_USERS, USER))],
    fix="Give people a role by IAM Identity Center, workloads a role of their own, and remaining users a group.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2",
    ],
    bad=[
        example(construct("aws:iam/accessKey:AccessKey", "deploy", user="deploy"), path="user"),
        example(
            construct("aws:iam/userLoginProfile:UserLoginProfile", "ada", user="ada"),
            path="user",
            note="a password for the console",
        ),
        example(
            construct("aws:iam/userPolicy:UserPolicy", "deploy", user="deploy", policy=document(allow())),
            path="user",
            note="an inline policy of a user",
        ),
        example(_attached(users=["deploy"]), path="users", note="a managed policy of a user"),
    ],
    good=[
        example(
            construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "read", role="read", policyArn=READ_ONLY)
        ),
        example(construct("aws:iam/user:User", "ada", name="ada"), note="a user without credentials in this stack"),
        example(
            construct("aws:iam/userGroupMembership:UserGroupMembership", "ada", user="ada", groups=["readers"]),
            note="a user in a group",
        ),
        example(_attached(groups=["readers"]), note="a managed policy of a group"),
    ],
    reads=user_credentials,
    check=check,
)
