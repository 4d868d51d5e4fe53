"""What an audit and `access paths` say about a generated fleet, compared with what is planted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.crossings import TAG
from benchmarks.fleet import Fleet
from stackguard.access import paths
from stackguard.access.path_stacks import Asked, read
from stackguard.audit.store import files
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import Runs
from stackguard.gate.stacks import Selection
from stackguard.sources import RunOptions


def check(fleet: Path, store: Path, truth: dict[str, Any]) -> None:
    """Compare what the newest run says with what is planted, and the paths as well."""
    joined = "SELECT effect, policy, project, count(*) FROM joined JOIN stacks USING (stack_id) GROUP BY ALL"
    with connected(Runs(files.opened(str(store)))) as database:
        reported = Counter(dict(database.sql("SELECT policy, count(*) FROM outcomes GROUP BY policy").fetchall()))
        ((open_,),) = database.sql("SELECT count(*) FROM violations WHERE status = 'open'").fetchall()
        answers = Counter({tuple(key): count for *key, count in database.sql(joined).fetchall() if key[1]})
    alone, together = Fleet.expected(truth), Fleet.joined(truth)
    same("reported", reported, alone)
    same("joined", answers, together)
    effects = Counter(effect for effect, _, _ in together.elements())
    assert open_ == alone.total() - effects["refuted"] + effects["shown"], open_
    same("paths", shortest(fleet), {name: verbs for name, verbs in Fleet.paths(truth).items() if verbs})


def same(what: str, answers: Mapping[Any, Any], planted: Mapping[Any, Any]) -> None:
    """End with what differs."""
    differing = [
        f"{key}: {answers.get(key)}, planted {planted.get(key)}"
        for key in {**answers, **planted}
        if answers.get(key) != planted.get(key)
    ]
    assert not differing, "\n".join([what, *differing])


def shortest(fleet: Path) -> dict[str, tuple[str, ...]]:
    """By bucket with the tag, the verbs of the shortest path from outside."""
    asked = Asked(tags=(TAG,))
    answer = paths.find(read([str(fleet)], asked, RunOptions(), Selection()), asked)
    ways: dict[str, tuple[str, ...]] = {}
    for way in answer.ways:
        _, resource = answer.whole.origins[way[-1].end.of]
        ways.setdefault(resource.id, tuple(f"{hop.verb}{'' if hop.certain else '?'}" for hop in way))
    return ways
