"""A token that a function renews every month."""

import pulumi
import pulumi_aws as aws
from pulumi import Output

account = aws.get_caller_identity_output().account_id
secret = aws.secretsmanager.Secret("token", name_prefix="partner/token-", recovery_window_in_days=30)
logs = aws.cloudwatch.LogGroup("rotation", retention_in_days=365)

role = aws.iam.Role(
    "rotation",
    assume_role_policy=Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                }
            ],
        }
    ),
)


def document(known):
    secret_arn, log_arn = known
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Rotate",
                "Effect": "Allow",
                "Action": [
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecretVersionStage",
                ],
                "Resource": secret_arn,
            },
            {
                "Sid": "MakePasswords",
                "Effect": "Allow",
                "Action": "secretsmanager:GetRandomPassword",
                "Resource": "*",
            },
            {
                "Sid": "Log",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": log_arn + ":*",
            },
        ],
    }


rights = aws.iam.RolePolicy("rotation", role=role.name, policy=Output.all(secret.arn, logs.arn).apply(document))

function = aws.lambda_.Function(
    "rotation",
    runtime="python3.13",
    handler="rotate.handler",
    role=role.arn,
    timeout=30,
    code=pulumi.AssetArchive({"rotate.py": pulumi.FileAsset("rotate.py")}),
    environment={"variables": {"SECRET": secret.arn}},
    logging_config={"log_format": "JSON", "log_group": logs.name},
    opts=pulumi.ResourceOptions(depends_on=[rights]),
)
permission = aws.lambda_.Permission(
    "rotation",
    action="lambda:InvokeFunction",
    function=function.arn,
    principal="secretsmanager.amazonaws.com",
    source_arn=secret.arn,
)
aws.secretsmanager.SecretRotation(
    "token",
    secret_id=secret.id,
    rotation_lambda_arn=function.arn,
    rotation_rules={"automatically_after_days": 30},
    opts=pulumi.ResourceOptions(depends_on=[permission]),
)
aws.secretsmanager.SecretPolicy(
    "token",
    secret_arn=secret.arn,
    block_public_policy=True,
    policy=Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "*",
                    "Condition": {
                        "StringNotEquals": {"aws:PrincipalAccount": account},
                        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                    },
                }
            ],
        }
    ),
)
