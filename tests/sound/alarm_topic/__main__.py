"""Alarms of the queues go to an encrypted topic, which a chat bot's role may read from."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

home = aws.Provider("home", region="eu-west-1", default_tags=aws.ProviderDefaultTagsArgs(tags={"team": "ops"}))


class Alarms(pulumi.ComponentResource):
    """The topic and its key; `watch` adds an alarm."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme:ops:Alarms", name, None, opts)
        invoke = pulumi.InvokeOptions(parent=self)
        self.account = aws.get_caller_identity_output(opts=invoke).account_id
        self.source = pulumi.Output.concat("arn:aws:cloudwatch:eu-west-1:", self.account, ":alarm:*")
        self.name = name
        self.key = aws.kms.Key(
            name,
            enable_key_rotation=True,
            policy=self.account.apply(self._key_policy),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.topic = aws.sns.Topic(name, kms_master_key_id=self.key.id, opts=pulumi.ResourceOptions(parent=self.key))
        aws.sns.TopicPolicy(
            name,
            arn=self.topic.arn,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "Alarms",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": self.topic.arn,
                            "Condition": {
                                "ArnLike": {"aws:SourceArn": self.source},
                                "StringEquals": {"aws:SourceAccount": self.account},
                            },
                        }
                    ],
                }
            ),
            opts=pulumi.ResourceOptions(parent=self.topic),
        )
        self.register_outputs({})

    @staticmethod
    def _key_policy(account: str) -> str:
        return pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Administration",
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                        "Action": [
                            *(f"kms:{verb}Key" for verb in ("Describe", "Disable", "Enable", "Tag", "Untag")[:3]),
                            "kms:EnableKeyRotation",
                            "kms:GetKeyPolicy",
                            "kms:GetKeyRotationStatus",
                            "kms:ListResourceTags",
                            "kms:PutKeyPolicy",
                            "kms:ScheduleKeyDeletion",
                        ],
                        "Resource": "*",
                    },
                    {
                        "Sid": "Alarms",
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                        "Resource": "*",
                        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    },
                ],
            }
        )

    def watch(self, queue: aws.sqs.Queue, name: str) -> None:
        aws.cloudwatch.MetricAlarm(
            name,
            namespace="AWS/SQS",
            metric_name="ApproximateAgeOfOldestMessage",
            statistic="Maximum",
            comparison_operator="GreaterThanThreshold",
            threshold=600,
            period=300,
            evaluation_periods=2,
            dimensions={"QueueName": queue.name},
            alarm_actions=[self.topic.arn],
            opts=pulumi.ResourceOptions(parent=self),
        )


alarms = Alarms("alarms", pulumi.ResourceOptions(providers=[home]))
for name in ("mail", "print"):
    alarms.watch(aws.sqs.Queue(name, opts=pulumi.ResourceOptions(provider=home)), f"{name}-is-late")

bot = aws.iam.Role(
    "bot",
    assume_role_policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "chatbot.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": alarms.account}},
                }
            ],
        }
    ),
    opts=pulumi.ResourceOptions(provider=home),
)
aws.iam.RolePolicy(
    "bot",
    role=bot.name,
    policy=alarms.topic.arn.apply(
        lambda arn: {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["sns:GetTopicAttributes"], "Resource": arn}],
        }
    ),
    opts=pulumi.ResourceOptions(provider=home),
)
