"""An event can carry several records, and a handler that leaves its loop early loses all that come after.

Nothing fails: Lambda takes the answer for the whole event, and the other records are never seen again. One bad record
must not cost the good ones either, so it is put aside and reported once all have had their turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

from policypack.core.examples import example, packaged
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.python_code import handlers
from policypack.python.model import Handling


def check(found: Handling) -> Iterator[Judgement]:
    complete = found.elsewhere or any(not loop.leavings for loop in found.loops)
    for loop in found.loops:
        if not (loop.searches and complete):
            for each in loop.leavings:
                yield Violation(
                    "", f"`{each.place}` {each.how} inside the loop over the records: those that remain are lost"
                )
    if not found.loops and not found.elsewhere:
        for place in found.picks:
            yield Violation("", f"`{place}` takes one record of the event, and no loop handles the others")


def _function(text: str) -> Resource:
    return packaged({"index.py": dedent(text)})


POLICY = Policy(
    id="lambda-early-return",
    title="Handler leaves its loop before the last record",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.LAMBDA, Tag.RELIABILITY],
    fix="Handle every record in the loop, put aside those that fail, and return or raise after the loop.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
        "https://docs.powertools.aws.dev/lambda/python/latest/utilities/batch/",
    ],
    bad=[
        example(
            _function(
                """\
                def handler(event, context):
                    for record in event["Records"]:
                        print(record["s3"]["object"]["key"])
                        return "done"
                """
            ),
            path="code",
        ),
        example(
            _function(
                """\
                def handler(event, context):
                    for record in event["Records"]:
                        if not copy(record):
                            break
                """
            ),
            path="code",
            note="a loop that breaks off",
        ),
        example(
            _function(
                """\
                def handler(event, context):
                    for record in event["Records"]:
                        try:
                            copy(record)
                        except KeyError as error:
                            raise ValueError from error
                """
            ),
            path="code",
            note="one bad record that costs the others",
        ),
        example(
            _function(
                """\
                def handler(event, context):
                    copy(event["Records"][0]["s3"]["object"]["key"])
                """
            ),
            path="code",
            note="one record and no loop",
        ),
    ],
    good=[
        example(
            _function(
                """\
                def handler(event, context):
                    for record in event["Records"]:
                        print(record["s3"]["object"]["key"])
                    return "done"
                """
            )
        ),
        example(
            _function(
                """\
                def handler(event, context):
                    failed = []
                    for record in event["Records"]:
                        try:
                            copy(record)
                        except Exception:
                            failed.append(record["messageId"])
                    if failed:
                        raise RuntimeError(f"{len(failed)} records failed")
                """
            ),
            note="what fails is put aside, and raised after the loop",
        ),
        example(
            _function(
                """\
                def handler(event, context):
                    for route in ROUTES:
                        if route == event["rawPath"]:
                            return {"statusCode": 200}
                    return {"statusCode": 404}
                """
            ),
            note="a loop over something else",
        ),
    ],
    reads=over_stack(handlers),
    check=check,
)
