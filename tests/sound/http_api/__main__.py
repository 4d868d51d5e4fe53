"""Two routes, two functions, one HTTP API."""
import json

import pulumi
import pulumi_aws as aws

CODE = '''
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    %s
'''

ROUTES = {
    "read": dict(
        route="GET /notes/{id}",
        body='return table.get_item(Key={"id": event["pathParameters"]["id"]})["Item"]["text"]',
        actions=["dynamodb:GetItem"],
    ),
    "write": dict(
        route="PUT /notes/{id}",
        body='table.put_item(Item={"id": event["pathParameters"]["id"], "text": event["body"]})',
        actions=["dynamodb:PutItem"],
    ),
}

account = aws.get_caller_identity().account_id
region = aws.get_region().region

notes = aws.dynamodb.Table(
    "notes", hash_key="id", attributes=[{"name": "id", "type": "S"}], billing_mode="PAY_PER_REQUEST"
)
api = aws.apigatewayv2.Api("notes", protocol_type="HTTP")

for name, spec in ROUTES.items():
    role = aws.iam.Role(
        f"notes-{name}",
        assume_role_policy={
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
            ],
        },
    )
    aws.iam.RolePolicy(
        f"notes-{name}",
        role=role,
        policy=notes.arn.apply(
            lambda arn, name=name, spec=spec: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": spec["actions"], "Resource": arn},
                        {
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/notes-{name}:*",
                        },
                    ],
                }
            )
        ),
    )
    function = aws.lambda_.Function(
        f"notes-{name}",
        name=f"notes-{name}",
        runtime="python3.12",
        handler="app.handler",
        role=role.arn,
        code=pulumi.AssetArchive({"app.py": pulumi.StringAsset(CODE % spec["body"])}),
        environment={"variables": {"TABLE": notes.name}},
    )
    integration = aws.apigatewayv2.Integration(
        f"notes-{name}",
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_uri=function.invoke_arn,
        payload_format_version="2.0",
    )
    aws.apigatewayv2.Route(
        f"notes-{name}",
        api_id=api.id,
        route_key=spec["route"],
        authorization_type="AWS_IAM",
        target=pulumi.Output.format("integrations/{}", integration.id),
    )
    aws.lambda_.Permission(
        f"notes-{name}",
        function=function.name,
        action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com",
        source_arn=api.execution_arn.apply(lambda arn: arn + "/*/*/notes/*"),
    )

aws.apigatewayv2.Stage("live", api_id=api.id, name="$default", auto_deploy=True)
pulumi.export("endpoint", api.api_endpoint)
