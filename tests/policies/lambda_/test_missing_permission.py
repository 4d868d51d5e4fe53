from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

import pytest

from policypack.core.examples import (
    allow,
    bucket,
    construct,
    document,
    execution_role,
    function,
    notification,
    target,
    texts,
)
from policypack.core.policy import UNKNOWN, Asset, Resource
from policypack.policies.lambda_.missing_permission import POLICY
from tests.policies.helpers import messages, outcomes, silent, undecided, violations

LOGS = allow(
    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/read:*",
)
CODE = """
    import os
    import boto3
    s3 = boto3.client("s3")
    def handler(event, context):
        s3.put_object(Bucket=os.environ["BUCKET"], Key="out/" + event["id"])
"""


def stack(*statements: Any, text: str = CODE, logs: bool = True, **inputs: Any) -> list[Resource]:
    """A role, its inline policy and its function."""
    code = texts({"app.py": textwrap.dedent(text)})
    packaged = {"runtime": "python3.13", "handler": "app.handler", "code": code}
    environment = {"variables": {"BUCKET": "acme"}}
    return [
        *execution_role(*([LOGS] if logs else []), *statements),
        function(**{**packaged, "environment": environment, **inputs}),
    ]


PUT = allow("s3:PutObject", "arn:aws:s3:::acme/out/*")


DEAD_LETTERS = {"targetArn": "arn:aws:sqs:eu-west-1:111122223333:late"}


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (stack(), "does not allow `s3:PutObject` on `arn:aws:s3:::acme/out/*`: `app.py:6` calls `PutObject` of `s3`"),
        (stack(PUT, logs=False), "does not allow `logs:CreateLogStream` on"),
        (stack(PUT, deadLetterConfig=DEAD_LETTERS), "does not allow `sqs:SendMessage` on `arn:aws:sqs:eu-west-1:"),
        (stack(PUT, vpcConfig={"subnetIds": ["subnet-1"]}), "does not allow `ec2:CreateNetworkInterface` on `*`"),
    ],
)
def test_the_message_names_the_line_or_what_lambda_does(resources: list[Resource], message: str) -> None:
    assert set(violations(POLICY, *resources)) == {"role"}
    assert message in "\n".join(messages(POLICY, *resources))


test_silent = silent(
    POLICY,
    stack(allow("s3:PutObject", "arn:awss:s3:::acme/out/*")),  # `iam-malformed-document` reports it
    stack(allow("s3:PutObject", "arn:aws:s3:::acme/out/*", Condition={"Bool": {"aws:SecureTransport": "true"}})),
    stack(text="def handler(event, context):\n    print(event)\n"),
    stack(runtime="nodejs22.x"),
    stack(packageType="Image", code=None),
    stack(code=Asset(path="/builds/7", archive=True, hash="2c26b46b")),
)


def test_managed_policies_for_functions_allow_what_aws_writes_in_them() -> None:
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    attached = construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "logs", role="read", policyArn=basic)
    assert outcomes(POLICY, *stack(PUT, logs=False), attached) == []


def test_a_boundary_limits_the_role() -> None:
    role, policy, run = stack(PUT)
    limit = construct("aws:iam/policy:Policy", "limit", name="limit", policy=document(LOGS))
    boundary = "arn:aws:iam::111122223333:policy/limit"
    limited = Resource(role.type, role.name, {**role.inputs, "permissionsBoundary": boundary})
    assert "does not allow `s3:PutObject`" in messages(POLICY, limited, policy, run, limit)[0]


def test_an_unknown_value_is_undecided_with_its_reason() -> None:
    unset = stack(PUT, environment={"variables": {}})
    assert undecided(POLICY, *unset) == ["role"]
    assert (
        "`Bucket` cannot be determined from the code: `app.py:6` calls `PutObject`"
        in outcomes(POLICY, *unset)[0].message
    )
    assert undecided(POLICY, *stack(allow("s3:PutObject", UNKNOWN))) == ["role"]
    assert undecided(POLICY, *stack(PUT, code=UNKNOWN)) == ["code"]
    assert undecided(POLICY, *stack(PUT, code=Asset(path="/nowhere", archive=True))) == ["code"]


