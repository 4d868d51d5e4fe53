"""The key that everything at rest is encrypted with."""

from __future__ import annotations

import documents
import pulumi
import pulumi_aws as aws
from names import Names


def create(names: Names, role: aws.iam.Role, opts: pulumi.ResourceOptions) -> aws.kms.Key:
    """The stack's key. KMS refuses a key policy that names a role which does not exist yet, so the role comes first."""
    key = aws.kms.Key(
        "key",
        description=f"Data at rest of {names.base}",
        enable_key_rotation=True,
        policy=documents.key(names),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[role])),
    )
    aws.kms.Alias("key-alias", name=f"alias/{names.base}", target_key_id=key.key_id, opts=opts)
    return key
