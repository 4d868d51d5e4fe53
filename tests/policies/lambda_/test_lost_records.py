"""Handlers that lose records, and handlers that do not: `handlers/*.txt` has one after the other, under a heading each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import packaged
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.lambda_.early_return import POLICY
from tests.policies.helpers import messages, outcomes

BEFORE = """import json, boto3, itertools, functools, asyncio
from itertools import islice, takewhile
s3 = boto3.client("s3")
def handle(record):
    s3.put_object(Bucket="b", Key=record["s3"]["object"]["key"])
    return True
"""
FIRST = 'def handler(event, context):\n    handle(event["Records"][0])\n'
LOOP = 'def handler(event, context):\n    for record in event["Records"]:\n        return handle(record)\n'
STREAM = """def handler(event, context):
    for record in event["Records"]:
        try:
            handle(record)
        except Exception:
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
"""
REPORT = """def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            handle(record)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
"""
RAISE = """def handler(event, context):
    for record in event["Records"]:
        if not record["body"]:
            raise ValueError
        handle(record)
"""
HELPER = (
    RAISE.replace("handler(event", "work(event")
    + """
def handler(event, context):
    work(event, context)
"""
)
CAUGHT = HELPER.replace(
    "    work(event, context)\n",
    """    try:
        work(event, context)
    except ValueError:
        print("empty body")
""",
)
ENDED = HELPER.replace("raise ValueError", "sys.exit(1)").replace("def work", "import sys\ndef work")
SWALLOWED = CAUGHT.replace("raise ValueError", "sys.exit(1)").replace("def work", "import sys\ndef work")
LIBRARY = """from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
def handler(event, context):
    processor = BatchProcessor(event_type=EventType.SQS)
    return process_partial_response(event=event, record_handler=handle, processor=processor, context=context)
