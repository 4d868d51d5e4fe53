"""`python -m benchmarks.access`: the access engine against z3, on the same inclusions of real policy documents.

The documents are AWS's own managed policies, as moto bundles them, each compared with one that differs from it in one place.
`z3-solver` is needed only here: `uv pip install z3-solver`.
"""

from __future__ import annotations

import copy
import gc
import importlib.util
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from policypack.access.solver.diff import diff
from policypack.access.solver.verdict import Verdict
from policypack.iam.actions import names, services
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind
from stackguard.access.lines import answers, asked_diff

PAIRS, GLOB_PAIRS = 300, 60
SEED = 20261125
LARGEST = 6_000
"""Characters of a document: that of a customer's managed policy."""


def main() -> None:
    """Print the time of batches, and agreement and times of the engine and z3."""
    documents = managed()
    batches(documents)
    if importlib.util.find_spec("z3") is None:
        print("the engine against z3: left out, `z3-solver` is not installed")
    else:
        against_z3(documents)


def batches(documents: list[Any]) -> None:
    """Print the time per document in batches of three sizes, all documents different."""
    for size in (100, 1_000, 10_000):
        lines = [
            json.dumps(
                {
                    "id": number,
                    "old": renamed(documents[number % len(documents)], number),
                    "new": renamed(documents[number % len(documents)], number + 1),
                }
            )
            for number in range(size)
        ]
        started = time.perf_counter()
        for _ in answers([line.encode() for line in lines], asked_diff):
            pass
        seconds = time.perf_counter() - started
        print(f"{size} lines of `access diff --jsonl`: {seconds:.2f} s, {seconds / size * 1e3:.2f} ms each")


def renamed(document: Any, number: int) -> Any:
    """The document with other resources, so that no cached result applies."""
    return json.loads(json.dumps(document).replace("arn:aws:", f"arn:aws-{number}:"))


def against_z3(documents: list[Any]) -> None:
    """Compare both on two samples."""
    random.seed(SEED)
    for service in services():  # the first question about a service opens its table
        names(service)
    for document in documents[:50]:
        diff([read(json.dumps(document))], [read(json.dumps({**document, "Statement": document["Statement"][:1]}))])
    compare(f"{PAIRS} pairs of managed policies", managed_pairs(documents), PAIRS)
    compare(f"{GLOB_PAIRS} inclusions of ARNs with wildcards", glob_pairs(), GLOB_PAIRS)


def managed_pairs(documents: list[Any]) -> Iterator[tuple[Any, Any]]:
    """A managed policy and one that differs from it in one place, either way round."""
    while True:
        old = random.choice(documents)
        new = changed(old, random.choice(documents))
        yield (new, old) if random.random() < 0.5 else (old, new)


def glob_pairs() -> Iterator[tuple[Any, Any]]:
    """Objects of buckets by patterns, and the same patterns wider or narrower in one place."""
    while True:
        old = [glob() for _ in range(random.randrange(1, 5))]
        new = [arn.replace("*", random.choice(["*", "*-*", "a*", "*z", "*/*"]), 1) for arn in old]
        yield tuple(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": arns}]}
            for arns in random.choice([(new, old), (old, new)])
        )


def glob() -> str:
    """An ARN with three to six wildcards."""
    words = [random.choice(["logs", "app", "prod", "eu", "2026", "a", "x-y"]) for _ in range(random.randrange(3, 7))]
    return "arn:aws:s3:::" + "*".join(words) + "*"


