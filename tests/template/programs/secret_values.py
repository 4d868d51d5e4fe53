"""Secrets of the config, in a function's environment, in Secrets Manager and in a parameter."""

import json

import pulumi
import pulumi_aws as aws

password = pulumi.Config().require_secret("password")
secret = aws.secretsmanager.Secret("db", description="the database's")
aws.secretsmanager.SecretVersion("db", secret_id=secret.id, secret_string=password)
parameter = aws.ssm.Parameter("flag", name="/acme/flag", type="String", value="on", tags={"team": "db"})
user = aws.iam.User("robot", path="/robots/")
group = aws.iam.Group("robots")
aws.iam.UserPolicy(
    "robot",
    user=user.name,
    policy=secret.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "secretsmanager:GetSecretValue",
                        "Resource": arn,
                        "Condition": {"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}},
                    }
                ],
            }
        )
    ),
)
aws.iam.GroupPolicyAttachment("robots", group=group.name, policy_arn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
role = aws.iam.Role(
    "job",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
function = aws.lambda_.Function(
    "job",
    role=role.arn,
    runtime="python3.13",
    handler="index.handler",
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset("def handler(event, context):\n    return 1\n")}),
    environment={"variables": {"PASSWORD": password, "FLAG": parameter.name}},
)
pulumi.export("secret", secret.arn)
pulumi.export("password", password)
