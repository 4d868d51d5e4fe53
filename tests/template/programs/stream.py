"""A table with indexes and a stream that invokes a function, behind a function URL and an alias."""

import pulumi
from pulumi_aws import dynamodb, iam, lambda_

table = dynamodb.Table(
    "events",
    attributes=[
        dynamodb.TableAttributeArgs(name="pk", type="S"),
        dynamodb.TableAttributeArgs(name="sk", type="N"),
        dynamodb.TableAttributeArgs(name="owner", type="S"),
    ],
    hash_key="pk",
    range_key="sk",
    billing_mode="PAY_PER_REQUEST",
    global_secondary_indexes=[
        dynamodb.TableGlobalSecondaryIndexArgs(
            name="by-owner", hash_key="owner", range_key="sk", projection_type="INCLUDE", non_key_attributes=["size"]
        )
    ],
    local_secondary_indexes=[
        dynamodb.TableLocalSecondaryIndexArgs(name="by-who", range_key="owner", projection_type="ALL")
    ],
    ttl=dynamodb.TableTtlArgs(attribute_name="expires", enabled=True),
    point_in_time_recovery=dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
    server_side_encryption=dynamodb.TableServerSideEncryptionArgs(enabled=True),
    stream_enabled=True,
    stream_view_type="NEW_IMAGE",
)
provisioned = dynamodb.Table(
    "counters",
    attributes=[{"name": "id", "type": "S"}],
    hash_key="id",
    read_capacity=1,
    write_capacity=2,
)
trust = iam.get_policy_document(
    statements=[
        {
            "actions": ["sts:AssumeRole"],
            "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
        }
    ]
)
policy = iam.Policy(
    "read-stream",
    policy=iam.get_policy_document_output(
        statements=[
            {
                "actions": ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"],
                "resources": [table.stream_arn],
            },
            {"actions": ["dynamodb:ListStreams"], "resources": ["*"]},
        ]
    ).json,
)
role = iam.Role("reader", assume_role_policy=trust.json)
attachment = iam.RolePolicyAttachment("reader", role=role, policy_arn=policy.arn)
layer = lambda_.LayerVersion(
    "shared",
    layer_name="shared",
    code=pulumi.AssetArchive({"python/shared.py": pulumi.StringAsset("X = 1\n")}),
    compatible_runtimes=["python3.13"],
)
function = lambda_.Function(
    "reader",
    role=role.arn,
    runtime="python3.13",
    handler="app.handler",
    layers=[layer.arn],
    code=pulumi.AssetArchive(
        {
            "app.py": pulumi.StringAsset("def handler(event, context):\n    return {}\n"),
            "x.txt": pulumi.StringAsset("x"),
        }
    ),
    ephemeral_storage={"size": 1024},
    opts=pulumi.ResourceOptions(depends_on=[attachment]),
)
lambda_.EventSourceMapping(
    "reader",
    event_source_arn=table.stream_arn,
    function_name=function.arn,
    starting_position="LATEST",
    filter_criteria={"filters": [{"pattern": '{"eventName": ["INSERT"]}'}]},
    batch_size=10,
    maximum_retry_attempts=2,
)
alias = lambda_.Alias("live", name="live", function_name=function.name, function_version="$LATEST")
url = lambda_.FunctionUrl(
    "reader",
    function_name=function.name,
    authorization_type="AWS_IAM",
    cors={"allow_origins": ["https://acme.example"]},
)
lambda_.FunctionEventInvokeConfig("reader", function_name=function.name, maximum_retry_attempts=1)
pulumi.export("table", table.name)
