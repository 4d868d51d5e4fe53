from __future__ import annotations

import textwrap

import pytest

from policypack.lambda_code.archive import archive_of
from policypack.python.interpret import read
from policypack.python.model import AwsCalls
from policypack.python.modules import PythonPackage
from tests.python.ways import WAYS


def found(text: str, **others: str) -> AwsCalls:
    sources = {
        f"{name.replace('__', '/')}.py": textwrap.dedent(source) for name, source in {"app": text, **others}.items()
    }
    files = archive_of({name: source.encode() for name, source in sources.items()})
    return read(PythonPackage(files), "app.handler").calls


def called(text: str, **others: str) -> list[str]:
    """Each call as `LINE service:Operation argument=text|text`, with the arguments that name a resource."""
    calls = found(text, **others)
    assert calls.unresolved == ()
    return [shown(call) for call in calls.calls]


NAMES = ("Bucket", "Key", "Prefix", "QueueUrl", "TopicArn", "TableName", "SecretId", "Name", "FunctionName", "Path")


def shown(call: object) -> str:
    arguments = [f"{name}={'|'.join(map(str, texts))}" for name, texts in call.arguments if name in NAMES]  # type: ignore[attr-defined]
    return " ".join([f"{call.place.line} {call.service}:{call.operation}", *arguments])  # type: ignore[attr-defined]


def unresolved(text: str, **others: str) -> list[str]:
    return [f"{problem.place.line} {problem.why}" for problem in found(text, **others).unresolved]


@pytest.mark.parametrize("way", WAYS)
def test_a_call_is_found_however_it_is_made(way: str) -> None:
    text, expected = WAYS[way]
    assert called(text) == expected


def test_calls_are_followed_through_the_modules_of_the_package() -> None:
    text = """
        from store import clients
        from store.names import BUCKET as bucket
        def handler(event, context):
            clients.s3().put_object(Bucket=bucket, Key="a")
    """
    clients = """
        import boto3
        def s3():
            return boto3.client("s3")
    """
    names = 'from .base import *\nBUCKET = f"{BASE}-out"\n'
    calls = called(text, store____init__="", store__clients=clients, store__names=names, store__base='BASE = "acme"\n')
    assert calls == ["5 s3:PutObject Bucket=acme-out Key=a"]


def test_a_module_that_is_imported_by_its_name_is_followed() -> None:
    text = """
        from importlib import import_module
        def handler(event, context):
            import_module("work").put()
            import_module({})
    """
    work = 'import boto3\ndef put():\n    boto3.client("s3").put_object(Bucket="out", Key="a")\n'
    assert called(text.format("'json'"), work=work) == ["3 s3:PutObject Bucket=out Key=a"]
    assert unresolved(text.format("event['x']"), work=work) == ["5 imports a module whose name is not a constant"]


def test_modules_that_the_handler_never_imports_are_not_read() -> None:
    assert (
        called("def handler(event, context):\n    pass\n", tool='import boto3\nboto3.client("s3").list_buckets()\n')
        == []
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("boto3.client(event['service']).run()", "4 makes a client of a service whose name is not a constant"),
        ("getattr(boto3.client('s3'), event['x'])()", "4 calls an operation whose name is not a constant"),
        ("boto3.client('s3').get_paginator(event['x'])", "4 makes a paginator of `s3` for an operation"),
        ("boto3.client('s3').get_objekt()", "4 calls `get_objekt`, which is no operation of `s3`"),
        ("boto3.client('s4')", "4 makes a client of `s4`, which botocore does not know"),
        ("plugins.client().put_object(Bucket='a')", "4 calls `put_object` of something that comes from outside"),
        ("import awswrangler", "4 imports `awswrangler`, which calls AWS in ways"),
    ],
)
def test_what_cannot_be_resolved_is_reported_with_its_line(text: str, why: str) -> None:
    reasons = unresolved(f"import boto3\nimport plugins\ndef handler(event, context):\n    {text}\n")
    assert any(reason.startswith(why) for reason in reasons), reasons


def test_a_file_that_does_not_parse_is_reported() -> None:
    assert unresolved("def handler(event, context:\n") == ["1 begins a file that does not parse as Python"]


def test_code_that_calls_itself_is_read_in_bounded_time() -> None:
    lines = "".join(
        f"def f{index}(*a): return f{(index + 1) % 40}(*a, {index}), f{(index + 7) % 40}(a)\n" for index in range(40)
    )
    assert found(f"{lines}def handler(event, context): f0(event)\n").calls == ()


@pytest.mark.parametrize(
    ("kind", "bucket", "key"),
    [
        ("S3Event", "event.bucket_name", "event.object_key"),
        ("S3Event", "next(event.records).s3.bucket.name", "event.record.s3.get_object.key"),
        ("SQSEvent", "[r.json_body['in'] for r in event.records][0]", "next(event.records).body"),
        ("KinesisStreamEvent", "event.record.kinesis.data_as_json()['in']", "event.record.kinesis.partition_key"),
    ],
)
def test_attributes_of_data_classes_are_values_of_the_event(kind: str, bucket: str, key: str) -> None:
    text = f"""
        import boto3
        from aws_lambda_powertools.utilities.data_classes import {kind}, event_source
        @event_source(data_class={kind})
        def handler(event: {kind}, context):
            boto3.client("s3").get_object(Bucket={bucket}, Key={key})
    """
    assert called(text) == ["6 s3:GetObject Bucket=(the event's) Key=(the event's)"]


def test_a_part_of_an_attribute_is_not_the_whole_of_it() -> None:
    (call,) = called(
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('s3').get_object(Bucket=event.bucket_name.split('/')[0], Key='a')\n"
    )
    assert call != "3 s3:GetObject Bucket=(the event's) Key=a"
