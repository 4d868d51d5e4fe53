"""The queue of events that the function could not handle."""

from __future__ import annotations

import documents
import pulumi
import pulumi_aws as aws
from names import Names

FOURTEEN_DAYS = 14 * 24 * 60 * 60
"""In seconds: the longest time that SQS keeps a message."""


def create(names: Names, key: aws.kms.Key, opts: pulumi.ResourceOptions) -> aws.sqs.Queue:
    """The dead-letter queue, encrypted, and not accessible by plaintext."""
    queue = aws.sqs.Queue(
        "dead-letters",
        name=names.queue,
        kms_master_key_id=key.arn,
        message_retention_seconds=FOURTEEN_DAYS,
        opts=opts,
    )
    aws.sqs.QueuePolicy("dead-letters-policy", queue_url=queue.url, policy=documents.queue(names), opts=opts)
    return queue
