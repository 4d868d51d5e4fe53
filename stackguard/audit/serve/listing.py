"""Lists that are searched, filtered, sorted and paged: a URL's parameters go in, SQL with its values comes out.

Nothing of a URL is ever part of the SQL: names of columns are ours. Pages go on behind the last row's values, so that the
thousandth page costs what the first does.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from stackguard.audit.serve.snapshot import Row, Snapshot
from stackguard.errors import CannotJudge

PAGE = 100
"""Rows of a page."""
LONGEST = 500
"""Characters of a parameter that are looked at."""
NONE = "-"
"""A filter for an empty value."""
COUNTED = 10_000
"""Rows of a long list that are counted."""
LOWER = ("lower(", "search")
"""How texts that are lower-case begin."""
NUMBERS = frozenset({"rank", "violations", "resources"})
"""The columns of orders that are no texts."""
Parameters = Mapping[str, str]


class Condition(NamedTuple):
    """A condition in SQL with its values."""

    sql: str
    values: Sequence[Any]


class Order(NamedTuple):
    """A column that rows are sorted by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that narrows a list."""

    label: str
    condition: Callable[[str], Condition | None]
    """What fits a value; None if it is no value of this filter."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """By value, what a page calls it; empty for a free text."""
    suggested: str = ""
    """The table and the column with values of a free text: `listed.policy`."""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a page lists."""

    source: str
    """A table, or a query in parentheses."""
    columns: str
    filters: Mapping[str, Filter]
    sorts: Mapping[str, tuple[Order, ...]]
    """By name, with an identifying column last; the first is the default."""
    search: Sequence[str]
    """The texts that a search looks at: lower-case, or else searched as the words are written."""
    counted: bool = True
    """Whether all rows are counted, and not only `COUNTED` of millions."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    rows: list[Row]
    total: int
    values: Mapping[str, str]
    """By parameter, what is asked for, defaults too."""
    sort: str
    after: str
    """The cursor of the next page; empty if this is the last."""
    first: bool
    capped: bool = False
    """Whether there are more rows than `total`."""
    narrowed: bool = False
    """Whether filters or words leave out rows."""


def exactly(column: str) -> Callable[[str], Condition | None]:
    """A condition for a value, `-` for an empty one, or a pattern with `*`."""

    def condition(value: str) -> Condition | None:
        if value == NONE:
            return Condition(f"{column} = ''", [])
        if "*" in value:
            parts = value.split("*")
            # most rows fail at the longest part, which costs a third of a regular expression
            return Condition(
                f"contains({column}, ?) AND regexp_full_match({column}, ?)",
                [max(parts, key=len), f"(?s){'.*'.join(map(re.escape, parts))}"],
            )
        return Condition(f"{column} = ?", [value])

    return condition


def one_of(conditions: Mapping[str, Condition]) -> Callable[[str], Condition | None]:
    """A condition by the name of a choice."""
    return conditions.get


def page(snapshot: Snapshot, listing: Listing, parameters: Parameters, most: int = PAGE) -> Page:
    """A page of a list.

    Raises:
        CannotJudge: the cursor is not one of this list, or the question takes too long.
    """
    values = {name: parameters.get(name, one.default)[:LONGEST] for name, one in listing.filters.items()}
    values["q"] = parameters.get("q", "")[:LONGEST]
    sort = parameters.get("sort", "")
    if sort not in listing.sorts:
        sort = next(iter(listing.sorts))
    orders = listing.sorts[sort]
    conditions = [*_conditions(listing, values)]
    where = " AND ".join(f"({sql})" for sql, _ in conditions) or "true"
    bound = [value for _, more in conditions for value in more]
    source = f"{listing.source} WHERE {where}"
    behind, marks = _behind(orders, parameters.get("after", ""))
    spelled = ", ".join(f"{order.column} {'DESC' if order.descending else 'ASC'} NULLS LAST" for order in orders)
    keys = ", ".join(f"{order.column} AS key_{at}" for at, order in enumerate(orders))
    sql = f"SELECT {listing.columns}, {keys} FROM {source} AND {behind} ORDER BY {spelled} LIMIT {most + 1}"
    rows = snapshot.rows(sql, [*bound, *marks])
    after = _cursor([rows[most - 1][f"key_{at}"] for at in range(len(orders))]) if len(rows) > most else ""
    total = _total(snapshot, listing, source, bound) if after or marks else len(rows)
    capped = not listing.counted and total > COUNTED
    return Page(
        rows[:most], min(total, COUNTED) if capped else total, values, sort, after, not marks, capped, bool(conditions)
    )


def _conditions(listing: Listing, values: Mapping[str, str]) -> Iterator[Condition]:
    for name, one in listing.filters.items():
        value = values[name]
        if value:
            yield one.condition(value) or Condition("false", [])
    for word in values["q"].split():
        texts = {text: word.lower() if text.startswith(LOWER) else word for text in listing.search}
        yield Condition(" OR ".join(f"contains({text}, ?)" for text in texts), [*texts.values()])


def _total(snapshot: Snapshot, listing: Listing, source: str, bound: Sequence[Any]) -> int:
    """The number of all rows; one more than `COUNTED` if there are more in a list that is not counted."""
    counted = source if listing.counted else f"(SELECT 1 FROM {source} LIMIT {COUNTED + 1})"
    return int(snapshot.rows(f"SELECT count(*) AS n FROM {counted}", bound)[0]["n"])


def _behind(orders: Sequence[Order], cursor: str) -> tuple[str, list[Any]]:
    """The condition of the rows behind a cursor."""
    if not cursor:
        return "true", []
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=list[str | int])
    except (binascii.Error, ValueError, *NO_JSON):
        values = []
    kinds = [int if order.column in NUMBERS else str for order in orders]
    if [type(value) for value in values] != kinds:
        raise CannotJudge("the link to this page is damaged; open the list again")
    options, marks = [], []
    for at, order in enumerate(orders):
        equal = "".join(f"{other.column} = ? AND " for other in orders[:at])
        options.append(f"({equal}{order.column} {'<' if order.descending else '>'} ?)")
        marks += [*values[:at], values[at]]
    return f"({' OR '.join(options)})", marks


def _cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode()
