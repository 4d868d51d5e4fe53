"""An order event goes to a queue for each department."""
import pulumi
import pulumi_aws as aws

departments = {
    "billing": {"filter": {"kind": ["placed", "cancelled"]}, "retention": 4},
    "shipping": {"filter": {"kind": ["placed"]}, "retention": 2},
    "insight": {"filter": None, "retention": 14},
}

topic = aws.sns.Topic("orders", kms_master_key_id="alias/aws/sns", name="orders")

for department, wish in departments.items():
    queue = aws.sqs.Queue(department, message_retention_seconds=wish["retention"] * 86400)
    policy = aws.sqs.QueuePolicy(
        department,
        queue_url=queue.url,
        policy=pulumi.Output.all(queue.arn, topic.arn).apply(lambda both: f"""{{
            "Version": "2012-10-17",
            "Statement": [
                {{
                    "Sid": "FromTopic",
                    "Effect": "Allow",
                    "Principal": {{"Service": "sns.amazonaws.com"}},
                    "Action": "sqs:SendMessage",
                    "Resource": "{both[0]}",
                    "Condition": {{"ArnEquals": {{"aws:SourceArn": "{both[1]}"}}}}
                }},
                {{
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": "{both[0]}",
                    "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}
                }}
            ]
        }}"""),
    )
    aws.sns.TopicSubscription(
        department,
        topic=topic.arn,
        protocol="sqs",
        endpoint=queue.arn,
        raw_message_delivery=True,
        filter_policy=wish["filter"] and pulumi.Output.json_dumps(wish["filter"]),
        opts=pulumi.ResourceOptions(depends_on=policy),
    )
    pulumi.export(department, queue.url)
