"""A bucket without a name notifies a queue, whose policy document names the bucket."""

import pulumi
import pulumi_aws as aws

bucket = aws.s3.Bucket("uploads")
queue = aws.sqs.Queue("jobs", sqs_managed_sse_enabled=True)
policy = aws.sqs.QueuePolicy(
    "jobs",
    queue_url=queue.id,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue.arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": bucket.arn}},
                }
            ],
        }
    ),
)
aws.s3.BucketNotification(
    "on-upload",
    bucket=bucket.id,
    queues=[{"queue_arn": queue.arn, "events": ["s3:ObjectCreated:*"]}],
    opts=pulumi.ResourceOptions(depends_on=[policy]),
)