"""
MESSAGE = 'def handler(event, context):\n    handle(json.loads(event["Records"][0]["body"])["Records"][0])\n'


def handlers(kind: str) -> list[Any]:
    """The handlers of files of this kind, named by their headings."""
    files = sorted((Path(__file__).parent / "handlers").glob(f"{kind}_*.txt"))
    blocks = [block for file in files for block in file.read_text(encoding="utf-8").split("## ")[1:]]
    return [pytest.param(text, id=name) for name, _, text in (block.partition("\n") for block in blocks)]


def function(text: str) -> Resource:
    return packaged({"index.py": BEFORE + text}, name="read")


def mapping(**inputs: Any) -> Resource:
    source = {"functionName": "read", "eventSourceArn": "arn:aws:sqs:eu-west-1:111122223333:queue"}
    return Resource("aws:lambda/eventSourceMapping:EventSourceMapping", "queue", source | inputs)


def permission(principal: Any) -> Resource:
    inputs = {"function": "read", "action": "lambda:InvokeFunction", "principal": principal}
    return Resource("aws:lambda/permission:Permission", "invoke", inputs)


@pytest.mark.parametrize("text", handlers("lost"))
def test_lost_records_are_reported(text: str) -> None:
    assert messages(POLICY, function(text)) != []


@pytest.mark.parametrize("text", handlers("kept"))
def test_kept_records_are_not(text: str) -> None:
    assert outcomes(POLICY, function(text)) == []


@pytest.mark.parametrize("text", handlers("deleted"))
def test_messages_that_a_queue_deletes_though_they_failed_are_reported(text: str) -> None:
    for inputs in ({}, {"functionResponseTypes": ["ReportBatchItemFailures"]}):
        assert messages(POLICY, function(text), mapping(**inputs)) != []


@pytest.mark.parametrize("text", handlers("requeued"))
def test_messages_that_fail_on_purpose_or_come_back_are_not(text: str) -> None:
    assert outcomes(POLICY, function(text), mapping(functionResponseTypes=["ReportBatchItemFailures"])) == []


@pytest.mark.parametrize(
    "taken", ['event["Records"][:5]', 'islice(event["Records"], MOST)', 'event["Records"][0:MOST]']
)
def test_the_first_records_are_reported_unless_no_batch_has_more(taken: str) -> None:
    text = f"MOST = 5\ndef handler(event, context):\n    for record in {taken}:\n        handle(record)\n"
    for size in (1, 5):
        assert outcomes(POLICY, function(text), mapping(batchSize=size)) == []
    for triggers in ([], [mapping()], [mapping(batchSize=6)], [mapping(batchSize=UNKNOWN)]):
        assert "a part of the event's records" in messages(POLICY, function(text), *triggers)[0]
    others = mapping(batchSize=5), permission("s3.amazonaws.com")
    assert messages(POLICY, function(text), *others) != []


def test_a_swallowed_failure_is_reported_unless_each_event_has_one_record() -> None:
    text = REPORT.replace('failures.append({"itemIdentifier": record["messageId"]})', "pass").rpartition("    return")[
        0
    ]
    for trigger in (mapping(batchSize=1), permission("sns.amazonaws.com"), permission("ses.amazonaws.com")):
        assert outcomes(POLICY, function(text), trigger) == []
    for trigger in (mapping(batchSize=2), mapping(), permission("s3.amazonaws.com")):
        assert messages(POLICY, function(text), trigger) != []
    assert messages(POLICY, function(text), mapping(batchSize=1), permission("s3.amazonaws.com")) != []


@pytest.mark.parametrize("text", handlers("several"))
def test_a_fixed_number_of_records_is_reported_for_a_batch(text: str) -> None:
    for batch in ({}, {"batchSize": 25}):
        assert "fixed number of records" in messages(POLICY, function(text), mapping(**batch))[0]
    for triggers in ([], [mapping(batchSize=1)], [mapping(batchSize=UNKNOWN)], [permission("s3.amazonaws.com")]):
        assert outcomes(POLICY, function(text), *triggers) == []


@pytest.mark.parametrize(
    ("size", "work", "reports"),
    [
        ("", "handle(part[0])", 1),
        (", 10", "handle(part[0])", 1),
        (", WIDTH", "handle(part[0])", 1),
        (", 2", "handle(part[0])", 0),
        (", event['width']", "handle(part[0])", 0),
        ("", "print(part[0], [handle(record) for record in part])", 0),
    ],
)
def test_one_record_of_each_chunk_that_another_module_makes_is_reported(size: str, work: str, reports: int) -> None:
    helper = "def parts(items, n=20):\n    for i in range(0, len(items), n):\n        yield items[i:i + n]\n"
    text = f"from tools import parts\nWIDTH = 15\ndef handler(event, context):\n    for part in parts(event['Records']{size}):\n        {work}\n"
    archive = packaged({"index.py": BEFORE + text, "tools.py": helper}, name="read")
    assert len(messages(POLICY, archive)) == reports


@pytest.mark.parametrize("text", handlers("kept"))
def test_kept_records_of_a_batch_are_not_in_a_wrong_number(text: str) -> None:
    fixed = [one for one in messages(POLICY, function(text), mapping()) if "fixed number" in one]
    assert fixed == [] or re.search(r"^    (\[record\]|record,) = ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "triggers"),
    [
        (FIRST, [mapping(batchSize=1)]),
        (FIRST, [mapping(batchSize=1.0), permission("events.amazonaws.com")]),
        (FIRST, [permission("ses.amazonaws.com")]),
        (LOOP, [permission("sns.amazonaws.com")]),
        (RAISE, [mapping()]),
        (HELPER, [mapping()]),
        (REPORT, [mapping(functionResponseTypes=["ReportBatchItemFailures"])]),
        (REPORT, [mapping(functionResponseTypes=UNKNOWN)]),
        (REPORT, []),
        (STREAM, [mapping(functionResponseTypes=["ReportBatchItemFailures"])]),
        (STREAM, [mapping(functionResponseTypes=UNKNOWN)]),
        (STREAM, []),
    ],
)
def test_triggers_that_send_one_record_or_deliver_again_lose_nothing(text: str, triggers: list[Resource]) -> None:
    assert outcomes(POLICY, function(text), *triggers) == []


@pytest.mark.parametrize(
    ("text", "triggers"),
    [
        (FIRST, [mapping(batchSize=10)]),
        (FIRST, [mapping()]),
        (FIRST, [mapping(batchSize=UNKNOWN)]),
        (FIRST, [mapping(batchSize=1), permission("s3.amazonaws.com")]),
        (LOOP, [permission("sns.amazonaws.com"), permission("s3.amazonaws.com")]),
        (FIRST, [permission(UNKNOWN)]),
        (MESSAGE, [mapping(batchSize=1)]),
        (STREAM, [mapping()]),
        (REPORT, [mapping()]),
        (LIBRARY, [mapping()]),
        (RAISE, [mapping(), permission("s3.amazonaws.com")]),
        (CAUGHT, [mapping()]),
    ],
)
def test_other_triggers_send_several(text: str, triggers: list[Resource]) -> None:
    assert messages(POLICY, function(text), *triggers) != []


@pytest.mark.parametrize("text", handlers("unread"))
def test_failures_that_are_returned_are_lost_where_nothing_reads_the_result(text: str) -> None:
    assert messages(POLICY, function(text), permission("s3.amazonaws.com")) != []
    assert messages(POLICY, function(text), mapping()) != []


@pytest.mark.parametrize("text", handlers("unread"))
@pytest.mark.parametrize("triggers", [[], [permission("apigateway.amazonaws.com")], [permission(UNKNOWN)]])
def test_failures_that_are_returned_are_kept_where_something_may_read_the_result(
    text: str, triggers: list[Resource]
) -> None:
    assert outcomes(POLICY, function(text), *triggers) == []


@pytest.mark.parametrize("text", handlers("heeded"))
def test_failures_that_something_acts_on_are_kept(text: str) -> None:
    assert outcomes(POLICY, function(text), permission("s3.amazonaws.com")) == []


@pytest.mark.parametrize("text", handlers("reported"))
def test_failures_that_are_reported_to_a_queue_that_reads_it_are_kept(text: str) -> None:
    assert outcomes(POLICY, function(text), mapping(functionResponseTypes=["ReportBatchItemFailures"])) == []
    assert messages(POLICY, function(text), mapping()) != []


@pytest.mark.parametrize("text", handlers("redelivered"))
def test_a_process_that_ends_fails_as_an_exception_does(text: str) -> None:
    assert outcomes(POLICY, function(text), mapping()) == []
    assert messages(POLICY, function(text), mapping(), permission("s3.amazonaws.com")) != []


@pytest.mark.parametrize("caught", ["BaseException", "SystemExit", "(OSError, SystemExit)", ""])
def test_the_end_of_the_process_can_be_swallowed(caught: str) -> None:
    text = SWALLOWED.replace("except ValueError", f"except {caught}")
    assert outcomes(POLICY, function(ENDED), mapping()) == []
    assert messages(POLICY, function(text), mapping()) != []


@pytest.mark.parametrize("caught", ["Exception", "ValueError"])
@pytest.mark.parametrize("end", ["sys.exit(1)", "os._exit(1)", "raise SystemExit"])
def test_no_exception_is_no_end_of_the_process(caught: str, end: str) -> None:
    loop = (
        f"import sys, os\ndef work(records):\n    for record in records:\n        if not record:\n            {end}\n"
    )
    text = (
        loop
        + f"def handler(event, context):\n    try:\n        work(event['Records'])\n    except {caught}:\n        raise\n"
    )
    assert outcomes(POLICY, function(text), mapping()) == []


RAISES = re.compile(r"\braise [\w.]+(\(.*\))?( from \w+)?$", re.MULTILINE)


@pytest.mark.parametrize("text", [kept for kept in handlers("kept") if RAISES.search(kept.values[0])])
def test_where_an_exception_is_silent_so_is_the_end_of_the_process(text: str) -> None:
    assert outcomes(POLICY, function("import sys\n" + RAISES.sub("sys.exit(1)", text)), mapping()) == []


LOGS = [
    'for one in event["Records"]:\n        print(one["body"])',
    'for one in sorted(event["Records"], key=str):\n        show(one)',
    '[print(one) for one in event["Records"]]',
    'print([one["body"] for one in event["Records"]])',
    'for at in range(len(event["Records"])):\n        logging.info("%s", event["Records"][at])',
]
SEARCHES = [
    'found = next((one for one in event["Records"] if one["body"]), None)',
    'found = next((one for one in reversed(event["Records"]) if one["body"]), None)',
    '*_, found = event["Records"]',
    'found = event["Records"][-1]',
    'found = max(event["Records"], key=lambda one: one["messageId"])',
    'found = search(event["Records"], "urgent")',
    'found = any(one["body"] == "urgent" for one in event["Records"])',
    'found = None\n    for one in event["Records"]:\n        if "urgent" in one["body"]:\n            found = one\n            break',
]
PRINTS = """import logging
def show(one):
    print(one["messageId"], len(one["body"]))
