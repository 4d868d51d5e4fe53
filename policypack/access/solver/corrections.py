"""Statements with one element corrected: a statement and the requests that it should match in, corrected ones out.

A report that is gone once one element has its right value has the same cause as another report about that element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from policypack.iam.document import Statement

EFFECT = "Effect"
MOST_TRIED = 20
"""The number of statements beyond which none is tried: a report with more that may be its cause has its own."""
BY_CORRECTIONS = (
    "s3-plaintext-transport",
    "sns-plaintext-transport",
    "sqs-plaintext-transport",
    "s3-undeliverable-notification",
    "lambda-missing-permission",
)
"""The policies whose violations are related to the elements of documents that end them once they are corrected."""


def corrections(statement: Statement, wanted: Statement) -> Iterator[tuple[str, Statement]]:
    """The statement with each of its elements as wanted, by the element's name; conditions are left out."""
    action = "Action" if statement.not_actions is None else "NotAction"
    resource = "Resource" if statement.not_resources is None else "NotResource"
    principal = "Principal" if statement.not_principals is None else "NotPrincipal"
    yield action, msgspec.structs.replace(statement, actions=wanted.actions, not_actions=None)
    yield resource, msgspec.structs.replace(statement, resources=wanted.resources, not_resources=None)
    yield principal, msgspec.structs.replace(statement, principals=wanted.principals, not_principals=None)
    yield "Condition", msgspec.structs.replace(statement, conditions=())


def refit(statement: Statement, wanted: Statement) -> Iterator[tuple[str, Statement]]:
    """The statement with both its actions and its resources as wanted, at the actions: those that do not fit are one mistake."""
    ((action, acting), *_) = corrections(statement, wanted)
    yield action, msgspec.structs.replace(acting, resources=wanted.resources, not_resources=None)


def correctable(
    statement: Statement, corrected: Iterator[tuple[str, Statement]], ends: Callable[[Statement], bool]
) -> Iterator[str]:
    """The paths of the elements of a statement that end a report once they are corrected.

    Args:
        statement: as it is written.
        corrected: the same with corrected elements, each with its name.
        ends: whether the report is gone with a corrected statement.
    """
    for element, right in corrected:
        if ends(right):
            yield statement.at(element)
