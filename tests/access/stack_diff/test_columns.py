"""Columns of a table of Lake Formation, listed or all but some: more of them is new access."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

ANALYST = "arn:aws:iam::444455556666:role/analyst"
COLUMNS = ("city", "iban", "phone")


def _grant(name: str = "read", /, **target: Any) -> Resource:
    token = "aws:lakeformation/permissions:Permissions"
    return resource(token, name, principal=ANALYST, permissions=["SELECT"], **target)


def _listed(*columns: Any, name: str = "read") -> Resource:
    return _grant(name, tableWithColumns={"databaseName": "crm", "name": "clients", "columnNames": [*columns]})


def _all_but(*columns: Any, name: str = "read") -> Resource:
    excluded = {"excludedColumnNames": [*columns]} if columns else {}
    return _grant(name, tableWithColumns={"databaseName": "crm", "name": "clients", "wildcard": True, **excluded})


WHOLE = _grant(table={"databaseName": "crm", "name": "clients"})
SUBSETS = [subset for size in range(len(COLUMNS) + 1) for subset in combinations(COLUMNS, size)]
FORMS: dict[str, tuple[frozenset[str], Resource]] = {
    **{f"only {' '.join(names)}": (frozenset(names), _listed(*names)) for names in SUBSETS if names},
    **{
        f"all but {' '.join(names)}": (frozenset((*COLUMNS, "others")) - {*names}, _all_but(*names))
        for names in SUBSETS
    },
    "the table": (frozenset((*COLUMNS, "others")), WHOLE),
}


@pytest.mark.parametrize("after", FORMS)
def test_what_was_not_readable_is_new_access_in_every_form(after: str) -> None:
    readable, new = FORMS[after]
    for before, (held, old) in FORMS.items():
        verdicts = {gain.answer.verdict for gain in gains((new,), (old,))}
        assert (before, verdicts) == (before, set() if readable <= held else {Verdict.NEW_ACCESS})


def test_the_example_names_the_column() -> None:
    (gain,) = gains((_all_but("iban"),), (_all_but("iban", "phone"),))
    assert str(gain.answer.witness) == (
        f"{ANALYST} may `lakeformation:SELECT` on `table/crm/clients`, with `lakeformation:column` `phone`"
    )


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ((_all_but("IBAN"),), (_all_but("iban"),)),
        ((_all_but("iban", "phone"),), (_all_but("phone", "iban"),)),
        ((_all_but(),), (_all_but("iban"), _listed("iban", name="rest"))),
        ((_all_but("iban"),), (_all_but("iban", "phone"), _all_but("city", "iban", name="rest"))),
        ((_listed("city", "phone"),), (_listed("city"), _listed("phone", name="rest"))),
        ((_all_but("iban"),), (_grant(table={"databaseName": "crm", "wildcard": True}),)),
    ],
    ids=["another case", "another order", "two grants", "two exclusions", "two lists", "all tables"],
)
def test_the_same_columns_in_another_form_are_not_new(new: tuple[Resource, ...], old: tuple[Resource, ...]) -> None:
    assert gains(new, old) == []


@pytest.mark.parametrize("new", [_all_but(UNKNOWN), _listed(UNKNOWN), _listed("city", UNKNOWN)])
def test_unknown_columns_are_undecided_unless_all_were_readable(new: Resource) -> None:
    (gain,) = gains((new,), (_listed("city"),))
    assert gain.answer.verdict is Verdict.UNDECIDED
    assert gains((new,), (WHOLE,)) == []


def test_the_same_exclusion_of_another_table_is_new_access() -> None:
    other = _grant(tableWithColumns={"databaseName": "crm", "name": "staff", "excludedColumnNames": ["iban"]})
    assert [gain.answer.verdict for gain in gains((other,), (_all_but("iban"),))] == [Verdict.NEW_ACCESS]
