"""An alarm on errors of the orders."""

import pulumi_aws as aws

aws.cloudwatch.MetricAlarm(
    "orders",
    comparison_operator="GreaterThan",
    evaluation_periods=1,
    metric_name="Errors",
    namespace="Acme",
    period=300,
    statistic="Sum",
    threshold=0,
)
