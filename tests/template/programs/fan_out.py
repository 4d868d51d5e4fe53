"""A topic, queues and their documents, all named by CloudFormation."""

import json

import pulumi
import pulumi_aws as aws

topic = aws.sns.Topic("orders", kms_master_key_id="alias/aws/sns")


def deny_plaintext(arn: str) -> dict:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


dead = aws.sqs.Queue("dead", sqs_managed_sse_enabled=True)
for name in ("billing", "shipping"):
    queue = aws.sqs.Queue(
        name,
        sqs_managed_sse_enabled=True,
        redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})),
        opts=pulumi.ResourceOptions(protect=name == "billing"),
    )
    aws.sqs.QueuePolicy(
        name,
        queue_url=queue.id,
        policy=pulumi.Output.all(queue.arn, topic.arn).apply(
            lambda arns: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        deny_plaintext(arns[0]),
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "sns.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": arns[0],
                            "Condition": {"ArnEquals": {"aws:SourceArn": arns[1]}},
                        },
                    ],
                }
            )
        ),
    )
    aws.sns.TopicSubscription(
        name,
        topic=topic.arn,
        protocol="sqs",
        endpoint=queue.arn,
        raw_message_delivery=True,
        filter_policy=json.dumps({"kind": [name]}),
    )
fifo = aws.sqs.Queue("ledger", fifo_queue=True, content_based_deduplication=True, sqs_managed_sse_enabled=True)
pulumi.export("fifo", fifo.name)
pulumi.export("message", pulumi.Output.format("send to {0}", dead.url))
