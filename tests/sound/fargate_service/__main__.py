"""Orders, served by two Fargate tasks."""

import json

import data
import network
import permissions
import pulumi
import pulumi_aws as aws
from settings import settings

cluster = aws.ecs.Cluster("orders", settings=[{"name": "containerInsights", "value": "enabled"}])


def containers(args):
    return json.dumps(
        [
            {
                "name": "orders",
                "image": settings.image,
                "essential": True,
                "portMappings": [{"containerPort": 8080}],
                "environment": [{"name": "TABLE", "value": args["table"]}],
                "secrets": [{"name": "PAYMENT_TOKEN", "valueFrom": args["token"]}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": args["logs"],
                        "awslogs-region": "eu-west-1",
                        "awslogs-stream-prefix": "orders",
                    },
                },
            }
        ]
    )


task = aws.ecs.TaskDefinition(
    "orders",
    family="orders",
    cpu="256",
    memory="512",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    execution_role_arn=permissions.agent.arn,
    task_role_arn=permissions.task.arn,
    container_definitions=pulumi.Output.all(
        table=data.orders.name, token=data.token.arn, logs=permissions.logs.name
    ).apply(containers),
)

aws.ecs.Service(
    "orders",
    cluster=cluster.arn,
    task_definition=task.arn,
    launch_type="FARGATE",
    desired_count=settings.desired,
    network_configuration={
        "subnets": [each.id for each in network.subnets],
        "security_groups": [network.firewall.id],
        "assign_public_ip": False,
    },
)