def search(records, word):
    for one in records:
        if word in one["body"]:
            return one
def handler(event, context):
    {}
    {}
    print(found)
"""


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("log", LOGS)
def test_a_search_beside_logs_of_every_record_loses_none(log: str, search: str) -> None:
    assert outcomes(POLICY, function(PRINTS.format(log, search)), mapping()) == []
    assert outcomes(POLICY, function(PRINTS.format(search, log)), mapping()) == []


@pytest.mark.parametrize("search", SEARCHES[:6])
def test_a_search_alone_does(search: str) -> None:
    text = PRINTS.format("pass", search).replace("print(found)", 's3.put_object(Bucket="b", Key=found["body"])')
    assert messages(POLICY, function(text), mapping()) != []


@pytest.mark.parametrize("key", ["failures", "batchItemFailure", "batch_item_failures"])
def test_a_report_to_a_queue_needs_its_key(key: str) -> None:
    reported = mapping(functionResponseTypes=["ReportBatchItemFailures"])
    other_key = REPORT.replace('"batchItemFailures"', f'"{key}"')
    assert outcomes(POLICY, function(REPORT), reported) == []
    assert messages(POLICY, function(other_key), reported) == [
        "`index.py:14` reports failures under another key than `batchItemFailures`, and Lambda reads no other"
    ]
    assert outcomes(POLICY, function(REPORT.replace('{"batchItemFailures": failures}', "failures")), reported) == []


def test_a_url_and_a_state_machine_read_the_result() -> None:
    text = REPORT.replace('{"batchItemFailures": failures}', "len(failures)")
    url = Resource("aws:lambda/functionUrl:FunctionUrl", "url", {"functionName": "read"})
    read = function(text)
    machine = Resource("aws:sfn/stateMachine:StateMachine", "machine", {}, dependencies=(read.urn,))
    assert messages(POLICY, read, permission("s3.amazonaws.com")) != []
    for reader in (url, machine):
        assert outcomes(POLICY, read, permission("s3.amazonaws.com"), reader) == []


@pytest.mark.parametrize("error", ["StopIteration", "Done", "LookupError('empty')"])
def test_an_exception_that_ends_the_loop_is_one_report_with_what_catches_it(error: str) -> None:
    name = error.partition("(")[0]
    code = f"""class Done(Exception): pass
def handler(event, context):
    try:
        for record in event["Records"]:
            handle(record)
            raise {error}
    except {name}:
        pass
"""
    (message,) = messages(POLICY, function(code))
    assert "raises inside the loop" in message


def test_a_record_that_firehose_does_not_get_back() -> None:
    code = """def handler(event, context):
    done = []
    for record in event["records"]:
        if not record["data"]:
            continue
        done.append({"recordId": record["recordId"], "result": "Ok", "data": record["data"]})
    return {"records": done}
"""
    (message,) = messages(POLICY, function(code))
    assert "leaves a record out of what it returns to Firehose" in message
    assert "`Dropped`" in message
