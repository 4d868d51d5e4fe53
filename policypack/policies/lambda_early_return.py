"""An event can carry several records, and a handler that leaves its loop early loses all that come after.

Nothing fails: Lambda takes the answer for the whole event, and the other records are never seen again. One bad record
must not cost the good ones either, so it is put aside and reported once all have had their turn.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.aws.handler import handlers
from policypack.aws.meaning import FUNCTION
from policypack.policy import Asset, Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.python.handling import Handling


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


def _function(*lines: str) -> Resource:
    text = "\n".join(("def handler(event, context):", *lines, ""))
    archive = Asset(archive=True, members={"index.py": Asset(text=text)})
    return Resource(FUNCTION, "read", {"runtime": "python3.13", "handler": "index.handler", "code": archive})


POLICY = Policy(
    id="lambda-early-return",
    title="Handler leaves its loop before the last record",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Handle every record in the loop, put aside those that fail, and return or raise after the loop.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
        "https://docs.powertools.aws.dev/lambda/python/latest/utilities/batch/",
    ],
    bad=_function(
        "    for record in event['Records']:", "        print(record['s3']['object']['key'])", "        return 'done'"
    ),
    good=_function(
        "    for record in event['Records']:", "        print(record['s3']['object']['key'])", "    return 'done'"
    ),
    reads=over_stack(handlers),
    check=check,
)
