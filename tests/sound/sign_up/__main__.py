"""People sign up, and a profile is kept of each."""
from __future__ import annotations

import pulumi
import pulumi_aws as aws

profiles = aws.dynamodb.Table(
    "profiles",
    aws.dynamodb.TableArgs(
        billing_mode="PAY_PER_REQUEST",
        hash_key="person",
        attributes=[aws.dynamodb.TableAttributeArgs(name="person", type="S")],
    ),
)
logs = aws.cloudwatch.LogGroup("welcome", aws.cloudwatch.LogGroupArgs(retention_in_days=30))

role = aws.iam.Role(
    "welcome",
    aws.iam.RoleArgs(
        assume_role_policy="""{
          "Version": "2012-10-17",
          "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
          ]
        }""",
        managed_policy_arns=[],
    ),
)
aws.iam.RolePolicy(
    "welcome",
    aws.iam.RolePolicyArgs(
        role=role.name,
        policy=pulumi.Output.all(profiles.arn, logs.arn).apply(
            lambda args: aws.iam.get_policy_document_output(
                statements=[
                    aws.iam.GetPolicyDocumentStatementArgs(sid="Keep", actions=["dynamodb:PutItem"], resources=[args[0]]),
                    aws.iam.GetPolicyDocumentStatementArgs(
                        sid="Log",
                        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                        resources=[f"{args[1]}:*"],
                    ),
                ]
            ).json
        ),
    ),
)

welcome = aws.lambda_.Function(
    "welcome",
    aws.lambda_.FunctionArgs(
        runtime="python3.13",
        handler="index.handler",
        role=role.arn,
        code=pulumi.FileArchive("functions/welcome"),
        environment=aws.lambda_.FunctionEnvironmentArgs(variables={"PROFILES": profiles.name}),
        logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
    ),
)

pool = aws.cognito.UserPool(
    "people",
    aws.cognito.UserPoolArgs(
        auto_verified_attributes=["email"],
        username_attributes=["email"],
        password_policy=aws.cognito.UserPoolPasswordPolicyArgs(
            minimum_length=14, require_lowercase=True, require_numbers=True, require_symbols=False, require_uppercase=True
        ),
        lambda_config=aws.cognito.UserPoolLambdaConfigArgs(post_confirmation=welcome.arn),
    ),
)
aws.lambda_.Permission(
    "welcome",
    aws.lambda_.PermissionArgs(
        action="lambda:InvokeFunction",
        function=welcome.name,
        principal="cognito-idp.amazonaws.com",
        source_arn=pool.arn,
    ),
)
client = aws.cognito.UserPoolClient("web", aws.cognito.UserPoolClientArgs(user_pool_id=pool.id, generate_secret=False))

# what signed-in people may do: read and write what is theirs
people = aws.cognito.IdentityPool(
    "people",
    aws.cognito.IdentityPoolArgs(
        identity_pool_name="people",
        allow_unauthenticated_identities=False,
        cognito_identity_providers=[
            aws.cognito.IdentityPoolCognitoIdentityProviderArgs(client_id=client.id, provider_name=pool.endpoint)
        ],
    ),
)
own_profile = pulumi.Output.json_dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
                "Resource": profiles.arn,
                "Condition": {
                    "ForAllValues:StringEquals": {
                        "dynamodb:LeadingKeys": ["${cognito-identity.amazonaws.com:sub}"]
                    },
                    "Null": {"dynamodb:LeadingKeys": "false"},
                },
            }
        ],
    }
)
signed_in = aws.iam.Role(
    "signed-in",
    aws.iam.RoleArgs(
        assume_role_policy=people.id.apply(
            lambda pool_id: {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {
                            "StringEquals": {"cognito-identity.amazonaws.com:aud": pool_id},
                            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                        },
                    }
                ],
            }
        ),
        inline_policies=[aws.iam.RoleInlinePolicyArgs(name="own-profile", policy=own_profile)],
    ),
)
aws.cognito.IdentityPoolRoleAttachment(
    "people",
    aws.cognito.IdentityPoolRoleAttachmentArgs(identity_pool_id=people.id, roles={"authenticated": signed_in.arn}),
)
pulumi.export("pool", pool.id)
pulumi.export("identities", people.id)
