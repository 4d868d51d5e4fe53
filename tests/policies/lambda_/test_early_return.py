from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Asset, Resource
from policypack.policies.lambda_.early_return import POLICY
from tests.policies.helpers import messages, outcomes, silent, undecided, violations


def function(text: str = "", **inputs: Any) -> Resource:
    code = Asset(members={"app/main.py": Asset(text=textwrap.dedent(text))}, archive=True)
    given = {"runtime": "python3.12", "handler": "app.main.handler", "code": code, **inputs}
    return Resource("aws:lambda/function:Function", "read", given)


RETURN = """
    def handler(event, context):
        for record in event["Records"]:
            copy(record)
            return {"statusCode": 200}
"""
BREAK = """
    def handler(event, context):
        for position, record in enumerate(event.get("Records", [])):
            if not copy(record):
                break
        return "done"
"""
RAISE = """
    from app.errors import BadRecord

    def handler(event, context):
        for record in event["Records"]:
            try:
                copy(record)
            except KeyError as error:
                raise BadRecord from error
"""
HELPER = """
    def handler(event, context):
        records = event["Records"]
        return copy_all(records)

    def copy_all(batch):
        for record in batch:
            return copy(record)
"""
FIRST = """
    def handler(event, context):
        key = event["Records"][0]["s3"]["object"]["key"]
        copy(key)
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RETURN, "`app/main.py:5` returns inside the loop"),
        (BREAK, "`app/main.py:5` breaks off inside the loop"),
        (RAISE, "`app/main.py:9` raises inside the loop"),
        (HELPER, "`app/main.py:8` returns inside the loop"),
        (FIRST, "`app/main.py:3` takes one record"),
    ],
)
def test_records_that_are_left_behind(text: str, message: str) -> None:
    assert violations(POLICY, function(text)) == ["code"]
    assert message in messages(POLICY, function(text))[0]
    assert "copy" not in messages(POLICY, function(text))[0]


AFTER = """
    def handler(event, context):
        failed = []
        for record in event["Records"]:
            try:
                if not record:
                    raise ValueError
                copy(record)
            except Exception:
                failed.append(record["messageId"])
        if failed:
            raise RuntimeError(f"{len(failed)} records failed")
        return {"statusCode": 200}
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
WEB = """
    def handler(event, context):
        for route in ROUTES:
            if route == event["rawPath"]:
                return {"statusCode": 200}
        return {"statusCode": 404}
"""


test_silent = silent(POLICY, AFTER, POWERTOOLS, GUARDED, WEB, of=function)


def test_the_reference_is_silent() -> None:
    folder = Path(__file__).parents[3] / "lambda_fn"
    code = Asset(path=str(folder), archive=True)
    assert outcomes(POLICY, function(code=code, handler="ingest.handler.handler")) == []


def test_code_that_cannot_be_read_is_undecided_and_says_why() -> None:
    gone = function(code=Asset(path="/nowhere/code.zip", archive=True))
    assert undecided(POLICY, gone) == ["code"]
    assert "not on this machine" in outcomes(POLICY, gone)[0].message
    assert undecided(POLICY, function(code=UNKNOWN)) == ["code"]
    assert outcomes(POLICY, function(RETURN, runtime="nodejs22.x")) == []
    assert outcomes(POLICY, function(code=None, s3Bucket="code", s3Key="read.zip")) == []


def test_a_state_from_another_machine_has_no_code_to_judge() -> None:
    code = Asset(path="/builds/7/app", archive=True, hash="2c26b46b68ffc68ff99b453c1d304134")
    elsewhere = Resource(
        "aws:lambda/function:Function", "f", {"runtime": "python3.13", "handler": "app.handler", "code": code}
    )
    assert outcomes(POLICY, elsewhere) == []
    assert undecided(POLICY, replace(elsewhere, inputs={**elsewhere.inputs, "code": replace(code, hash="")})) == [
        "code"
    ]
