"""What the function makes of an object's bytes: formats, encodings, malformed rows and malformed objects."""

from __future__ import annotations

import csv
import json
import string
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest import results, rows
from ingest.currencies import DECIMALS
from ingest.errors import RecordsFailedError
from ingest.orders import Order

from tests.lambda_fn.world import COLUMNS, NORMALISED, ORDER, as_csv, as_jsonl, order

if TYPE_CHECKING:
    from tests.lambda_fn.world import World

BOM = b"\xef\xbb\xbf"


def ingested(world: World, name: str, body: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The normalised rows and the summary of one object."""
    record = world.upload(f"incoming/{name}", body)
    world.deliver(record)
    return world.rows(record, name), world.summary(record, name)


def refused(world: World, name: str, body: bytes) -> str:
    """Why an object is refused; nothing is written for it."""
    with pytest.raises(RecordsFailedError) as raised:
        world.deliver(world.upload(f"incoming/{name}", body))
    assert world.results() == {}
    (failure,) = raised.value.failures
    assert failure.permanent
    return failure.reason


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("plain.csv", as_csv([ORDER])),
        ("crlf.csv", as_csv([ORDER], line_end="\r\n")),
        ("cr.csv", as_csv([ORDER], line_end="\r")),
        ("bom.csv", BOM + as_csv([ORDER])),
        ("columns-in-another-order.csv", as_csv([ORDER], COLUMNS[::-1])),
        ("no-last-line-end.csv", as_csv([ORDER]).rstrip()),
        ("blank-lines.csv", as_csv([ORDER]) + b"\n\n"),
        ("plain.jsonl", as_jsonl([ORDER])),
        ("crlf.jsonl", as_jsonl([ORDER]).replace(b"\n", b"\r\n")),
        ("bom.jsonl", BOM + as_jsonl([ORDER])),
        ("no-last-line-end.jsonl", as_jsonl([ORDER]).rstrip()),
        ("blank-lines.jsonl", b"\n" + as_jsonl([ORDER]) + b" \t\n\r\n"),
        ("number.jsonl", as_jsonl([ORDER]).replace(b'"12.50"', b"12.50")),
        ("decimals.jsonl", as_jsonl([order(amount="12.5000")])),
    ],
)
def test_the_same_order_in_every_spelling(world: World, name: str, body: bytes) -> None:
    rows, summary = ingested(world, name, body)
    assert rows == [NORMALISED]
    assert summary["rows"] == {"accepted": 1, "rejected": 0}
    assert summary["rejected"] == []
    assert summary["totals"] == {"EUR": "12.50"}


@pytest.mark.parametrize(("name", "body"), [("header-only.csv", as_csv([])), ("empty.jsonl", b""), ("bom.jsonl", BOM)])
def test_no_rows_are_a_result_too(world: World, name: str, body: bytes) -> None:
    rows, summary = ingested(world, name, body)
    assert rows == []
    assert summary["rows"] == {"accepted": 0, "rejected": 0}


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("empty.csv", b"", "the header is not `order_id`"),
        ("wrong-header.csv", b"id,amount\n1,2\n", "the header is not `order_id`"),
        ("column-twice.csv", as_csv([ORDER], COLUMNS).replace(b"note", b"amount", 1), "the header is not `order_id`"),
        ("no-header.csv", as_csv([ORDER]).split(b"\n", 1)[1], "the header is not `order_id`"),
        ("broken-header.csv", b'"order_id" ,x\n', "the header is not valid CSV"),
        ("latin-1.csv", as_csv([]) + "o-1,c-1,1,EUR,2026-03-01T09:30:00Z,café\n".encode("latin-1"), "is not UTF-8"),
        ("utf-16.jsonl", as_jsonl([ORDER]).decode().encode("utf-16"), "is not UTF-8"),
        ("cut.jsonl", as_jsonl([order(note="é")]).decode("unicode-escape").encode()[:-4] + b"\xc3", "is not UTF-8"),
        ("suffix.CSV", as_csv([ORDER]), "ends in neither `.csv` nor `.jsonl`"),
        ("folder/", b"", "ends in neither `.csv` nor `.jsonl`"),
    ],
)
def test_an_object_in_another_format_is_refused(world: World, name: str, body: bytes, reason: str) -> None:
    assert reason in refused(world, name, body)


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("header.csv", b"x" * 2**17, 1),
        ("first.jsonl", b"x" * 2**17, 1),
        ("later.jsonl", as_jsonl([ORDER]) + b"x" * 2**17 + b"\n", 2),
        ("later.csv", as_csv([ORDER]) + b"x" * 2**17 + b"\n", 3),
        ("quotes-never-closed.csv", as_csv([ORDER]) + b'o-2,"' + b"x\n" * 2**16, 3),
    ],
)
def test_a_huge_row_is_refused(world: World, name: str, body: bytes, line: int) -> None:
    assert refused(world, name, body) == f"the row that begins on line {line} is longer than 65536 characters"


def test_an_object_over_the_limit_is_refused_unread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_OBJECT_BYTES", "10")
    monkeypatch.setattr(rows, "_Lines", None)
    assert refused(world, "a.csv", as_csv([ORDER])) == "the object is larger than 10 bytes"


def test_malformed_rows_are_listed_by_the_line_they_begin_on(world: World) -> None:
    body = as_csv(
        [
            order(note="two\nlines"),  # 2 and 3
            order(order_id="two\nlines"),  # 4 and 5
            order(amount="1e3"),  # 6
            ORDER,  # 7
        ]
    )
    body += b'too,few\n\n"o-1" x,c\n' + as_csv([ORDER]).split(b"\n", 1)[1]  # 8, 9 blank, 10, 11
    rows, summary = ingested(world, "a.csv", body)
    assert rows == [NORMALISED | {"note": "two\nlines"}, NORMALISED, NORMALISED]
    assert summary["rows"] == {"accepted": 3, "rejected": 4}
    assert summary["rejected"] == [
        {"line": 4, "reason": "`order_id` is not an identifier"},
        {"line": 6, "reason": "`amount` is not a decimal number such as `12.50`"},
        {"line": 8, "reason": "has 2 values for 6 columns"},
        {"line": 10, "reason": "is not valid CSV"},
    ]


def test_a_quote_that_the_end_of_the_object_leaves_open_is_a_malformed_row(world: World) -> None:
    rows, summary = ingested(world, "a.csv", as_csv([ORDER]) + b'o-2,"c-2\nx\n')
    assert rows == [NORMALISED]
    assert summary["rejected"] == [{"line": 3, "reason": "is not valid CSV"}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not valid JSON"),
        ("[" * 60_000, "is not valid JSON"),
        (json.dumps(ORDER)[:-1] + ', "note": ""}', "is not valid JSON"),
        (json.dumps(ORDER).replace('"12.50"', "NaN"), "is not valid JSON"),
        ("[]", "is not a JSON object"),
        ("null", "is not a JSON object"),
        (json.dumps({name: value for name, value in ORDER.items() if name != "note"}), "lacks `note`"),
        (json.dumps(order(more=1)), "has a field that an order does not have"),
        (json.dumps(order(note=None)), "`note` is not at most 500 characters of plain text"),
        (json.dumps(order(note="\ud800")), "`note` is not at most 500 characters of plain text"),
        (json.dumps(order(note="x" * 501)), "`note` is not at most 500 characters of plain text"),
        (json.dumps(order(order_id=7)), "`order_id` is not an identifier"),
        (json.dumps(order(customer_id="c/1")), "`customer_id` is not an identifier"),
        (json.dumps(order(customer_id="c-1\n")), "`customer_id` is not an identifier"),
        (json.dumps(order(amount=True)), "`amount` is not a decimal number such as `12.50`"),
        (json.dumps(order(amount="-0.01")), "`amount` is not a decimal number such as `12.50`"),
        (json.dumps(order(amount="١٢")), "`amount` is not a decimal number such as `12.50`"),
        (json.dumps(ORDER).replace('"12.50"', "1e999999999"), "`amount` is not a decimal number such as `12.50`"),
        (json.dumps(ORDER).replace('"12.50"', "9" * 50_000), "`amount` is not a decimal number such as `12.50`"),
        (json.dumps(order(amount="12.505")), "`amount` has more decimals than its currency"),
        (json.dumps(order(currency="JPY")), "`amount` has more decimals than its currency"),
        (json.dumps(order(currency="eur")), "`currency` is not an ISO 4217 code"),
        (json.dumps(order(currency="EUX")), "`currency` is not an ISO 4217 code"),
        (json.dumps(order(currency=[])), "`currency` is not an ISO 4217 code"),
        (json.dumps(order(occurred_at="2026-03-01T09:30:00")), "`occurred_at` is not an RFC 3339 time with an offset"),
        (json.dumps(order(occurred_at="2026-W09-7")), "`occurred_at` is not an RFC 3339 time with an offset"),
        (json.dumps(order(occurred_at="2026-02-30T09:30:00Z")), "`occurred_at` is not a time that exists"),
        (json.dumps(order(occurred_at="0001-01-01T00:00:00+09:00")), "`occurred_at` is not a time that exists"),
    ],
    ids=lambda value: value[:80],
)
def test_a_malformed_row_gets_a_reason_and_its_neighbours_pass(world: World, line: str, reason: str) -> None:
    body = as_jsonl([ORDER]) + line.encode() + b"\n" + as_jsonl([ORDER])
    rows, summary = ingested(world, "a.jsonl", body)
    assert rows == [NORMALISED, NORMALISED]
    assert summary["rejected"] == [{"line": 2, "reason": reason}]


def test_a_summary_counts_all_rejected_rows_and_lists_the_first(world: World) -> None:
    _, summary = ingested(world, "a.jsonl", b"x\n" * (results.LISTED_ROWS + 5))
    assert summary["rows"]["rejected"] == 1005
    assert [row["line"] for row in summary["rejected"]] == list(range(1, 1001))


def test_totals_are_exact_and_by_currency(world: World) -> None:
    amounts = [("EUR", "0.10"), ("EUR", "0.20"), ("JPY", "999999999999"), ("JPY", "1"), ("BHD", "0.001")]
    _, summary = ingested(world, "a.csv", as_csv([order(currency=code, amount=amount) for code, amount in amounts]))
    assert summary["totals"] == {"BHD": "0.001", "EUR": "0.30", "JPY": "1000000000000"}


def test_a_result_is_at_most_four_times_its_source() -> None:
    shortest = "a,b,1,CLF,2026-03-01T09:30:00Z,\n"
    order = Order("a", "b", Decimal("1.0000"), "CLF", datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "")
    assert len(results.json_line(order.normalised())) <= 4 * len(shortest)


def identifiers() -> st.SearchStrategy[str]:
    return st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True, alphabet=string.printable)


def notes() -> st.SearchStrategy[str]:
    plain = st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x7f" + _controls())
    return st.text(plain | st.sampled_from('\n\r\t",;\ufeff\u2028'), max_size=500)


def _controls() -> str:
    return "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r")


@st.composite
def orders(draw: st.DrawFn) -> Order:
    currency = draw(st.sampled_from(sorted(DECIMALS)))
    units = draw(st.integers(0, 10**12 - 1))
    return Order(
        order_id=draw(identifiers()),
        customer_id=draw(identifiers()),
        amount=Decimal(units).scaleb(-DECIMALS[currency]),
        currency=currency,
        occurred_at=draw(
            st.datetimes(
                min_value=datetime(2, 1, 1),  # noqa: DTZ001 (the offset is drawn separately)
                max_value=datetime(9998, 12, 31),  # noqa: DTZ001
                timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
            )
        ),
        note=draw(notes()),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(orders(), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    bom=st.sampled_from([b"", BOM]),
)
def test_whatever_orders_are_written_are_the_orders_read(
    world: World, drawn: list[Order], line_end: str, bom: bytes
) -> None:
    written = [
        {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "amount": f"{order.amount:f}",
            "currency": order.currency,
            "occurred_at": order.occurred_at.isoformat(),
            "note": order.note,
        }
        for order in drawn
    ]
    expected = [
        row | {"occurred_at": order.occurred_at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"}
        for row, order in zip(written, drawn, strict=True)
    ]
    for name, body in (("a.csv", as_csv(written, COLUMNS, line_end, csv.QUOTE_ALL)), ("a.jsonl", as_jsonl(written))):
        rows, summary = ingested(world, name, bom + body)
        assert rows == expected
        assert summary["rows"] == {"accepted": len(drawn), "rejected": 0}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), header=st.booleans(), name=st.sampled_from(["a.csv", "a.jsonl"]))
def test_any_bytes_at_all_give_a_result_or_a_refusal(world: World, body: bytes, header: bool, name: str) -> None:  # noqa: FBT001
    record = world.upload(f"incoming/{name}", as_csv([]) * header + body)
    try:
        world.deliver(record)
    except RecordsFailedError as error:
        (failure,) = error.failures
        assert failure.permanent, failure.reason
    else:
        assert world.summary(record, name)["version"] == 1