def compare(title: str, pairs: Iterator[tuple[Any, Any]], count: int) -> None:
    """Print agreement and processor times, which do not depend on other processes."""
    times: list[tuple[float, float]] = []
    verdicts: Counter[str] = Counter()
    solutions = list(islice(solved(pairs), count))
    gc.collect()
    gc.freeze()  # else each collection during an answer visits all tables again
    for new, old, solution, seconds in solutions:
        texts = json.dumps(new), json.dumps(old)
        started = time.process_time()
        answer = diff([read(texts[0])], [read(texts[1])])
        times.append((time.process_time() - started, seconds))
        expected = {Verdict.NEW_ACCESS: True, Verdict.NO_NEW_ACCESS: False}.get(answer.verdict)
        kind = (
            "z3 gave up"
            if solution is None
            else "undecided"
            if expected is None
            else "both"
            if expected == solution
            else "DIFFER"
        )
        verdicts[f"{kind}: {answer.verdict}" if kind == "both" else kind] += 1
        if kind == "DIFFER":
            print(
                json.dumps(
                    {"old": old, "new": new, "ours": answer.verdict, "z3": solution, "witness": str(answer.witness)}
                )
            )
    ours, theirs = zip(*times, strict=True)
    print(f"{title}, seed {SEED}:", dict(verdicts))
    for name, column in (("engine", ours), ("z3", theirs)):
        ordered = sorted(column)
        print(
            f"  {name}: median {statistics.median(ordered) * 1e3:.2f} ms, 99th percentile"
            f" {ordered[int(len(ordered) * 0.99)] * 1e3:.1f} ms, longest {ordered[-1] * 1e3:.1f} ms"
        )
    print(
        f"  z3 takes {statistics.median(their / our for our, their in times):.0f} times as long (median of the pairs),"
        f" {sum(theirs) / sum(ours):.0f} times in all (goal: 500)"
    )
    if verdicts["DIFFER"]:
        sys.exit("the two differ")


def solved(pairs: Iterator[tuple[Any, Any]]) -> Iterator[tuple[Any, Any, bool | None, float]]:
    """The pairs that can be encoded for z3, with its answer and seconds.

    z3 answers all of them before the engine does, because it fills the processor's caches with its own data.
    """
    from benchmarks.solver import NotEncodedError, newly_allowed  # noqa: PLC0415 (z3 is not among the project's packages)

    for new, old in pairs:
        started = time.process_time()
        try:
            solution = newly_allowed(new, old)
        except NotEncodedError:
            continue
        yield new, old, solution, time.process_time() - started


def read(text: str) -> Any:
    """A document as the engine reads it."""
    return parse(text, DocumentKind.IDENTITY, "aws:iam/policy:Policy")


def managed() -> list[Any]:
    """AWS's managed policies up to the size of a customer's own."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415 (it is 10 MB of text)

    documents = [policy["Document"] for policy in json.loads(aws_managed_policies_data).values()]
    return [document for document in documents if len(json.dumps(document)) <= LARGEST]


def changed(document: Any, other: Any) -> Any:
    """A document that differs in one place: one element fewer, one wildcard more or fewer, or a statement of another document."""
    new = copy.deepcopy(document)
    statements = new["Statement"] = new["Statement"] if isinstance(new["Statement"], list) else [new["Statement"]]
    statement = random.choice(statements)
    others = other["Statement"] if isinstance(other["Statement"], list) else [other["Statement"]]
    match random.choice(["less", "wider", "narrower", "statement", "condition", "deny"]):
        case "less":
            for element in ("Action", "Resource"):
                if isinstance(statement.get(element), list) and len(statement[element]) > 1:
                    statement[element].remove(random.choice(statement[element]))
                    break
        case "wider" if "Action" in statement:
            values = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            values[random.randrange(len(values))] = random.choice(values)[: random.randrange(4, 14)] + "*"
            statement["Action"] = values
        case "narrower":
            statement["Resource"] = ["arn:aws:s3:::inbox/*", "arn:aws:sqs:*:111122223333:jobs*"]
        case "statement":
            statements.append(copy.deepcopy(random.choice(others)))
        case "condition":
            statement["Condition"] = {"StringLike": {"aws:PrincipalTag/team": ["a*", "b"]}}
        case "deny":
            statements.append({**copy.deepcopy(random.choice(others)), "Effect": "Deny"})
    return new


if __name__ == "__main__":
    main()
