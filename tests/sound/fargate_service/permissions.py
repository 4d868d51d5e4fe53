"""The two roles of a task: the agent's, which starts it, and the task's own."""

import json

import data
import pulumi
import pulumi_aws as aws

ACCOUNT = aws.get_caller_identity().account_id

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ],
    }
)


def allow(actions, resources):
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": resources}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


logs = aws.cloudwatch.LogGroup("orders", name="/ecs/orders", retention_in_days=90)

agent = aws.iam.Role("agent", assume_role_policy=TRUST)
aws.iam.RolePolicy(
    "agent",
    role=agent.name,
    policy=pulumi.Output.all(logs.arn, data.token.arn).apply(
        lambda arns: document(
            allow({"logs:CreateLogStream", "logs:PutLogEvents"}, f"{arns[0]}:*"),
            allow({"secretsmanager:GetSecretValue"}, arns[1]),
            allow({"ecr:GetAuthorizationToken"}, "*"),
            allow(
                {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"},
                f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/orders",
            ),
        )
    ),
)

task = aws.iam.Role("task", assume_role_policy=TRUST)
aws.iam.RolePolicy(
    "task",
    role=task.name,
    policy=data.orders.arn.apply(
        lambda table: document(
            allow({"dynamodb:GetItem", "dynamodb:PutItem"}, table),
            allow({"dynamodb:Query"}, f"{table}/index/by-customer"),
        )
    ),
)
