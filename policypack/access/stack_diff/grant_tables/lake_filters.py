"""The rows of a data cells filter of Lake Formation, as grants compare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policypack.access.stack_diff.grant_tables.open_settings import CELLS_FILTER, ROWS
from policypack.core.policy import Resource, Unknown
from policypack.iam.document_readers import value_at

EVERY_ROW = "true"
"""The expression of a filter that has columns only, in lower case.

Source: https://docs.aws.amazon.com/lake-formation/latest/dg/data-filters-about.html.
"""
OTHER_ROWS = Unknown(
    "is another expression than before, and its rows may be others", "Read both, and accept it if no row is added."
)


def with_rows(resource: Resource, before: Resource | None, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs with the expression as a text to compare: none for every row, an unknown value for another one than before.

    Which rows an expression leaves out depends on the data, so two different ones are not compared.
    """
    rows, earlier = (_rows(known) if known else None for known in (resource, before))
    if resource.type != CELLS_FILTER or rows is None:
        return inputs
    changed = earlier is not None and rows != earlier
    compared: Mapping[str, Any] = _replaced(inputs, ROWS.split("."), OTHER_ROWS if changed and rows else rows)
    return compared


def _rows(resource: Resource) -> Any:
    """The expression of a filter, empty for every row; None if it has none."""
    written = value_at(resource.inputs, ROWS)
    if not isinstance(written, str):
        return written
    return "" if written.strip().lower() == EVERY_ROW else written.strip()


def _replaced(value: Any, path: list[str], new: Any) -> Any:
    """A value with another one at a path, as far as it has objects there."""
    if not path or not isinstance(value, Mapping):
        return new
    return {**value, path[0]: _replaced(value.get(path[0]), path[1:], new)}
