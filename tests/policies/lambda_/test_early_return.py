from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from policypack.core.examples import packaged
from policypack.core.policy import Asset, Resource
from policypack.policies.lambda_.early_return import POLICY
from tests.policies.helpers import outcomes, reported_with, silent, undecided, undecided_with
from tests.policies.packages import READ_ELSEWHERE, UNREADABLE


def function(text: str, **inputs: Any) -> Resource:
    return packaged({"index.py": textwrap.dedent(text)}, **inputs)


HELPER = """
    def handler(event, context):
        records = event["Records"]
        return copy_all(records)

    def copy_all(batch):
        for record in batch:
            return copy(record)
"""
CAUGHT = """
    def handler(event, context):
        for record in event["Records"]:
            try:
                if not record:
                    raise ValueError
            except Exception:
                failed.append(record["messageId"])
"""
POWERTOOLS = """
    def one(record):
        if not record.body:
            return None
        raise ValueError

    def handler(event, context):
        return process_partial_response(event=event, record_handler=one, processor=processor, context=context)
"""
GUARDED = """
    def handler(event, context):
        if event["Records"][0]["eventSource"] != "aws:s3":
            return
        for record in event["Records"]:
            if record.get("skip"):
                continue
            for line in lines(record):
                if not line:
                    break
"""
NESTED = """
    import json

    def parts(message):
        for part in json.loads(message["body"])["Records"]:
            yield part["s3"]["object"]["key"]

    def handler(event, context):
        failed = []
        for message in event["Records"]:
            try:
                for key in parts(message):
                    copy(key)
            except Exception:
                failed.append({"itemIdentifier": MESSAGE})
        return {"batchItemFailures": failed}
"""
REFERENCE = Asset(path=str(Path(__file__).parents[3] / "lambda_fn"), archive=True)

test_a_loop_in_another_function = reported_with(POLICY, (function(HELPER), "code", "`index.py:8` returns inside the"))
test_a_report_of_one_part = reported_with(
    POLICY, (function(NESTED.replace("MESSAGE", "str(key)")), "code", "`index.py:14` catches the first failure")
)
test_silent = silent(
    POLICY,
    *(function(text) for text in (CAUGHT, POWERTOOLS, GUARDED, NESTED.replace("MESSAGE", 'message["messageId"]'))),
    function(HELPER, runtime="nodejs22.x"),
    function("", code=REFERENCE, handler="ingest.handler.handler"),
    *READ_ELSEWHERE,
)
test_code_that_cannot_be_read = undecided_with(POLICY, *UNREADABLE)


def test_a_state_from_another_machine_has_no_code_to_judge() -> None:
    path = "/builds/7/app"
    stated = function("", code=Asset(path=path, archive=True, hash="2c26b46b68ffc68ff99b453c1d304134"))
    assert outcomes(POLICY, stated) == []
    assert undecided(POLICY, function("", code=Asset(path=path, archive=True))) == ["code"]
