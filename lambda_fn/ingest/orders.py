"""What an order is, and how a row becomes one."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ingest.currencies import DECIMALS
from ingest.rows import Malformed, Number

if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
"""No sign, no exponent; with 12 digits before the point the sum of all rows of an object stays exact."""
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
"""RFC 3339, which demands an offset: a local time is ambiguous."""
NOTE = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]{0,500}")
"""Text without control characters other than tab and line ends, and without halves of surrogate pairs."""


class _FieldError(Exception):
    """A field is not what it must be."""


@dataclass(frozen=True, slots=True)
class Order:
    """One valid row. `amount` has exactly the decimals of its currency; `occurred_at` is in UTC."""

    order_id: str
    customer_id: str
    amount: Decimal
    currency: str
    occurred_at: datetime
    note: str

    @classmethod
    def parse(cls, row: Mapping[str, object]) -> Order | Malformed:
        """The order in a row, or why there is none. Values are text, but a JSON amount may be a number."""
        for column in COLUMNS:
            if column not in row:
                return Malformed(f"lacks `{column}`")
        if len(row) > len(COLUMNS):
            return Malformed("has a field that an order does not have")
        try:
            currency = _currency(row)
            return cls(
                order_id=_matching(row, "order_id", IDENTIFIER, "an identifier"),
                customer_id=_matching(row, "customer_id", IDENTIFIER, "an identifier"),
                amount=_amount(row, DECIMALS[currency]),
                currency=currency,
                occurred_at=_timestamp(row),
                note=_matching(row, "note", NOTE, "at most 500 characters of plain text"),
            )
        except _FieldError as error:
            return Malformed(str(error))

    def normalised(self) -> dict[str, str]:
        """The order as it is written: the amount as text, which keeps it exact, and the time to the microsecond."""
        return {
            "order_id": self.order_id,
            "customer_id": self.customer_id,
            "amount": str(self.amount),
            "currency": self.currency,
            "occurred_at": self.occurred_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "note": self.note,
        }


COLUMNS = tuple(field.name for field in fields(Order))


def _matching(row: Mapping[str, object], column: str, pattern: re.Pattern[str], expected: str) -> str:
    value = row[column]
    if not isinstance(value, str) or isinstance(value, Number) or not pattern.fullmatch(value):
        raise _FieldError(f"`{column}` is not {expected}")
    return value


def _currency(row: Mapping[str, object]) -> str:
    value = row["currency"]
    if not isinstance(value, str) or value not in DECIMALS:
        raise _FieldError("`currency` is not an ISO 4217 code")
    return value


def _amount(row: Mapping[str, object], decimals: int) -> Decimal:
    value = row["amount"]
    if not isinstance(value, str) or not AMOUNT.fullmatch(value):
        raise _FieldError("`amount` is not a decimal number such as `12.50`")
    amount = Decimal(value)
    exact = amount.quantize(Decimal(1).scaleb(-decimals))
    if exact != amount:
        raise _FieldError("`amount` has more decimals than its currency")
    return exact


def _timestamp(row: Mapping[str, object]) -> datetime:
    text = _matching(row, "occurred_at", TIMESTAMP, "an RFC 3339 time with an offset")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _FieldError("`occurred_at` is not a time that exists") from None
