"""A run as the pages read it: violations and stacks in memory, and DuckDB over the files of all else.

What the first page needs is read at once, the lists when the first of them is asked for. Each question has a cursor of its own, so that threads do not wait for each other, and a time limit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import duckdb

from stackguard.audit.query import MEMORY, Answer, ask
from stackguard.audit.reports.picture import draw
from stackguard.audit.reports.rollups import Rollups
from stackguard.audit.store.database import opened
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.errors import CannotJudge

SECONDS = 20.0
"""For a question of a page."""
WEEK = timedelta(days=6, hours=12)
"""What is new is new since the last audit that is this old: those of a weekly schedule do not begin to the minute."""
FRESH = 15.0
"""Seconds after which a new audit is looked for."""
LISTED = """
CREATE TABLE listed AS
SELECT v.* EXCLUDE (run, owner, fingerprint), coalesce(s.owner, v.owner) AS owner, coalesce(s.shard, '') AS shard,
       coalesce(c.is_open, false) AS is_open, coalesce(c.is_new, false) AS is_new, coalesce(o.message, j.message, '') AS message,
       lower(concat_ws(' ', v.id, v.policy, v.severity, v.type, v.name, v.urn, v.organization || '/' || v.project || '/'
             || v.stack, coalesce(s.owner, v.owner), v.account, v.region, o.message, j.message)) AS search
FROM violations v
LEFT JOIN current_violations c ON c.id = v.id
LEFT JOIN current_stacks s ON s.stack_id = v.stack_id
LEFT JOIN all_outcomes o ON o.shard = s.shard AND o.stack_id = v.stack_id AND o.id = v.id
LEFT JOIN (SELECT DISTINCT ON (id) * FROM joined WHERE effect = 'shown') j ON j.id = v.id
"""
"""The violations with what the roll-ups know about them, and their messages where their stacks were looked at last."""
STACKS = """
CREATE TABLE served_stacks AS
SELECT s.stack_id, s.shard, s.organization, s.project, s.stack, s.owner, s.account, s.region, s.state, s.reason, s.message,
       s.location, s.resources, coalesce(n.violations, 0) AS violations,
       lower(concat_ws(' ', s.stack_id, s.organization || '/' || s.project || '/' || s.stack, s.owner, s.account, s.region,
             s.location, s.reason, s.message)) AS search
