"""A rule on a schedule, a bus, logs, a metric filter and alarms."""

import json

import pulumi
import pulumi_aws as aws

region = aws.get_region().region
account = aws.get_caller_identity().account_id

alerts = aws.sns.Topic("alerts", kms_master_key_id="alias/aws/sns")
logs = aws.cloudwatch.LogGroup("nightly", name="/acme/nightly", retention_in_days=30)
errors = aws.cloudwatch.LogMetricFilter(
    "errors",
    log_group_name=logs.name,
    pattern="ERROR",
    metric_transformation={"name": "Errors", "namespace": "Acme", "value": "1", "default_value": "0"},
)
aws.cloudwatch.MetricAlarm(
    "too-many-errors",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="Errors",
    namespace="Acme",
    period=300,
    statistic="Sum",
    threshold=0,
    dimensions={"Service": "nightly"},
    alarm_actions=[alerts.arn],
    opts=pulumi.ResourceOptions(depends_on=[errors]),
)
aws.cloudwatch.MetricAlarm(
    "error-rate",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=2,
    threshold=5,
    metric_queries=[
        {"id": "rate", "expression": "errors / calls * 100", "label": "rate", "return_data": True},
        {
            "id": "errors",
            "metric": {"metric_name": "Errors", "namespace": "Acme", "period": 60, "stat": "Sum"},
        },
        {
            "id": "calls",
            "metric": {
                "metric_name": "Calls",
                "namespace": "Acme",
                "period": 60,
                "stat": "Sum",
                "dimensions": {"A": "b"},
            },
        },
    ],
)
role = aws.iam.Role(
    "nightly",
    assume_role_policy={
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    },
    inline_policies=[
        {
            "name": "logs",
            "policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": f"arn:aws:logs:{region}:{account}:log-group:/acme/nightly:*",
                        }
                    ],
                }
            ),
        }
    ],
)
job = aws.lambda_.Function(
    "nightly",
    role=role.arn,
    runtime="nodejs22.x",
    handler="index.handler",
    code=pulumi.AssetArchive({"index.js": pulumi.StringAsset("exports.handler = async () => 'done';\n")}),
    logging_config={"log_format": "Text", "log_group": logs.name},
)
rule = aws.cloudwatch.EventRule("nightly", schedule_expression="cron(0 3 * * ? *)", state="ENABLED")
aws.cloudwatch.EventTarget("nightly", rule=rule.name, arn=job.arn, input=json.dumps({"full": True}))
aws.lambda_.Permission(
    "nightly", action="lambda:InvokeFunction", function=job.name, principal="events.amazonaws.com", source_arn=rule.arn
)
bus = aws.cloudwatch.EventBus("orders", name="orders")
placed = aws.cloudwatch.EventRule(
    "placed", event_bus_name=bus.name, event_pattern=json.dumps({"detail-type": ["placed"]}), tags={"a": "b"}
)
aws.cloudwatch.EventTarget("placed", rule=placed.name, event_bus_name=bus.name, target_id="topic", arn=alerts.arn)
pulumi.export("log group", logs.arn)
