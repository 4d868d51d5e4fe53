"""Questions in SQL, and what they may do."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from benchmarks.fleet import Fleet
from stackguard.audit.difference import chosen, difference
from stackguard.audit.query import Answer, answer, ask, rendered
from stackguard.audit.store import files
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import Runs
from stackguard.errors import CannotJudge
from tests.audit.test_run import audited


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    fleet = Fleet(folder / "fleet", 7)
    truth = fleet.write(10)
    audited(folder / "fleet", folder / "store")
    Fleet(folder / "fleet", 8).drift(truth, 0.4)
    audited(folder / "fleet", folder / "store")
    return folder / "store"


def runs(store: Path) -> Runs:
    return Runs(files.opened(str(store)))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('{store}/../fleet/*')",
        "COPY stacks TO '/tmp/stacks.csv'",
        "COPY (SELECT 1) TO '{store}/runs/x.parquet'",
        "CREATE TABLE x AS SELECT 1",
        "DROP VIEW stacks",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "PRAGMA database_list; SELECT 1",
        "SELECT 1; DROP VIEW stacks",
        "EXPORT DATABASE '{store}/x'",
        "SELECT getenv('HOME')",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{shard}/x.parquet'",
        "EXPLAIN ANALYZE DROP VIEW stacks",
        "WITH gone AS (DELETE FROM runs RETURNING *) SELECT * FROM gone",
        "SELEC 1",
        "",
    ],
)
def test_a_query_reads_the_store_and_nothing_else(store: Path, sql: str) -> None:
    before = sorted(store.rglob("*"))
    with pytest.raises(CannotJudge, match="query") as error:
        answer(runs(store), sql.format(store=store, shard=next(store.glob("runs/*/stacks"))))
    assert "\n" not in str(error.value)
    assert sorted(store.rglob("*")) == before


def test_a_bounded_question_ends(store: Path) -> None:
    with connected(runs(store)) as database:
        assert ask(database, "FROM range(10)", 3) == Answer(("range",), [(0,), (1,), (2,)], more=True)
        assert ask(database, "FROM range(3)", 3) == Answer(("range",), [(0,), (1,), (2,)])
        assert len(ask(database, "SELECT repeat('x', 9000000) FROM range(9)", 9).rows) == 2
        with pytest.raises(CannotJudge, match="longer than"):
            ask(database, "SELECT count(*) FROM range(100000000000) a, range(1000000) b", 1, 0.1)
        assert ask(database, "SELECT 1", 1).rows == [(1,)]


def test_the_rows_in_each_form(store: Path) -> None:
    sql = "SELECT state, count(*) AS n FROM stacks GROUP BY state ORDER BY state"
    csv, jsonl, text = ("".join(rendered(runs(store), sql, form)) for form in ("csv", "json", "text"))
    assert csv == "state,n\ncarried,6\njudged,4\n"
    assert [json.loads(line) for line in jsonl.splitlines()] == [
        {"state": "carried", "n": 6},
        {"state": "judged", "n": 4},
    ]
    assert text == "state    n\n-------  -\ncarried  6\njudged   4\n2 rows\n"


def test_many_rows_come_in_parts_and_a_table_says_what_it_leaves_out(store: Path) -> None:
    parts = [*rendered(runs(store), "FROM range(25000)", "csv")]
    assert len(parts) > 2
    assert "".join(parts).splitlines() == ["range", *map(str, range(25_000))]
    (text,) = rendered(runs(store), "FROM range(25000)", "text")
    assert text.endswith("the first 10000 rows; `--format csv` or `json` has all\n")
    assert len(text.splitlines()) == 10_003


def test_a_query_that_needs_too_much_memory_ends_with_one_line(store: Path) -> None:
    with connected(runs(store), memory=1) as database, pytest.raises(CannotJudge, match="needs more memory") as error:
        ask(database, "SELECT string_agg(a.range::VARCHAR) FROM range(100000) a, range(100000) b")
    assert "\n" not in str(error.value)


def test_the_tables_are_about_the_newest_run_or_the_one_that_is_named(store: Path) -> None:
    first, second = runs(store).finished()
    count = "SELECT count(*) FROM stacks WHERE state = 'judged'"
    assert answer(runs(store), count).rows == [(4,)]
    assert answer(runs(store), count, first.id).rows == [(10,)]
    assert chosen([first, second], "latest") is second
    assert chosen([first, second], second.started[:10]) is second
    with pytest.raises(CannotJudge, match="2 runs begin"):
        chosen([first, second], first.id[:4])
    with pytest.raises(CannotJudge, match="there is no run"):
        chosen([first, second], "2020-01-01")


def test_the_difference_adds_up(store: Path) -> None:
    first, second = runs(store).finished()
    found = difference(runs(store), None, None)
    open_ = "SELECT count(*) FROM violations WHERE status = 'open'"
    ((before,),), ((after,),) = (answer(runs(store), open_, info.id).rows for info in (first, second))
    counts = found.counts
    assert (found.old, found.new) == (first.id, second.id)
    assert counts.get("new", 0) + counts["still-open"] == after
    assert counts.get("fixed", 0) + counts["still-open"] == before
    assert len(found.changes) == counts.get("new", 0) + counts.get("fixed", 0) > 0


def test_a_stack_that_was_left_out_is_not_looked_at(tmp_path: Path) -> None:
    Fleet(tmp_path / "fleet", 7).write(10)
    audited(tmp_path / "fleet", tmp_path / "store")
    for file in sorted(tmp_path.rglob("dev.json")):
        file.unlink()
    audited(tmp_path / "fleet", tmp_path / "store")
    counts = difference(runs(tmp_path / "store"), None, None).counts
    assert counts["not-looked-at"] > 0
    assert "fixed" not in counts


@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_a_name_of_a_column_cannot_control_a_terminal(store: Path, form: str) -> None:
    text = "".join(rendered(runs(store), 'SELECT 1 AS "a\x1b[31m\u202e" FROM stacks LIMIT 1', form))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "a" in text


def test_a_query_that_is_not_utf_8_is_one_line(store: Path) -> None:
    with pytest.raises(CannotJudge, match="not UTF-8 text at character 9"):
        answer(runs(store), "SELECT '\udcff'")


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("SELECT 1 AS a, 2 AS a, 3 AS a", {"a": 1, "a_1": 2, "a_2": 3}),
        ("SELECT 1 AS a, 2 AS a_1, 3 AS a", {"a": 1, "a_1": 2, "a_2": 3}),
        ("SELECT 1 AS a, 2 AS A", {"a": 1, "A": 2}),
    ],
)
def test_columns_of_one_name_lose_no_value(store: Path, sql: str, row: dict[str, int]) -> None:
    assert json.loads("".join(rendered(runs(store), sql, "json"))) == row


@pytest.mark.parametrize("day", ["2026-99-99", "2026-02-30", "abcd-ef-gh"])
def test_a_day_that_there_is_not_is_no_date(store: Path, day: str) -> None:
    with pytest.raises(CannotJudge, match=f"`{day}` is no date"):
        chosen(runs(store).require_finished(), day)


def test_an_interrupt_ends_a_query_at_every_moment(store: Path) -> None:
    """DuckDB takes it in another way while the views are made, the query is planned, and its threads run."""

    def ask_without_end(milliseconds: int) -> None:
        threading.Timer(milliseconds / 1000, os.kill, (os.getpid(), signal.SIGINT)).start()
        answer(runs(store), "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b")

    for after in range(0, 200, 20):
        with pytest.raises(KeyboardInterrupt):
            ask_without_end(after)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert answer(runs(store), "SELECT 1").rows == [(1,)]


def test_a_query_of_another_thread_is_not_interrupted(store: Path) -> None:
    rows: list[object] = []
    thread = threading.Thread(target=lambda: rows.extend(answer(runs(store), "SELECT 1").rows))
    thread.start()
    thread.join()
    assert rows == [(1,)]


def test_a_signal_whose_handler_does_not_raise_ends_no_query(store: Path) -> None:
    """As that of an audit, which finishes what it does after the first one."""
    noted: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        rows = answer(runs(store), "SELECT sum(a.range * b.range) > 0 FROM range(30000) a, range(30000) b").rows
        while not noted:
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGINT, former)
    assert (rows, noted) == ([(True,)], [signal.SIGINT])