def test_the_event_is_what_the_notification_lets_through() -> None:
    text = """
        import boto3
        def handler(event, context):
            for record in event["Records"]:
                boto3.client("s3").get_object(
                    Bucket=record["s3"]["bucket"]["name"], Key=record["s3"]["object"]["key"]
                )
    """
    others = (bucket("inbox"), notification(target(prefix="incoming/"), bucket="inbox"))
    right = stack(allow("s3:GetObject", "arn:aws:s3:::inbox/incoming/*"), text=text)
    narrow = stack(allow("s3:GetObject", "arn:aws:s3:::inbox/incoming/a*"), text=text)
    assert outcomes(POLICY, *right, *others) == []
    assert messages(POLICY, *narrow, *others) == [
        "does not allow `s3:GetObject` on all of `arn:aws:s3:::inbox/incoming/*`: `app.py:5` calls `GetObject` of `s3`"
    ]


def test_data_may_name_what_a_role_allows_in_part() -> None:
    text = """
        import json
        import boto3
        s3 = boto3.client("s3")
        def handler(event, context):
            for message in event["Records"]:
                for record in json.loads(message["body"])["Records"]:
                    s3.get_object(Bucket=record["s3"]["bucket"]["name"], Key=record["s3"]["object"]["key"])
            for item in s3.list_objects_v2(Bucket="acme", Prefix="tmp/")["Contents"]:
                s3.delete_object(Bucket="acme", Key=item["Key"])
            boto3.client("ses").send_email(Source="me@example.com")
    """
    listed = allow("s3:ListBucket", "arn:aws:s3:::acme")
    mail = allow("ses:SendEmail", "arn:aws:ses:eu-west-1:111122223333:identity/me@example.com")
    narrow = [allow("s3:GetObject", "arn:aws:s3:::inbox/in/*"), allow("s3:DeleteObject", "arn:aws:s3:::acme/tmp/*")]
    assert outcomes(POLICY, *stack(listed, mail, *narrow, text=text)) == []
    wrong = stack(listed, mail, narrow[0], allow("s3:DeleteObject", "arn:aws:s3:::other/*"), text=text)
    assert messages(POLICY, *wrong) == [
        "does not allow `s3:DeleteObject` on `arn:aws:s3:::acme/*`: `app.py:10` calls `DeleteObject` of `s3`"
    ]


def test_a_key_may_be_named_by_its_id() -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client("kinesis").put_record(StreamName="clicks", Data=b"", PartitionKey="a")
    """
    put = allow("kinesis:PutRecord", "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks")
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    key = Resource("aws:kms/key:Key", "clicks", {}, outputs={"arn": arn, "keyId": arn.rpartition("/")[2]})
    stream = Resource("aws:kinesis/stream:Stream", "clicks", {"name": "clicks", "kmsKeyId": key.outputs["keyId"]})
    right, wrong = allow("kms:GenerateDataKey", arn), allow("kms:GenerateDataKey", arn.replace("1234abcd", "00000000"))
    assert outcomes(POLICY, *stack(put, right, text=text), key, stream) == []
    assert messages(POLICY, *stack(put, wrong, text=text), key, stream)[0].startswith(
        f"does not allow `kms:GenerateDataKey` on `{arn}`"
    )


def test_an_encrypted_queue_needs_its_key() -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client("sqs").send_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/111122223333/later")
    """
    send = allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:later")
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234"
    queue = construct("aws:sqs/queue:Queue", "later", name="later", kmsMasterKeyId=key)
    reports = messages(POLICY, *stack(send, text=text), queue)
    assert [report.partition(":")[0] for report in reports] == ["does not allow `kms", "does not allow `kms"]
    assert outcomes(POLICY, *stack(send, allow(["kms:Decrypt", "kms:GenerateDataKey"], key), text=text), queue) == []
    own = construct("aws:sqs/queue:Queue", "later", name="later", kmsMasterKeyId="alias/aws/sqs")
    assert outcomes(POLICY, *stack(send, text=text), own) == []


def test_an_event_source_is_read_by_the_role() -> None:
    work = "arn:aws:sqs:eu-west-1:111122223333:work"
    mapping = "aws:lambda/eventSourceMapping:EventSourceMapping"
    source = construct(mapping, "queue", functionName="read", eventSourceArn=work)
    assert len(messages(POLICY, *stack(PUT), source)) == 3
    reads = allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], work)
    assert outcomes(POLICY, *stack(PUT, reads), source) == []


