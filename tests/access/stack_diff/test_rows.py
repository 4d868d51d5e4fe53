"""Rows of a data cells filter of Lake Formation: the holders of the filter read more if its expression goes."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

EVERY_COLUMN = {"columnWildcard": {}}
GRANT = resource(
    "aws:lakeformation/permissions:Permissions",
    "read",
    principal="arn:aws:iam::444455556666:role/analyst",
    permissions=["SELECT"],
    dataCellsFilter={"databaseName": "crm", "tableName": "clients", "name": "own"},
)
ONE_COUNTRY = {"filterExpression": "country = 'DE'"}


def _filter(rows: Any = None, columns: Any = None) -> tuple[Resource, Resource]:
    data = {"databaseName": "crm", "name": "own", "tableName": "clients", **(columns or EVERY_COLUMN)}
    if rows is not None:
        data["rowFilter"] = rows
    return GRANT, resource("aws:lakeformation/dataCellsFilter:DataCellsFilter", "own", tableData=data)


def _verdicts(new: tuple[Resource, ...], old: tuple[Resource, ...]) -> list[Verdict]:
    return [gain.answer.verdict for gain in gains(new, old)]


@pytest.mark.parametrize("everything", [None, {"allRowsWildcard": {}}, {"filterExpression": " TRUE "}])
def test_every_row_instead_of_an_expression_is_new_access_and_the_reverse_is_none(everything: Any) -> None:
    assert _verdicts(_filter(everything), _filter(ONE_COUNTRY)) == [Verdict.NEW_ACCESS]
    assert _verdicts(_filter(ONE_COUNTRY), _filter(everything)) == []
    assert _verdicts(_filter(everything), _filter()) == []


def test_another_expression_is_undecided_with_the_reason() -> None:
    (gain,) = gains(_filter({"filterExpression": "country IN ('DE', 'FR')"}), _filter(ONE_COUNTRY))
    assert gain.answer.verdict is Verdict.UNDECIDED
    assert (gain.path, gain.answer.why) == (
        "tableData.rowFilter.filterExpression",
        "`tableData.rowFilter.filterExpression` is another expression than before, and its rows may be others",
    )


def test_blanks_around_an_expression_say_nothing() -> None:
    assert _verdicts(_filter({"filterExpression": "\n country = 'DE'  "}), _filter(ONE_COUNTRY)) == []


def test_one_more_column_within_the_same_rows_is_new_access() -> None:
    new, old = ({"columnNames": names} for names in (["city", "iban"], ["city"]))
    assert _verdicts(_filter(ONE_COUNTRY, new), _filter(ONE_COUNTRY, old)) == [Verdict.NEW_ACCESS]
    assert _verdicts(_filter(ONE_COUNTRY, old), _filter(None, new)) == []


def test_an_expression_that_is_unknown_is_undecided_unless_every_row_was_readable() -> None:
    unknown = {"filterExpression": UNKNOWN}
    assert _verdicts(_filter(unknown), _filter(ONE_COUNTRY)) == [Verdict.UNDECIDED]
    assert _verdicts(_filter(unknown), _filter()) == []
    assert _verdicts(_filter(), _filter(unknown)) == [Verdict.UNDECIDED]


def test_an_expression_of_a_filter_that_is_new_is_no_change() -> None:
    grant, _ = _filter()
    assert _verdicts(_filter(ONE_COUNTRY), (grant,)) == []
