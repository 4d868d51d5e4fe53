"""Whatever is tagged is backed up, and nobody deletes a backup."""
import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()

vault = aws.backup.Vault("vault", name="kept")

pulumi.export(
    "policy",
    aws.backup.VaultPolicy(
        "vault",
        backup_vault_name=vault.name,
        policy=vault.arn.apply(
            lambda arn: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "NobodyDeletes",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
                            "Resource": "*",
                        },
                        {
                            "Sid": "NobodyOpensIt",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": ["backup:DeleteBackupVaultAccessPolicy"],
                            "Resource": arn,
                        },
                    ],
                }
            )
        ),
    ).id,
)

role = aws.iam.Role(
    "backup",
    assume_role_policy=aws.get_caller_identity_output().apply(
        lambda me: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "backup.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"aws:SourceAccount": me.account_id}},
                    }
                ],
            }
        )
    ),
)
for policy in ("Backup", "Restores"):
    aws.iam.RolePolicyAttachment(
        f"backup-{policy.lower()}",
        role=role.name,
        policy_arn=f"arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor{policy}",
    )

plan = aws.backup.Plan(
    "plan",
    rules=[
        {
            "rule_name": name,
            "target_vault_name": vault.name,
            "schedule": rule["cron"],
            "lifecycle": {"delete_after": rule["days"]},
        }
        for name, rule in config.require_object("plans").items()
    ],
)
aws.backup.Selection(
    "tagged",
    plan_id=plan.id,
    iam_role_arn=role.arn,
    selection_tags=[{"type": "STRINGEQUALS", "key": "backup", "value": "yes"}],
)
