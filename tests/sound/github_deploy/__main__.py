"""GitHub Actions deploys the site from its main branch, without keys."""

import json

import pulumi
import pulumi_aws as aws

REPOSITORY = "acme/site"

github = aws.iam.OpenIdConnectProvider(
    "github",
    url="https://token.actions.githubusercontent.com",
    client_id_lists=["sts.amazonaws.com"],
)


@pulumi.Output.from_input(github.arn).apply
def trust(provider):
    host = "token.actions.githubusercontent.com"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {"Federated": provider},
                    "Condition": {
                        "StringEquals": {
                            f"{host}:aud": "sts.amazonaws.com",
                            f"{host}:sub": f"repo:{REPOSITORY}:ref:refs/heads/main",
                        }
                    },
                }
            ],
        }
    )


site = aws.s3.Bucket.get("site", "acme-site-111122223333")


@site.arn.apply
def uploads(arn):
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": arn + "/public/*"},
                {
                    "Effect": "Allow",
                    "Action": "s3:ListBucket",
                    "Resource": arn,
                    "Condition": {"StringLike": {"s3:prefix": ["public/*"]}},
                },
            ],
        }
    )


deploy = aws.iam.Role(
    "deploy",
    assume_role_policy=trust,
    inline_policies=[aws.iam.RoleInlinePolicyArgs(name="uploads", policy=uploads)],
)
pulumi.export("roleArn", deploy.arn)
