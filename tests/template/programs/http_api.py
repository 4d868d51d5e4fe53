"""An HTTP API in front of a function, with an authorizer, access logs and a schedule that calls the function too."""

import json

import pulumi
import pulumi_aws as aws


def assumed_by(service: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": aws.get_caller_identity().account_id}},
                }
            ],
        }
    )


role = aws.iam.Role("orders", assume_role_policy=assumed_by("lambda.amazonaws.com"))
function = aws.lambda_.Function(
    "orders",
    role=role.arn,
    runtime="python3.13",
    handler="index.handler",
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset("def handler(event, context):\n    return 1\n")}),
)
logs = aws.cloudwatch.LogGroup("orders", name="/acme/orders", retention_in_days=30)
api = aws.apigatewayv2.Api(
    "orders",
    protocol_type="HTTP",
    cors_configuration={"allow_methods": ["GET"], "allow_origins": ["https://acme.example"], "max_age": 300},
)
integration = aws.apigatewayv2.Integration(
    "orders",
    api_id=api.id,
    integration_type="AWS_PROXY",
    integration_uri=function.invoke_arn,
    payload_format_version="2.0",
)
authorizer = aws.apigatewayv2.Authorizer(
    "orders",
    api_id=api.id,
    authorizer_type="JWT",
    identity_sources=["$request.header.Authorization"],
    jwt_configuration={"audiences": ["orders"], "issuer": "https://login.acme.example"},
)
aws.apigatewayv2.Route(
    "orders",
    api_id=api.id,
    route_key="GET /orders",
    authorization_type="JWT",
    authorizer_id=authorizer.id,
    target=integration.id.apply(lambda key: f"integrations/{key}"),
)
stage = aws.apigatewayv2.Stage(
    "live",
    api_id=api.id,
    name="$default",
    auto_deploy=True,
    access_log_settings={"destination_arn": logs.arn, "format": json.dumps({"id": "$context.requestId"})},
    default_route_settings={"throttling_burst_limit": 20, "throttling_rate_limit": 10},
    tags={"team": "orders"},
)
aws.lambda_.Permission(
    "orders",
    action="lambda:InvokeFunction",
    function=function.name,
    principal="apigateway.amazonaws.com",
    source_arn=pulumi.Output.concat(api.execution_arn, "/*/GET/orders"),
)
group = aws.scheduler.ScheduleGroup("orders", tags={"team": "orders"})
caller = aws.iam.Role("caller", assume_role_policy=assumed_by("scheduler.amazonaws.com"))
aws.iam.RolePolicy(
    "caller",
    role=caller.name,
    policy={
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function.arn}],
    },
)
aws.scheduler.Schedule(
    "nightly",
    group_name=group.name,
    schedule_expression="cron(0 3 * * ? *)",
    schedule_expression_timezone="Europe/Berlin",
    flexible_time_window={"mode": "OFF"},
    target={
        "arn": function.arn,
        "role_arn": caller.arn,
        "input": json.dumps({"full": True}),
        "retry_policy": {"maximum_event_age_in_seconds": 600, "maximum_retry_attempts": 2},
    },
)
pulumi.export("url", api.api_endpoint)
