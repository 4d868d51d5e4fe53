"""Accounts of the organization send events to a bus; rules sort them into queues."""
import json

import pulumi
import pulumi_aws as aws

ORGANIZATION = "o-a1b2c3d4e5"
RULES = [("orders", ["OrderPlaced", "OrderPaid"]), ("returns", ["OrderReturned"])]

bus = aws.cloudwatch.EventBus("shop", name="shop")
aws.cloudwatch.EventBusPolicy(
    "shop",
    event_bus_name=bus.name,
    policy=pulumi.Output.json_dumps(
        dict(
            Version="2012-10-17",
            Statement=dict(
                Sid="Organization",
                Effect="Allow",
                Principal="*",
                Action="events:PutEvents",
                Resource=bus.arn,
                Condition=dict(StringEquals={"aws:PrincipalOrgID": ORGANIZATION}),
            ),
        )
    ),
)


def queue_policy(arns):
    queue, rule = arns
    return json.dumps(
        dict(
            Version="2012-10-17",
            Statement=[
                dict(
                    Sid="Rule",
                    Effect="Allow",
                    Principal=dict(Service="events.amazonaws.com"),
                    Action="sqs:SendMessage",
                    Resource=queue,
                    Condition=dict(ArnEquals={"aws:SourceArn": rule}),
                )
            ],
        )
    )


for name, kinds in RULES:
    queue = aws.sqs.Queue(name, fifo_queue=False, sqs_managed_sse_enabled=True)
    rule = aws.cloudwatch.EventRule(
        name,
        event_bus_name=bus.name,
        event_pattern=json.dumps({"source": ["shop"], "detail-type": kinds}),
        opts=pulumi.ResourceOptions(parent=bus),
    )
    aws.sqs.QueuePolicy(name, queue_url=queue.id, policy=pulumi.Output.all(queue.arn, rule.arn).apply(queue_policy))
    aws.cloudwatch.EventTarget(
        name,
        rule=rule.name,
        event_bus_name=bus.name,
        arn=queue.arn,
        opts=pulumi.ResourceOptions(parent=rule),
    )
