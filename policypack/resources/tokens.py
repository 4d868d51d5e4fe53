"""Type tokens of the resources that properties refer to."""

from __future__ import annotations

ALIAS = "aws:lambda/alias:Alias"
BUCKET_TYPES = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
DIRECTORY_BUCKET = "aws:s3/directoryBucket:DirectoryBucket"
EVENT_SOURCE_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FUNCTION = "aws:lambda/function:Function"
GROUP = "aws:iam/group:Group"
KEY = "aws:kms/key:Key"
KEY_ALIAS = "aws:kms/alias:Alias"
LAYER = "aws:lambda/layerVersion:LayerVersion"
MANAGED_POLICY = "aws:iam/policy:Policy"
PERMISSION = "aws:lambda/permission:Permission"
EVENT_BUS = "aws:cloudwatch/eventBus:EventBus"
QUEUE = "aws:sqs/queue:Queue"
ROLE = "aws:iam/role:Role"
SERVERLESS_KAFKA = "aws:msk/serverlessCluster:ServerlessCluster"
TOPIC = "aws:sns/topic:Topic"
USER = "aws:iam/user:User"
