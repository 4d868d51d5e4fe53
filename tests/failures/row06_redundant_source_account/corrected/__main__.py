"""Orders are counted every night."""

import sys

import pulumi_aws as aws

sys.path.append("../..")
from protected import function

count = function("count")
nightly = aws.cloudwatch.EventRule("nightly", name="count-nightly", schedule_expression="cron(0 2 * * ? *)")
aws.lambda_.Permission(
    "nightly-invoke",
    action="lambda:InvokeFunction",
    function=count.name,
    principal="events.amazonaws.com",
    source_arn="arn:aws:events:eu-central-1:111122223333:rule/count-nightly",
)
aws.cloudwatch.EventTarget("nightly-target", rule=nightly.name, arn=count.arn)
