"""Events that have one record: code that reads what only the records of such a service have.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html and
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from policypack.python.domain import texts
from policypack.python.handling.scan import Scan
from policypack.python.model import Shape
from policypack.python.records import EVENTS

_KEYS = {"Sns", "ses", "cf", "sns"}
_ATTRIBUTES = {"sns_message", "mail"}
"""The same as attributes of Powertools' events."""
_BATCHED = {"s3", "kinesis", "dynamodb", "body", "eventSourceARN"}
"""What records have of services that send several."""


def sends_one(scans: Iterable[Scan]) -> bool:
    """Whether the records are those of CloudFront, SES or SNS, and of no service that sends several."""
    reads = [(scan, base, key) for scan in scans for node in scan.nodes for base, key in _read(scan, node)]
    of_record = {key for scan, base, key in reads if scan.holds(base, Shape.RECORD)}
    of_event = {key for scan, base, key in reads if scan.holds(base, *EVENTS)}
    has_messages = any(scan.holds(base, Shape.MESSAGE) for scan, base, _ in reads)
    return bool(of_record & _KEYS or of_event & _ATTRIBUTES) and (has_messages or not of_record & _BATCHED)


def _read(scan: Scan, node: ast.AST) -> Iterator[tuple[ast.expr, str | None]]:
    """What a key or attribute is read of, and its name."""
    match node:
        case (
            ast.Subscript(value=base, slice=index)
            | ast.Call(func=ast.Attribute(value=base, attr="get"), args=[index, *_])
        ) if scan.holds(base, Shape.RECORD, *EVENTS):
            yield from ((base, key.constant) for key in texts(scan.values(index)))
        case ast.Attribute(value=base, attr=name):
            yield base, name