FROM stacks s LEFT JOIN (
    SELECT stack_id, count(*) AS violations FROM listed WHERE is_open AND outcome = 'violation' GROUP BY stack_id
) n ON n.stack_id = s.stack_id
WHERE s.state <> 'foreign'
ORDER BY s.organization, s.project, s.stack, s.stack_id
"""
Row = dict[str, Any]
T = TypeVar("T")


class Snapshot:
    """A finished run and those before it."""

    def __init__(self, runs: Runs, finished: Sequence[RunInfo]) -> None:
        """Read what the pages need of the last run.

        Raises:
            CannotJudge: the store cannot be read.
        """
        self.info, self.finished, self._runs = finished[-1], finished, runs
        self.since = a_week_before(finished)
        self._remembered: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._open = ExitStack()
        self._running: set[duckdb.DuckDBPyConnection] = set()
        try:
            self._database = self._open.enter_context(opened(runs, self.info))
            draw(self._database, finished, self.info, self.since)
        except (duckdb.Error, OSError) as error:
            self._open.close()
            raise _unreadable(error) from None
        self.rollups = Rollups(self._database, finished, self.info, self.since)

    def rows(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[Row]:
        """The rows of one of our own questions.

        Raises:
            CannotJudge: it takes too long, or the store cannot be read.
        """
        self.remember("lists", self._make_lists)
        cursor = self._database.cursor()
        timer = threading.Timer(SECONDS, cursor.interrupt)
        self._running.add(cursor)
        timer.start()
        try:
            result = cursor.execute(sql, parameters)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise CannotJudge("this takes too long; narrow it with a filter") from None
        except duckdb.IOException as error:
            raise _unreadable(error) from None
        finally:
            timer.cancel()
            self._running.discard(cursor)
            cursor.close()

    def _make_lists(self) -> bool:
        """Create the tables of violations and of stacks."""
        cursor = self._database.cursor()
        for statement in (LISTED, STACKS):
            cursor.execute(statement)
        return True

    def once(self, sql: str) -> list[Row]:
        """As `rows`, and remembered."""
        return self.remember(sql, lambda: self.rows(sql))

    def remember(self, key: Hashable, work: Callable[[], T]) -> T:
        """An answer that never changes, as those of a run that has ended; who asks meanwhile waits for it.

        Raises:
            CannotJudge: the store cannot be read.
        """
        if key not in self._remembered:
            with self._locks.setdefault(key, threading.Lock()):
                if key not in self._remembered:
                    try:
                        self._remembered[key] = work()
                    except (duckdb.Error, OSError) as error:
                        raise _unreadable(error) from None
        answer: T = self._remembered[key]
        return answer

    def ask(self, sql: str, most: int, seconds: float) -> Answer:
        """The rows of a user's question; the arguments are those of `query.ask`.

        Raises:
            CannotJudge: as of `query.ask`.
        """
        database = self.remember("sql", lambda: self._open.enter_context(opened(self._runs, self.info, MEMORY)))
        cursor = database.cursor()
        self._running.add(cursor)
        try:
            return ask(cursor, sql, most, seconds)
        finally:
            self._running.discard(cursor)
            cursor.close()

    def interrupt(self) -> None:
        """End the questions that are asked now."""
        for cursor in tuple(self._running):
            cursor.interrupt()


def a_week_before(finished: Sequence[RunInfo]) -> str:
    """The run that the last one is compared with; the one before it if none is a week old."""
    last = finished[-1]
    until = datetime.fromisoformat(last.started) - WEEK
    old = [info.id for info in finished if datetime.fromisoformat(info.started) <= until and not info.partial]
    return old[-1] if old else last.previous


def _unreadable(error: Exception) -> CannotJudge:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return CannotJudge(f"the store cannot be read: {first}")


class Newest:
    """The newest run of a store, also when an audit ends meanwhile."""

    def __init__(self, runs: Runs, warm: Callable[[Snapshot], object]) -> None:
        """Read it.

        Args:
            runs: of the store.
            warm: asks what the first page needs.

        Raises:
            CannotJudge: there is none, or it cannot be read.
        """
        self._runs, self._warm = runs, warm
        self._lock = threading.Lock()
        self._snapshot = Snapshot(runs, runs.require_finished())
        self._warming = threading.Thread(target=self._warm_up, daemon=True)
        self._warming.start()
        self._looked = time.monotonic()

    def _warm_up(self) -> None:
        """Ask what the first pages need, while the user opens the browser."""
        with suppress(CannotJudge):  # a page that asks again has the message
            self._warm(self._snapshot)
            self._snapshot.rows("SELECT 1")

    def _read(self, finished: Sequence[RunInfo]) -> Snapshot:
        snapshot = Snapshot(self._runs, finished)
        self._warm(snapshot)
        return snapshot

    def snapshot(self) -> Snapshot:
        """The newest run; a newer one is read while pages still show the one before."""
        if time.monotonic() - self._looked > FRESH and self._lock.acquire(blocking=False):
            threading.Thread(target=self._look, daemon=True).start()
        return self._snapshot

    def _look(self) -> None:
        try:
            finished = self._runs.finished()
            if finished and finished[-1].id != self._snapshot.info.id:
                self._snapshot = self._read(finished)
        except (OSError, CannotJudge):
            return  # what was read stays
        finally:
            self._looked = time.monotonic()
            self._lock.release()

    def interrupt(self) -> None:
        """End the questions that are asked now."""
        self._snapshot.interrupt()

    def wait(self) -> None:
        """Wait for what is read beforehand: a process must not end inside of DuckDB."""
        self._warming.join()
