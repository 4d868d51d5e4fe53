"""An event can contain several records, and a handler that leaves its loop early loses the records that follow.

Nothing fails: Lambda takes the response for the whole event and never delivers the other records again. One bad record
should not stop the good ones either: collect the failures, and raise or report them after the loop. A failure that is only
logged or counted loses its record in the same way, and so does one in the result of a function that S3 or EventBridge
invokes, which reads no result. Records that are malformed may be dropped on purpose, by an `except ValueError` or the like, if the
log names the record. A transformation of Firehose has to return every record, those that it drops on purpose with the result `Dropped`.

Some services send one record at a time: SNS, SES, Lambda@Edge, and a mapping with a batch size of 1. No other
record is there to be lost, so the policy is silent about the records of an event that has one, also where their failure is
swallowed: a handler may end with it on purpose, and only code that drops one of several is surely wrong. The function counts as
such where the code reads `Sns`, `ses` or `cf` of a record, or where everything in the stack that invokes it sends one. The
records inside a message, as of S3's notification in one of SNS, are several all the same. A report of failures that
Lambda does not read is judged in any case.

A queue or stream delivers all records again if the function raises or ends its process, so a `raise` and `sys.exit()` are
silent where the stack has nothing else that invokes it. It deletes what the function does not report, and without `ReportBatchItemFailures` it ignores the report.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, packaged, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.python_code import handlers
from policypack.python.model import Handling


def check(handling: Handling) -> Iterator[Judgement]:
    for exit_ in handling.exits:
        yield Violation("", f"`{exit_.place}` {exit_.how} inside the loop over the records: {exit_.how.lost}")
    for place, wrong in handling.misreports:
        yield Violation("", f"`{place}` {wrong}")
    for place in handling.idle:
        yield Violation("", f"`{place}` makes lazy work for the records, and nothing runs it")
    for pick in handling.partial:
        yield Violation("", f"`{pick.place}` {pick.taking}")


LOOP = 'for record in event["Records"]:'


def _handler(*lines: str) -> Resource:
    return packaged({"index.py": "\n    ".join(["def handler(event, context):", *lines]) + "\n"})


POLICY = Policy(
    id="lambda-early-return",
    title="Handler leaves its loop before the last record",
    why=__doc__,
    severity=Severity.HIGH,
    language="Python",
    tags=[Tag.LAMBDA, Tag.RELIABILITY],
    fix="Handle every record in the loop, collect those that fail, and return or raise after the loop.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
        "https://docs.powertools.aws.dev/lambda/python/latest/utilities/batch/",
        "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html",
    ],
    bad=reported_at(
        "code",
        example(_handler(LOOP, '    print(record["s3"]["object"]["key"])', '    return "done"')),
        example(_handler(LOOP, "    if not copy(record):", "        break"), note="a loop that ends early"),
        example(
            _handler(
                LOOP,
                "    try:",
                "        copy(record)",
                "    except KeyError as error:",
                "        raise ValueError from error",
            ),
            note="one bad record that stops the others",
        ),
        example(_handler('copy(event["Records"][0]["s3"]["object"]["key"])'), note="one record and no loop"),
        example(_handler('for record in event["Records"][:10]:', "    copy(record)"), note="a part of the records"),
        example(
            _handler('records = event["Records"]', "for i in range(0, len(records), 2):", "    copy(records[i])"),
            note="every other record",
        ),
        example(
            _handler('return all(copy(record) for record in event["Records"])'),
            note="the first record that fails stops the others",
        ),
        example(_handler('map(copy, event["Records"])'), note="work that nothing runs"),
        example(
            _handler(
                LOOP, "    try:", "        copy(record)", "    except Exception as error:", "        print(error)"
            ),
            note="a failure that is only logged",
        ),
        example(
            _handler(
                LOOP, "    try:", "        copy(record)", "    except ValueError as error:", "        print(error)"
            ),
            note="a failure of one type, whose log does not name the record",
        ),
        example(
            _handler(LOOP, "    try:", "        copy(record)", "    finally:", "        continue"),
            note="a `finally` that discards the exception",
        ),
        example(
            _handler("last = {}", LOOP, '    last["record"] = record', 'copy(last["record"])'),
            note="a place that each record overwrites",
        ),
        example(
            _handler(LOOP, '    order = json.loads(record["body"])', 'copy(order["id"])'),
            note="a value that each record overwrites",
        ),
        example(
            _handler(
                LOOP,
                '    if not record["body"]:',
                "        break",
                "else:",
                '    for record in event["Records"]:',
                "        copy(record)",
            ),
            note="one bad record for which the good ones are dropped",
        ),
        example(
            _handler(
                "output = []",
                'for record in event["records"]:',
                '    if record["data"]:',
                '        output.append({"recordId": record["recordId"], "result": "Ok", "data": record["data"]})',
                'return {"records": output}',
            ),
            note="a transformation of Firehose that leaves records out",
        ),
    ),
    good=[
        example(_handler(LOOP, '    print(record["s3"]["object"]["key"])', 'return "done"')),
        example(
            _handler(
                "failed = []",
                LOOP,
                "    try:",
                "        copy(record)",
                "    except Exception:",
                '        failed.append(record["messageId"])',
                "if failed:",
                '    raise RuntimeError(f"{len(failed)} records failed")',
            ),
            note="failures are collected, and raised after the loop",
        ),
        example(
            _handler(
                LOOP,
                "    try:",
                "        copy(record)",
                "    except ValueError as error:",
                '        print("malformed", record["messageId"], error)',
            ),
            note="a malformed record that is dropped on purpose, and that the log names",
        ),
        example(
            _handler('message = event["Records"][0]["Sns"]["Message"]', "publish(message)"),
            note="a service that sends one record at a time",
        ),
        example(
            _handler(
                LOOP,
                "    try:",
                '        publish(record["Sns"]["Message"])',
                "    except Exception as error:",
                "        print(error)",
            ),
            note="a failure that is swallowed, of a service that sends one record at a time",
        ),
        example(
            _handler(
                "for route in ROUTES:",
                '    if route == event["rawPath"]:',
                '        return {"statusCode": 200}',
                'return {"statusCode": 404}',
            ),
            note="a loop over something else",
        ),
    ],
    requires=["lambda-missing-handler"],
    reads=over_stack(handlers),
    check=check,
)
