"""A REST API that starts a state machine and calls a function, with its methods, integrations and responses."""

import json

import pulumi
import pulumi_aws as aws

account, region = aws.get_caller_identity().account_id, aws.get_region().region


def role(name: str, service: str, actions: str, resource: pulumi.Input[str]) -> aws.iam.Role:
    trust: dict[str, object] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    made = aws.iam.Role(name, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    aws.iam.RolePolicy(
        name,
        role=made.name,
        policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return made


function = aws.lambda_.Function(
    "price",
    role=aws.iam.Role(
        "price",
        assume_role_policy={
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
    ).arn,
    runtime="python3.13",
    handler="index.handler",
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset("def handler(event, context):\n    return 1\n")}),
)
machine = aws.sfn.StateMachine(
    "order",
    role_arn=role("machine", "states.amazonaws.com", "lambda:InvokeFunction", function.arn).arn,
    definition=pulumi.Output.json_dumps(
        {
            "Comment": "An order",
            "StartAt": "Price",
            "States": {
                "Price": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Parameters": {"FunctionName": function.arn, "Payload.$": "$"},
                    "Next": "Done",
                },
                "Done": {"Type": "Succeed"},
            },
        }
    ),
    tracing_configuration={"enabled": True},
)
api = aws.apigateway.RestApi("orders", endpoint_configuration={"types": "REGIONAL"}, minimum_compression_size="1024")
aws.apigateway.RestApiPolicy(
    "orders",
    rest_api_id=api.id,
    policy=api.execution_arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                        "Action": "execute-api:Invoke",
                        "Resource": f"{arn}/*",
                    }
                ],
            }
        )
    ),
)
resource = aws.apigateway.Resource("order", rest_api=api.id, parent_id=api.root_resource_id, path_part="order")
post = aws.apigateway.Method(
    "post", rest_api=api.id, resource_id=resource.id, http_method="POST", authorization="AWS_IAM"
)
start = aws.apigateway.Integration(
    "post",
    rest_api=api.id,
    resource_id=resource.id,
    http_method=post.http_method,
    type="AWS",
    integration_http_method="POST",
    uri=f"arn:aws:apigateway:{region}:states:action/StartExecution",
    credentials=role("api", "apigateway.amazonaws.com", "states:StartExecution", machine.arn).arn,
    request_templates={"application/json": machine.arn.apply(lambda arn: json.dumps({"stateMachineArn": arn}))},
)
accepted = aws.apigateway.MethodResponse(
    "accepted",
    rest_api=api.id,
    resource_id=resource.id,
    http_method=post.http_method,
    status_code="202",
    response_models={"application/json": "Empty"},
)
aws.apigateway.IntegrationResponse(
    "accepted",
    rest_api=api.id,
    resource_id=resource.id,
    http_method=post.http_method,
    status_code=accepted.status_code,
    response_templates={"application/json": "{}"},
    opts=pulumi.ResourceOptions(depends_on=[start]),
)
get = aws.apigateway.Method("get", rest_api=api.id, resource_id=resource.id, http_method="GET", authorization="AWS_IAM")
price = aws.apigateway.Integration(
    "get",
    rest_api=api.id,
    resource_id=resource.id,
    http_method=get.http_method,
    type="AWS_PROXY",
    integration_http_method="POST",
    uri=function.invoke_arn,
)
aws.lambda_.Permission(
    "get",
    action="lambda:InvokeFunction",
    function=function.name,
    principal="apigateway.amazonaws.com",
    source_arn=pulumi.Output.concat(api.execution_arn, "/*/GET/order"),
)
deployment = aws.apigateway.Deployment(
    "orders",
    rest_api=api.id,
    triggers={"redeploy": "1"},
    opts=pulumi.ResourceOptions(depends_on=[start, price]),
)
stage = aws.apigateway.Stage(
    "live", rest_api=api.id, deployment=deployment.id, stage_name="live", xray_tracing_enabled=True
)
pulumi.export("url", stage.invoke_url)
