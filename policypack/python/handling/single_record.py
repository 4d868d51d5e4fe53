"""Events that have one record: code that reads what only the records of such a service have.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html and
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

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
    keys = [(scan, *_read(node)) for scan in scans for node in scan.nodes]
    read = {key for scan, base, key in keys if base is not None and scan.holds(base, Shape.RECORD)}
    of_event = {key for scan, base, key in keys if base is not None and scan.holds(base, *EVENTS)}
    has_messages = any(base is not None and scan.holds(base, Shape.MESSAGE) for scan, base, _ in keys)
    return bool(read & _KEYS or of_event & _ATTRIBUTES) and (has_messages or not read & _BATCHED)


def _read(node: ast.AST) -> tuple[ast.expr | None, str]:
    """What a key or attribute is read of, and its name."""
    match node:
        case ast.Subscript(value=base, slice=ast.Constant(value=str() as key)):
            return base, key
        case ast.Call(func=ast.Attribute(value=base, attr="get"), args=[ast.Constant(value=str() as key), *_]):
            return base, key
        case ast.Attribute(value=base, attr=name):
            return base, name
    return None, ""
