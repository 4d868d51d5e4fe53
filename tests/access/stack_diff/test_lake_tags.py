"""LF-tags: a table or database that gets a tag which a grant names is new for the grant's principals."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

ANALYST = "arn:aws:iam::444455556666:role/analyst"
CLIENTS = {"table": {"databaseName": "crm", "name": "clients"}}
CRM = {"database": {"name": "crm"}}


def _grant(*expressions: tuple[str, list[str]], kind: str = "TABLE", name: str = "read", **more: Any) -> Resource:
    policy = {"resourceType": kind, "expressions": [{"key": key, "values": values} for key, values in expressions]}
    target = {"lfTagPolicy": policy} if expressions else more
    token = "aws:lakeformation/permissions:Permissions"
    return resource(token, name, principal=ANALYST, permissions=["DESCRIBE"], **target)


def _tags(target: dict[str, Any], name: str = "tags", /, **tags: Any) -> Resource:
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    return resource("aws:lakeformation/resourceLfTags:ResourceLfTags", name, lfTags=listed, **target)


def _tag(target: dict[str, Any], key: str, value: str) -> Resource:
    return resource("aws:lakeformation/resourceLfTag:ResourceLfTag", key, lfTag={"key": key, "value": value}, **target)


OPEN = _grant(("level", ["open", "shared"]))


@pytest.mark.parametrize(
    ("new", "old", "reached"),
    [
        ((OPEN, _tags(CLIENTS, level="open")), (OPEN,), "table/crm/clients"),
        ((OPEN, _tag(CLIENTS, "level", "shared")), (OPEN,), "table/crm/clients"),
        ((OPEN, _tags(CLIENTS, level="open")), (OPEN, _tags(CLIENTS, level="secret")), "table/crm/clients"),
        ((OPEN, _tags(CRM, level="open")), (OPEN,), "table/crm/"),
        (
            (_grant(("level", ["open"]), kind="DATABASE"), _tags(CRM, level="open")),
            (_grant(("level", ["open"]), kind="DATABASE"),),
            "database/crm",
        ),
    ],
    ids=["tags", "one tag", "another value", "the tables of a database", "a database"],
)
def test_what_newly_has_the_tag_is_new_access(
    new: tuple[Resource, ...], old: tuple[Resource, ...], reached: str
) -> None:
    (gain,) = gains(new, old)
    assert gain.answer.verdict is Verdict.NEW_ACCESS
    assert gain.by.type.startswith("aws:lakeformation/resourceLfTag")
    assert gain.answer.witness is not None
    assert gain.answer.witness.outsider == ANALYST
    assert gain.answer.witness.resource.startswith(reached)


def test_every_key_of_an_expression_has_to_fit_also_by_the_tags_of_the_database() -> None:
    both = _grant(("level", ["open"]), ("area", ["sales"]))
    area = _tags(CRM, "area", area="sales")
    assert gains((both, _tags(CLIENTS, level="open")), (both,)) == []
    assert [gain.by.name for gain in gains((both, area, _tags(CLIENTS, level="open")), (both, area))] == ["tags"]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ((OPEN,), (OPEN, _tags(CLIENTS, level="open"))),
        ((OPEN, _tags(CLIENTS, level="secret")), (OPEN, _tags(CLIENTS, level="open"))),
        ((OPEN, _tags(CLIENTS, level="secret")), (OPEN,)),
        ((OPEN, _tags(CLIENTS, grade="open")), (OPEN,)),
        ((_tags(CLIENTS, level="open"),), ()),
        ((OPEN, _tags(CLIENTS, level="shared")), (OPEN, _tags(CLIENTS, level="open"))),
        ((OPEN, _tag(CLIENTS, "level", "open")), (OPEN, _tags(CLIENTS, level="open"))),
        ((OPEN, _tags(CLIENTS, "other", level="open")), (OPEN, _tags(CLIENTS, level="open"))),
        ((OPEN, _tags(CLIENTS, level="open")), (OPEN, _tags(CRM, level="open"))),
        ((OPEN, _tags(CLIENTS, level="open")), (OPEN, _grant(name="whole", **CLIENTS))),
        ((_grant(("level", ["open"]), kind="DATABASE"), _tags(CLIENTS, level="open")),) * 2,
        (
            (_grant(("level", ["open"]), kind="DATABASE"), _tags(CLIENTS, level="open")),
            (_grant(("level", ["open"]), kind="DATABASE"),),
        ),
    ],
    ids=[
        "gone",
        "to another value",
        "a value that nobody asks for",
        "another key",
        "no grant",
        "another value of the same grant",
        "another type",
        "another name",
        "inherited before",
        "granted before",
        "the same",
        "a table for a grant on databases",
    ],
)
def test_what_reaches_nothing_more_is_none(new: tuple[Resource, ...], old: tuple[Resource, ...]) -> None:
    assert gains(new, old) == []


def test_a_new_grant_on_a_tag_is_reported_at_the_grant() -> None:
    tags = _tags(CLIENTS, level="open")
    assert {gain.by.type for gain in gains((OPEN, tags), (tags,))} == {OPEN.type}


def test_an_unknown_value_is_undecided_and_one_of_a_key_that_nobody_asks_for_is_none() -> None:
    (gain,) = gains((OPEN, _tags(CLIENTS, level=UNKNOWN)), (OPEN,))
    assert (gain.answer.verdict, gain.path) == (Verdict.UNDECIDED, "lfTags")
    assert gains((OPEN, _tags(CLIENTS, grade=UNKNOWN)), (OPEN,)) == []
    assert gains((OPEN, _tags(CLIENTS, level=UNKNOWN)), (OPEN, _tags(CLIENTS, level=UNKNOWN))) == []
