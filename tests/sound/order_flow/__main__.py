"""Orders are charged, shipped and announced by a state machine."""

import json
from pathlib import Path

import pulumi
import pulumi_aws as aws

STEPS = sorted(path.stem for path in Path("steps").glob("*.py"))
ACCOUNT = aws.get_caller_identity().account_id
REGION = pulumi.Config("aws").require("region")


def assumed_by(service):
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                }
            ],
        }
    )


def step(name):
    function = f"order-{name}"
    role = aws.iam.Role(
        function,
        assume_role_policy=assumed_by("lambda"),
        inline_policies=[
            {
                "name": "logs",
                "policy": json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                                "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{function}:*",
                            }
                        ],
                    }
                ),
            }
        ],
    )
    return aws.lambda_.Function(
        function,
        name=function,
        runtime="python3.13",
        architectures=["arm64"],
        handler=f"{name}.run",
        role=role.arn,
        code=pulumi.AssetArchive({f"{name}.py": pulumi.FileAsset(f"steps/{name}.py")}),
    )


functions = {name: step(name) for name in STEPS}
shipped = aws.sns.Topic("shipped", kms_master_key_id="alias/aws/sns")

definition = pulumi.Output.all(topic=shipped.arn, **{name: each.arn for name, each in functions.items()}).apply(
    lambda arns: json.dumps(
        {
            "StartAt": "Charge",
            "States": {
                "Charge": {"Type": "Task", "Resource": arns["charge"], "Next": "Ship"},
                "Ship": {"Type": "Task", "Resource": arns["ship"], "Next": "Announce"},
                "Announce": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sns:publish",
                    "Parameters": {"TopicArn": arns["topic"], "Message.$": "$.id"},
                    "End": True,
                },
            },
        }
    )
)

conductor = aws.iam.Role(
    "conductor",
    assume_role_policy=assumed_by("states"),
    inline_policies=[
        {
            "name": "steps",
            "policy": pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "lambda:InvokeFunction",
                            "Resource": [function.arn for function in functions.values()],
                        },
                        {"Effect": "Allow", "Action": "sns:Publish", "Resource": shipped.arn},
                    ],
                }
            ),
        }
    ],
)
aws.sfn.StateMachine("orders", role_arn=conductor.arn, definition=definition)
