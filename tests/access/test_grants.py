"""What an identity may do to some resources, where one statement alone does not say it."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.grants import allowed
from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

PUT = "s3:PutObject"
OBJECTS = "arn:aws:s3:::inbox/in/*"


def asked(*statements: Any, exact: bool, version: str = "2012-10-17") -> bool | None:
    raw = {**document(*statements), "Version": version}
    return allowed([parse(raw, DocumentKind.IDENTITY, "aws:iam/policy:Policy")], PUT, [OBJECTS], exact=exact)


@pytest.mark.parametrize(
    ("resource", "answers"),
    [
        ("arn:aws:s3:::inbox/*", (True, True)),
        ("arn:aws-cn:s3:::inbox/*", (True, True)),
        ("arn:aws:s3:::inbox/in/a*", (True, None)),
        ("arn:aws:s3:::inbox/out/*", (False, False)),
        ("arn:aws:s3:::inbox/in/${aws:username}/*", (None, None)),
        (UNKNOWN, (None, None)),
    ],
)
def test_one_statement(resource: Any, answers: tuple[bool | None, bool | None]) -> None:
    """Of some resource that the pattern stands for, and of whichever it is."""
    assert tuple(asked(allow(PUT, resource), exact=exact) for exact in (True, False)) == answers


def test_two_statements_cover_together_what_neither_does() -> None:
    narrow = allow(PUT, "arn:aws:s3:::inbox/in/a*")
    rest = {**allow(PUT, None), "NotResource": "arn:aws:s3:::inbox/in/a*"}
    assert asked(narrow, exact=False) is None
    assert asked(rest, exact=False) is None
    assert asked(narrow, rest, exact=False) is True


def test_denials_take_away_together_what_neither_does() -> None:
    halves = [deny(PUT, "arn:aws:s3:::inbox/in/a*"), {**deny(PUT, None), "NotResource": "arn:aws:s3:::inbox/in/a*"}]
    assert asked(allow(PUT, OBJECTS), halves[0], exact=True) is True
    assert asked(allow(PUT, OBJECTS), *halves, exact=True) is False


def test_conditions_of_a_denial_are_taken_not_to_hold() -> None:
    under = deny(PUT, OBJECTS, Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert asked(allow(PUT, OBJECTS), under, exact=True) is True
    assert asked(allow(PUT, OBJECTS), deny(PUT, OBJECTS, Condition=UNKNOWN), exact=True) is None


def test_a_document_of_2008_has_no_variables() -> None:
    named = "arn:aws:s3:::inbox/in/${aws:username}"
    assert asked(allow(PUT, named), exact=True, version="2008-10-17") is True
    assert asked(allow(PUT, named), exact=False, version="2008-10-17") is None