def test_a_role_of_another_stack_is_not_judged_unless_its_policies_are_known() -> None:
    run = stack(role="arn:aws:iam::111122223333:role/theirs")[2]
    assert outcomes(POLICY, run) == []

    def theirs(**lists: Any) -> Resource:
        named = {"name": "theirs", "arn": "arn:aws:iam::111122223333:role/theirs"}
        return Resource("aws:iam/role:Role", "theirs", {}, outputs={**named, **lists}, external=True)

    assert outcomes(POLICY, run, theirs()) == outcomes(POLICY, run, theirs(managedPolicyArns=[])) == []
    assert len(messages(POLICY, run, theirs(managedPolicyArns=[], inlinePolicies=[]))) == 3
    foreign = "arn:aws:iam::111122223333:policy/theirs"
    assert outcomes(POLICY, run, theirs(managedPolicyArns=[foreign], inlinePolicies=[])) == []
    every = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert outcomes(POLICY, run, theirs(managedPolicyArns=[every], inlinePolicies=[])) == []


def test_an_output_of_another_stack_is_a_role_of_it() -> None:
    other = Resource("pulumi:pulumi:StackReference", "acme/platform/prod")
    mine = Resource("aws:iam/role:Role", "mine", {"name": "mine"})
    run = replace(stack(role=UNKNOWN)[2], property_dependencies={"role": (other.urn,)})
    assert outcomes(POLICY, run, other, mine) == []
    assert undecided(POLICY, stack(role=UNKNOWN)[2], other, mine) == ["role"]


def test_a_call_that_cannot_be_resolved_is_undecided_beside_what_is_missing() -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client("s3").get_object(Bucket="acme", Key="a")
            boto3.client(event["service"]).run()
    """
    resources = stack(text=text)
    assert messages(POLICY, *resources) == [
        "does not allow `s3:GetObject` on `arn:aws:s3:::acme/a`: `app.py:4` calls `GetObject` of `s3`"
    ]
    assert undecided(POLICY, *resources) == ["code"]
    assert (
        "`app.py:5` makes a client of a service whose name is not a constant" in outcomes(POLICY, *resources)[1].message
    )


def test_modules_far_from_the_handler_are_not_read_without_end() -> None:
    main = textwrap.dedent(CODE) + "".join(f"import lib.m{index}\n" for index in range(400))
    modules = {f"lib/m{index}.py": "import boto3\n" for index in range(400)}
    code = texts({"app.py": main, "lib/__init__.py": "", **modules})
    assert "does not allow `s3:PutObject`" in messages(POLICY, *stack(code=code))[0]


def test_modules_that_import_each_other_too_deeply_are_undecided() -> None:
    modules = {f"m{index}.py": f"import m{index + 1}\n" for index in range(400)}
    code = texts({"app.py": f"import m0\n{textwrap.dedent(CODE)}", **modules})
    assert undecided(POLICY, *stack(PUT, code=code)) == ["code"]
    assert "too deeply nested, to be read" in outcomes(POLICY, *stack(PUT, code=code))[0].message


ANSWER = """
    import boto3
    steps = boto3.client("stepfunctions")
    def handler(event, context):
        steps.send_task_success(taskToken=event["token"], output="{}")
        steps.send_task_failure(taskToken=boto3.resource("dynamodb").Table("t").name, error="late")
"""
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:approval"
ANSWERING = ["states:SendTaskSuccess", "states:SendTaskFailure"]
test_a_token_identifies_the_state_machine = silent(
    POLICY,
    stack(allow(ANSWERING, MACHINE), text=ANSWER),
    stack(allow(ANSWERING, "*"), text=ANSWER),
)


def test_a_token_without_its_action() -> None:
    reports = messages(POLICY, *stack(allow(ANSWERING[:1], MACHINE), text=ANSWER))
    assert ["SendTaskFailure" in message for message in reports] == [True]
    assert len(messages(POLICY, *stack(allow("states:StartExecution", MACHINE), text=ANSWER))) == len(ANSWERING)
