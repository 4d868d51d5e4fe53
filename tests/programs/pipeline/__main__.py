"""A bucket that calls a function, in two regions, with tags on everything."""

import json

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

west = aws.Provider("west", region="us-west-2", default_tags={"tags": {"team": "west", "stage": "dev"}})
trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
rights = {"Effect": "Allow", "Action": ["s3:*", "logs:PutLogEvents"], "Resource": "*"}
aws.iam.RolePolicy("rights", role=role.id, policy={"Version": "2012-10-17", "Statement": [rights]})

for name, options in (("here", None), ("there", ResourceOptions(provider=west))):
    bucket = aws.s3.Bucket(name, tags={"stage": name}, opts=options)
    function = aws.lambda_.Function(
        name,
        role=role.arn,
        runtime="python3.13",
        handler="main.handler",
        code=pulumi.AssetArchive({"main.py": pulumi.StringAsset("def handler(event, context):\n    return None\n")}),
        environment={"variables": {"BUCKET": bucket.bucket, "TOKEN": pulumi.Output.secret("hush")}},
        opts=options,
    )
    permission = aws.lambda_.Permission(
        name, action="lambda:InvokeFunction", function=function.name, principal="s3.amazonaws.com", opts=options
    )
    aws.s3.BucketNotification(
        name,
        bucket=bucket.id,
        lambda_functions=[{"lambda_function_arn": function.arn, "events": ["s3:ObjectCreated:*"]}],
        opts=ResourceOptions.merge(options, ResourceOptions(depends_on=[permission])),
    )
