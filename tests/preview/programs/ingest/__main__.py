"""An S3 to Lambda stack that leaves its names to Pulumi and its documents to outputs."""

import json

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

china = aws.Provider("china", region="cn-north-1")
me = aws.get_caller_identity()

bucket = aws.s3.Bucket("Inbox")
named = aws.s3.Bucket("named", bucket="chosen-name", region="us-east-1")
far = aws.s3.Bucket("far", opts=ResourceOptions(provider=china))
hidden = aws.s3.Bucket("hidden", bucket=pulumi.Output.secret("hush"))
role = aws.iam.Role("role", assume_role_policy="{}")
queue = aws.sqs.Queue("dead", fifo_queue=True)
function = aws.lambda_.Function("worker", role=role.arn, runtime="python3.13", handler="a.b", region=None)
published = aws.lambda_.Function("published", role=role.arn, publish=True)

document = aws.iam.get_policy_document_output(
    statements=[
        {
            "actions": ["s3:GetObject"],
            "resources": [bucket.arn.apply(lambda arn: f"{arn}/*")],
            "principals": [{"type": "AWS", "identifiers": [me.account_id, role.arn]}],
        }
    ]
)
aws.s3.BucketPolicy("policy", bucket=bucket.id, policy=document.json)
permission = aws.lambda_.Permission(
    "permission",
    action="lambda:InvokeFunction",
    function=function.name,
    principal="s3.amazonaws.com",
    source_arn=bucket.arn,
    source_account=me.account_id,
)
unknown = aws.ec2.get_ami_output(most_recent=True)
aws.ec2.Instance("machine", ami=unknown.id, instance_type="t3.micro")
seen = aws.s3.Bucket.get("seen", "existing-bucket")

pulumi.export("partition", aws.get_partition(opts=pulumi.InvokeOptions(provider=china)).partition)
pulumi.export("region", aws.get_region().region)
pulumi.export("seen", seen.arn)
pulumi.export("role", role.unique_id)
pulumi.export("document", document.json.apply(json.loads))
