"""One key for two services: the key policy names their roles, and a grant lets each of them use it."""

import pulumi
import pulumi_aws as aws

account = aws.get_caller_identity_output().account_id
root = pulumi.Output.format("arn:aws:iam::{account}:root", account=account)

roles = {
    user: aws.iam.Role(
        user,
        path="/services/",
        assume_role_policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    }
                ],
            }
        ),
    )
    for user in pulumi.Config().require_object("users")
}

ADMINISTRATION = (
    "kms:CreateAlias kms:DeleteAlias kms:DescribeKey kms:DisableKey kms:EnableKey kms:EnableKeyRotation "
    "kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListGrants kms:ListResourceTags kms:PutKeyPolicy kms:RevokeGrant "
    "kms:ScheduleKeyDeletion kms:CancelKeyDeletion kms:TagResource kms:UntagResource kms:UpdateKeyDescription"
).split()

key = aws.kms.Key(
    "shared",
    description="Payments and invoices",
    enable_key_rotation=True,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Administration",
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": ADMINISTRATION,
                    "Resource": "*",
                },
                {
                    "Sid": "GrantsToServices",
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": "kms:CreateGrant",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"kms:GranteePrincipal": [role.arn for role in roles.values()]}},
                },
                {
                    "Sid": "Reading",
                    "Effect": "Allow",
                    "Principal": {"AWS": [role.arn for role in roles.values()]},
                    "Action": ["kms:Decrypt", "kms:DescribeKey"],
                    "Resource": "*",
                },
            ],
        }
    ),
)
aws.kms.Alias("shared", name="alias/shared", target_key_id=key.key_id)

for user, role in roles.items():
    aws.kms.Grant(user, key_id=key.key_id, grantee_principal=role.arn, operations=["Encrypt", "GenerateDataKey"])
    aws.iam.RolePolicy(
        user,
        role=role.name,
        policy=key.arn.apply(
            lambda arn: aws.iam.get_policy_document(
                statements=[{"actions": ["kms:Decrypt", "kms:DescribeKey"], "resources": [arn]}]
            ).json
        ),
    )

pulumi.export("key", key.arn)
