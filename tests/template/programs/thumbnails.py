"""A named bucket that invokes a function: references by outputs, and a cycle that has to be broken for CloudFormation."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
bucket = aws.s3.Bucket("uploads", bucket="acme-uploads-4711", tags={"team": "images"})
role = aws.iam.Role(
    "thumbnailer-role",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
aws.iam.RolePolicyAttachment(
    "logs", role=role.name, policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
)
policy = aws.iam.RolePolicy(
    "objects",
    role=role.id,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": pulumi.Output.concat(bucket.arn, "/*")}
            ],
        }
    ),
)
function = aws.lambda_.Function(
    "thumbnailer",
    role=role.arn,
    runtime=aws.lambda_.Runtime.PYTHON3D13,
    handler="index.handler",
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset("def handler(event, context):\n    print('${x}')\n")}),
    environment=aws.lambda_.FunctionEnvironmentArgs(variables={"BUCKET": bucket.id, "LITERAL": "${not} a hole"}),
    opts=pulumi.ResourceOptions(depends_on=[policy]),
)
permission = aws.lambda_.Permission(
    "invoke",
    action="lambda:InvokeFunction",
    function=function.arn,
    principal="s3.amazonaws.com",
    source_arn=bucket.arn,
    source_account=aws.get_caller_identity().account_id,
)
aws.s3.BucketNotification(
    "on-upload",
    bucket=bucket.id,
    lambda_functions=[
        aws.s3.BucketNotificationLambdaFunctionArgs(
            lambda_function_arn=function.arn,
            events=["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"],
            filter_prefix="in/",
        )
    ],
    opts=pulumi.ResourceOptions(depends_on=[permission]),
)
pulumi.export("bucket name", bucket.id)
pulumi.export("invoke", function.invoke_arn)
pulumi.export("sizes", [64, 128])
