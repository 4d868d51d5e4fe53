"""`python -m benchmarks.hostile [SEEDS] [FAMILY...]`: seconds and memory of documents that are written to take long.

Each family has random parameters; each document is made of one, is as long as AWS accepts or much longer, and is asked everything:
every policy over one resource with it, what it makes public, and what it newly allows. Each document is asked in a process of
its own, so that memory is its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.hostile_documents import FAMILIES, Family, hostile
from policypack.core.policy import Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.access.lines import asked_diff, asked_public

SIZES = (6_144, 20_000, 200_000)
"""Characters: of a managed policy and of a bucket policy, the largest that AWS accepts, and more than it accepts."""
BUCKET, ROLE, MANAGED, QUEUE = (
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:iam/role:Role",
    "aws:iam/policy:Policy",
    "aws:sqs/queuePolicy:QueuePolicy",
)
CARRIERS = {
    BUCKET: ("policy", {"bucket": "b"}),
    ROLE: ("assumeRolePolicy", {}),
    MANAGED: ("policy", {}),
    QUEUE: ("policy", {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q"}),
}
"""By type, the property of a document, and other properties."""


def questions(family: Family, size: int, seed: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Everything that is asked about the documents of a family."""
    for token, (name, others) in CARRIERS.items():
        raw = hostile(family, size, seed, principal=token != MANAGED)
        if token == ROLE:
            for statement in raw["Statement"]:
                statement.pop("Resource", None)
                statement.pop("NotResource", None)
        stack = Stack((Resource(token, "hostile", {name: raw, **others}),), Settings())
        yield f"policies over {token.rpartition(':')[2]}", partial(evaluate, POLICIES, stack)
    raw, other = (hostile(family, size, seed + change, principal=True) for change in (0, 1000))
    yield "access public", lambda: asked_public({"type": BUCKET, "document": raw})
    yield "access diff", lambda: asked_diff({"old": raw, "new": other})
    yield "access diff of itself", lambda: asked_diff({"old": raw, "new": raw})


def each_policy(family: Family, size: int, seed: int, question: str) -> list[tuple[float, str]]:
    """Seconds of each policy by itself for a question about policies, longest first."""
    times = []
    for policy in POLICIES:
        ask = dict(questions(family, size, seed))[question]
        assert isinstance(ask, partial)
        started = time.process_time()
        evaluate([policy], ask.args[1])
        times.append((time.process_time() - started, policy.id))
    return sorted(times, reverse=True)


def measured(family: Family, size: int, seed: int) -> list[tuple[str, float, int]]:
    """By question, processor seconds and how many megabytes the process grew."""
    results = []
    for question, ask in questions(family, size, seed):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        ask()
        seconds = time.process_time() - started
        results.append((question, seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10))
    return results


def warm() -> None:
    """Import and read what the first question does."""
    for family in FAMILIES:
        for _, ask in questions(family, 2_000, 0):
            ask()


def main() -> None:
    """Print the slowest question per family and size."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    chosen = [family for family in FAMILIES if family.__name__ in sys.argv[2:] or not sys.argv[2:]]
    warm()
    fork = multiprocessing.get_context("fork")
    for size in SIZES:
        limit = 1 if size <= 20_480 else 5
        for family in chosen:
            for seed in range(1, seeds + 1):
                with fork.Pool(1) as pool:
                    rows = pool.apply(_named, (family.__name__, size, seed))
                question, seconds, _ = max(rows, key=lambda row: row[1])
                memory = max(row[2] for row in rows)
                late = ""
                if seconds > limit and question.startswith("policies"):
                    slowest = each_policy(family, size, seed, question)[:3]
                    late = " TOO LONG: " + ", ".join(f"{name} {spent:.2f} s" for spent, name in slowest)
                elif seconds > limit:
                    late = " TOO LONG"
                print(
                    f"{size:>9} {family.__name__:15} {seed}: {seconds:6.2f} s ({question}), {memory} MB{late}",
                    flush=True,
                )


def _named(name: str, size: int, seed: int) -> list[tuple[str, float, int]]:
    return measured(next(family for family in FAMILIES if family.__name__ == name), size, seed)


if __name__ == "__main__":
    main()
