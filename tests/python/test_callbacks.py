"""Functions that are handed on: to executors, libraries and dictionaries, and called from there, or never."""

from __future__ import annotations

import textwrap

import pytest

from tests.python.dispatch import CALLED, NOT_CALLED
from tests.python.test_calls import called, unresolved


@pytest.mark.parametrize("way", CALLED)
def test_a_function_is_called_however_it_is_handed_on(way: str) -> None:
    text, expected = CALLED[way]
    assert called(text) == expected


@pytest.mark.parametrize("way", NOT_CALLED)
def test_what_is_only_defined_calls_nothing(way: str) -> None:
    text = 'import boto3\ns3 = boto3.client("s3")\n' + textwrap.dedent(NOT_CALLED[way])
    assert called(text) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lib.copy_all(boto3.client('s3'))", "gives a client of `s3` to `lib.copy_all`, which may call anything by it"),
        ("getattr(boto3.client('s3'), 'get_' + event['x'])()", "calls an operation whose name is not a constant"),
        ("lib.pool().each(lib.client().put_object)", ""),
    ],
)
def test_what_a_library_may_call_is_undecided(text: str, why: str) -> None:
    reasons = unresolved(f"import boto3\nimport lib\ndef handler(event, context):\n    {text}\n")
    assert reasons == ([f"4 {why}"] if why else [])


@pytest.mark.parametrize("text", ["print(s3)", "contextlib.closing(s3)", "patch_all(s3)", "len([s3])"])
def test_a_client_that_is_only_looked_at_is_not(text: str) -> None:
    head = "import contextlib\nimport boto3\nfrom aws_xray_sdk.core import patch_all\ns3 = boto3.client('s3')\n"
    assert unresolved(f"{head}def handler(event, context):\n    {text}\n") == []
