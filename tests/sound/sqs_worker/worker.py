"""A queue, its dead-letter queue and the function that works through it, as one component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import pulumi
import pulumi_aws as aws


@dataclass
class QueueWorkerArgs:
    code: str
    handler: str
    runtime: str = "python3.13"
    timeout: int = 30
    memory: int = 256
    batch_size: int = 10
    max_receives: int = 3


class QueueWorker(pulumi.ComponentResource):
    queue: aws.sqs.Queue
    dead: aws.sqs.Queue
    function: aws.lambda_.Function

    def __init__(self, name: str, args: QueueWorkerArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("acme:workers:QueueWorker", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)

        self.dead = aws.sqs.Queue(f"{name}-dead", message_retention_seconds=1209600, opts=child)
        self.queue = aws.sqs.Queue(
            name,
            visibility_timeout_seconds=6 * args.timeout,
            redrive_policy=self.dead.arn.apply(lambda arn: self._redrive(arn, args.max_receives)),
            opts=child,
        )
        self.logs = aws.cloudwatch.LogGroup(name, retention_in_days=30, opts=child)
        self.role = self._role(name, child)
        self.function = aws.lambda_.Function(
            name,
            role=self.role.arn,
            runtime=args.runtime,
            handler=args.handler,
            timeout=args.timeout,
            memory_size=args.memory,
            code=pulumi.FileArchive(args.code),
            logging_config={"log_format": "JSON", "log_group": self.logs.name},
            opts=child,
        )
        aws.lambda_.EventSourceMapping(
            name,
            event_source_arn=self.queue.arn,
            function_name=self.function.name,
            batch_size=args.batch_size,
            function_response_types=["ReportBatchItemFailures"],
            opts=child,
        )
        self.register_outputs({"queue": self.queue.url, "function": self.function.name})

    @staticmethod
    def _redrive(arn: str, receives: int) -> str:
        return f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": {receives}}}'

    def _role(self, name: str, child: pulumi.ResourceOptions) -> aws.iam.Role:
        role = aws.iam.Role(
            name,
            assume_role_policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            ),
            opts=child,
        )
        aws.iam.RolePolicy(
            name,
            role=role.id,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "Receive",
                            "Effect": "Allow",
                            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                            "Resource": self.queue.arn,
                        },
                        {
                            "Sid": "Log",
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": pulumi.Output.concat(self.logs.arn, ":*"),
                        },
                    ],
                }
            ),
            opts=child,
        )
        return role
