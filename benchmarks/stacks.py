"""`python -m benchmarks.stacks`: one run of six stacks against six runs, one after another."""

from __future__ import annotations

from benchmarks.__main__ import GATE, compare, run

PROGRAMS = ("audit_trail", "clickstream", "fargate_service", "http_api", "shared_key", "sqs_worker")
"""Sound programs, as different as those of six teams."""
LIMIT = 1 / 3
RUNS = 5


def main() -> None:
    """Print both times and their ratio."""
    targets = [f"tests/sound/{name}" for name in PROGRAMS]
    compare(
        "six stacks in one run against six runs",
        lambda: run(GATE, "check", *targets),
        lambda: sum(run(GATE, "check", target) for target in targets),
        LIMIT,
        runs=RUNS,
    )


if __name__ == "__main__":
    main()
